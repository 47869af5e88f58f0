"""Arguments of every verb: carried out, or refused in one line on stderr with exit code 2 or 1; never a traceback."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modsearch import scoring
from modsearch.architecture import preset
from modsearch.cli import run
from modsearch.models.device import torch_device
from modsearch.scoring import profile
from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.cli.test_command import TINY
from tests.conformance.remeasured import measure_beside
from tests.conformance.tabulated import SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.fuzz.damage import TEXTS, cases, no_hang

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# fmt: off
PATHS = (
    "space.yaml", "broken.yaml", "architecture.json", "run", "run/study.journal", "empty", "junk", "circle",
    "sealed/x", "none.yaml", "none/at/all", ".", "..", "/dev/null", "junk/study.journal", "x.html", "x.svg/",
    "empty/x.html", "x.pdf",
)
# fmt: on
# fmt: off
TARGETS = (
    "resnet20_cifar", "resnet50_mood", "digits_quickstart", "digits_quickstar", "sqlite:///junk.db#x",
    "sqlite:///none.db#x", "sqlite:///x.db", "://#x", "nonsense://a:b@c#d", "postgresql://me:secret@localhost:1/db#x",
    "run#table", "#", "a#b#c",
)
# fmt: on
IDS = ("2e0b9d9893f9", "../../x", "2e0b9d9893f", "", "*", "2E0B9D9893F9")
NUMBERS = ("0", "-1", "1", "10", "32", "1e3", "1.5", "nan", "0x10", "1_000", "9" * 30, "9" * 5000, "٣", " 1")
DEVICES = ("cpu", "cuda", "cuda:99", "cuda:99999999999999999999", "cuda:-1", "tpu", "meta", "CPU", "cpu:7", "mps")
PLACES = ("cpu", "gpu", "a:threads=2", "a:batch=3", "a:", ":", "a:threads=2,", "a:device=cuda:1,dtype=bf16", "a b", "=")
OPTIONS = {
    "search": {"--out": PATHS, "--data": PATHS, "--storage": TARGETS, "--trials": NUMBERS, "--seed": NUMBERS}
    | {"--device": DEVICES},
    "front": {"--json": (), "--plot": PATHS, "--deployment": ("cpu", "gpu", "cpu-b2")},
    "describe": {"--id": IDS, "--classes": NUMBERS, "--image-size": NUMBERS, "--json": ()},
    "published": {},
    "status": {"--json": ()},
    "retime": {"--device": DEVICES, "--batch-size": NUMBERS, "--runtime": DEVICES, "--name": IDS, "--from": PATHS}
    | {"--networks": ("job.json",), "--deployment": ("cpu", "gpu"), "--host": ("-v",), "--json": ()},
    "probe": {"--reference": TARGETS, "--batch-size": NUMBERS, "--device": DEVICES, "--out": PATHS},
    "doctor": {},
    "plan": {"--trials": NUMBERS, "--data": PATHS, "--device": DEVICES, "--json": ()},
    "schema": {},
    "new": {"--data": PATHS, "--backbone": TARGETS, "--deployment": PLACES, "--hours": NUMBERS, "--device": DEVICES},
    "serch": {},
}  # fmt: skip
VERBS = (
    "search",
    "search",
    "front",
    "front",
    "describe",
    "describe",
    "status",
    "retime",
    "retime",
    "probe",
    "doctor",
    "plan",
    "published",
    "schema",
    "new",
    "new",
)
ANYTHING = TEXTS | st.sampled_from(PATHS) | st.sampled_from(TARGETS)


class Refuses:
    """Stands for the evaluator: checks the device as it does, and trains nothing."""

    def __init__(self, spec: object, device: str, on_progress: object = None, checkpoints: object = None) -> None:
        torch_device(device)
        raise ValueError("device must be one that trains. Got 'none' instead.")


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A verb with a target and options that mostly fit it; sometimes a word too many, too few or out of place."""
    verb = draw(st.sampled_from([*VERBS, "serch"]))
    words = [verb, *draw(st.lists(ANYTHING, min_size=verb != "schema", max_size=1))]
    for name in draw(st.lists(st.sampled_from(list(OPTIONS[verb]) or ["--help"]), max_size=2)):
        values = OPTIONS[verb].get(name, ())
        words += [name, draw(st.sampled_from(values) | TEXTS)] if values else [name]
    how = draw(st.sampled_from(["keep"] * 6 + ["drop", "insert", "double", "shuffle"]))
    place = draw(st.integers(0, len(words) - 1))
    if how == "drop":
        del words[place]
    elif how == "insert":
        words.insert(
            place, draw(ANYTHING | st.sampled_from(["--help", "--", "-h", "--jason", "--out=", "--trials=x", "-"]))
        )
    elif how == "double":
        words += words
    elif how == "shuffle":
        words = draw(st.permutations(words))
    return words


@pytest.fixture(scope="module", autouse=True)
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder with a file of every sort to work in, and nothing that builds or trains a network."""
    place = tmp_path_factory.mktemp("place") / "inside"
    place.mkdir()
    tiny = profile(preset("resnet20_cifar").architecture, 10, 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(scoring, "LocalEvaluator", Refuses)
        patch.setattr(scoring, "profile", lambda *arguments: tiny)
        patch.setattr(scoring, "measure_beside", measure_beside)
        patch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO()))
        patch.setattr("modsearch.output.save_front", lambda info, path: None)
        _fill(place)
        yield


def _fill(place: Path) -> None:
    (place / "space.yaml").write_text(json.dumps(TINY))
    (place / "broken.yaml").write_text("name: [")
    (place / "architecture.json").write_text(preset("resnet20_cifar").architecture.to_json())
    for name in ("empty", "junk", "sealed"):
        (place / name).mkdir()
    (place / "junk" / "study.journal").write_bytes(b"\xff{]\n\x00\n")
    (place / "junk.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    (place / "circle").symlink_to("circle")
    (place / "sealed").chmod(0)
    spec, evaluator = study_spec(space=SMALL_SPACE, budget={"trials": 3}), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(place / "run")) as study:
        LocalExecutor(study, evaluator, place / "run").run()


@cases(2000)
@given(command_lines())
def test_any_arguments(words: list[str]) -> None:
    said, shown = io.StringIO(), io.StringIO()
    before = sorted(Path("..").iterdir())
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(shown), no_hang():
        code = run(words)
    text = said.getvalue()
    assert code in (0, 1, 2)
    assert "Traceback" not in text
    assert sorted(Path("..").iterdir()) == before
    if code == 0 or "not mended" in shown.getvalue():  # the doctor says on stdout what it leaves
        assert text == ""
        return
    assert text.startswith("modsearch: ")
    assert text.splitlines() == [text.rstrip("\n")]
    assert text.rstrip("\n").isprintable()
    assert len(text) < 600
