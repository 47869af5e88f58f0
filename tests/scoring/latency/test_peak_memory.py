"""Peak memory: what is counted, and where it cannot be read."""

from pathlib import Path

import pytest
import torch

from modsearch.models.runtime import Run
from modsearch.scoring.latency import peak_memory
from modsearch.scoring.latency.peak_memory import with_peak_memory
from tests.scoring.conftest import DEPLOYMENT

pytestmark = pytest.mark.slow

STATUS = "Name:\tpython\nVmHWM:\t  {peak} kB\nRssAnon:\t  {anon} kB\nRssFile:\t  {file} kB\nRssShmem:\t   5 kB\n"


def start() -> Run:
    """A network of 64 MB that takes 128 MB for a moment when it runs."""
    weights = torch.ones(16 << 20)
    return lambda: weights.repeat(2).sum()


def test_weights_and_what_is_computed_are_counted() -> None:
    run, memory_mb = with_peak_memory(start, DEPLOYMENT)
    assert run() == 2 * (16 << 20)
    assert memory_mb == pytest.approx((64 + 128) * 1.048576, rel=0.1)


def test_files_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = tmp_path / "status"
    monkeypatch.setattr(peak_memory, "_STATUS", status)
    monkeypatch.setattr(peak_memory, "_CLEAR_REFS", tmp_path / "clear_refs")
    status.write_text(STATUS.format(peak=900, anon=100, file=700))

    def started() -> Run:
        status.write_text(STATUS.format(peak=2000, anon=300, file=1000))
        return lambda: torch.zeros(1)

    _, memory_mb = with_peak_memory(started, DEPLOYMENT)
    assert memory_mb == pytest.approx((2000 - 1000 - 5 - 100) * 1024 / 1e6)
    assert (tmp_path / "clear_refs").read_text() == "5"


@pytest.mark.parametrize("missing", ["_STATUS", "_CLEAR_REFS"])
def test_there_is_none_where_it_cannot_be_read(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak_memory, missing, Path("/nowhere/file"))
    run, memory_mb = with_peak_memory(lambda: lambda: torch.ones(3), DEPLOYMENT)
    assert memory_mb is None
    assert run().tolist() == [1, 1, 1]
