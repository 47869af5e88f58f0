"""What is said when a study cannot be opened; a password is never said."""

from pathlib import Path

import pytest

from modsearch.search import RunPlace, load_study, open_run
from modsearch.search.store.database import without_password
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def test_no_such_folder_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    with pytest.raises(ValueError, match=r"There is no folder '.*digit'\. Did you mean 'digits'\?"):
        load_study(str(tmp_path / "digit"))
    with pytest.raises(ValueError, match=r"There is no folder '.*b/c'\.$"):
        load_study(str(tmp_path / "b" / "c"))


def test_a_folder_without_a_journal(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no study\.journal"):
        load_study(str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_an_empty_journal(tmp_path: Path) -> None:
    (tmp_path / "study.journal").touch()
    with pytest.raises(ValueError, match="holds no study"):
        load_study(str(tmp_path))


@pytest.mark.parametrize("text", ["not JSON\nat all\n", '{"op_code": 99}\n{}\n', "[]\n[]\n"])
def test_a_journal_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.journal").write_text(text)
    with pytest.raises(ValueError, match=r"study\.journal' cannot be read"):
        load_study(str(tmp_path))


@pytest.mark.parametrize(
    "target",
    ["sqlite:///studies.db", "sqlite:///studies.db#", "postgresql://me:secret@host/db", "mysql://me:a#secret@host/db"],
)
def test_a_url_without_a_name(target: str) -> None:
    with pytest.raises(ValueError, match=r"must be written URL#name\. Got '.*' instead") as error:
        load_study(target)
    assert "secret" not in str(error.value)


def test_a_reader_creates_no_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"There is no file '{tmp_path}/studies.db'"):
        load_study(f"sqlite:///{tmp_path}/studies.db#table")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "nonsense://me:secret@host/db",
        "nonsense://",
        "postgresql://me:secret@localhost:1/db",
        "postgresql://me:secret@localhost:port/db",
        "mysql+nothing://localhost/db?password=secret",
        "sqlite:////nowhere/at/all/studies.db",
    ],
)
def test_a_database_that_cannot_be_opened(url: str, tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"The storage '.*' cannot be opened: .") as error,
        open_run(study_spec(), TabulatedEvaluator(), RunPlace(tmp_path, url)),
    ):
        pass
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://***@host/db"),
        ("postgresql://me:se@cr:et@host:5/db?password=x", "postgresql://***@host:5/db"),
        ("sqlite:////tmp/studies.db", "sqlite:////tmp/studies.db"),
    ],
)
def test_passwords_are_hidden(url: str, shown: str) -> None:
    assert without_password(url) == shown
