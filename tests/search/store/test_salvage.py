"""A fresh journal from a damaged one: what is kept, what is lost, and that it is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modsearch.cli import run
from modsearch.search import LocalExecutor, RunPlace, load_study, mend, open_run
from modsearch.search.store.run_folder import JOURNAL
from tests.conformance.tabulated import TabulatedEvaluator, study_spec
from tests.search.store.searched import search

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The journal of three networks, and of one that failed."""
    folder = tmp_path_factory.mktemp("run")
    search(folder, 3, fault="exception", fault_at=(2,))
    return (folder / JOURNAL).read_bytes().splitlines()


@pytest.fixture(scope="module")
def wanted(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[int, object]:
    return complete(write(tmp_path_factory.mktemp("whole"), lines))


def write(folder: Path, lines: list[bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / JOURNAL).write_bytes(b"".join(line + b"\n" for line in lines))
    return folder


def complete(folder: Path) -> dict[int, object]:
    """What a search must not lose: by the number of its trial, all that is known of each trained network."""
    frozen = load_study(str(folder)).optuna_study.get_trials()
    trials = [trial for trial in load_study(str(folder)).trials() if trial.state == "complete"]
    return {
        trial.number: (trial.architecture, trial.score, frozen[trial.number].params, frozen[trial.number].values)
        for trial in trials
    }


def scribble(line: bytes) -> bytes:
    return line[: len(line) // 2] + b"#" + line[len(line) // 2 + 1 :] + b"}"


def zeros(line: bytes) -> bytes:
    return bytes(len(line))


def cut_short(line: bytes) -> bytes:
    return line[: len(line) // 2]


SPOILS: tuple[Callable[[bytes], bytes], ...] = (scribble, zeros, cut_short)


def told(folder: Path) -> list[str]:
    """What the doctor says; these runs have no weights."""
    return [finding.text for finding in mend(str(folder)) if "weights" not in finding.text]


def is_needed(entry: Entry) -> bool:
    """Whether a line says which network a trial had: its network, or a parameter."""
    return "param_name" in entry or "architecture" in entry.get("user_attr", ())


@pytest.mark.slow
def test_every_line_may_be_damaged(lines: list[bytes], wanted: dict[int, object], tmp_path: Path) -> None:
    """A trial is lost with a line that it needs and with no other one; nothing of the others is."""
    scored = {json.loads(line)["trial_id"]: index for index, line in enumerate(lines) if b'"score"' in line}
    for index, line in enumerate(lines):
        folder = tmp_path / f"run {index}"  # which a shell would take for two words
        damaged = [*lines[:index], SPOILS[index // 2 % 3](line), *lines[index + 1 :]]
        write(folder, damaged)
        advice = f"cannot be read: line {index + 1} is damaged. To mend it: modsearch doctor '{folder}'$"
        with pytest.raises(ValueError, match=advice):
            search(folder, 3)
        said = told(folder)
        if b'"modsearch"' in line:
            assert said == [
                f"line {index + 1} of the journal cannot be read, and with it what said which study this is"
            ]
            assert (folder / JOURNAL).read_bytes().splitlines() == damaged
            continue
        old = f"{JOURNAL}.before-1"
        assert said[0] == (
            f"line {index + 1} of the journal cannot be read: written anew from all else (the journal as it was: {old})"
        )
        assert (folder / old).read_bytes().splitlines() == damaged
        number = json.loads(line).get("trial_id")
        is_lost = number in wanted and (is_needed(json.loads(line)) or scored[number] == index)
        assert complete(folder) == {key: value for key, value in wanted.items() if not (is_lost and key == number)}
        assert [text.partition(":")[0] for text in said[1:] if "is lost" in text] == (
            [f"trial {number} is lost, and failed from now on"] if is_lost else []
        )
        assert told(folder) == []
        assert len(search(folder, 4).trained) == 1 + is_lost


def test_a_lost_network_that_is_known_is_trained_again(
    lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    last = max(index for index, line in enumerate(lines) if b'"score"' in line)
    number = json.loads(lines[last])["trial_id"]
    folder = write(
        tmp_path, [line for line in lines if b'"score"' not in line or f'"trial_id":{number},'.encode() not in line]
    )
    assert f"trial {number} is lost, and failed from now on: trial {number}.score must be given" in told(folder)[1]
    lost = load_study(str(folder)).trials()[number]
    assert (lost.state, lost.reason) == ("failed", "its part of the journal was damaged")
    assert lost.architecture is not None
    assert search(folder, 3).trained == [lost.architecture.id]
    assert run(["front", str(folder), "--json"]) == 0


@pytest.mark.parametrize(
    ("entry", "damaged"),
    [
        ({"state": 1}, {"values": None}),
        ({"state": 1}, {"values": [0.5]}),
        ({"state": 1}, {"datetime_complete": "noon"}),
        ({"param_name": "c"}, {"param_value_internal": 99}),
        ({"param_name": "c"}, {"distribution": "{}"}),
        ({"user_attr": "seconds"}, {"user_attr": {"seconds": "NaN"}}),
        ({"user_attr": "task"}, {"user_attr": {"task": ["x"]}}),
    ],
)
def test_a_line_that_says_what_cannot_be_costs_its_trial_alone(
    entry: Entry, damaged: Entry, lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    number = max(wanted)
    logs = [json.loads(line) for line in lines]

    def is_meant(log: Entry) -> bool:
        name, value = next(iter(entry.items()))
        return log.get("trial_id") == number and (log.get(name) == value or (name in log and value in log[name]))

    index = next(index for index, log in enumerate(logs) if is_meant(log))
    folder = write(tmp_path, [*lines[:index], json.dumps(logs[index] | damaged).encode(), b"#", *lines[index + 1 :]])
    assert f"trial {number} is lost" in " ".join(told(folder))
    assert complete(folder) == {other: found for other, found in wanted.items() if other != number}
    assert told(folder) == []
    assert len(search(folder, 3).trained) == 1


def test_a_line_that_was_glued_to_a_fragment_is_kept(
    lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    folder = write(tmp_path, [*lines[:-1], lines[-1][:40] + lines[-1]])
    assert told(folder)[0].startswith(f"line {len(lines)} of the journal cannot be read: written anew")
    assert complete(folder) == wanted


def test_a_lost_stretch_of_the_journal_takes_only_what_it_held(
    lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    """Two lines, the beginning of a trial among them, have become one of zeros: later trials keep their lines."""
    beginning = next(index for index, line in enumerate(lines[4:], 4) if line.startswith(b'{"op_code":4'))
    folder = write(tmp_path, [*lines[: beginning - 1], bytes(400), *lines[beginning + 1 :]])
    told(folder)
    assert complete(folder) == wanted
    assert len(search(folder, 4).trained) == 1


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_fresh_journal_may_be_damaged_too(
    goes_on: bool, spoil: Callable[[bytes], bytes], lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    """There a trial is one line, which says its number; later ones keep theirs."""
    folder = write(tmp_path, [b"#", *lines[1:]])
    told(folder)
    assert complete(folder) == wanted
    if goes_on:
        search(folder, 5)
    before = complete(folder)
    fresh = (folder / JOURNAL).read_bytes().splitlines()
    index = next(index for index, line in enumerate(fresh) if json.loads(line)["op_code"] == 4)
    write(folder, [spoil(line) if other == index else line for other, line in enumerate(fresh)])
    said = [text for text in told(folder) if "is lost" in text]
    assert said == ["trial 0 is lost, and failed from now on: its lines do not fit together"]
    assert complete(folder) == {number: found for number, found in before.items() if number != 0}
    assert (folder / f"{JOURNAL}.before-2").is_file()
    assert told(folder) == []
    assert len(search(folder, 6).trained) == 6 - len(before) + 1


def test_a_trial_that_was_stopped_early_and_lost_its_score_is_named(tmp_path: Path) -> None:
    bound = [{"metric": "relative_latency", "max": 0.5}]
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 2}, constraints=bound), evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        pruned = next(trial for trial in study.trials() if trial.state == "pruned" and not trial.is_repeat)
    content = (tmp_path / JOURNAL).read_bytes().splitlines()
    mark = f'"trial_id":{pruned.number},"user_attr":{{"score"'.encode()
    write(tmp_path, [b"#" if mark in line else line for line in content])
    assert f"trial {pruned.number} is lost, and failed from now on: it lacks its score" in told(tmp_path)


def test_a_trial_without_a_beginning_or_with_one_at_no_time_is_kept(
    lines: list[bytes], wanted: dict[int, object], tmp_path: Path
) -> None:
    """The doctor of release 0.1 wrote beginnings at no time."""

    def timeless(line: bytes) -> bytes:
        return json.dumps(json.loads(line) | {"datetime_start": None}).encode() if b'"op_code":4,' in line else line

    folder = write(tmp_path, [b"#", *map(timeless, lines[1:])])
    told(folder)
    assert complete(folder) == wanted


def test_a_newer_version_is_not_taken_for_damage(lines: list[bytes], tmp_path: Path) -> None:
    def newer(line: bytes) -> bytes:
        entry = json.loads(line)
        if "score" in entry.get("user_attr", ()):
            entry["user_attr"]["score"]["schema_version"] = 99
        return json.dumps(entry).encode()

    folder = write(tmp_path, list(map(newer, lines)))
    before = (folder / JOURNAL).read_bytes()
    with pytest.raises(ValueError, match="a newer modsearch wrote it"):
        mend(str(folder))
    assert (folder / JOURNAL).read_bytes() == before
