"""The machine: its processor, how many CPUs there are for us, and who else wants them."""

from modsearch.machine.cpu import num_cpus, processor

__all__ = ["num_cpus", "processor"]
