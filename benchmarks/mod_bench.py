"""A bench of small networks with and without MoD blocks, each trained with several seeds on real CIFAR-10 images.

    python -m benchmarks.mod_bench train IMAGES [--hours 5] [--workers 2]
    python -m benchmarks.mod_bench time
    python -m benchmarks.mod_bench show

``train`` trains what is missing, each network by one thread, so many at a time as there are workers: first every
network with two seeds, then 30 of them with eight more: those on the front, those near it, and eight drawn at random.
Whatever is done is kept, and the same command goes on. ``time`` times the networks; run it alone. ``show`` says how far
accuracies lie apart, over networks and over seeds. Files: ``benchmarks/results/mod_bench``, which
``benchmarks/bench_table.py`` reads.
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.bench_table import FEW, FOLDER, MANY, TIMINGS, TRAININGS, Bench, Key
from modsearch.file import appearing
from modsearch.record import Task
from modsearch.scoring import LocalEvaluator
from modsearch.space import ImageFolder, StudySpec
from modsearch.statistic import pareto_front

NUM_FRONT, NUM_RANDOM = 22, 8
_evaluator: LocalEvaluator | None = None  # of a worker


def missing(bench: Bench) -> Iterator[Key]:
    """The trainings that are to be done, in their order; those of many seeds once the networks are timed."""
    for replicate in range(MANY):
        chosen = bench.networks if replicate < FEW else picked(bench)
        yield from ((id_, replicate) for id_ in chosen if (id_, replicate) not in bench.trainings)


def picked(bench: Bench) -> list[str]:
    """The networks of many seeds: the front of the first two, what lies nearest to it, and some at random."""
    ids = list(bench.networks)
    is_trained = all((id_, replicate) in bench.trainings for id_ in ids for replicate in range(FEW))
    if not is_trained or any(id_ not in bench.timings for id_ in ids):
        return []
    rows = [
        (np.mean([bench.accuracy(id_, replicate) for replicate in range(FEW)]), bench.log_latency(id_)) for id_ in ids
    ]
    left, found = list(range(len(ids))), list[int]()
    while len(found) < NUM_FRONT:  # front after front
        front = [left[index] for index in pareto_front([rows[index] for index in left], ("maximize", "minimize"))]
        found += front[: NUM_FRONT - len(found)]
        left = [index for index in left if index not in front]
    others = [index for index in range(len(ids)) if index not in found]
    return [ids[index] for index in [*found, *Random(1).sample(others, NUM_RANDOM)]]


def begin(spec: StudySpec) -> None:
    """Of a worker."""
    global _evaluator
    _evaluator = LocalEvaluator(spec, "cpu")


def trained(key: Key, task: Task) -> str:
    """The line of a training."""
    assert _evaluator is not None
    score = _evaluator.train(task).score.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"id": key[0], "replicate": key[1], "score": score})


def train(images: Path, hours: float, workers: int) -> None:
    bench, start = Bench(), time.monotonic()
    spec = bench.spec.model_copy(update={"data": ImageFolder(path=images.absolute())})
    LocalEvaluator(spec, "cpu").data_hash  # noqa: B018  decodes the images once
    keys = list(missing(bench))
    tasks = [Task(architecture=bench.networks[id_], fidelity=spec.fidelity, replicate=number) for id_, number in keys]
    print(f"{len(bench.trainings)} trainings are done, {len(keys)} to do", flush=True)
    cut_fragment(FOLDER / TRAININGS)
    with (
        (FOLDER / TRAININGS).open("a") as file,
        ProcessPoolExecutor(workers, get_context("spawn"), begin, (spec,)) as pool,
    ):
        futures = [pool.submit(trained, key, task) for key, task in zip(keys, tasks, strict=True)]
        try:
            for done, future in enumerate(futures, 1):
                if time.monotonic() - start > 3600 * hours:
                    pool.shutdown(wait=False, cancel_futures=True)  # what is running ends, and is kept
                if future.cancelled():
                    break
                file.write(future.result() + "\n")
                file.flush()
                if done % 10 == 0:
                    print(f"{done} of {len(keys)}, {(time.monotonic() - start) / done:.1f} s each", flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def cut_fragment(path: Path) -> None:
    """Cut off the line that a kill left half written."""
    content = path.read_bytes() if path.exists() else b"\n"
    if not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)


def time_all() -> None:
    bench, evaluator = Bench(), LocalEvaluator(Bench().spec, "cpu")
    found = {id_: score.model_dump(mode="json") for id_, score in bench.timings.items()}
    for number, (id_, network) in enumerate(bench.networks.items(), 1):
        if id_ not in found:
            found[id_] = evaluator.measure(network).model_dump(mode="json")
            with appearing(FOLDER / TIMINGS) as file:
                file.write(gzip.compress(json.dumps(found).encode(), mtime=0))
            print(f"{number} of {len(bench.networks)}: {network.describe()}", flush=True)


def show() -> None:
    bench = Bench()
    rows = []
    for id_ in bench.networks:
        with suppress(KeyError):
            rows.append([bench.accuracy(id_, replicate) for replicate in range(FEW)])
    if not rows:
        print("no network has two seeds yet")
        return
    accuracy_MR = np.array(rows)
    of_seeds = float(np.sqrt(accuracy_MR.var(axis=1, ddof=1).mean()))
    print(f"{len(bench.trainings)} trainings, {len(bench.timings)} timings, {len(rows)} networks with {FEW} seeds")
    print(f"accuracy {accuracy_MR.mean():.3f}, deviation over networks {accuracy_MR.mean(axis=1).std(ddof=1):.4f}")
    print(f"over seeds {of_seeds:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    training = verbs.add_parser("train")
    training.add_argument("images", type=Path)
    training.add_argument("--hours", type=float, default=5.0)
    training.add_argument("--workers", type=int, default=2)
    verbs.add_parser("time")
    verbs.add_parser("show")
    options = parser.parse_args()
    if options.verb == "train":
        train(options.images, options.hours, options.workers)
    elif options.verb == "time":
        time_all()
    else:
        show()


if __name__ == "__main__":
    main()
