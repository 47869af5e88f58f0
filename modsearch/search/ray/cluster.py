"""Cluster: a connection to a Ray cluster, or one of this machine alone."""

import ipaddress
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray

from modsearch.message import must_be
from modsearch.space import Ray

_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no files beside the study
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # its state is never read, and takes longer with every trial
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C ends a search here as it does elsewhere
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # the searcher hands out no more visits than there are slots
    "TUNE_WARN_THRESHOLD_S": "30",
}
_CONNECT_S = 10.0  # Ray itself tries for two minutes


@contextmanager
def connected(settings: Ray) -> Iterator[None]:
    """A connection to the cluster at the address, or a cluster on loopback that ends with the body.

    Raises:
        ValueError: nobody listens there, or no node has what a trial takes.
    """
    os.environ.update(_SETTINGS)
    logging.getLogger("ray").setLevel(logging.ERROR)  # it misses the files that it was told not to write
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if settings.address is None:
        ray.init(
            address="local", include_dashboard=False, num_cpus=os.cpu_count(), _node_ip_address="127.0.0.1", **options
        )
    else:
        _check_listener(settings.address)
        try:
            ray.init(address=settings.address, **options)
        except ConnectionError as error:
            raise ValueError(_unreachable(settings.address, str(error))) from None
    try:
        check_fit(settings)
        yield
    finally:
        ray.shutdown()


def check_fit(settings: Ray) -> None:
    """Raise ValueError where no node has the CPUs and GPUs of one trial."""
    want = {"CPU": settings.cpus_per_trial, "GPU": settings.gpus_per_trial}
    nodes = [each["Resources"] for each in _nodes()]
    if any(all(node.get(name, 0) >= each for name, each in want.items()) for node in nodes):
        return
    for name, each in want.items():
        most = max((node.get(name, 0) for node in nodes), default=0)
        if each > most:
            field = f"executor.{name.lower()}s_per_trial"
            raise ValueError(must_be(field, f"at most {most:g}, the most that a node of the cluster has", each))
    raise ValueError(must_be("executor", "such that one node has the CPUs and the GPUs of a trial", want))


def num_slots(settings: Ray) -> int:
    """Trials that run at a time: as many as are wanted, or as many as fit into the nodes that are there now."""
    if settings.workers is not None:
        return settings.workers
    want = {"CPU": settings.cpus_per_trial, "GPU": settings.gpus_per_trial}
    fits = sum(
        min(int(node["Resources"].get(name, 0) / each) for name, each in want.items() if each) for node in _nodes()
    )
    return max(1, fits)


def open_addresses() -> list[str]:
    """The cluster's addresses that others on the network can reach."""
    addresses = {each["NodeManagerAddress"] for each in _nodes()}
    return sorted(each for each in addresses if not _is_loopback(each))


def _nodes() -> list[dict[str, Any]]:
    return [each for each in ray.nodes() if each["Alive"]]  # type: ignore[no-untyped-call]


def _check_listener(address: str) -> None:
    """Ask for a connection: Ray itself would try for minutes, and then end the process."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "://" in address:
        raise ValueError(must_be("executor.address", "auto or HOST:PORT", address))
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ValueError(_unreachable(address, str(error))) from None


def _unreachable(address: str, reason: str) -> str:
    return f"No Ray cluster can be reached at {address!r}: {reason} To start one: ray start --head"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
