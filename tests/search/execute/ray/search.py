"""A search of a folder through a cluster, with workers that break where a file tells them to."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

from modsearch.search import Context, Listener, RunPlace, Study, load_study, open_run
from modsearch.search.execute.ray import RayExecutor
from modsearch.space import Ray, StudySpec
from tests.conformance.tabulated import TabulatedEvaluator
from tests.search.execute.ray.faulty import FaultyEvaluator


class Search:
    """A search of a folder through the cluster; ``storage`` is a database instead of the journal."""

    seconds = 0.2  # of a training

    def __init__(self, cluster: Cluster, folder: Path, storage: str | None = None, **settings: Any) -> None:
        self.cluster, self.settings = cluster, Ray(address=cluster.address, **settings)
        self.folder, self.run_folder, self.storage = folder, folder / "run", storage
        self.lost: dict[str, int] = {}

    def run(self, spec: StudySpec, listener: Listener | None = None, num_workers: int = 1) -> str:
        make = partial(FaultyEvaluator, folder=self.folder, seconds=self.seconds, num_workers=num_workers)
        with open_run(spec, TabulatedEvaluator(), RunPlace(self.run_folder, self.storage)) as study:
            context = Context(study, make(), make, self.run_folder, listener or Listener())
            executor = RayExecutor(context, self.settings)
            try:
                ending = executor.run()
            finally:
                self.lost = dict(executor.lost)
        return ending

    @property
    def study(self) -> Study:
        return load_study(f"{self.storage}#table" if self.storage else str(self.run_folder))

    def check(self, num: int, num_failed: int = 0) -> None:
        """So many networks, each once and with its weights, and nothing left running."""
        trials = [trial for trial in self.study.trials() if not trial.is_repeat]
        assert Counter(trial.state for trial in trials) == Counter({"complete": num, "failed": num_failed}) - Counter()
        complete = [trial.architecture.id for trial in trials if trial.state == "complete" and trial.architecture]
        assert len(set(complete)) == num
        assert {file.name.partition("-")[0] for file in (self.run_folder / "weights").iterdir()} == set(complete)


def mailbox_pid(cluster: Cluster) -> int:
    """The process of the mailbox, a child of the head's raylet."""
    [raylet] = cluster.head_node.all_processes["raylet"]
    children = Path(f"/proc/{raylet.process.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    [found] = [pid for pid in pids if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::Mailbox")]
    return found


def when(condition: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    """Act once the condition holds."""

    def wait() -> None:
        while not condition():
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread
