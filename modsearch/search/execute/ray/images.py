"""Images: each node has those of the search before work begins, and each once."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from modsearch.search.error import NodeRefused
from modsearch.search.evaluator import SharedImages
from modsearch.search.execute.context import Context
from modsearch.search.execute.ray.cluster import fitting_nodes
from modsearch.search.execute.ray.start import NOTE_S, WHY
from modsearch.space import Ray

_OTHER_PLACE = "MODSEARCH_CACHE names another place for it."
_PART_S = 20.0  # for a few MB


def with_images(context: Context, settings: Ray) -> Context:
    """The context of a search whose workers get its images, once they are spread. Raises NodeRefused as ``spread``."""
    if context.images is None:
        return context
    spread(context.images, settings, context.listener.on_note)
    return replace(context, make_evaluator=partial(context.make_evaluator, images=_loader(context.images)))


def spread(images: SharedImages, settings: Ray, note: Callable[[str], None] = lambda _: None) -> None:
    """Wait until every node that can hold a trial has the images; where that takes long, ``note`` is told.

    Raises:
        NodeRefused: one has others at the study's path, or none and cannot get them. The connection is closed.
        ValueError: the images lie in no file that could be sent, likewise.
    """
    if not images.file.is_file():
        ray.shutdown()
        raise ValueError(f"Workers get the images from {images.file}, which cannot be written. {_OTHER_PLACE}")
    load, here = _loader(images), ray.get_runtime_context().get_node_id()
    waiting = [_on(node, _try_load).remote(load) for node in fitting_nodes(settings) if node != here]
    num_noted = len(waiting) + 1
    while waiting:
        done, left = ray.wait(waiting, num_returns=1, timeout=NOTE_S)
        if not done and len(left) < num_noted:
            note(f"For {NOTE_S:.0f} s no node has got the images; {len(left)} are waited for. {WHY}")
            num_noted = len(left)
        if done and (reason := _reason(done[0])):
            ray.shutdown()
            raise NodeRefused(reason)
        waiting = left


def _loader(images: SharedImages) -> Callable[[], object]:
    """What loads them on any node."""
    return partial(images.load, NodeFile(images.file, ray.get_runtime_context().get_node_id()).read)


@dataclass(frozen=True)
class NodeFile:
    """A file on one node.

    Attributes:
        path: there.
        node: its id.
    """

    path: Path
    node: str

    def read(self, start: int, num_bytes: int) -> bytes:
        """A part of it, through the object store.

        Raises:
            OSError: the file or the node is gone, the part takes too long, or is not all there.
        """
        try:
            part: bytes = ray.get(_on(self.node, _read).remote(self.path, start, num_bytes), timeout=_PART_S)
        except ray.exceptions.RayTaskError as error:
            raise OSError(str(error.cause)) from None
        except ray.exceptions.RayError as error:
            raise OSError(str(error).partition("\n")[0]) from None
        if len(part) < num_bytes:
            raise OSError(f"{self.path} was cut short")
        return part


def refusal(error: Exception) -> str:
    """Why this node cannot take part."""
    address = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    return f"{socket.gethostname()} ({address}): {error}"


@ray.remote(num_cpus=0)
def _try_load(load: Callable[[], object]) -> str:
    """Why the images cannot be loaded on this node; empty where they were."""
    try:
        load()
    except (ValueError, OSError) as error:
        return refusal(error)
    return ""


@ray.remote(num_cpus=0)
def _read(path: Path, start: int, num_bytes: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(num_bytes)


def _on(node: str, function: Any) -> Any:
    """A remote function on that node, beside whatever runs there."""
    return function.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))


def _reason(done: Any) -> str:
    """What a node said; nothing where it died, for then it gets no work either."""
    try:
        reason: str = ray.get(done)
    except ray.exceptions.RayTaskError as error:  # it lacks modsearch, say
        return f"{error.ip}: {error.cause}"
    except ray.exceptions.RayError:
        return ""
    return reason
