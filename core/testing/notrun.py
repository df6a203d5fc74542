"""A pytest plugin: whatever a test run left out is said at its end, and fails the run where nothing may be missing.

A test that lacks something skips with a reason that says what (``pytest.skip("no Chromium: set KONTOR_CHROMIUM")``).
This plugin gathers all skips, also of whole modules and of xdist's workers, and prints one line for each reason:

    not run: no PostgreSQL with pg_trgm: set KONTOR_TEST_PG_DEBIAN (12 tests)

With KONTOR_REQUIRE_ALL=1, as in .ci/run, any such line makes the run fail.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

MISSING: pytest.StashKey[Counter[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MISSING] = Counter()
    config.pluginmanager.register(_Gatherer(config), "kontor-not-run")


def must_have_all() -> bool:
    return os.environ.get("KONTOR_REQUIRE_ALL", "") not in ("", "0")


class _Gatherer:
    def __init__(self, config: pytest.Config) -> None:
        self.missing = config.stash[MISSING]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.missing[reason(report)] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.missing[reason(report)] += 1

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        if self.missing and must_have_all() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.missing:
            return
        terminalreporter.section("not run", sep="-")
        for text, count in sorted(self.missing.items()):
            terminalreporter.line(f"not run: {text} ({count} {'test' if count == 1 else 'tests'})")
        if must_have_all():
            terminalreporter.line("KONTOR_REQUIRE_ALL is set: nothing may be left out, so this run failed.", red=True)


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The text of a skip, without pytest's ``Skipped: `` before it."""
    longrepr = report.longrepr
    text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")
