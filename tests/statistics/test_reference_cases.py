"""Compares the statistics with figures that nobody on the project wrote.

Reads every case file named in BAROGRAPH_REFERENCE_CASES (colon-separated; by default ../shared/reference/cases.json
beside the repository). A case is matched to our function by its statistic and its inputs, never by its id. A case that
the product does not offer is skipped with the reason; so are single figures of a case. Run as a program it prints all
of them: `python -m tests.statistics.test_reference_cases` from the repository.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from reports.stats.results import TooEarly, TrendFit
from reports.stats.trend import Series, fit
from reports.stats.verdicts import Verdict, judge
from tests.support.reference_cases import DEFAULT, Case, case_files, read_cases
from tests.support.reference_figures import published_series
from tests.support.reference_registry import OFFERS, REFUSALS
from tests.support.reference_runner import UNKNOWN_FIGURE, UNKNOWN_STATISTIC, Outcome, Status, run, table

CASES = list(read_cases())
NAMES = [case.id for case in CASES]
pytestmark = pytest.mark.skipif(not CASES, reason="no reference cases beside the repository")


@cache
def outcome_of(number: int) -> Outcome:
    return run(CASES[number], OFFERS, REFUSALS)


@pytest.mark.shared
@pytest.mark.parametrize("number", range(len(CASES)), ids=NAMES)
def test_our_figure_is_the_published_one(number: int) -> None:
    outcome = outcome_of(number)
    if outcome.status is Status.NOT_OFFERED:
        pytest.skip(f"not offered: {outcome.case.words}: {outcome.reason}")
    assert outcome.faults == ()
    assert outcome.compared > 0


@pytest.mark.shared
@pytest.mark.parametrize("number", range(len(CASES)), ids=NAMES)
def test_a_figure_that_is_left_out_is_listed(number: int) -> None:
    outcome = outcome_of(number)
    if outcome.status is not Status.NOT_OFFERED and outcome.left_out:
        pytest.skip("not offered: " + "; ".join(f"{name}: {why}" for name, why in outcome.left_out))


@pytest.mark.shared
def test_no_known_case_is_left_out_for_want_of_words() -> None:
    """The default file is known: each gap in it has a reason of its own."""
    if DEFAULT not in case_files():
        pytest.skip("other cases were named")
    outcomes = [run(case, OFFERS, REFUSALS) for case in read_cases([DEFAULT])]
    reasons = {o.case.id: (o.reason, *(why for _, why in o.left_out)) for o in outcomes}
    vague = {UNKNOWN_FIGURE, UNKNOWN_STATISTIC, ""}
    assert [name for name, said in reasons.items() if vague & set(said[1:])] == []
    assert [o.case.id for o in outcomes if o.status is Status.NOT_OFFERED and o.reason in vague] == []


def engagement_trend(values: Sequence[float]) -> TrendFit:
    """The yearly index as one series on 1 to 5, some 300,000 answers a year, printed to whole points."""
    t = np.arange(float(len(values)))
    size = np.full(t.size, 3e5)
    row = Series(
        key="all", days=365.25 * t, values=1 + 4 * np.array(values), n=size, rounding_step=np.full(t.size, 0.04)
    )
    return fit([row])


@pytest.mark.shared
def test_civil_service_engagement_rises_over_twelve_years_and_not_over_the_first_four() -> None:
    case: Case | None = next((c for c in CASES if c.inputs.get("measure") == "EES"), None)
    if case is None:
        pytest.skip("the named files hold no such series")
    series = published_series(case)["series"]
    assert judge(engagement_trend(series).results)["all"].verdict is Verdict.RISING
    assert engagement_trend(series[:4]).results["all"] == TooEarly(waves_left=1)


def main() -> int:
    """Print the table; return 1 where a figure differs."""
    outcomes = [outcome_of(number) for number in range(len(CASES))]
    sys.stdout.write(table(outcomes) + "\n")
    return 1 if any(outcome.status is Status.DIFFERS for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
