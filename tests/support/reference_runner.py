"""Finds for a reference case the function of the product that computes it, by words and inputs, and says how it went.

Nothing here knows a case's id. A statistic that we do not offer is an outcome with its reason, and so is a single
figure of a case of which we offer others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.support.reference_cases import Case, NotOffered
from tests.support.reference_compare import faults, look_up, tolerance_of

Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A statistic that the product computes.

    ``words`` must be found in the description and ``unless`` must not; each member of ``needs`` must be among the
    inputs (alternatives separated by ``|``). ``lacks`` gives, by pattern of a figure's name, why it is not offered.
    """

    method: str
    words: str
    needs: tuple[str, ...]
    compute: Callable[[Case], Figures]
    unless: str = ""
    lacks: dict[str, str] = field(default_factory=dict)

    def fits(self, case: Case) -> bool:
        """Whether the description is one of ours."""
        return case.says(self.words) and not (self.unless and case.says(self.unless))

    def missing_inputs(self, case: Case) -> list[str]:
        """The needed inputs that the case does not give."""
        return [need for need in self.needs if not set(need.split("|")) & set(case.inputs)]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A statistic that the product leaves out on purpose; ``reason`` is a sentence."""

    words: str
    reason: str


class Status(StrEnum):
    """How a case ended."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``faults`` where it differs; ``reason`` where it is not offered; ``left_out`` names figures with reasons."""

    case: Case
    status: Status
    method: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    compared: int = 0


UNKNOWN_FIGURE = "The method gives no figure of this name."
UNKNOWN_STATISTIC = "No method of the product goes by these words."


def run(case: Case, offers: Sequence[Offer], refusals: Sequence[Refusal]) -> Outcome:
    """Compute and compare one case."""
    refusal = next((one for one in refusals if case.says(one.words)), None)
    if refusal is not None:
        return _not_offered(case, refusal.reason)
    fitting = [offer for offer in offers if offer.fits(case)]
    offer = next((one for one in fitting if not one.missing_inputs(case)), None)
    if offer is None:
        if not fitting:
            return _not_offered(case, UNKNOWN_STATISTIC)
        missing = ", ".join(fitting[0].missing_inputs(case)).replace("|", " or ")
        return _not_offered(case, f"{fitting[0].method} needs the input {missing}, which the case does not give.")
    try:
        figures = offer.compute(case)
    except NotOffered as reason:
        return _not_offered(case, str(reason))
    return compare(case, offer, figures)


def compare(case: Case, offer: Offer, figures: Figures) -> Outcome:
    """Compare what was computed with what is expected, figure by figure."""
    left_out: list[tuple[str, str]] = []
    found: list[str] = []
    for name, expected in case.expected.items():
        own = look_up(figures, name)
        if own is None:
            left_out.append((name, _why_not(offer, name)))
            continue
        # A nested group of figures may hold one that we do not offer.
        part, gaps = _offered_part(offer, name, expected, own)
        left_out += gaps
        found += faults(part, own, tolerance_of(case.raw["tolerance"], name), name)
    compared = len(case.expected) - sum(1 for name, _ in left_out if "." not in name)
    if not compared:
        return Outcome(case=case, status=Status.NOT_OFFERED, reason=left_out[0][1], left_out=tuple(left_out))
    return Outcome(
        case=case,
        status=Status.DIFFERS if found else Status.AGREES,
        method=offer.method,
        faults=tuple(found),
        left_out=tuple(left_out),
        compared=compared,
    )


def _offered_part(offer: Offer, name: str, expected: Any, own: Any) -> tuple[Any, list[tuple[str, str]]]:
    if not (isinstance(expected, dict) and isinstance(own, dict)):
        return expected, []
    absent = [key for key in expected if look_up(own, key) is None and _declared(offer, key)]
    kept = {key: value for key, value in expected.items() if key not in absent}
    return kept, [(f"{name}.{key}", _why_not(offer, key)) for key in absent]


def _declared(offer: Offer, name: str) -> str | None:
    return next((why for pattern, why in offer.lacks.items() if re.fullmatch(pattern, name, re.IGNORECASE)), None)


def _why_not(offer: Offer, name: str) -> str:
    return _declared(offer, name) or UNKNOWN_FIGURE


def _not_offered(case: Case, reason: str) -> Outcome:
    return Outcome(case=case, status=Status.NOT_OFFERED, reason=reason)


def table(outcomes: Sequence[Outcome]) -> str:
    """One line per case, a line below for each figure that is left out, and a summary."""
    lines = []
    width = max((len(outcome.case.id) for outcome in outcomes), default=0)
    for outcome in outcomes:
        said = outcome.reason or "; ".join(outcome.faults) or outcome.method
        lines.append(f"{outcome.case.id:{width}}  {outcome.status.value:11}  {said}")
        if outcome.status is not Status.NOT_OFFERED:
            lines += [f"{'':{width}}  without      {name}: {why}" for name, why in outcome.left_out]
    return "\n".join([*lines, summary_line(outcomes)])


def summary_line(outcomes: Sequence[Outcome]) -> str:
    """How many cases agree, differ and are not offered."""
    count = {status: sum(outcome.status is status for outcome in outcomes) for status in Status}
    figures = sum(len(o.left_out) for o in outcomes if o.status is not Status.NOT_OFFERED)
    return (
        f"{len(outcomes)} cases: {count[Status.AGREES]} agree, {count[Status.DIFFERS]} differ, "
        f"{count[Status.NOT_OFFERED]} not offered; {figures} figures of offered cases left out."
    )
