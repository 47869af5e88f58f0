"""Whether a search survives: kills it again and again and starts it again.

    python benchmarks/survival.py [--kills 20] [--seed 0] [--out PATH]

Runs the command line, ``modsearch search`` on scikit-learn's digits with real timing and training. Changed is only
that a checkpoint is due every 0.2 s, and that it tells on stderr what it does. Two arms, each one search:

- ``kills``: SIGKILL from outside at a random moment, in turn of timing, training, a checkpoint's write and telling.
- ``torn``: SIGKILL in the middle of a random journal entry, half of which is written.

After the last kill an arm goes on until two more networks are trained. Prints counts and seconds as JSON; exits with 1
where a trial that had finished was lost or trained again.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from modsearch.record import Trial
from modsearch.search import load_study, mend
from modsearch.space import dump_spec, load_spec

ARMS = ("kills", "torn")
ROOT = Path(__file__).parents[1]
CHECKPOINT_INTERVAL_S = 0.2
MOMENTS = {"measure": (2, 3, 2.0), "train": (1, 2, 2.0), "checkpoint": (1, 12, 0.01), "trained": (1, 2, 0.03)}
"""What a kill waits for: the so many-th such event, from and to, and then how long at most, in seconds."""
PHASES = {"measure": "timing", "train": "training", "resumed": "training"}
ENTRIES_A_START = 40


@dataclass
class Counts:
    """What an arm found. Seconds of training: in all, those that kills cost, and what one kill cost at most."""

    kills_in: dict[str, int] = field(default_factory=dict)
    half_written_lines: int = 0
    checkpoints_resumed: int = 0
    networks_trained: int = 0
    trainings_begun: int = 0
    networks_given_up: int = 0
    finished_lost: int = 0
    finished_trained_again: int = 0
    findings_of_the_doctor: int = 0
    training_s: float = 0.0
    lost_s: float = 0.0
    longest_loss_s: float = 0.0


def drive(tear_at: int, arguments: list[str]) -> None:
    """The command line, but it tells on stderr what it does; it dies in the journal entry of this number, if not 0."""
    from modsearch import cli, scoring
    from modsearch.training.checkpoint import Checkpoint
    from tests.integration.driver import tear_write

    def tell(event: str, subject: Any) -> None:
        if event and (event != "resumed" or subject.step or subject.curve):
            print(f"@{event} {getattr(subject, 'id', '-')} {time.time()}", file=sys.stderr, flush=True)

    def make_tell(owner: type, method: str, before: str = "", after: str = "") -> None:
        wrapped = getattr(owner, method)

        def wrapper(self: Any, subject: Any, *others: Any) -> Any:
            tell(before, subject)
            result = wrapped(self, subject, *others)
            tell(after, subject)
            return result

        setattr(owner, method, wrapper)

    make_tell(scoring.LocalEvaluator, "measure", "measure")
    make_tell(scoring.LocalEvaluator, "train", "train", "trained")
    make_tell(Checkpoint, "restore", after="resumed")
    make_tell(Checkpoint, "_write", "checkpoint")
    scoring.LocalEvaluator.checkpoint_interval_s = CHECKPOINT_INTERVAL_S
    if tear_at:
        tear_write(tear_at)
    cli.main(arguments)


@dataclass
class Arm:
    """One search that is killed again and again."""

    folder: Path
    generator: random.Random
    counts: Counts = field(default_factory=Counts)
    record: dict[str, Trial] = field(default_factory=dict)

    def start(self, num_trials: int, event: str = "", tear_at: int = 0) -> list[list[str]]:
        """Start the search, and kill it at a random moment of this event; what it told: events, ids and times."""
        words = ["search", str(self.folder / "space.yaml"), "--out", str(self.folder / "run"), "--device", "cpu"]
        command = [sys.executable, __file__, "--drive", str(tear_at), *words, "--trials", str(num_trials)]
        first, last, longest_s = MOMENTS.get(event, (0, 0, 0.0))
        num_left, told, said = self.generator.randint(first, last), list[list[str]](), ""
        with subprocess.Popen(command, cwd=ROOT, stdout=-3, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if not line.startswith("@"):
                    said += line
                    continue
                told.append(line[1:].split())
                num_left -= told[-1][0] == event
                if event and num_left == 0:
                    time.sleep(self.generator.uniform(0, longest_s))
                    process.kill()
                    event = ""
            told.append(["end", "-", str(time.time())])
        if process.returncode not in (0, -9):
            sys.exit(f"the search ended with {process.returncode}: {said}")
        return told

    def check(self, told: list[list[str]], is_killed: bool) -> None:
        """Compare the record with what it was before this start, and add up what it trained and what it lost."""
        counts, before = self.counts, self.record
        self.record = trained(self.folder / "run")
        begun = [name for event, name, _ in told if event == "train"]
        counts.trainings_begun += len(begun)
        counts.checkpoints_resumed += sum(event == "resumed" for event, _, _ in told)
        counts.finished_trained_again += sum(id_ in before for id_ in begun)
        for id_, trial in before.items():
            after = self.record.get(id_)
            counts.finished_lost += after is None or (after.number, after.score) != (trial.number, trial.score)
        if is_killed:
            phase = self._phase(told)
            counts.kills_in[phase] = counts.kills_in.get(phase, 0) + 1
            counts.half_written_lines += not (self.folder / "run" / "study.journal").read_bytes().endswith(b"\n")
        self._add_seconds(told)

    def _add_seconds(self, told: list[list[str]]) -> None:
        counts, begin_s, training = self.counts, 0.0, ""
        for event, name, time_s in told:
            if event == "train":
                begin_s, training = float(time_s), name
            elif event in ("trained", "end") and training:
                counts.training_s += float(time_s) - begin_s
                if training not in self.record:
                    saved = (self.folder / "run" / "checkpoints").glob(f"{training}-*.safetensors")
                    loss_s = float(time_s) - max([begin_s, *(path.stat().st_mtime for path in saved)])
                    counts.lost_s += loss_s
                    counts.longest_loss_s = max(counts.longest_loss_s, loss_s)
                training = ""

    def _phase(self, told: list[list[str]]) -> str:
        """Where a kill struck."""
        event, name, _ = [["starting"] * 3, *told][-2]
        if event == "checkpoint":
            begun = [id_ for kind, id_, _ in told if kind == "train"][-1]
            is_half = list((self.folder / "run" / "checkpoints").glob(f"{begun}-*.part"))
            return "a checkpoint's write" if is_half else "training"
        if event == "trained":
            is_told = name in self.record and self.record[name].state == "complete"
            return "proposing" if is_told else "telling"
        return PHASES.get(event, "starting")


def trained(folder: Path) -> dict[str, Trial]:
    """The networks whose accuracy is in the record, by id."""
    try:
        trials = load_study(str(folder)).trials()
    except ValueError:  # killed before there was one
        return {}
    kept = [trial for trial in trials if trial.score and "accuracy" in trial.score.metrics]
    return {trial.architecture.id: trial for trial in kept if trial.architecture}


def survive(place: Path, num_kills: int, seed: int, name: str) -> Counts:
    """Kill one search so many times, let it end, and say what became of it."""
    folder = place / name
    folder.mkdir()
    spec = load_spec("digits_quickstart")
    space = spec.space.model_copy(update={"widths": (8, 16, 32), "reduction": 2})
    fidelity = spec.fidelity.model_copy(update={"images_per_class": 50, "epochs": 4, "threads": 1})
    places = {name: deployment.model_copy(update={"threads": 1}) for name, deployment in spec.deployments.items()}
    changes = {"space": space, "fidelity": fidelity, "deployments": places, "sampler": "random"}
    (folder / "space.yaml").write_text(dump_spec(spec.with_overrides(changes)))
    arm = Arm(folder, random.Random(seed))
    for number in range(num_kills):
        tear_at = arm.generator.randint(5, ENTRIES_A_START) if name == "torn" else 0
        event = "" if name == "torn" else list(MOMENTS)[number % len(MOMENTS)]
        arm.check(arm.start(1000, event, tear_at), is_killed=True)
    arm.check(arm.start(len(arm.record) + 2), is_killed=False)
    trials = [trial for trial in load_study(str(folder / "run")).trials() if trial.state == "failed"]
    dead = [trial.architecture.id for trial in trials if trial.architecture]
    arm.counts.networks_given_up = sum(dead.count(id_) >= 3 and id_ not in arm.record for id_ in set(dead))
    arm.counts.networks_trained = len(arm.record)
    arm.counts.findings_of_the_doctor = len(mend(str(folder / "run")))
    return arm.counts


def main() -> None:
    if sys.argv[1:2] == ["--drive"]:
        drive(int(sys.argv[2]), sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "survival.json")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"kills_an_arm": arguments.kills, "checkpoint_interval_s": CHECKPOINT_INTERVAL_S}
    with tempfile.TemporaryDirectory() as folder:
        start = partial(survive, Path(folder), arguments.kills, arguments.seed)
        with ThreadPoolExecutor() as threads:  # each arm waits for its own processes
            report |= zip(ARMS, map(asdict, threads.map(start, ARMS)), strict=True)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    sys.exit(any(report[name]["finished_lost"] + report[name]["finished_trained_again"] for name in ARMS))


if __name__ == "__main__":
    main()
