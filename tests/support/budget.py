"""Holds tests under tests/unit to their time: above 10 ms they are listed, far above they fail.

CPU time of the thread is measured, not the clock on the wall, and the garbage collector waits, so that neither a busy
machine nor what thousands of tests before have left behind fails anything. What is over the limit is run once more in a
process of its own and fails only if it is over the limit there too.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from surveys.i18n import LANGUAGES, translator

UNIT = Path(__file__).resolve().parents[1] / "unit"
ASKED_SECONDS = 0.010
LIMIT_SECONDS = 0.200
MANY_EXAMPLES = 20
"""A property-based test runs many examples, each of which has the budget of a test."""
TRACED = 4
"""Coverage slows pure Python down by about this factor."""

_SECOND_LOOK = "BAROGRAPH_BUDGET_SECOND_LOOK"
"""Set in the process that looks again, which takes no third look."""

_measured: dict[str, float] = {}


def limit_of(item: pytest.Item) -> float:
    """Return the CPU seconds after which this test fails."""
    limit = LIMIT_SECONDS
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        limit *= MANY_EXAMPLES
    return limit * (TRACED if sys.gettrace() is not None else 1)


def is_budgeted(item: pytest.Item) -> bool:
    """Return whether the budget holds for this test: those of tests/unit that are not marked slow or shared."""
    return item.path.is_relative_to(UNIT) and not any(map(item.get_closest_marker, ("slow", "shared")))


def pytest_collection_finish() -> None:
    # What import and collection built is not looked at again by the collector, or its pauses hit single tests.
    for language in LANGUAGES:
        english = translator(language)
        english.t("")
        english.number(1.0)
        english.join(["a", "b"])
    gc.collect()
    gc.freeze()


def is_over_alone(item: pytest.Item) -> bool:
    """Run one test in a process of its own and return whether it fails there, as it does when it is over its limit."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", item.nodeid]
    environment = {**os.environ, _SECOND_LOOK: "1"}
    return (
        subprocess.run(command, check=False, cwd=item.config.rootpath, env=environment, capture_output=True).returncode
        != 0
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    if not is_budgeted(item):
        return (yield)
    gc.disable()
    began = time.thread_time()
    try:
        result = yield
    finally:
        spent = time.thread_time() - began
        gc.enable()
    _measured[item.nodeid] = spent
    if spent > limit_of(item) and (_SECOND_LOOK in os.environ or is_over_alone(item)):
        pytest.fail(
            f"used {spent * 1000:.0f} ms of CPU; a unit test is asked for {ASKED_SECONDS * 1000:.0f} ms and fails "
            f"above {limit_of(item) * 1000:.0f} ms. Make it smaller or mark it slow.",
            pytrace=False,
        )
    return result


def slowest(measured: dict[str, float], count: int = 10) -> Sequence[tuple[str, float]]:
    """Return the tests above the asked time, slowest first."""
    over = [(name, seconds) for name, seconds in measured.items() if seconds > ASKED_SECONDS]
    return sorted(over, key=lambda pair: -pair[1])[:count]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = slowest(_measured)
    if rows:
        terminalreporter.section("unit tests above 10 ms of CPU, slowest first")
        for name, seconds in rows:
            terminalreporter.write_line(f"{seconds * 1000:6.0f} ms  {name}")
