"""The page in a browser: saved as one file, and what can be done in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from modsearch.dashboard.document import study_values
from modsearch.dashboard.saved import page_of, saved_page
from modsearch.output import front_json
from modsearch.output.quantity import show_measurement
from modsearch.search import load_study
from tests.dashboard.conftest import Visit, front_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
VIEWS = ("front", "network", "placement", "compare", "health")


@pytest.fixture(scope="module")
def saved(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "report.html"
    path.write_text(saved_page([str(run)]))
    return path


def test_the_same_study_gives_the_same_bytes(run: Path, saved: Path) -> None:
    assert saved_page([str(run)]) == saved.read_text()
    assert saved.stat().st_size < 1_000_000


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [360, 1440])
def test_every_view_opens_from_a_file_without_any_request(saved: Path, visit: Visit, view: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.goto(f"{saved.as_uri()}#view={view}")
    visit.page.wait_for_selector(f".view-{view}")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in visit.requests if not url.startswith(("file:", "data:"))] == []


def test_the_page_shows_the_front_of_the_command_line(run: Path, saved: Path, visit: Visit) -> None:
    info = front_of(run)
    said = front_json(info)
    visit.page.goto(saved.as_uri())
    rows = visit.page.locator("table", has_text="The front, from low to high cost").locator("tbody tr")
    assert rows.count() == len(said["networks"]) == visit.page.locator("a.member").count()
    for row, member in zip(rows.all_inner_texts(), info.members, strict=True):
        assert (member.published or member.id) in row
        for name in ("accuracy", "relative_latency"):
            assert show_measurement(member.scores[name]) in row
    network = said["networks"][0]
    visit.page.goto(f"{saved.as_uri()}#view=network&ids={network['id']}")
    visit.page.get_by_text("JSON", exact=True).click()
    shown = json.loads(visit.page.locator("pre").inner_text())
    assert shown["scores"] == network["scores"]


def test_a_network_that_is_looked_at_shows_its_figures(saved: Path, visit: Visit) -> None:
    visit.page.goto(saved.as_uri())
    member = visit.page.locator("a.member").first
    label = member.get_attribute("aria-label") or ""
    member.focus()
    card = visit.page.locator(".card")
    assert label.partition(":")[0] in card.inner_text()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".view-network")
    assert label.partition(":")[0] in visit.page.locator("h2").inner_text()


def test_the_slider_names_the_best_network_below_a_limit(run: Path, saved: Path, visit: Visit) -> None:
    visit.page.goto(saved.as_uri())
    visit.page.locator("input[type=range]").evaluate(
        "slider => { slider.value = 0.6; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    limit = float(visit.page.locator("input[type=range]").input_value())
    points = front_of(run).points
    below = [point for point in points if point.scores["relative_latency"].high < limit]
    best = max(below, key=lambda point: point.scores["accuracy"].value)
    assert (best.published or best.id) in visit.page.locator("output.best").inner_text()
    assert re.search(r"limit=0\.\d", visit.page.url)


def test_a_filter_leaves_networks_out(saved: Path, visit: Visit) -> None:
    visit.page.goto(saved.as_uri())
    before = visit.page.locator(".num").inner_text()
    visit.page.locator("[data-key='choice kind']").select_option("plain")
    assert visit.page.locator(".num").inner_text() != before
    assert visit.page.locator("a.member.kind-mod").count() == 0


def test_markup_in_a_study_is_text(run: Path, visit: Visit, tmp_path: Path) -> None:
    """In every text that a study holds."""
    evil = "<img src=x onerror=document.title='x'></script><script>document.title='x'</script>"
    values = study_values(load_study(str(run)), evil)
    values["swaps"] = {}
    path = tmp_path / "evil.html"
    path.write_text(page_of([with_texts(values, evil)], "front"))
    for view in VIEWS:
        visit.page.goto(f"{path.as_uri()}#view={view}")
        visit.page.wait_for_selector(f".view-{view}")
        assert visit.page.title() != "x"
        assert visit.page.locator("main img, main script").count() == 0
        assert "<img" in visit.page.locator("main").inner_text()


def with_texts(values: dict[str, Any], text: str) -> dict[str, Any]:
    """The values with a text in the place of names, reasons and words that come from a study."""
    columns = values["networks"]["columns"]
    num = values["networks"]["num"]
    columns |= {name: [text] * num for name in ("reason", "description", "placement", "family", "published")}
    health = values["health"] | {"failures": {text: 1}, "workers": {text: {"doing": text, "number": None}}}
    words = {"title": text, "subtitle": text, "warning": text, "notes": [text]}
    networks = values["networks"] | {"environments": [text] * len(values["networks"]["environments"])}
    return values | {"study": text, "words": words, "verdict": [text], "health": health, "networks": networks}
