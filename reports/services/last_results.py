"""Turns a crowd of a running wave into what its members may see of the last released wave: protected cells only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.reasons import Reason, Withheld
from reports.errors import ReleaseRefused
from reports.services.auditing import check_released
from reports.services.levels import likely_range
from reports.services.report_words import value_text
from reports.store import crowd_results, releases
from reports.store.crowd_results import CrowdCells, UnitName
from surveys.enums import WaveStatus
from surveys.errors import NotFound
from surveys.i18n import LANGUAGES, Translator, mark, translator
from surveys.instruments.parts import Scale
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

_DECIMALS = 1
_OF_A_LEADER = mark(
    "A leader answered in this group and would read the figures of the own team here. They are not shown on this page."
)

Texts = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True, kw_only=True)
class ShownRow:
    """A scale with its released mean and likely range in points, rounded as on the leader's page.

    ``text`` is the mean as printed there, which says "or more" where the value stands for its end of the scale.
    """

    scale: Texts
    mean: float
    low: float
    high: float
    text: Texts


@dataclass(frozen=True, kw_only=True)
class WithheldRow:
    """A scale without a figure and the reason in words."""

    scale: Texts
    withheld: Texts


@dataclass(frozen=True, kw_only=True)
class GroupResults:
    """One group that was counted together: the names of its teams and a row for each scale of that wave."""

    names: tuple[str, ...]
    rows: tuple[ShownRow | WithheldRow, ...]


@dataclass(frozen=True, kw_only=True)
class LastResults:
    """The last released wave before a running one, for the teams of one of its crowds."""

    wave: str
    released_on: dt.date
    groups: tuple[GroupResults, ...]


def find_last_results(session: Session, *, wave: str, crowd: str) -> LastResults | None:
    """Return what the members of a crowd of an open or closed wave may see; None where there is nothing to see.

    The figures are cells of whole released crowds, never sums or parts of them; HR's table and the leaders' reports
    are made of the same cells. A group is withheld whole where somebody answered in it who leads people of it: that
    person may hold the same read key (decisions 0008 and 0019).
    """
    try:
        row = wave_store.get_wave(session, wave)
    except NotFound:
        return None
    if row.status not in {WaveStatus.OPEN, WaveStatus.CLOSED}:
        return None
    units = crowd_results.find_planned_units(session, wave, crowd)
    released = crowd_results.list_released_before(session, row)
    if not units or not released:
        return None
    try:
        check_released(session, [released[0].slug])
    except ReleaseRefused:  # nothing of it is visible; the reason is for the steward
        return None
    groups = _groups(session, released, units)
    if not groups:
        return None
    zone = ZoneInfo(wave_store.get_programme(session, row.programme_slug).timezone)
    last = released[0]
    released_on = (last.released_at or last.releases_at).astimezone(zone).date()
    return LastResults(wave=last.slug, released_on=released_on, groups=groups)


def _groups(session: Session, released: Sequence[Wave], units: Sequence[str]) -> tuple[GroupResults, ...]:
    last = released[0]
    scales = instrument_of(session, last.instrument_sha256).scales
    if last.is_none:
        names = _names(crowd_results.load_lineage(session, last.slug, units), units)
        nothing = Withheld(reason=Reason.TOO_FEW_IN_ALL, k=last.k)
        return (GroupResults(names=names, rows=_all_withheld(scales, _texts(nothing.sentence))),) if names else ()
    labels = crowd_results.find_final_labels(session, last.slug, units)
    found = crowd_results.list_crowds(session, last.slug, labels, [scale.code for scale in scales])
    lineage = crowd_results.load_lineage(session, last.slug, {unit for each in found for unit in each.units})
    variances = releases.latest_variances(session, [each.slug for each in reversed(released)])
    groups = []
    for each in found:
        if _reaches_own_leader(each, lineage):
            rows: tuple[ShownRow | WithheldRow, ...] = _all_withheld(scales, _texts(lambda tr: tr.t(_OF_A_LEADER)))
        else:
            rows = tuple(_row(scale, each, variances.get(scale.code), last.k) for scale in scales)
        groups.append(GroupResults(names=_names(lineage, each.units), rows=rows))
    return tuple(sorted(groups, key=lambda group: group.names))


def _reaches_own_leader(found: CrowdCells, lineage: Mapping[str, UnitName]) -> bool:
    """Tell whether somebody answered in the crowd who leads people of it and was not told so beforehand.

    Wider than a leader's page, which shows less than this one does: there a crowd that goes beyond the unit is left
    out, here it is what the members get. The leader of the root is told beforehand in every wave.
    """
    if found.was_told:
        return False
    above = {unit for unit in found.units if unit in lineage}
    waiting = list(above)
    while waiting:
        parent = lineage[waiting.pop()].parent
        if parent is not None and parent not in above:
            above.add(parent)
            waiting.append(parent)
    caught = {unit for unit in found.leads & above if lineage[unit].parent is not None}
    return bool(caught or found.hidden_from)


def _row(scale: Scale, found: CrowdCells, declared: tuple[float, int] | None, k: int) -> ShownRow | WithheldRow:
    cell = found.cells.get(scale.code, Withheld(reason=Reason.NOT_ASKED, k=k))
    name = _name(scale)
    if not isinstance(cell, ReleasedCell):
        return WithheldRow(scale=name, withheld=_texts(cell.sentence))
    interval = likely_range(cell, invited=found.invited, declared=declared)
    return ShownRow(
        scale=name,
        mean=round(cell.value, cell.decimals),
        low=round(interval.low, _DECIMALS),
        high=round(interval.high, _DECIMALS),
        text=_texts(lambda tr: value_text(cell, tr)),
    )


def _all_withheld(scales: Sequence[Scale], reason: Texts) -> tuple[WithheldRow, ...]:
    return tuple(WithheldRow(scale=_name(scale), withheld=reason) for scale in scales)


def _name(scale: Scale) -> Texts:
    return _texts(lambda tr: scale.name.to(tr.language))


def _names(lineage: Mapping[str, UnitName], units: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(lineage[unit].name for unit in units if unit in lineage))


def _texts(write: Callable[[Translator], str]) -> Texts:
    """Return a text in every language of the product."""
    return {language: write(translator(language)) for language in LANGUAGES}
