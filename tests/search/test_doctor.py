"""What the doctor finds in a run's folder, and what it does about it."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import Finding, LocalExecutor, RunPlace, Study, load_study, mend, open_run
from modsearch.search.store.run_folder import weights_path
from modsearch.space import dump_spec, load_spec
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def start(place: RunPlace, trials: int = 2) -> TabulatedEvaluator:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": trials}), evaluator, place) as study:
        LocalExecutor(study, evaluator, place.folder).run()
    return evaluator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start(RunPlace(tmp_path / "run"))
    return tmp_path / "run"


def texts(folder: Path, outcome: str = "mended") -> list[str]:
    return [finding.text for finding in mend(str(folder)) if finding.outcome == outcome]


def leave_running(study: Study, **attrs: object) -> int:
    """What a driver leaves that is killed."""
    asked = study.optuna_study.ask()
    for name, value in attrs.items():
        asked.set_user_attr(name, value)
    return asked.number


def test_a_healthy_study(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert mend(str(folder)) == []
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_half_written_last_line(folder: Path) -> None:
    journal = folder / "study.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4')
    assert texts(folder) == ["the journal ended with a half-written line: cut off its 12 bytes"]
    assert journal.read_bytes() == whole
    assert mend(str(folder)) == []


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["journal", "database"])
def test_trials_of_a_dead_driver(storage: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db" if storage == "database" else None
    target = f"{url}#table" if url else str(tmp_path / "run")
    place = RunPlace(tmp_path / "run", url)
    start(place)
    study = load_study(target)
    space = study.spec.space
    other = space.decode(next(space.points()))
    scored = TabulatedEvaluator().measure(other).merged(TabulatedEvaluator().train(study.task(other)).score)
    network = other.model_dump(mode="json")
    first = leave_running(study, architecture=space.costliest().model_dump(mode="json"))
    second = leave_running(study, architecture=network, score=scored.model_dump(mode="json"))
    weights_path(place.folder, study.task(other)).write_bytes(b"weights")

    assert [finding.text for finding in mend(target)] == [
        f"trial {first} was left running by a search that died: ended as failed, to be tried again",
        f"trial {second} was left running by a search that died: ended as complete, with the score that was stored",
    ]
    assert mend(target) == []
    assert [trial.state for trial in load_study(target).trials()[-2:]] == ["failed", "complete"]
    assert start(place, 4).trained == [space.costliest().id]


@pytest.mark.slow
def test_locks_that_a_dead_process_left(folder: Path) -> None:
    (folder / "study.journal.lock").symlink_to("study.journal")
    (folder / "study.journal.lock0a1b.rename").symlink_to("gone")
    found = texts(folder)
    assert sorted(found) == [
        "removed study.journal.lock, the lock of a dead process",
        "removed study.journal.lock0a1b.rename, the lock of a dead process",
    ]
    assert mend(str(folder)) == []


def test_files_that_were_half_written(folder: Path) -> None:
    (folder / "checkpoints").mkdir()
    leftovers = ["weights/a.safetensors.part", "checkpoints/b.safetensors.part", "spec.yaml.part", "checkpoints/c.part"]
    for name in leftovers:
        (folder / name).write_bytes(b"half")
    (folder / "mine.part").write_bytes(b"not ours")
    assert sorted(texts(folder)) == sorted(f"removed {name}, which was half written" for name in leftovers)
    assert [path.name for path in folder.rglob("*.part")] == ["mine.part"]


def test_checkpoints_of_settled_networks(folder: Path) -> None:
    study = load_study(str(folder))
    networks = [trial.architecture for trial in study.trials() if trial.architecture]
    left = study.spec.space.costliest()
    (folder / "checkpoints").mkdir()
    names = [f"checkpoints/{network.id}-0-{study.spec.fidelity.tag}.safetensors" for network in (networks[0], left)]
    for name in names:
        (folder / name).write_bytes(b"state")
    assert texts(folder) == [f"removed {names[0]}: its network is settled"]
    assert (folder / names[1]).is_file()


def test_weights_without_a_trial_are_kept_and_said(folder: Path) -> None:
    (folder / "weights" / "0123456789ab-0-x.safetensors").write_bytes(b"weights")
    for _ in range(2):
        assert mend(str(folder)) == [
            Finding("weights/0123456789ab-0-x.safetensors belongs to no complete trial", "noted")
        ]


def test_a_trial_without_weights_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = min((folder / "weights").iterdir())
    path.unlink()
    text = f"weights/{path.name} is missing; the trial of {path.name[:12]} is kept"
    assert run(["doctor", str(folder)]) == 1
    assert capsys.readouterr().out == f"not mended: {text}\n"
    assert [trial.state for trial in load_study(str(folder)).trials()] == ["complete"] * 2


@pytest.mark.parametrize("spoiled", [None, "name: [", "name: chair"])
def test_a_spec_that_is_missing_or_another(spoiled: str | None, folder: Path) -> None:
    path = folder / "spec.yaml"
    path.unlink() if spoiled is None else path.write_text(spoiled)
    assert texts(folder) == ["spec.yaml was missing or not the study's: written again from the study"]
    assert load_spec(str(path)) == load_study(str(folder)).spec
    assert mend(str(folder)) == []


def test_nothing_is_touched_while_a_search_is_at_work(folder: Path) -> None:
    (folder / "spec.yaml").unlink()
    at_work = pytest.raises(ValueError, match=f"Another search is writing to '{folder}'. Stop it, or wait for it.")
    with open_run(study_spec(), TabulatedEvaluator(), RunPlace(folder)), at_work:
        mend(str(folder))


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder)]) == 0
    assert capsys.readouterr().out == "nothing to mend\n"
    (folder / "spec.yaml").unlink()
    assert run(["doctor", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "mended": ["spec.yaml was missing or not the study's: written again from the study"],
        "noted": [],
        "left": [],
    }
    assert run(["doctor", str(folder / "none")]) == 2
    assert capsys.readouterr().err.startswith("modsearch: There is no folder ")


def test_a_journal_that_is_none_is_not_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.journal").write_text("not JSON\nat all\n")
    assert run(["doctor", str(tmp_path)]) == 1
    assert (
        capsys.readouterr().out
        == "not mended: lines 1, 2 of the journal cannot be read, and with it what said which study this is\n"
    )
    assert (tmp_path / "study.journal").read_text() == "not JSON\nat all\n"


@pytest.mark.parametrize("damage", [{"metrics": {"accuracy": {"value": "NaN"}}}, {"metrics": {}}, "junk"])
def test_a_trial_whose_score_cannot_be_is_tried_again(folder: Path, damage: object) -> None:
    journal = folder / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(index for index, line in enumerate(lines) if '"score"' in line.decode())
    entry = json.loads(lines[last])
    entry["user_attr"]["score"] = damage
    lines[last] = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
    journal.write_bytes(b"".join(lines))
    with pytest.raises(ValueError, match=r"trial \d+\.score"):
        load_study(str(folder)).trials()
    assert texts(folder) == [
        "the journal says what cannot be: written anew from all else (the journal as it was: study.journal.before-1)"
    ]
    assert [trial.state for trial in load_study(str(folder)).trials()] == ["complete", "failed"]
    assert mend(str(folder)) == [finding for finding in mend(str(folder)) if finding.outcome == "noted"]
    assert len(start(RunPlace(folder)).trained) == 1


def test_a_running_trial_gets_its_end_from_the_score_that_was_stored(folder: Path) -> None:
    """The search died before it told it, and another line is damaged."""
    lines = (folder / "study.journal").read_bytes().splitlines(keepends=True)
    wanted = load_study(str(folder)).trials()[1]
    seconds = max(index for index, line in enumerate(lines) if b'"seconds"' in line)
    lines[seconds] = b"#\n"
    (folder / "study.journal").write_bytes(b"".join(lines[:-1]))
    assert len(texts(folder)) == 2
    found = load_study(str(folder)).trials()[1]
    assert (found.state, found.architecture, found.score) == ("complete", wanted.architecture, wanted.score)
    assert texts(folder) == []


def test_the_doctor_follows_no_link_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine.part").write_text("precious")
    (folder / "checkpoints").symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match="checkpoints must be inside of the run's folder"):
        mend(str(folder))
    assert (tmp_path / "outside" / "mine.part").is_file()


@pytest.mark.parametrize("other", ["another study's", "a journal's", "nobody's"])
def test_a_database_names_a_folder_that_is_not_its_own(other: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path}/studies.db"
    start(RunPlace(tmp_path / "run", target))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if other != "nobody's":
        (elsewhere / "spec.yaml").write_text(dump_spec(study_spec(name="mine" if "another" in other else "table")))
    if other == "a journal's":
        (elsewhere / "study.journal").touch()
    (elsewhere / "spec.yaml.part").touch()
    study = load_study(f"{target}#table")
    stored = study.optuna_study.user_attrs["modsearch"]
    study.optuna_study.set_user_attr("modsearch", stored | {"folder": str(elsewhere)})
    before = sorted(elsewhere.iterdir())
    with pytest.raises(ValueError, match="is not a run of it: nothing was touched"):
        mend(f"{target}#table")
    assert sorted(elsewhere.iterdir()) == before
