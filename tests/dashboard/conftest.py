"""A study that is looked at, and a browser to do it with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from modsearch.analysis import FrontInfo
from modsearch.search import believed_front, load_study, refined
from tests.conformance.tabulated import study_spec
from tests.search.refine.refining import refine, search

WANTED = {"budget": {"trials": 24}, "controls": ["deleted"], "constraints": [{"metric": "params", "max": 8000}]}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search of some networks, some of which break a constraint; a part of them was trained anew."""
    folder = tmp_path_factory.mktemp("looked_at") / "run"
    search(folder, study_spec(**WANTED))
    refine(folder, seeds=2, has_controls=True)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window. As long as it is there, nothing else can run an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "These tests need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def front_of(run: Path) -> FrontInfo:
    """As ``modsearch front`` shows it."""
    study = load_study(str(run))
    return believed_front(study, refined(study))


class Visit:
    """A page, what it asked for and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A new page in a window of its own; nothing may go wrong in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.page.set_default_timeout(10_000)
    yield visit
    context.close()
    assert not visit.faults
