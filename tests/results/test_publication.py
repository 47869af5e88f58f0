"""The record of a run: made by one command, without this machine's paths, readable, compared with its page."""

import json
import shutil
from pathlib import Path

import pytest

from docs.results import publication
from docs.results.page import PAGE, TEMPLATE, UNRECORDED, page_faults, rendered
from docs.results.publication import SELECTIONS, cleaned_lines, derived_faults, publish
from docs.results.record import JOURNAL, RESULTS
from modsearch.cli import run
from modsearch.search import load_study
from tests.results.finished_run import NUM_IMAGES, finished_run

PROOF = RESULTS / "cifar10_resnet_small" / TEMPLATE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished run, and the folder in which its record was made."""
    home = tmp_path_factory.mktemp("home")
    source, folder = finished_run(home / "run"), home / "record"
    publish(source, folder, with_selections=False)
    shutil.copy(PROOF, folder / TEMPLATE)
    networks = json.loads((folder / "networks.json").read_text())
    blocks = [{"tied": 0.25}, {"tied": 0.75}]
    picks = {network["id"]: {"blocks": blocks} for network in networks if "M" in network["blocks"]}
    (folder / SELECTIONS).write_text(json.dumps(picks))
    (folder / PAGE).write_text(rendered(folder)[0])
    return source, folder


@pytest.fixture
def record(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the record, to be spoilt."""
    return Path(shutil.copytree(made[1], tmp_path / "record"))


def test_no_path_of_this_machine_is_published(made: tuple[Path, Path]) -> None:
    source, folder = made
    home = str(source.parent)
    assert home in (source / JOURNAL).read_text()
    for path in folder.iterdir():
        assert home.encode() not in path.read_bytes(), path.name


def test_a_published_study_says_what_the_run_says(made: tuple[Path, Path]) -> None:
    source, folder = (load_study(str(path)) for path in made)
    assert folder.trials() == source.trials()
    assert folder.header.fingerprint == source.header.fingerprint
    assert folder.header.hypervolume_reference == source.header.hypervolume_reference
    assert (folder.header.folder, str(folder.spec.data.path)) == ("run", "cifar10")  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", ["front", "status", "published"])
def test_the_product_reads_a_published_study(
    made: tuple[Path, Path], verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for folder in made:
        assert run([verb, str(folder)]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("/home/me/runs/one", "one"),
        ("~/my images/cifar 10/", "cifar 10"),
        ("OSError: '/mnt/data/a.jpg' is broken", "OSError: 'a.jpg' is broken"),
        ("path=/data", "path=data"),
        ("resnet_basic [S | S M8] at 1/2 and 3 / 4", "resnet_basic [S | S M8] at 1/2 and 3 / 4"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("later/cpu/0123", "later/cpu/0123"),
    ],
)
def test_only_the_last_name_of_a_path_stays(said: str, published: str) -> None:
    [line] = cleaned_lines(json.dumps({"user_attr": {"reason": [said]}}) + "\n")
    assert json.loads(line) == {"user_attr": {"reason": [published]}}


def test_bits_that_look_like_a_path_stay() -> None:
    entry = {"user_attr": {"score": {"correct": "/AAA/+gA"}}}
    [line] = cleaned_lines(json.dumps(entry) + "\n")
    assert json.loads(line) == entry


def test_networks_stand_in_the_order_of_trials_with_a_bit_for_each_image(made: tuple[Path, Path]) -> None:
    networks = json.loads((made[1] / "networks.json").read_text())
    numbers = [network["trial"] for network in networks]
    assert numbers == sorted(numbers)
    assert len(numbers) == 10
    scores = {trial.number: trial.score for trial in load_study(str(made[0])).trials()}
    for network in networks:
        score = scores[network["trial"]]
        assert score is not None
        assert (network["correct"], network["num_images"]) == (score.correct, NUM_IMAGES)
        assert network["log_ratios"] == {"cpu": [[0.1, 0.2]]}


def test_a_record_and_its_page_agree(record: Path) -> None:
    assert list(derived_faults(record)) == []
    assert list(page_faults(record)) == []


def test_the_page_shows_every_network_with_what_a_later_timing_gave(record: Path) -> None:
    text = (record / PAGE).read_text()
    table = [line.split(" | ") for line in text.splitlines() if line.startswith(("| ● | ", "|  | "))]
    assert len(table) == 10
    assert all(row[5] == row[6] for row in table)  # the table is as fast as before
    assert "scores are tied for 50.0 % of the validation images in the mean" in text


def test_a_figure_that_was_changed_on_the_page_is_found(record: Path) -> None:
    text = (record / PAGE).read_text()
    before = "Plain networks alone have a hypervolume of "
    line = next(number for number, text_line in enumerate(text.splitlines(), 1) if before in text_line)
    printed = text.partition(before)[2].partition(",")[0]
    (record / PAGE).write_text(text.replace(before + printed, f"{before}99", 1))
    [fault] = page_faults(record)
    assert fault.startswith(f"docs/results/record/README.md:{line}: prints '99,', its record gives '{printed},'")


def test_a_figure_that_was_changed_in_the_journal_is_found(record: Path) -> None:
    lines = (record / JOURNAL).read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if '"accuracy":{"value"' in line)
    entry = json.loads(lines[at])
    entry["user_attr"]["score"]["metrics"]["accuracy"]["value"] += 0.01
    lines[at] = json.dumps(entry)
    (record / JOURNAL).write_text("\n".join(lines) + "\n")
    assert any("its record gives" in fault for fault in page_faults(record))
    assert "docs/results/record/networks.json: is not what study.journal gives" in list(derived_faults(record))


def test_a_file_beside_the_journal_that_was_changed_is_found(record: Path) -> None:
    path = record / "front.json"
    path.write_text(path.read_text().replace("value", "Value", 1))
    assert list(derived_faults(record)) == ["docs/results/record/front.json: is not what study.journal gives"]


def test_a_page_without_its_record_must_say_so(record: Path) -> None:
    (record / JOURNAL).unlink()
    with pytest.raises(ValueError, match=r"README.md must have its whole record beside it: study.journal is not there"):
        list(page_faults(record))
    (record / PAGE).write_text(f"# A study\n\n{UNRECORDED}no journal.*\n")
    assert list(page_faults(record)) == []


def test_a_page_must_not_say_that_it_has_no_record_when_it_has(record: Path) -> None:
    (record / PAGE).write_text(f"# A study\n\n{UNRECORDED}no journal.*\n")
    assert list(page_faults(record))


def test_what_selectors_pick_is_kept_of_every_network_that_has_some(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def select(arguments: list[str]) -> int:
        asked.append(arguments)
        print(json.dumps({"id": arguments[3]}))  # noqa: T201
        return 0

    monkeypatch.setattr(publication, "run", select)
    publish(made[0], tmp_path / "record", Path("images"))
    networks = json.loads((tmp_path / "record" / "networks.json").read_text())
    with_mod = {network["id"] for network in networks if "M" in network["blocks"]}
    found = json.loads((tmp_path / "record" / SELECTIONS).read_text())
    assert len(with_mod) > 1
    assert found == {id_: {"id": id_} for id_ in with_mod}
    assert asked[0][4:] == ["--selection", "--json", "--data", "images"]


def test_a_selection_that_fails_is_named(made: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"modsearch analyse .* must succeed\. It ended with exit code 2"):
        publish(made[0], tmp_path / "record")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no study.journal"):
        publish(tmp_path, tmp_path / "record")
