"""Cluster: a connection to a Ray cluster, or one of this machine alone."""

import ipaddress
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray.job_config import JobConfig
from ray.tune import TuneError

from modsearch.machine import num_cpus
from modsearch.message import must_be, shown
from modsearch.search.error import SearchFailed, one_line
from modsearch.space import Ray

Resources = dict[str, float]
"""What a node has or somebody takes, by Ray's names."""

_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no files beside the study
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # its state is never read, and takes longer with every trial
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C ends a search here as it does elsewhere
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # the searcher hands out no more than there are slots
    "TUNE_WARN_THRESHOLD_S": "30",
}
_TORN_BY_A_SHELL = re.compile(r"[\s\"'\\$`&|;<>()*?]")
_CONNECT_S = 10.0  # Ray itself tries for two minutes
_ANSWER_S = 15.0
_ASK = """
import sys
from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available
from ray._private.services import canonicalize_bootstrap_address
from ray._raylet import GcsClient

if sys.argv[1] == "auto":
    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)  # as ray.init does
if address := canonicalize_bootstrap_address(sys.argv[1]):
    GcsClient(address=address)
"""


@contextmanager
def connected(settings: Ray) -> Iterator[None]:
    """A connection that ends with the body, made before or now. ValueError as ``connect``."""
    if not ray.is_initialized():
        connect(settings)
    try:
        yield
    finally:
        ray.shutdown()


def connect(settings: Ray) -> None:
    """Connect to the cluster at the address and to no other, or start one on loopback that ends with the connection.

    Raises:
        ValueError: nobody listens there or it is not Ray, it refuses our token, no node has what a trial takes, or this
            environment or Ray's temporary folder has a path that Ray does not stand.
        SearchFailed: Ray's own processes did not come up in time.
    """
    ray.shutdown()
    os.environ.update(_SETTINGS)
    logging.getLogger("ray").setLevel(logging.ERROR)  # it misses the files that it was told not to write
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # it prints a traceback for each worker that dies
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "job_config": _Job()}
    with _own_sigterm():
        if settings.address is None:
            _start(options)
        else:
            _join(settings.address, options)
    try:
        check_fit(settings)
    except ValueError:
        ray.shutdown()
        raise


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does stays as it is: Ray would end the process with it, and the search could not say goodbye."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None:  # none of Python's
            signal.signal(signal.SIGTERM, before)


class _Job(JobConfig):
    """A job whose workers look for modules where Python does, and beside a script that began the search.

    Ray would put the folder that the search stands in before all others: there may be a ``profile.py``.
    """

    def __init__(self) -> None:
        script_folder = os.path.dirname(os.path.realpath(sys.argv[0]))  # noqa: PTH120  as Ray finds it
        super().__init__(_py_driver_sys_path=[script_folder] if script_folder in sys.path else [])

    def _runtime_env_has_working_dir(self) -> bool:
        """Yes: so Ray adds no folder of its own."""
        return True


def _start(options: dict[str, Any]) -> None:
    """Start a cluster on this machine. ValueError where Ray cannot, for a path that it does not stand."""
    if _TORN_BY_A_SHELL.search(sys.executable):
        raise ValueError(
            f"Ray can start no worker with the Python of this environment, {sys.executable!r}: a shell takes the path "
            "apart. Put the environment where no path has spaces or signs such as $ and (, or give --executor local."
        )
    try:
        ray.init(address="local", include_dashboard=False, num_cpus=num_cpus(), _node_ip_address="127.0.0.1", **options)
    except OSError as error:
        if "AF_UNIX" not in str(error):
            raise
        words = "The path of Ray's temporary folder is too long for its sockets: set RAY_TMPDIR to a short one, such as"
        raise ValueError(f"{words} /tmp. ({error})") from None
    except Exception as error:
        if type(error) is not Exception:  # as Ray raises where its processes do not come up in time
            raise
        raise SearchFailed(f"Ray did not start: {one_line(error)} The same command tries again.") from error


def _join(address: str, options: dict[str, Any]) -> None:
    _check_listener(address)
    try:
        ray.init(address=address, **options)
    except ray.exceptions.AuthenticationError:
        raise ValueError(_refused(address)) from None
    except ConnectionError as error:
        raise ValueError(_unreachable(address, error)) from None


@contextmanager
def cluster_failures() -> Iterator[None]:
    """Raise SearchFailed where the body cannot go on with the cluster: its head is gone, or Tune gave up."""
    try:
        yield
    except (ray.exceptions.RayError, TuneError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = (lines[-1] if isinstance(error, TuneError) else lines[0]) if lines else type(error).__name__
        raise SearchFailed(
            f"The Ray cluster failed: {reason} Nothing that finished is lost: the same command goes on."
        ) from error


def check_fit(settings: Ray) -> None:
    """Raise ValueError where no node has the CPUs and GPUs of one trial, or none what the probe takes beside it."""
    nodes = [node["Resources"] for node in _nodes()]
    _check_trial(settings.resources, nodes)
    if settings.probe != "turns":
        _check_probe(settings.probe.resources, settings.resources, nodes)


def fitting_nodes(settings: Ray) -> list[str]:
    """The ids of the nodes that can hold a trial."""
    return [node["NodeID"] for node in _nodes() if _has(node["Resources"], settings.resources)]


def num_slots(settings: Ray) -> int:
    """Trials that run at a time: as many as are wanted, or as many as fit beside a probe into the nodes of now."""
    if settings.workers is not None:
        return settings.workers
    want, nodes = settings.resources.items(), [node["Resources"] for node in _nodes()]
    if settings.probe != "turns":
        probe = settings.probe.resources
        nodes = _beside(probe, next((index for index, node in enumerate(nodes) if _has(node, probe)), None), nodes)
    return max(1, sum(min(int(node.get(name, 0) / amount) for name, amount in want if amount) for node in nodes))


def open_addresses() -> list[str]:
    """The cluster's addresses that others on the network can reach."""
    addresses = {node["NodeManagerAddress"] for node in _nodes()}
    return sorted(address for address in addresses if not _is_loopback(address))


def _check_trial(trial: Resources, nodes: list[Resources]) -> None:
    if any(_has(node, trial) for node in nodes):
        return
    for name, amount in trial.items():
        most = max((node.get(name, 0) for node in nodes), default=0)
        if amount > most:
            field = f"executor.{name.lower()}s_per_trial"
            raise ValueError(must_be(field, f"at most {most:g}, the most that a node of the cluster has", amount))
    raise ValueError(must_be("executor", "such that one node has the CPUs and the GPUs of a trial", trial))


def _check_probe(probe: Resources, trial: Resources, nodes: list[Resources]) -> None:
    homes = [index for index, node in enumerate(nodes) if _has(node, probe)]
    if not homes:
        raise ValueError(must_be("executor.probe", "what one node of the cluster has", probe))
    if not any(_has(node, trial) for home in homes for node in _beside(probe, home, nodes)):
        raise ValueError(must_be("executor.probe", f"such that a trial, {shown(trial)}, fits beside it", probe))


def _has(node: Resources, want: Resources) -> bool:
    return all(node.get(name, 0) >= amount for name, amount in want.items())


def _beside(probe: Resources, home: int | None, nodes: list[Resources]) -> list[Resources]:
    """What the nodes have left when the probe is on one of them; None for none."""
    return [
        {name: amount - probe.get(name, 0) for name, amount in node.items()} if index == home else node
        for index, node in enumerate(nodes)
    ]


def _nodes() -> list[dict[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]


def _check_listener(address: str) -> None:
    """Ask for a connection: Ray itself would try for minutes, and then end the process."""
    if address == "auto":
        _check_answer(address)
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "://" in address:
        raise ValueError(must_be("executor.address", "auto or HOST:PORT", address))
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ValueError(_unreachable(address, error)) from None
    _check_answer(address)


def _check_answer(address: str) -> None:
    """Ask from another process whether Ray answers: in this one it would try on for two minutes, and print it all."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _ASK, address], capture_output=True, text=True, timeout=_ANSWER_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(_unreachable(address, "whoever listens there does not answer as Ray")) from None
    if done.returncode and "AuthenticationError" in done.stderr:
        raise ValueError(_refused(address))


def _refused(address: str) -> str:
    return (
        f"The Ray cluster at {address!r} asks for its token and was given none or another one. Set RAY_AUTH_MODE=token "
        "and put what `ray get-auth-token` prints on its head into ~/.ray/auth_token or the file RAY_AUTH_TOKEN_PATH."
    )


def _unreachable(address: str, reason: Exception | str) -> str:
    words = getattr(reason, "strerror", None) or " ".join(str(reason).split()).rstrip(".")
    return f"No Ray cluster can be reached at {address!r}: {words}. To start one: scripts/cluster/hosts start"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
