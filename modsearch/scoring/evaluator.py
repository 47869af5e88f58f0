"""LocalEvaluator: scores networks on this machine."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import save

from modsearch.architecture import Architecture
from modsearch.images import Batches, OnProgress, SharedSplit, Split, load_split
from modsearch.machine.contention import giving_way
from modsearch.models import Loaded, build, start_from_torchvision
from modsearch.models.device import (
    deployment_environment,
    keep_freed_memory,
    pinned_threads,
    torch_device,
)
from modsearch.models.runtime import check_runtime
from modsearch.record import LatencyTable, OnEpoch, Score, Task, Trained, latency_tables, name_left_out
from modsearch.scoring.measure import measure
from modsearch.scoring.selection import selectivity
from modsearch.space import Digits, Fidelity, StudySpec
from modsearch.training.accuracy import accuracy, packed
from modsearch.training.checkpoint import CHECKPOINT_INTERVAL_S, Checkpoint
from modsearch.training.loop import deterministic
from modsearch.training.proxy import fit
from modsearch.training.seed import derive_seed


class LocalEvaluator:
    """Measures targets where their deployments say, and trains proxies on ``device``.

    Args:
        spec: the study.
        device: where training runs: ``cpu``, ``cuda`` or ``cuda:N``.
        on_progress: called with images done and in all while they are decoded.
        checkpoints: folder for the checkpoints of long trainings; None for none. Whoever records a result removes its
            checkpoint; on a machine where nobody does, it goes once the next network is trained.
        images: gives those of the study's own fidelity and first replicate, where they were shared by another machine.
        tables: the latency tables, where another machine has read them; what they predict is never timed here.

    Attributes:
        checkpoint_interval_s: time between two checkpoints: what a kill costs at most.

    Raises:
        ValueError: a device, its dtype or a runtime is missing, the data are not there or too few, or a latency table
            is missing, damaged, or of another space, reference, deployment or environment.
    """

    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S

    def __init__(
        self,
        spec: StudySpec,
        device: str,
        on_progress: OnProgress | None = None,
        checkpoints: Path | None = None,
        images: Callable[[], Split] | None = None,
        tables: Mapping[str, LatencyTable] | None = None,
    ) -> None:
        self.spec = spec
        self.on_progress = on_progress
        self.checkpoints = checkpoints
        self.images = images
        self.device = torch_device(device)
        for name, deployment in spec.deployments.items():
            if name not in (tables or {}) and deployment.host is None:
                torch_device(deployment.device, f"deployments.{name}.device")
                check_runtime(deployment, f"deployments.{name}")
        self.tables = _read_tables(spec) if tables is None else tables
        keep_freed_memory()
        self._trained: Checkpoint | None = None  # of the last training
        self._splits: dict[tuple[Fidelity, int], Split] = {}
        self._resident: dict[tuple[Fidelity, int], Batches] = {}  # one at a time: it may fill the device

    @cached_property
    def data_hash(self) -> str:
        """Content hash of the images of the study's own fidelity and first replicate."""
        return self._split(self.spec.fidelity, 0).content_hash

    def share(self) -> SharedSplit | None:
        """The images for evaluators on other machines; None for embedded ones, which are everywhere."""
        data, fidelity = self.spec.anchored().data, self.spec.fidelity
        if isinstance(data, Digits):
            return None
        return SharedSplit.of(self._split(fidelity, 0), data, fidelity, self._split_seed(0))

    @property
    def num_classes(self) -> int:
        """Classes of the images that proxies are trained on."""
        return len(self._split(self.spec.fidelity, 0).class_names)

    @property
    def num_images(self) -> int:
        """Images that proxies are trained on."""
        return len(self._split(self.spec.fidelity, 0).train)

    @property
    def left_out(self) -> str:
        """The files of an image folder that are no images or lie in no class, such as ``5 .txt``; empty without any."""
        return name_left_out(self._split(self.spec.fidelity, 0).left_out)

    @property
    def num_held_out(self) -> int:
        """Images of a folder that are left alone until the end."""
        return self._split(self.spec.fidelity, 0).num_held_out

    def pretrained(self) -> list[Loaded]:
        """What the costliest network of each space takes over of pretrained weights; empty where weights are drawn.

        Raises:
            ValueError: torchvision has no network of its form.
            OSError: the weights cannot be downloaded.
        """
        fidelity = self.spec.fidelity
        if fidelity.init == "random":
            return []
        networks = [_proxy_network(member.costliest(), fidelity) for member in self.spec.space.members.values()]
        return [
            start_from_torchvision(build(network, self.num_classes, fidelity.image_size), network)
            for network in networks
        ]

    def measure(self, architecture: Architecture) -> Score:
        """Parameters, GMACs and latency, measured or predicted: seconds, no training."""
        return measure(architecture, self.spec, self.tables)

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        """Train a proxy of the network and score its last weights on the validation split.

        The split, the order of the images and their augmentation depend on the study's seed and the replicate alone,
        so that networks are compared on the same ones; the initial weights depend on the network too. On the CPU the
        result is the same to the last bit for the same number of threads, also after a kill or an interrupt: then the
        training goes on at its last checkpoint, and ``on_epoch`` first hears of the epochs before it.

        A task that stops at an epoch leaves a checkpoint, from which a later one goes on.

        Raises:
            Diverged: the loss is infinite or not a number.
        """
        fidelity, batches = task.fidelity, self._batches(task.fidelity, task.replicate)
        with (
            self._checkpoint(task) as checkpoint,
            pinned_threads(fidelity.threads),
            deterministic(self.device.type == "cpu"),
            giving_way() if self.device.type == "cpu" else nullcontext(),
        ):
            model = self._proxy(task).to(self.device)
            curve, correct_N = fit(model, batches, fidelity, on_epoch, checkpoint, task.until_epoch)
            if task.is_whole:
                self._clear_away(checkpoint)
            weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
            score = Score(
                metrics={"accuracy": accuracy(correct_N, self.device)},
                learning_curve=curve,
                correct=packed(correct_N),
                selectivity=selectivity(model, batches),
            )
            return Trained(score, save(weights))

    def _split(self, fidelity: Fidelity, replicate: int) -> Split:
        key, own = (fidelity, replicate), (self.spec.fidelity, 0)
        if key in self._splits:
            return self._splits[key]
        self._splits = {kept: split for kept, split in self._splits.items() if kept == own}  # each may be gigabytes
        if self.images is not None and key == own:
            self._splits[key] = self.images()
        else:
            seed = self._split_seed(replicate)
            self._splits[key] = load_split(self.spec.data, fidelity, seed, self.on_progress)
        return self._splits[key]

    def _split_seed(self, replicate: int) -> int:
        return derive_seed(self.spec.seed, replicate, "split")

    def _batches(self, fidelity: Fidelity, replicate: int) -> Batches:
        key = (fidelity, replicate)
        if key not in self._resident:
            self._resident.clear()
            seed = derive_seed(self.spec.seed, replicate, "order")
            self._resident = {key: Batches(self._split(fidelity, replicate), fidelity, self.device, seed)}
        return self._resident[key]

    def _checkpoint(self, task: Task) -> AbstractContextManager[Checkpoint | None]:
        if self.checkpoints is None:
            return nullcontext()
        identity = {
            "architecture": task.architecture.id,
            "replicate": str(task.replicate),
            "fidelity": task.fidelity.tag,
            "data": self._split(task.fidelity, task.replicate).content_hash,
            "seed": str(self.spec.seed),
            "software": f"torch {torch.__version__} on {self.device.type}",
        }
        return Checkpoint(self.checkpoints / f"{task.key}.safetensors", identity, self.checkpoint_interval_s)

    def _clear_away(self, trained: Checkpoint | None) -> None:
        """Remove the checkpoint of the training before this one: by now its result was recorded."""
        if self._trained is not None and trained is not None and self._trained.path != trained.path:
            self._trained.remove()
        self._trained = trained

    def _proxy(self, task: Task) -> torch.nn.Module:
        """The target, or its narrowed form in a smoke test, with weights drawn for this network and replicate.

        Where the fidelity says so, pretrained ones take the place of those that they fit.
        """
        fidelity, replicate = task.fidelity, task.replicate
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(self.spec.seed, replicate, task.architecture.id))
            network = _proxy_network(task.architecture, fidelity)
            model = build(network, len(self._split(fidelity, replicate).class_names), fidelity.image_size)
        if fidelity.init == "torchvision":
            start_from_torchvision(model, network)
        return model


def _read_tables(spec: StudySpec) -> Mapping[str, LatencyTable]:
    """The latency tables of a study, which must be this machine's, but for those of deployments on others."""
    tables = latency_tables(spec)
    for name, table in tables.items():
        if spec.deployments[name].host is None:
            table.check_environment(deployment_environment(table.deployment), spec.latency_tables[name].name)
    return tables


def _proxy_network(architecture: Architecture, fidelity: Fidelity) -> Architecture:
    return architecture.with_width(fidelity.width) if fidelity.is_smoke_test else architecture
