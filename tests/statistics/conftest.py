"""Prints which reference cases were not compared. The worlds of the calibration are in ``reports.calibration``."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the reference cases that were not compared, with the reason."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "test_reference_cases" in r.nodeid]
    if skipped:
        terminalreporter.section("reference cases not compared")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            terminalreporter.write_line(f"{report.nodeid.rpartition('[')[2].rstrip(']')}: {reason}")
