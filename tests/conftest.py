"""Rules for every test: GPU tests run only where there is a GPU, and --fail-on-skip lets no other test be skipped."""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

# Machines are slow and shared: pytest's own timeout ends a test that hangs.
hypothesis.settings.register_profile("modsearch", deadline=None)
hypothesis.settings.load_profile("modsearch")

# Ray would write a token into the user's home, and ask it of the clusters of all later tests.
os.environ["RAY_AUTH_MODE"] = "disabled"

# Workers of a cluster import from here what tests hand them: they do not look into the folder that a search stands in.
os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)


class SkipGuard:
    """Fails a session in which anything without the gpu marker was skipped, and names it."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        expected_failure = hasattr(report, "wasxfail")
        if report.skipped and not expected_failure and item.get_closest_marker("gpu") is None:
            self.skipped.append(report.nodeid)
        return report

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.skipped and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped, though only GPU tests may be", red=True)
            for nodeid in self.skipped:
                terminalreporter.line(nodeid)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="fail when a test without the gpu marker is skipped")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fail-on-skip"):
        config.pluginmanager.register(SkipGuard())


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
