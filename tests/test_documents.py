"""What documents and launchers tell a user to type exists: verbs, options, scripts, the example of a study."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from docs.results.record import RESULTS, StudyRecord
from modsearch.cli import app
from modsearch.message import parse
from modsearch.output import verdict
from modsearch.space import StudySpec

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
GUIDES = sorted((ROOT / "docs" / "guide").glob("*.md"))
LAUNCHERS = sorted((ROOT / "scripts" / "cluster").iterdir())
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
VERBS = get_command(app).commands  # type: ignore[attr-defined]

_COMMAND = re.compile(rf"(?<![\w./-])modsearch ({'|'.join(VERBS)})\b(?P<rest>[^\n`#|;<>]*)")
_PATH = re.compile(r"\b(?:scripts|benchmarks)/[\w/.-]*\w")


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every verb in a text with its arguments; a line that ends in a backslash goes on in the next one."""
    text = re.sub(r"\\\n[# ]*", "", text)
    for found in _COMMAND.finditer(text):
        rest = found["rest"].rstrip(" &.,:)")
        yield found[1], words(rest)


def words(text: str) -> list[str]:
    """As a shell parts them; a quote that was opened before the command ends it."""
    while True:
        try:
            return shlex.split(text)
        except ValueError:
            text = text[: max(text.rfind(quote) for quote in "'\"")]


def check(verb: str, arguments: list[str]) -> None:
    """Parse as the command line does; what is not an option, such as SPACE or FILE, may be anything."""
    VERBS[verb].make_context(verb, list(arguments))


def text_of(path: Path) -> str:
    """The text, with the entry point of a job in one line."""
    text = path.read_text()
    if path.name == "kuberay.yaml":
        _, job = yaml.safe_load_all(text)
        text += f"\n{job['spec']['entrypoint']}"
    return text


@pytest.mark.parametrize("path", LAUNCHERS, ids=lambda path: path.name)
def test_options_of_launchers_exist(path: Path) -> None:
    found = [arguments for verb, arguments in commands(text_of(path)) if verb == "search" and "--executor" in arguments]
    assert found
    for arguments in found:
        check("search", arguments)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_options_of_documents_exist(path: Path) -> None:
    for verb, arguments in commands(path.read_text()):
        known = {option for parameter in VERBS[verb].params for option in parameter.opts}
        assert {argument for argument in arguments if re.fullmatch("--[a-z][a-z-]+", argument)} <= known


def test_commands_of_the_readme_and_the_guides_can_be_typed() -> None:
    found = [pair for path in (README, *GUIDES) for pair in commands(path.read_text()) if pair[1]]
    assert len(found) > 20
    for verb, arguments in found:
        check(verb, arguments)


def test_the_guides_show_every_verb() -> None:
    assert {verb for path in GUIDES for verb, _ in commands(path.read_text())} == set(VERBS)


@pytest.mark.parametrize(
    "arguments", [["search", "x", "--gpus-a-trial", "1"], ["status"], ["search", "x", "--trials", "a"]]
)
def test_a_command_that_does_not_exist_would_be_noticed(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"No such option|Missing parameter|valid integer"):
        VERBS[arguments[0]].make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_and_benchmarks_that_are_named_are_there(path: Path) -> None:
    for name in _PATH.findall(path.read_text()):
        assert (ROOT / name).exists(), name


def blocks(language: str) -> list[tuple[str, str]]:
    """The examples of the README and the guides in a language: where each stands, and its text."""
    pattern = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    return [(path.name, text) for path in (README, *GUIDES) for text in pattern.findall(path.read_text())]


def test_the_studies_shown_are_studies() -> None:
    names = {name: parse(StudySpec, yaml.safe_load(text)).name for name, text in blocks("yaml")}
    assert names == {"README.md": "my_digits", "study.md": "digits_quickstart"}


def test_the_python_shown_can_be_compiled() -> None:
    [(name, text)] = blocks("python")
    compile(text, name, "exec")


def test_the_readme_is_one_page() -> None:
    assert len(README.read_text().split()) <= 900


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", path.read_text()):
        name, _, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in headings}, (
                target
            )


def test_the_lines_that_the_guide_explains_are_those_of_the_study() -> None:
    shown = re.findall(r"^ {4}(.*\.)$", (ROOT / "docs" / "guide" / "results.md").read_text(), re.MULTILINE)
    assert tuple(shown) == verdict(StudyRecord(RESULTS / "cifar10_resnet_small").front)
