"""Whether a search survives: kills it again and again and starts it again, until its budget is spent.

    python benchmarks/survival.py [--kills 20] [--seed 0] [--out PATH]

The driver of the tests searches with the tabulated evaluator. Every other kill strikes at a random moment after the
first training of that start; the others strike in the middle of a random journal entry, half of which is written. After
every kill: no trained network is lost or changed, none that was in the record was trained again, and the one that was
interrupted is trained first. At the end: the budget is spent, the journal reads, the doctor finds nothing.

Prints counts as JSON; exits with 1 where one is not as it must be.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from modsearch.record import Trial
from modsearch.search import load_study, mend

ROOT = Path(__file__).parents[1]
TRIALS_A_KILL = 10
LONGEST_S = 0.3
ENTRIES_A_START = 40


@dataclass
class Counts:
    starts: int = 0
    kills_at_a_random_moment: int = 0
    kills_in_an_entry: int = 0
    half_written_lines: int = 0
    trained_networks: int = 0
    trainings_begun: int = 0
    lost: int = 0
    trained_again: int = 0
    unfinished_not_first: int = 0
    findings_of_the_doctor: int = 0


def start(folder: Path, budget: int, tear_at: int = 0) -> subprocess.Popen[str]:
    fault = ["--fault", "tear", "--at", str(tear_at)] if tear_at else []
    command = [sys.executable, "-m", "tests.integration.driver", str(folder), str(budget), *fault]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str], after_s: float) -> list[str]:
    """The networks that it began to train before it was killed."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after_s)
    process.kill()
    return (first + process.stdout.read()).split()[1::2]


def trained(folder: Path) -> dict[str, Trial]:
    """The networks whose accuracy is in the record, by id."""
    trials = load_study(str(folder)).trials() if (folder / "study.journal").is_file() else []
    kept = [each for each in trials if each.score and "accuracy" in each.score.metrics]
    return {each.architecture.id: each for each in kept if each.architecture}


def check(folder: Path, before: dict[str, Trial], begun: list[str], counts: Counts) -> dict[str, Trial]:
    """Compare the record with what it was before a start."""
    after = trained(folder)
    for each, trial in before.items():
        same = after.get(each)
        counts.lost += same is None or (same.number, same.score) != (trial.number, trial.score)
    counts.trained_again += sum(each in before for each in begun) + len(begun) - len(set(begun))
    counts.trainings_begun += len(begun)
    counts.starts += 1
    return after


def survive(folder: Path, num_kills: int, generator: random.Random) -> Counts:
    counts, record = Counts(), dict[str, Trial]()
    owed: str | None = None
    for number in range(num_kills + 1):
        tear_at = generator.randint(5, ENTRIES_A_START) if number % 2 and number < num_kills else 0
        process = start(folder, TRIALS_A_KILL * num_kills, tear_at)
        if tear_at or number == num_kills:
            begun = process.communicate()[0].split()[1::2]
        else:
            begun = kill(process, generator.uniform(0, LONGEST_S))
        was_killed = process.wait() == -signal.SIGKILL
        counts.kills_in_an_entry += was_killed and tear_at > 0
        counts.kills_at_a_random_moment += was_killed and tear_at == 0
        counts.half_written_lines += not (folder / "study.journal").read_bytes().endswith(b"\n")
        counts.unfinished_not_first += bool(begun) and owed is not None and begun[0] != owed
        record = check(folder, record, begun, counts)
        owed = next((each for each in begun[-1:] if each not in record), None) if begun else owed
    counts.trained_networks = len(record)
    counts.findings_of_the_doctor = len(mend(str(folder)))
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "survival.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = survive(Path(folder) / "run", arguments.kills, random.Random(arguments.seed))
    budget = TRIALS_A_KILL * arguments.kills
    report = {"seed": arguments.seed, "budget": budget, **asdict(counts)}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    num_kills = counts.kills_at_a_random_moment + counts.kills_in_an_entry
    wrong = counts.lost + counts.trained_again + counts.unfinished_not_first + counts.findings_of_the_doctor
    sys.exit(int(wrong > 0 or counts.trained_networks != budget or num_kills != arguments.kills))


if __name__ == "__main__":
    main()
