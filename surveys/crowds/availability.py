"""Turns the numbers of people invited into the list of what is available with this size and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from surveys.crowds.thresholds import DEFAULT_RESPONSE, K_FLOOR, least_invited
from surveys.i18n import Message, mark

SPREAD_FROM = 20
OWN_NOISE_FROM = 50
SEGMENTS_FROM = 100
RELIABILITY_FROM = 200
COMMENTS_FROM = 10
RATE_FROM_INVITED = 50
LINK_TEAMS = 5
LINK_WAVES = 12
TREND_WAVES = 5
"""Waves with figures before a change is tested; the same number as in the statistics of the reports."""


class Reach(StrEnum):
    """Whether something is there with this size."""

    AVAILABLE = "available"
    LATER = "later"  # comes by itself with more waves
    RULE = "rule"  # what happens whatever the size
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Availability:
    """One feature with this size; ``key`` is a stable name, ``message`` the sentence that a person reads."""

    key: str
    reach: Reach
    message: Message


_THERE = mark("{feature}: available with your size.")
_NONE = mark("If fewer than {k} people answer in all, nothing is shown of that wave and its answers are destroyed.")
_NEVER = mark("{feature}: not with your size. It needs {needed} {what}, you can expect {have}.")


def availability(
    invited: Sequence[int], *, k: int = K_FLOOR, response: float = DEFAULT_RESPONSE
) -> tuple[Availability, ...]:
    """Say what is there with the sizes ``invited`` (people in each team's group) and what is not while they last.

    The numbers of answers are expected ones: invited times ``response``, rounded down. The limits are those of design
    sections 5 to 8. Nothing but sizes is read, so the list can be shown before anything is configured.
    """
    total = sum(invited)
    if total < k:
        text = mark("A wave cannot open: it needs at least {k} people invited, and there are {invited}.")
        return (_entry("wave", Message(text, {"k": k, "invited": total}), there=False),)
    minimum = least_invited(k, response)
    alone = sum(size >= minimum for size in invited)
    # Every crowd has at least `minimum` people, so this is the most there can ever be.
    crowds = max(alone, min(total // minimum, len(invited)), 1)
    answers = int(total * response)
    none = Availability(key="none", reach=Reach.RULE, message=Message(_NONE, {"k": k}))
    return (*_entries(invited, minimum, alone, crowds, answers), none)


def _entries(invited: Sequence[int], minimum: int, alone: int, crowds: int, answers: int) -> Iterator[Availability]:
    total, largest = sum(invited), max(invited)
    yield _entry("report", Message("One report and one trend for everybody: available with your size."), there=True)
    params = {"alone": alone, "teams": len(invited), "minimum": minimum}
    text = mark("Teams with figures of their own: {alone} of {teams}. A team needs {minimum} people invited.")
    yield _entry("own_figures", Message(text, params), there=alone > 0)
    if crowds < 2:
        text = mark(
            "Your organisation is reported as a whole, leaders included. Smaller groups would show who said what."
        )
        yield _entry("groups", Message(text), there=False)
    elif alone < len(invited):
        text = mark("The other teams are reported together with a neighbour under the same leader.")
        yield _entry("joint_figures", Message(text), there=True)
    trend = Message(
        "Changes are tested from the wave number {waves} on; before, reports show levels.", {"waves": TREND_WAVES}
    )
    yield Availability(key="trend", reach=Reach.LATER, message=trend)
    expected = Message("answers")
    share = answers / total
    yield _needs("comments", Message("Comments"), COMMENTS_FROM, answers, expected)
    yield _needs(
        "spread",
        Message("Histogram and spread of a crowd"),
        SPREAD_FROM,
        int(max(largest, total if crowds < 2 else 0) * share),
        expected,
    )
    yield _needs("own_noise", Message("Intervals from your own data"), OWN_NOISE_FROM, answers, expected)
    yield _needs("segments", Message("Tables by segment"), SEGMENTS_FROM, answers, expected)
    yield _needs("reliability", Message("Reliability of the scales"), RELIABILITY_FROM, answers, expected)
    invitations = Message("people invited")
    yield _needs("rate", Message("Response rate while a wave is open"), RATE_FROM_INVITED, total, invitations)
    link = Message("Link between roadmap and sentiment by team, after {waves} waves", {"waves": LINK_WAVES})
    linked = _needs("team_link", link, LINK_TEAMS, crowds if crowds > 1 else 0, Message("crowds"))
    yield replace(linked, reach=Reach.LATER) if linked.reach is Reach.AVAILABLE else linked


def _needs(key: str, feature: Message, needed: int, have: int, what: Message) -> Availability:
    if have >= needed:
        return _entry(key, Message(_THERE, {"feature": feature}), there=True)
    params = {"feature": feature, "needed": needed, "what": what, "have": have}
    return _entry(key, Message(_NEVER, params), there=False)


def _entry(key: str, message: Message, *, there: bool) -> Availability:
    return Availability(key=key, reach=Reach.AVAILABLE if there else Reach.NEVER, message=message)
