"""Which scales are set beside the outcome where not every wave asks all of them."""

from __future__ import annotations

from types import SimpleNamespace

from reports.services.analysis_whole import _chosen
from surveys.instruments.library import load


def window(*codes: str) -> SimpleNamespace:
    instruments = [load(code) for code in codes]
    asked = tuple(dict.fromkeys(scale.code for instrument in instruments for scale in instrument.scales))
    return SimpleNamespace(instruments=instruments, measures=asked, scales=asked)


def test_scales_asked_in_other_waves_than_the_outcome_are_left_out() -> None:
    outcome, others = _chosen(window("pulse-1", "core-1", "levers-1", "core-1", "burnout-1"))  # type: ignore[arg-type]
    assert outcome == "overall"
    assert set(others) == {"workload", "clarity", "motivation", "energy", "safety"}


def test_without_the_overall_scale_motivation_is_the_outcome() -> None:
    outcome, others = _chosen(window("pulse-1", "pulse-1"))  # type: ignore[arg-type]
    assert outcome == "motivation"
    assert set(others) == {"workload", "clarity", "energy", "safety"}


def test_a_scale_asked_once_costs_no_other_its_waves() -> None:
    outcome, others = _chosen(window("pulse-1", "pulse-1", "pulse-1", "core-1"))  # type: ignore[arg-type]
    assert outcome == "overall"
    assert "workload" in others
