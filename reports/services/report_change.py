"""Turns the released values of the last two waves of a set of teams into an arrow with words, or into the longer mean.

Everything here is a function of released values and of the numbers of people who joined and left, which are public.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from reports.disclosure.cells import ReleasedCell, joint_qualifier
from reports.disclosure.participation import shows_arrow
from reports.document import Change, Step
from reports.services.history import History, WaveRecord
from reports.services.levels import likely_range
from reports.services.report_words import qualified
from reports.services.trend_sets import cell_of, crowds_of
from reports.store.releases import CrowdRecord
from surveys.i18n import Translator

MEAN_WAVES = 4
"""So many waves make the mean that stands in for a change that is not shown."""

SAME = 0.1
"""Points: two values rounded to 0.1 differ by so much without any change."""

_LEVEL = 0.05
_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What changes are looked for in: the ``units`` of a set, seen by ``unit``, in one of ``scales`` comparisons.

    ``without`` are waves that are no part of the series, because they hold the leader's own answer.
    """

    history: History
    unit: str
    units: frozenset[str]
    scales: int
    without: frozenset[str] = frozenset()


def change_of(compared: Compared, scale: str, tr: Translator) -> Change | None:
    """Return how a scale stands against the wave before in which it was asked; None without figure or earlier wave.

    A change stands only where the same teams were counted by themselves in both waves. Where 1 to k - 1 people joined
    or left in between, the mean of the last four waves takes its place. "Within what chance gives": the difference
    (points) is not above sqrt(h1^2 + h2^2), h the half widths of the likely ranges of both waves, widened from 95 % to
    1 - 0.05 / number of scales (two independent means: Altman and Bland 2003, BMJ 326:219; Bonferroni).
    """
    asked = [wave for wave in compared.history.waves if _asks(wave, scale)]
    last = compared.history.last
    now = _figure(compared, last, scale)
    if now is None or len(asked) < 2 or asked[-1] is not last:
        return None
    before = asked[-2]
    then = _figure(compared, before, scale)
    if then is None or _teams(compared, before) != _teams(compared, last):
        return Change(step=Step.NONE, text=_nothing(compared, before, tr))
    roster = _roster(compared, before)
    if roster is None or not shows_arrow(joined=roster[0], left=roster[1], k=last.k):
        return _mean(compared, asked, scale, tr, is_known=roster is not None)
    return _arrow(compared, (before, then), (last, now), tr)


def notes(changes: Sequence[Change | None]) -> str:
    """Return the sentences that explain changes that are not shown, each once."""
    return " ".join(dict.fromkeys(change.why for change in changes if change is not None and change.why))


def _asks(wave: WaveRecord, scale: str) -> bool:
    return not wave.is_withdrawn and any(each.code == scale for each in wave.instrument.scales)


def _crowds(compared: Compared, wave: WaveRecord) -> list[CrowdRecord]:
    """Return the whole crowds of the set in a wave; empty where it is none of them or the unit may not see them."""
    found = crowds_of(wave, compared.units) or []
    is_hidden = wave.slug in compared.without or any(compared.unit in record.hidden_from for record in found)
    return [] if is_hidden else found


def _teams(compared: Compared, wave: WaveRecord) -> frozenset[str]:
    return frozenset(unit for record in _crowds(compared, wave) for unit in record.units)


def _figure(compared: Compared, wave: WaveRecord, scale: str) -> ReleasedCell | None:
    cell = cell_of(wave, _crowds(compared, wave), scale)
    return cell if isinstance(cell, ReleasedCell) else None


def _roster(compared: Compared, before: WaveRecord) -> tuple[int, int] | None:
    """Return how many joined and left the teams since a wave; None where a wave in between is not known any more.

    Leaders who answer with these teams count too: those who were asked with others before, and changes in the groups
    that such leaders come from. Where the numbers invited moved further than the people who joined and left explain (a
    file may name a first day in the past), the rest is added.
    """
    last = compared.history.last
    since = [wave for wave in compared.history.waves if before.number < wave.number <= last.number]
    if len(since) < last.number - before.number:
        return None
    then, now = _guests(compared, before), _guests(compared, last)
    groups = compared.units | {last.units[key].parent or key for key in now if key in last.units}
    joined, left = len(now - then), len(then - now)
    for key in groups:
        came = sum(wave.units[key].joined for wave in since if key in wave.units)
        went = sum(wave.units[key].left for wave in since if key in wave.units)
        unexplained = _invited(last, key) - _invited(before, key) - (came - went)
        joined += came + max(0, unexplained)
        left += went + max(0, -unexplained)
    return joined, left


def _invited(wave: WaveRecord, unit: str) -> int:
    return wave.units[unit].invited if unit in wave.units else 0


def _guests(compared: Compared, wave: WaveRecord) -> frozenset[str]:
    return frozenset(key for record in _crowds(compared, wave) for key in wave.leads.get(record.crowd, ()))


def _arrow(
    compared: Compared, old: tuple[WaveRecord, ReleasedCell], new: tuple[WaveRecord, ReleasedCell], tr: Translator
) -> Change:
    then, now = old[1], new[1]
    moved = round(now.value - then.value, _DIGITS)
    points = tr.number(abs(moved), 2 if min(now.decimals, then.decimals) > 1 else 1)
    if _is_one_edge(then, now):
        return Change(step=Step.SAME, text=tr.t("as before at the end of what is shown"))
    if abs(moved) <= SAME:
        return Change(step=Step.SAME, text=tr.t("about the same"))
    if _is_open(then, now, rose=moved > 0):
        points = tr.t("{value} or more", value=points)
    is_chance = abs(moved) <= _limit(compared, old, new)
    if moved > 0:
        text = tr.t("up {points}, within what chance gives", points=points)
        return Change(
            step=Step.UP,
            text=text if is_chance else tr.t("up {points}, more than the likely ranges allow", points=points),
        )
    text = tr.t("down {points}, within what chance gives", points=points)
    return Change(
        step=Step.DOWN,
        text=text if is_chance else tr.t("down {points}, more than the likely ranges allow", points=points),
    )


def _limit(compared: Compared, *waves: tuple[WaveRecord, ReleasedCell]) -> float:
    squares = 0.0
    for wave, cell in waves:
        invited = sum(record.invited for record in _crowds(compared, wave))
        found = likely_range(cell, invited=invited, declared=compared.history.variances.get(cell.measure))
        # A clipped value has a range open to one end; the other end has the true width.
        below, above = cell.value - found.low, found.high - cell.value
        squares += (below if cell.high_clipped else above if cell.low_clipped else max(below, above)) ** 2
    normal = NormalDist()
    wider = normal.inv_cdf(1 - _LEVEL / (2 * max(1, compared.scales))) / normal.inv_cdf(1 - _LEVEL / 2)
    return round(wider * math.sqrt(squares), _DIGITS)


def _is_one_edge(then: ReleasedCell, now: ReleasedCell) -> bool:
    return now.value == then.value and (
        (then.high_clipped and now.high_clipped) or (then.low_clipped and now.low_clipped)
    )


def _is_open(then: ReleasedCell, now: ReleasedCell, *, rose: bool) -> bool:
    """Whether the true change may be larger than that of the shown values."""
    upper, lower = (now, then) if rose else (then, now)
    return upper.high_clipped or lower.low_clipped


def _mean(compared: Compared, asked: Sequence[WaveRecord], scale: str, tr: Translator, *, is_known: bool) -> Change:
    teams = _teams(compared, asked[-1])
    last = asked[-MEAN_WAVES:]
    cells = [
        cell
        for wave in last
        if _teams(compared, wave) == teams and (cell := _figure(compared, wave, scale)) is not None
    ]
    value = tr.number(sum(cell.value for cell in cells) / len(cells), min(cell.decimals for cell in cells))
    text = tr.t("mean of {waves} waves: {value}", waves=len(cells), value=qualified(value, joint_qualifier(cells), tr))
    if is_known:
        why = tr.t(
            "Fewer than {k} people joined or left since the wave before. The difference could be about them, so a mean "
            "of several waves stands in its place.",
            k=compared.history.last.k,
        )
    else:
        why = tr.t(
            "A wave in between was not released, so nobody can tell how many people joined or left. A mean of several "
            "waves stands in the place of the difference."
        )
    if len(cells) < MEAN_WAVES:
        why += " " + tr.n(
            "Only {count} of the last {most} waves has figures of the same teams.",
            "Only {count} of the last {most} waves have figures of the same teams.",
            len(cells),
            most=MEAN_WAVES,
        )
    return Change(step=Step.HIDDEN, text=text, why=why)


def _nothing(compared: Compared, before: WaveRecord, tr: Translator) -> str:
    found = crowds_of(before, compared.units)
    if before.is_none or not before.crowds:
        return tr.t("no comparison: too few answered in the wave before")
    if found and not _crowds(compared, before):
        return tr.t("no comparison: the wave before holds the leader's own answer")
    if found and _teams(compared, before) == _teams(compared, compared.history.last):
        return tr.t("no comparison: no figure in the wave before")
    return tr.t("no comparison: other teams were counted together in the wave before")
