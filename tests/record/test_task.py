"""The key of a task, by which weights, checkpoints and claims are told apart."""

import pytest

from modsearch.architecture import preset
from modsearch.message import parse
from modsearch.record import Task
from tests.conformance.tabulated import study_spec

NETWORK, FIDELITY = preset("resnet20_cifar").architecture, study_spec().fidelity
TASK = Task(architecture=NETWORK, fidelity=FIDELITY)


def test_the_key_names_network_replicate_and_fidelity() -> None:
    assert TASK.key == f"{NETWORK.id}-0-{FIDELITY.tag}"


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": preset("resnet32_cifar").architecture},
        {"replicate": 1},
        {"fidelity": FIDELITY.model_copy(update={"epochs": 7})},
    ],
)
def test_another_training_has_another_key(changes: dict[str, object]) -> None:
    assert TASK.model_copy(update=changes).key != TASK.key


def test_a_part_of_a_training_has_the_key_of_the_whole() -> None:
    part = TASK.model_copy(update={"until_epoch": 1, "continues": 3})
    assert part.key == TASK.key
    assert not part.is_whole
    assert TASK.model_copy(update={"until_epoch": FIDELITY.epochs}).is_whole


def test_its_json_reads_back() -> None:
    task = TASK.model_copy(update={"replicate": 2, "until_epoch": 1})
    assert parse(Task, task.model_dump(mode="json")) == task
    with pytest.raises(ValueError, match="until_epoch must be greater than 0"):
        parse(Task, task.model_dump(mode="json") | {"until_epoch": 0})
