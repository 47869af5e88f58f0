"""Images on a cluster: nodes with the same ones, others or none below their home, and the bits that training gives.

The nodes are processes of this machine; each has a home and a cache of its own, as machines have.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from PIL import Image
from ray.cluster_utils import Cluster

from modsearch.architecture import Architecture
from modsearch.record import Trial
from modsearch.search import (
    Context,
    Listener,
    RunPlace,
    create_executor,
    load_study,
    open_run,
    prepare_executor,
    spread_images,
)
from modsearch.space import StudySpec
from tests.cli.test_command import TINY
from tests.search.execute.ray.trained import TrainedEvaluator

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),  # a cluster of processes starts slowly on a busy machine
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]

NUM_TRIALS = 4
FIDELITY = {"image_size": 8, "epochs": 2, "batch_size": 16, "threads": 2}


class Machines:
    """Nodes of one slot, each with a home."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder, self.cluster = folder, cluster

    def home(self, name: str) -> Path:
        return self.folder / name

    def cache(self, name: str) -> Path:
        return self.home(name) / "cache" / "images"

    def add(self, name: str, images: int | None = None, cpus: int = 2) -> Any:
        """A node that has the images of a seed, or none."""
        self.home(name).mkdir(exist_ok=True)
        if images is not None:
            write_images(self.home(name) / "images", images)
        env = {"HOME": str(self.home(name)), "MODSEARCH_CACHE": str(self.home(name) / "cache")}
        return self.cluster.add_node(num_cpus=cpus, env_vars=env)

    @contextmanager
    def guest(self, name: str, images: int | None = None, cpus: int = 2) -> Iterator[None]:
        """The same for a while."""
        node = self.add(name, images, cpus)
        try:
            yield
        finally:
            self.cluster.remove_node(node)


def write_images(folder: Path, seed: int) -> None:
    """Two classes of noise, one of it brighter."""
    generator = np.random.default_rng(seed)
    for bright, name in enumerate(("day", "night")):
        (folder / name).mkdir(parents=True)
        for index in range(40):
            pixels_HWC = generator.integers(0, 200, (8, 8, 3), dtype=np.uint8) + np.uint8(50 * bright)
            Image.fromarray(pixels_HWC).save(folder / name / f"{index:02}.png")


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The machine of the search, which trains nothing; one with the same images, and one with none."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made = Machines(tmp_path_factory.mktemp("machines"), cluster)
    write_images(made.home("search") / "images", seed=1)
    made.add("same", images=1)
    made.add("none")
    yield made
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(autouse=True)
def at_home(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(machines.home("search")))
    monkeypatch.setenv("MODSEARCH_CACHE", str(machines.home("search") / "cache"))


def spec(**executor: Any) -> StudySpec:
    fields = {
        "data": {"kind": "imagefolder", "path": "~/images"},
        "fidelity": FIDELITY,
        "sampler": "random",
        "seed_with": "none",
        "controls": [],
        "screening": False,
        "budget": {"trials": NUM_TRIALS},
        "executor": executor or {"kind": "local"},
    }
    return StudySpec.model_validate(TINY | fields)


def search(spec: StudySpec, folder: Path, listener: Listener | None = None) -> dict[str, Trial]:
    """The complete trials of a search, by network."""
    make = partial(TrainedEvaluator, spec, "cpu")
    evaluator = make()
    images = evaluator.share()
    prepare_executor(spec)
    spread_images(spec, images)
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        create_executor(Context(study, evaluator, make, folder, listener or Listener(), images)).run()
    return complete(folder)


def complete(folder: Path) -> dict[str, Trial]:
    trials = [trial for trial in load_study(str(folder)).trials() if trial.state == "complete" and not trial.is_repeat]
    return {trial.architecture.id: trial for trial in trials if trial.architecture}


def weights(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "weights").iterdir()}


def test_every_executor_gives_the_same_bits(machines: Machines, tmp_path: Path) -> None:
    class Hiding(Listener):
        """Once work is handed out no worker may ask for pixels: each node has them."""

        def on_trial(self, number: int, architecture: Architecture) -> None:
            if pixels.exists():
                pixels.rename(pixels.with_suffix(".hidden"))

    here = search(spec(), tmp_path / "local")
    [pixels] = machines.cache("search").glob("*.uint8")
    there = search(spec(kind="ray", address=machines.cluster.address), tmp_path / "ray", Hiding())
    content = pixels.with_suffix(".hidden").rename(pixels).read_bytes()

    assert len(here) == NUM_TRIALS
    assert weights(tmp_path / "ray") == weights(tmp_path / "local")
    for id_, trial in here.items():
        first, second = trial.score, there[id_].score
        assert first is not None
        assert second is not None
        assert second.metrics["accuracy"] == first.metrics["accuracy"]  # the environment with its threads too
        assert second.correct == first.correct
        assert [epoch.loss for epoch in second.learning_curve] == [epoch.loss for epoch in first.learning_curve]

    for name in ("same", "none"):
        [file] = machines.cache(name).glob("*.uint8")
        assert file.read_bytes() == content
    assert len(list(machines.cache("same").glob("*.json"))) == 1  # it read its own files
    assert not list(machines.cache("none").glob("*.json"))


def test_a_node_with_other_images_is_refused(machines: Machines, tmp_path: Path) -> None:
    study = spec(kind="ray", address=machines.cluster.address)
    hashes = rf"content hash {TrainedEvaluator(study, 'cpu').data_hash[:12]}.*Got 'content hash [0-9a-f]{{12}}'"
    refused = rf"^{socket.gethostname()} \([0-9.]+\): data\.path ~/images must be the images of the study"
    with machines.guest("other", images=2), pytest.raises(ValueError, match=refused) as error:
        search(study, tmp_path / "run")
    error.match(hashes)
    assert not (tmp_path / "run").exists()  # nothing was timed yet
    assert not ray.is_initialized()


def test_a_node_that_joins_with_other_images_ends_the_search(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = spec(kind="ray", address=machines.cluster.address, cpus_per_trial=3)  # the others would be done before it
    monkeypatch.setattr("modsearch.search.execute.ray.images.fitting_nodes", lambda settings: [])  # as before it joined
    refused = pytest.raises(ValueError, match=r"data\.path ~/images must be the images of the study")
    with machines.guest("later", images=3, cpus=3), refused:
        search(study, tmp_path)
    states = [trial.state for trial in load_study(str(tmp_path)).trials()]
    assert states.count("failed") >= 1
    assert set(states) <= {"complete", "failed"}


def test_images_that_lie_in_no_file_are_not_sent(machines: Machines) -> None:
    study = spec(kind="ray", address=machines.cluster.address)
    images = TrainedEvaluator(study, "cpu").share()
    assert images is not None
    prepare_executor(study)
    with pytest.raises(ValueError, match=r"^Workers get the images from /no/where, .* MODSEARCH_CACHE names another"):
        spread_images(study, replace(images, file=Path("/no/where")))
    assert not ray.is_initialized()


def test_a_node_that_no_image_reaches_is_named(machines: Machines, tmp_path: Path) -> None:
    study = spec(kind="ray", address=machines.cluster.address)
    images = TrainedEvaluator(study, "cpu").share()
    assert images is not None
    cut_short = tmp_path / "pixels"
    cut_short.touch()
    refused = pytest.raises(ValueError, match=r"data\.path ~/images must be a folder .*pixels was cut")
    with machines.guest("poor"), refused:
        prepare_executor(study)
        spread_images(study, replace(images, file=cut_short))
