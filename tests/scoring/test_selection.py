"""The probe: what it records is what the blocks use, on the study's own validation images."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from modsearch.architecture import MoD
from modsearch.models.blocks.mod import MoDBlock
from modsearch.record import Task
from modsearch.scoring import LocalEvaluator, SelectionProbe
from modsearch.space import StudySpec
from tests.cli.test_command import TINY
from tests.models.tiny import tiny

SPEC = StudySpec.model_validate(TINY)
NETWORK = tiny("resnet_basic", MoD(c=4, reduction=2))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    found = LocalEvaluator(SPEC, "cpu").train(Task(architecture=NETWORK, fidelity=SPEC.fidelity))
    path = tmp_path_factory.mktemp("weights") / "trained.safetensors"
    path.write_bytes(found.weights)
    return path, found.score


def blocks_of(model):
    return [module for module in model.modules() if isinstance(module, MoDBlock)]


def test_the_stored_accuracy_comes_back(trained):
    path, score = trained
    picks = SelectionProbe(SPEC, NETWORK, path, "cpu").run()
    assert picks.accuracy == score.metrics["accuracy"].value
    assert len(picks.label_N) == score.metrics["accuracy"].num_samples
    assert [(block.stage, block.index) for block in picks.blocks] == [(0, 1), (1, 1), (2, 1)]


def test_what_is_recorded_is_what_the_block_gathers(trained):
    probe = SelectionProbe(SPEC, NETWORK, trained[0], "cpu")
    seen = []
    for block in blocks_of(probe.model):
        block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
        block.inner.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    picks = probe.run()
    for number, block in enumerate(picks.blocks):
        x_BCHW, gathered_BkHW = seen[2 * number], seen[2 * number + 1]
        picked_NC = torch.from_numpy(block.picked_NC)
        assert torch.equal(x_BCHW[picked_NC], gathered_BkHW.flatten(0, 1))  # both in the order of the channels


def test_a_dead_selector_is_tied_everywhere(trained):
    probe = SelectionProbe(SPEC, NETWORK, trained[0], "cpu")
    alive, dead, _ = blocks_of(probe.model)
    torch.nn.init.zeros_(dead.selector.squeeze.weight)
    picks = probe.run()
    assert picks.blocks[1].is_tied_N.all()
    assert len({row.tobytes() for row in picks.blocks[1].picked_NC}) == 1
    assert (picks.blocks[0].picked_NC.sum(axis=1) == alive.k).all()


def test_fewer_images_are_spread_over_the_classes(trained):
    probe = SelectionProbe(SPEC, NETWORK, trained[0], "cpu")
    done = []
    labels = probe.run(25, lambda *counts: done.append(counts)).label_N
    assert len(labels) <= 25
    assert set(labels) == set(range(10))
    assert done[-1] == (len(labels), len(labels))


def test_nothing_stays_attached(trained):
    probe = SelectionProbe(SPEC, NETWORK, trained[0], "cpu")
    first, second = probe.run(), probe.run()
    assert all((a.picked_NC == b.picked_NC).all() for a, b in zip(first.blocks, second.blocks, strict=True))
    assert not any(block.selector._forward_hooks for block in blocks_of(probe.model))


def test_wrong_weights_are_named(trained, tmp_path):
    with pytest.raises(ValueError, match=r"There are no weights '.*trained\.safetensor'\. Did you mean 'trained\.safe"):
        SelectionProbe(SPEC, NETWORK, trained[0].with_suffix(".safetensor"), "cpu")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(trained[0].read_bytes()[:100])
    with pytest.raises(ValueError, match=r"The weights '.*broken\.safetensors' cannot be read"):
        SelectionProbe(SPEC, NETWORK, broken, "cpu")
    other = tiny("resnet_basic", MoD(c=4, reduction=4))
    with pytest.raises(
        ValueError, match=r"stages\[0\]\[1\]\.selector\.\S+ must be of shape \(\d, \d\)\. Got \(\d, \d\) instead"
    ):
        SelectionProbe(SPEC, other, trained[0], "cpu")
    stored = load_file(trained[0])
    save_file({name: tensor for name, tensor in stored.items() if name != "head.bias"}, broken)
    with pytest.raises(ValueError, match=r"broken\.safetensors': head\.bias must be given: the weights are of another"):
        SelectionProbe(SPEC, NETWORK, broken, "cpu")


def test_a_training_says_how_far_its_selectors_depend_on_the_image(trained):
    path, score = trained
    picks = SelectionProbe(SPEC, NETWORK, path, "cpu").run()
    assert score.selectivity == tuple(block.selectivity() for block in picks.blocks)
    plain = LocalEvaluator(SPEC, "cpu").train(
        Task(architecture=tiny("resnet_basic", "standard"), fidelity=SPEC.fidelity)
    )
    assert plain.score.selectivity == ()
    assert not plain.score.hardly_selects
