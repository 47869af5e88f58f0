"""The machine: its processor, how many CPUs there are for us, and who else wants them."""

from modsearch.machine.cpu import int8_saturates, num_cpus, processor

__all__ = ["int8_saturates", "num_cpus", "processor"]
