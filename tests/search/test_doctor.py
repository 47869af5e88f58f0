"""What the doctor finds in a run's folder, and what it does about it."""

import json
import re
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.record import Trial
from modsearch.search import Finding, LocalExecutor, RunPlace, Study, load_study, mend, open_run
from modsearch.search.store.storage import weights_path
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
    return [each.text for each in mend(str(folder)) if each.outcome == outcome]


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


@pytest.mark.parametrize("storage", ["journal", "database"])
def test_trials_of_a_dead_driver(storage: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db" if storage == "database" else None
    target = f"{url}#table" if url else str(tmp_path / "run")
    place = RunPlace(tmp_path / "run", url)
    start(place)
    study = load_study(target)
    space = study.spec.space
    other = space.decode(next(space.points()))
    scored = TabulatedEvaluator().measure(other).merged(TabulatedEvaluator().train(other, study.spec.fidelity).score)
    network = other.model_dump(mode="json")
    first = leave_running(study, architecture=space.costliest().model_dump(mode="json"))
    second = leave_running(study, architecture=network, score=scored.model_dump(mode="json"))
    weights_path(place.folder, other, study.spec.fidelity).write_bytes(b"weights")

    assert [each.text for each in mend(target)] == [
        f"trial {first} was left running by a search that died: ended as failed, to be tried again",
        f"trial {second} was left running by a search that died: ended as complete, with the score that was stored",
    ]
    assert mend(target) == []
    assert [each.state for each in load_study(target).trials()[-2:]] == ["failed", "complete"]
    assert start(place, 4).trained == [space.costliest().id]


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
    networks = [each.architecture for each in study.trials() if each.architecture]
    left = study.spec.space.costliest()
    (folder / "checkpoints").mkdir()
    names = [f"checkpoints/{each.id}-0-{study.spec.fidelity.tag}.safetensors" for each in (networks[0], left)]
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
    assert [each.state for each in load_study(str(folder)).trials()] == ["complete"] * 2


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
        == "not mended: lines 1, 2 of the journal: damaged, and with it what said which study this is\n"
    )
    assert (tmp_path / "study.journal").read_text() == "not JSON\nat all\n"


@pytest.mark.parametrize("damage", [{"metrics": {"accuracy": {"value": "NaN"}}}, {"metrics": {}}, "junk"])
def test_a_score_that_cannot_be_is_told_again_from_what_the_sampler_knows(folder: Path, damage: object) -> None:
    journal = folder / "study.journal"
    before = {each.number: each.score.values(("accuracy", "relative_latency")) for each in scored(folder)}
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(index for index, line in enumerate(lines) if '"score"' in line.decode())
    entry = json.loads(lines[last])
    entry["user_attr"]["score"] = damage
    lines[last] = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
    journal.write_bytes(b"".join(lines))
    with pytest.raises(ValueError, match=r"trial \d+\.score"):
        load_study(str(folder)).trials()
    assert len(texts(folder)) == 1
    assert {each.number: each.score.values(("accuracy", "relative_latency")) for each in scored(folder)} == before
    assert texts(folder) == []


def scored(folder: Path) -> list[Trial]:
    return [each for each in load_study(str(folder)).trials() if each.score is not None]


@pytest.mark.parametrize("name", ["seconds", "reason"])
def test_what_a_trial_cannot_say_is_moved_aside(name: str, folder: Path) -> None:
    study = load_study(str(folder))
    study.tell(study.optuna_study.ask(), "failed", reason="no memory")
    journal = folder / "study.journal"
    journal.write_text(re.sub(rf'(r":{{"{name}":)[^}}]*', r'\1["NaN"]', journal.read_text()))
    with pytest.raises(ValueError, match=rf"trial \d\.{name} must be .* Got \['NaN'\] instead"):
        load_study(str(folder)).trials()
    assert "of the journal: damaged, moved to study.journal.damaged-1" in texts(folder)[0]
    assert [each.state for each in load_study(str(folder)).trials()] == ["complete", "complete", "failed"]
    assert texts(folder) == []


def test_a_running_trial_gets_back_its_network_before_it_is_ended(folder: Path) -> None:
    """Its parameters and score were stored; the line of its network is damaged."""
    lines = (folder / "study.journal").read_bytes().splitlines(keepends=True)
    damaged = max(index for index, line in enumerate(lines) if b'"architecture"' in line)
    wanted = load_study(str(folder)).trials()[1]
    lines[damaged] = b"#\n"
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
