"""LocalEvaluator on the digits: pairing, repetition, and what a trained network leaves behind."""

from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from modsearch.architecture import Architecture, MoD, Standard, preset
from modsearch.images import Batches
from modsearch.models import build
from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import Deployment, StudySpec
from modsearch.training import Diverged
from modsearch.training.accuracy import accuracy
from modsearch.training.loop import classify
from tests.models.tiny import tiny
from tests.record.tabled import SPEC as TABLED
from tests.record.tabled import table
from tests.scoring.conftest import FIDELITY

MOD = tiny("resnet_basic", MoD(c=4, reduction=4))
PLAIN = tiny("resnet_basic", Standard())


@pytest.fixture
def evaluator(spec: StudySpec) -> LocalEvaluator:
    return LocalEvaluator(spec, "cpu")


def same(first: Trained, second: Trained) -> bool:
    """Bit for bit, but for the seconds."""
    return first.weights == second.weights and first.score.correct == second.score.correct


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["resnet_basic", "vgg_bn", "convnext"])  # without draws, dropout, stochastic depth
def test_the_same_seed_gives_the_same_bits(spec: StudySpec, backbone: str) -> None:
    network = tiny(backbone, MoD(c=4, reduction=4))
    runs = [LocalEvaluator(spec, "cpu").train(Task(architecture=network, fidelity=FIDELITY)) for _ in range(2)]
    assert same(*runs)
    assert runs[0].score.metrics == runs[1].score.metrics
    losses = [[epoch.loss for epoch in run.score.learning_curve] for run in runs]
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_what_was_trained_before_does_not_matter(evaluator: LocalEvaluator) -> None:
    first = evaluator.train(Task(architecture=MOD, fidelity=FIDELITY))
    evaluator.train(Task(architecture=PLAIN, fidelity=FIDELITY, replicate=1))
    torch.rand(3)
    assert same(evaluator.train(Task(architecture=MOD, fidelity=FIDELITY)), first)


@pytest.mark.slow
def test_replicates_and_study_seeds_differ(spec: StudySpec, evaluator: LocalEvaluator) -> None:
    other_seed = LocalEvaluator(spec.with_overrides({"seed": spec.seed + 1}), "cpu")
    runs = [
        evaluator.train(Task(architecture=MOD, fidelity=FIDELITY)),
        evaluator.train(Task(architecture=MOD, fidelity=FIDELITY, replicate=1)),
        other_seed.train(Task(architecture=MOD, fidelity=FIDELITY)),
    ]
    assert len({run.weights for run in runs}) == 3


def test_training_leaves_torch_as_it_was(evaluator: LocalEvaluator) -> None:
    def state() -> tuple[object, ...]:
        fills = torch.utils.deterministic.fill_uninitialized_memory
        return torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), fills, torch.initial_seed()

    before, random_state = state(), torch.get_rng_state()
    evaluator.train(Task(architecture=PLAIN, fidelity=FIDELITY))
    assert state() == before
    assert torch.equal(torch.get_rng_state(), random_state)


def test_latency_tables_that_another_machine_has_read_are_not_looked_for() -> None:
    spec = TABLED.with_latency_tables({"cpu": Path("not here")})
    with pytest.raises(ValueError, match="not here"):
        LocalEvaluator(spec, "cpu")
    found = table()  # of an environment that is not ours
    score = LocalEvaluator(spec, "cpu", tables={"cpu": found}).measure(spec.reference_architecture)
    assert score.metrics["predicted_relative_latency"] == found.predict(spec.reference_architecture)
    assert score.timed == {}


class Recorder:
    """Stands in for ``fit``: keeps initial weights and images, then fails so that nothing is trained."""

    def __init__(self) -> None:
        self.weights: list[Tensor] = []
        self.images: list[list[Tensor]] = []

    def __call__(self, model: torch.nn.Module, batches: Batches, *_: object) -> None:
        self.weights.append(next(model.parameters()).detach().clone())
        self.images.append([x_BCHW for x_BCHW, _ in batches.epoch(1)])
        raise Diverged


def test_networks_share_the_data_order_but_not_the_initial_weights(
    evaluator: LocalEvaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr("modsearch.scoring.evaluator.fit", recorder)
    for network, replicate in ((MOD, 0), (PLAIN, 0), (MOD, 0), (MOD, 1)):
        with pytest.raises(Diverged):
            evaluator.train(Task(architecture=network, fidelity=FIDELITY, replicate=replicate))
    mod, plain, again, replicate = recorder.weights
    assert mod.shape == plain.shape
    assert torch.equal(mod, again)
    assert not torch.equal(mod, plain)
    assert not torch.equal(mod, replicate)
    orders = [torch.stack(images) for images in recorder.images]
    assert torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0], orders[2])
    assert not torch.equal(orders[0], orders[3])


def test_the_correct_bits_unpack_to_the_accuracy(evaluator: LocalEvaluator) -> None:
    score = evaluator.train(Task(architecture=MOD, fidelity=FIDELITY)).score
    accuracy = score.metrics["accuracy"]
    num_images = accuracy.num_samples
    bits = np.unpackbits(np.frombuffer(b64decode(score.correct), np.uint8), count=num_images)
    assert bits.mean() == accuracy.value
    assert score.learning_curve[-1].accuracy == pytest.approx(accuracy.value)
    # a tenth of the 174 to 183 digits of each class, which are all kept as they are fewer than 20
    assert 170 <= num_images <= 190
    assert accuracy.unit == "fraction"
    assert accuracy.environment is not None
    assert accuracy.environment.threads == FIDELITY.threads


# Worked out by hand from Wilson's formula with z = 1.959964: 8 of 10 is the textbook's (0.490, 0.943).
@pytest.mark.parametrize(
    ("num_correct", "num_images", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_accuracy_has_wilsons_interval(num_correct: int, num_images: int, low: float, high: float) -> None:
    found = accuracy(torch.arange(num_images) < num_correct, torch.device("cpu"))
    assert found.value == num_correct / num_images
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("network", [MOD, tiny("resnet_basic", MoD(c=4, selection="random"))], ids=["mod", "random"])
def test_the_weights_load_back_into_the_network(evaluator: LocalEvaluator, network: Architecture) -> None:
    trained = evaluator.train(Task(architecture=network, fidelity=FIDELITY))
    model = build(network, evaluator.num_classes, FIDELITY.image_size)
    model.load_state_dict(load(trained.weights))
    correct_N = classify(model, evaluator._batches(FIDELITY, 0))
    assert correct_N.double().mean().item() == trained.score.metrics["accuracy"].value


def test_the_width_factor_narrows_only_the_proxy(evaluator: LocalEvaluator) -> None:
    narrow = FIDELITY.model_copy(update={"width": 0.5, "epochs": 1})
    weights = load(evaluator.train(Task(architecture=MOD, fidelity=narrow)).weights)
    assert weights["stem.0.0.weight"].shape == (4, 3, 3, 3)
    assert weights["head.weight"].shape == (10, 16)
    assert MOD.widths == (8, 16, 32)


@pytest.mark.slow
@pytest.mark.usefixtures("short_samples")
def test_what_is_measured_is_the_target_whatever_the_proxy(spec: StudySpec) -> None:
    narrow = spec.with_overrides({"fidelity": FIDELITY.model_copy(update={"width": 0.5})})
    scores = [LocalEvaluator(study, "cpu").measure(MOD) for study in (spec, narrow)]
    for name in ("params", "gmacs"):
        assert scores[0].metrics[name] == scores[1].metrics[name]


def test_it_knows_its_classes_and_data(spec: StudySpec, evaluator: LocalEvaluator) -> None:
    assert evaluator.num_classes == 10
    assert evaluator.data_hash == LocalEvaluator(spec, "cpu").data_hash
    three = spec.with_overrides({"fidelity": FIDELITY.model_copy(update={"classes": 3})})
    assert LocalEvaluator(three, "cpu").num_classes == 3
    assert LocalEvaluator(three, "cpu").data_hash != evaluator.data_hash


def test_a_missing_device_is_named_before_anything_runs(spec: StudySpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=r"^device must be cpu: this machine has 0 CUDA devices"):
        LocalEvaluator(spec, "cuda")
    gpu = {"gpu": Deployment(image_size=8, num_classes=10, device="cuda")}
    with pytest.raises(ValueError, match=r"^deployments\.gpu\.device must be cpu"):
        LocalEvaluator(spec.with_overrides({"deployments": gpu}), "cpu")


def test_a_missing_runtime_is_named_before_anything_runs(spec: StudySpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.models.runtime.support.find_spec", lambda name: None)
    place = {"cpu": Deployment(image_size=8, num_classes=10, runtime="openvino")}
    with pytest.raises(ValueError, match=r"^runtime openvino needs more packages"):
        LocalEvaluator(spec.with_overrides({"deployments": place}), "cpu")


@pytest.mark.gpu
def test_a_network_is_trained_on_cuda(spec: StudySpec) -> None:
    trained = LocalEvaluator(spec, "cuda").train(Task(architecture=MOD, fidelity=FIDELITY))
    environment = trained.score.metrics["accuracy"].environment
    assert environment is not None
    assert environment.device == torch.cuda.get_device_name()
    assert all(value.isfinite().all() for value in load(trained.weights).values())


def test_a_trial_starts_from_torchvisions_weights(spec: StudySpec, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"conv1.weight": torch.full((64, 3, 7, 7), 0.5)}
    monkeypatch.setattr("modsearch.models.torchvision_weights.pretrained_weights", lambda _: weights)
    pretrained, drawn = (
        FIDELITY.model_copy(update={"image_size": 32, "init": init}) for init in ("torchvision", "random")
    )
    network, evaluator = preset("resnet18_mod").architecture, LocalEvaluator(spec, "cpu")
    started, fresh = (
        evaluator._proxy(Task(architecture=network, fidelity=fidelity)).state_dict() for fidelity in (pretrained, drawn)
    )
    assert torch.equal(started.pop("stem.0.0.weight"), weights["conv1.weight"])
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in started.items())


def test_pretrained_weights_for_a_form_that_torchvision_has_not_are_refused(spec: StudySpec) -> None:
    assert LocalEvaluator(spec, "cpu").pretrained() == []
    asked = spec.with_overrides({"fidelity": FIDELITY.model_copy(update={"init": "torchvision"})})
    rule = r"^fidelity\.init must be random: torchvision has no resnet_basic with the cifar stem .* Got 'torchvision'"
    with pytest.raises(ValueError, match=rule):
        LocalEvaluator(asked, "cpu").pretrained()
