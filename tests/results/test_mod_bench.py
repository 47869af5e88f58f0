"""The bench of small networks: which they are, what is left to do, and the table that looks them up."""

import base64
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import mod_bench
from benchmarks.bench_table import FOLDER, SPEC, TIMINGS, TRAININGS, Bench, BenchEvaluator
from modsearch.analysis.difference import correct_images
from modsearch.record import Task
from tests.conformance.tabulated import TabulatedEvaluator

NUM_IMAGES = 20


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty table of the bench's networks."""
    shutil.copy(FOLDER / SPEC, tmp_path / SPEC)
    return Bench(tmp_path)


def fill(bench: Bench, replicates: int, timed: bool = True) -> None:
    """Invented trainings and timings of all networks."""
    generator, lines = np.random.default_rng(0), []
    for replicate in range(replicates):
        for id_ in bench.networks:
            is_right = generator.random(NUM_IMAGES) < 0.6
            accuracy = {
                "value": is_right.mean(),
                "low": 0.0,
                "high": 1.0,
                "num_samples": NUM_IMAGES,
                "unit": "fraction",
            }
            score = {
                "metrics": {"accuracy": accuracy},
                "learning_curve": [{"loss": loss, "accuracy": 0.5, "seconds": 1.0} for loss in (2.0, 1.0)],
                "correct": base64.b64encode(np.packbits(is_right).tobytes()).decode(),
            }
            lines.append(json.dumps({"id": id_, "replicate": replicate, "score": score}) + "\n")
    (bench.folder / TRAININGS).write_text("".join(lines))
    if timed:
        scores = {id_: TabulatedEvaluator().measure(network) for id_, network in bench.networks.items()}
        stored = {id_: score.model_dump(mode="json") for id_, score in scores.items()}
        (bench.folder / TIMINGS).write_bytes(gzip.compress(json.dumps(stored).encode()))


def test_its_networks_are_drawn_and_all_different(bench: Bench) -> None:
    assert len(bench.networks) == 150
    assert all(bench.spec.space.encode(network) is not None for network in bench.networks.values())
    assert {network.widths for network in bench.networks.values()} == {(2, 4, 8), (4, 8, 16), (8, 16, 32), (16, 32, 64)}
    assert list(bench.networks) == list(Bench(bench.folder).networks)


def test_what_is_shipped_is_whole_and_lies_apart() -> None:
    """Bits agree with accuracies, and networks differ by more than their seeds."""
    shipped = Bench()
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000
    assert shipped.timings.keys() == shipped.networks.keys()
    accuracy_MR = np.array([[shipped.accuracy(id_, number) for number in range(2)] for id_ in shipped.networks])
    assert accuracy_MR.mean(axis=1).std() > 0.05
    assert accuracy_MR.mean(axis=1).std() > 3.5 * accuracy_MR.std(axis=1, ddof=1).mean()
    for score in shipped.trainings.values():
        bits = correct_images(score)
        assert bits is not None
        assert bits.mean() == pytest.approx(score.metrics["accuracy"].value)
        assert len(score.learning_curve) == shipped.spec.fidelity.epochs


def test_first_all_get_two_seeds(bench: Bench) -> None:
    keys = list(mod_bench.missing(bench))
    assert len(keys) == 300
    assert [replicate for _, replicate in keys] == [0] * 150 + [1] * 150


@pytest.mark.parametrize("timed", [False, True])
def test_then_30_get_eight_more_once_all_are_timed(bench: Bench, timed: bool) -> None:
    fill(bench, 2, timed)
    keys = list(mod_bench.missing(Bench(bench.folder)))
    assert len(keys) == (240 if timed else 0)
    assert len({id_ for id_, _ in keys}) == (30 if timed else 0)


def test_half_a_line_is_done_again(bench: Bench) -> None:
    fill(bench, 1)
    path = bench.folder / TRAININGS
    path.write_bytes(path.read_bytes()[:-10])
    mod_bench.cut_fragment(path)
    assert len(path.read_text().splitlines()) == 149
    assert len(list(mod_bench.missing(Bench(bench.folder)))) == 151


def test_the_table_gives_what_was_trained(bench: Bench) -> None:
    fill(bench, 2)
    full = Bench(bench.folder)
    network = next(iter(full.networks.values()))
    task = Task(architecture=network, fidelity=full.spec.fidelity, replicate=0)
    evaluator, told = BenchEvaluator(full, first=1), list[int]()
    score = evaluator.train(task, lambda number, _: told.append(number)).score
    assert told == [1, 2]
    bits = correct_images(score)
    assert bits is not None
    assert score.metrics["accuracy"].value == full.accuracy(network.id, 1) == bits.mean()
    assert full.accuracy(network.id, 1) != full.accuracy(network.id, 0)
    assert evaluator.measure(network).metrics["relative_latency"].value == np.exp(full.log_latency(network.id))
    with pytest.raises(ValueError, match="whole trainings only"):
        evaluator.train(task.model_copy(update={"until_epoch": 1}))
