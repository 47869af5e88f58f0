"""When a study is looked at, when it is read, and what of its folder counts."""

import asyncio
from pathlib import Path

import pytest

from modsearch.dashboard import Document
from modsearch.dashboard.news import news
from modsearch.dashboard.watch import WatchedStudy, stamp
from modsearch.search.store.lock import alone_in
from tests.dashboard.stand_in import Shelf, within_a_minute


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.journal").write_text("{}\n")
    return tmp_path


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look fifty times a second."""
    monkeypatch.setattr("modsearch.dashboard.watch._FOLDER_S", 0.02)
    monkeypatch.setattr("modsearch.dashboard.watch._DATABASE_S", 0.02)


def watched(target: object, shelf: Shelf) -> WatchedStudy:
    return WatchedStudy(str(target), shelf.read)


def test_a_stamp_is_another_one_where_anything_happens(folder: Path) -> None:
    stamps = [stamp(str(folder / "none")), stamp(str(folder))]
    (folder / "study.journal").write_text("{}\n{}\n")
    stamps.append(stamp(str(folder)))
    (folder / "new").write_text("{}\n{}\n")
    (folder / "new").replace(folder / "study.journal")
    stamps.append(stamp(str(folder)))
    (folder / "workers.json").write_text("{}")
    stamps.append(stamp(str(folder)))
    with alone_in(folder, ""):
        stamps.append(stamp(str(folder)))
    assert len(set(stamps)) == len(stamps)
    assert stamp(str(folder)) == stamps[-2]
    assert stamp("sqlite:///runs.db#table") is None


def test_it_is_read_again_only_where_something_happened(folder: Path) -> None:
    shelf = Shelf({str(folder): 1})
    study = watched(folder, shelf)

    async def work() -> None:
        first = await study.latest()
        for _ in range(3):
            assert await study.latest() is first
            await asyncio.sleep(study.rest_s)
        assert shelf.num_read == 1
        (folder / "workers.json").write_text("{}")
        assert await study.latest() is first  # it says the same as before
        assert shelf.num_read == 2
        shelf.values[str(folder)] = 2
        (folder / "study.journal").write_text("{}\n{}\n")
        await asyncio.sleep(study.rest_s)
        assert (await study.latest()).content.plain == b"2"

    within_a_minute(work())
    assert shelf.num_read == 3


def test_what_happens_during_a_reading_is_seen_next_time(folder: Path) -> None:
    shelf = Shelf({str(folder): 1})

    def read(target: str) -> Document:
        found = shelf.read(target)
        if shelf.num_read == 1:
            shelf.values[target] = 2
            (folder / "study.journal").write_text("{}\n{}\n")
        return found

    async def work() -> list[bytes]:
        study = WatchedStudy(str(folder), read)
        first = await study.latest()
        await asyncio.sleep(study.rest_s)
        return [first.content.plain, (await study.latest()).content.plain]

    assert within_a_minute(work()) == [b"1", b"2"]


def test_a_database_is_read_to_know(folder: Path) -> None:
    shelf = Shelf()
    study = watched("sqlite:///runs.db#table", shelf)

    async def work() -> None:
        for _ in range(3):
            await study.latest()
            await study.latest()
            await asyncio.sleep(study.rest_s)

    within_a_minute(work())
    assert shelf.num_read == 3


def test_one_reading_at_a_time(folder: Path) -> None:
    shelf = Shelf(takes_s=0.05)
    study = watched(folder, shelf)

    async def work() -> None:
        looks = (study.latest() for _ in range(10))
        await asyncio.gather(*looks, study.ask(lambda target: shelf.read(target).content))

    within_a_minute(work())
    assert (shelf.num_read, shelf.most_at_once) == (2, 1)


def test_who_goes_away_does_not_end_the_reading(folder: Path) -> None:
    shelf = Shelf(takes_s=0.1)
    study = watched(folder, shelf)

    async def work() -> None:
        gone = asyncio.create_task(study.latest())
        await asyncio.sleep(0.01)
        gone.cancel()
        await study.latest()

    within_a_minute(work())
    assert (shelf.num_read, shelf.most_at_once) == (1, 1)


def test_after_a_slow_reading_it_rests_twice_as_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, clock_s = Shelf(), [0.0]
    monkeypatch.setattr("modsearch.dashboard.watch.monotonic", lambda: clock_s[0])

    def read(target: str) -> Document:
        clock_s[0] += 5
        return shelf.read(target)

    async def work() -> None:
        study = WatchedStudy(str(folder), read)
        await study.latest()
        assert study.rest_s == 10
        (folder / "study.journal").write_text("{}\n{}\n")
        clock_s[0] += 9
        await study.latest()
        assert (study.rest_s, shelf.num_read) == (1, 1)
        clock_s[0] += 1
        await study.latest()
        assert (study.rest_s, shelf.num_read) == (10, 2)
        clock_s[0] += 10
        await study.latest()
        assert (round(study.rest_s, 3), shelf.num_read) == (0.02, 2)  # a look that finds nothing is no slow reading

    within_a_minute(work())


def test_news_are_the_revisions_and_then_silence(folder: Path) -> None:
    shelf = Shelf()
    studies = [watched(folder, shelf), watched(folder / "none", shelf)]

    async def work() -> tuple[list[str], set[str]]:
        lines = news(studies, keep_alive_s=0.2)
        first = [await anext(lines) for _ in range(3)]
        silence = {await anext(lines) for _ in range(2)}
        await lines.aclose()  # type: ignore[attr-defined]
        return first, silence

    (retry, *said), silence = within_a_minute(work())
    revision = shelf.read("none").revision
    assert retry == "retry: 1000\n\n"
    assert sorted(said) == [f'data: {{"study": {index}, "revision": "{revision}"}}\n\n' for index in range(2)]
    assert silence == {":\n\n"}
    assert shelf.num_read == 3


def test_news_end_where_a_study_cannot_be_read(folder: Path) -> None:
    async def work() -> None:
        broken = WatchedStudy(str(folder), lambda target: 1 / 0)  # type: ignore[arg-type, return-value]
        async for _ in news([broken], keep_alive_s=0.05):
            pass

    with pytest.raises(ZeroDivisionError):
        within_a_minute(work())
