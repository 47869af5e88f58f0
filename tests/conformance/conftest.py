from pathlib import Path

import pytest

from tests.conformance.executor import EXECUTORS, Run


@pytest.fixture(params=EXECUTORS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    return Run(request.param, tmp_path / "run")
