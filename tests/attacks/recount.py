"""Puts other exact totals in the place of those of a counted wave, such that every released band and rounding stays.

What the two waves then hand out has to be the same byte for byte: whatever differs is a function of exact numbers. It
is meant for waves in which everybody answered every question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from sqlalchemy.orm import Session

from app.installation import Installation
from reports.disclosure.cells import RawCell, ReleasedCell, protect_crowd
from reports.disclosure.participation import response_band
from reports.disclosure.policy import favourable_band, n_band
from reports.disclosure.reasons import Withheld
from reports.disclosure.wave_audit import top_units
from reports.services.final_crowds import list_final_crowds
from surveys.crowds.shapes import Crowd
from surveys.instruments.schema import Instrument
from surveys.models.totals import CrowdCount, CrowdTotal, Moment, SegmentCount, SegmentTotal, TopicTotal, WaveCount
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

EXACT_TABLES = ("crowd_count", "crowd_total", "moment", "wave_count", "topic_total", "segment_count", "segment_total")
"""Where exact numbers stand; nobody but the release reads them."""

Total = tuple[int, int]
"""Sum and number of favourable answers."""


def alter(inst: Installation, wave: str) -> int:
    """Change every exact number of a counted wave that can be changed within its bands; returns how many were."""
    with inst.database.transaction() as session:
        row = wave_store.get_wave(session, wave)
        instrument = instrument_of(session, row.instrument_sha256)
        crowds = {crowd.label: crowd for crowd in list_final_crowds(session, wave)}
        counts = {each.crowd: each for each in session.query(CrowdCount).filter_by(wave=wave)}
        moved = _move_counts(session, wave, crowds, counts)
        changed = sum(moved[crowd] != counts[crowd].ballots for crowd in counts)
        for label, crowd in crowds.items():
            found = {each.measure: each for each in session.query(CrowdTotal).filter_by(wave=wave, crowd=label)}
            changed += _alter_totals(found, instrument, moved[label], crowd.invited, strict=row.is_strict)
            for topic in session.query(TopicTotal).filter_by(wave=wave, crowd=label):
                band = n_band(topic.n, invited=crowd.invited)
                was = favourable_band(topic.ticked, topic.n, n_low=band.low)
                now = [
                    ticked
                    for ticked in range(moved[label] + 1)
                    if favourable_band(ticked, moved[label], n_low=band.low) == was and ticked != topic.ticked
                ]
                topic.n, topic.ticked = moved[label], (now or [topic.ticked])[-1]
                changed += bool(now)
            counts[label].ballots = moved[label]
        changed += _alter_segments(session, wave, instrument, strict=row.is_strict)
        total = session.query(WaveCount).filter_by(wave=wave).one()
        total.ballots = sum(moved.values())
        for moment in session.query(Moment).filter_by(wave=wave):
            assert n_band(moment.n) == n_band(total.ballots)
            moment.n = total.ballots
    return changed


def _move_counts(
    session: Session, wave: str, crowds: dict[str, Crowd], counts: dict[str, CrowdCount]
) -> dict[str, int]:
    """Return other numbers of ballots; a unit that segment tables divide keeps its own, for the tables are about it."""
    parents = {unit.unit: unit.parent for unit in wave_store.list_units(session, wave)}
    tops = top_units(parents)
    divided = {each.unit for each in session.query(SegmentCount).filter_by(wave=wave)}
    moved: dict[str, int] = {}
    together: dict[str, list[str]] = defaultdict(list)
    for label, crowd in crowds.items():
        together[tops[crowd.home] or crowd.home].append(label)
    for unit, labels in together.items():
        if unit not in divided:
            for label in labels:
                options = _alike(counts[label].ballots, crowds[label].invited)
                moved[label] = (options or [counts[label].ballots])[-1]
                others = sum(moved.get(each, count.ballots) for each, count in counts.items())
                if n_band(others) != n_band(sum(count.ballots for count in counts.values())):
                    moved[label] = counts[label].ballots
            continue
        waiting = sorted(labels)
        moved |= {label: counts[label].ballots for label in waiting}
        while len(waiting) > 1:
            one, other = waiting.pop(), waiting.pop()
            up = counts[one].ballots + 1 in _alike(counts[one].ballots, crowds[one].invited)
            down = counts[other].ballots - 1 in _alike(counts[other].ballots, crowds[other].invited)
            if up and down:
                moved[one], moved[other] = counts[one].ballots + 1, counts[other].ballots - 1
    return moved


def _alike(ballots: int, invited: int) -> list[int]:
    """Return the other numbers of ballots that are shown as this one is."""
    own = n_band(ballots, invited=invited), response_band(ballots, invited)
    return [
        n
        for n in range(5, invited + 1)
        if n != ballots and (n_band(n, invited=invited), response_band(n, invited)) == own
    ]


def _alter_totals(
    found: dict[str, CrowdTotal] | dict[str, SegmentTotal],
    instrument: Instrument,
    n: int,
    invited: int | None,
    *,
    strict: bool,
) -> int:
    changed = 0
    for code in instrument.item_codes:
        row = found[code]
        own = _cell(row.n, (round(row.total), row.favourable), invited, strict)
        others = [each for each in _by_cell(n, invited, strict)[own] if each != (row.total, row.favourable)]
        # The farthest sum that looks the same.
        total, favourable = max(others, key=lambda each: abs(each[0] / n - row.total / row.n))
        row.n, row.total, row.favourable = n, float(total), favourable
        changed += 1
    for scale in instrument.scales:
        if (whole := found.get(scale.code)) is not None:
            whole.n = n
            whole.total = sum(found[code].total for code in scale.items) / len(scale.items)
            whole.favourable = min(n, whole.favourable)
    return changed


def _alter_segments(session: Session, wave: str, instrument: Instrument, *, strict: bool) -> int:
    """Change the cells of segment tables: one more in one, one fewer in another, and other sums in all."""
    changed = 0
    tables: dict[tuple[str, str], list[SegmentCount]] = defaultdict(list)
    for each in session.query(SegmentCount).filter_by(wave=wave):
        tables[each.unit, each.segment].append(each)
    for rows in tables.values():
        up = next((row for row in rows if n_band(row.ballots + 1) == n_band(row.ballots)), None)
        down = next((row for row in rows if row is not up and row.ballots - 1 in _alike(row.ballots, 10_000)), None)
        for row in rows:
            n = row.ballots + ((row is up) - (row is down) if up is not None and down is not None else 0)
            keys = {"wave": wave, "unit": row.unit, "segment": row.segment, "cell": row.cell}
            found = {each.measure: each for each in session.query(SegmentTotal).filter_by(**keys)}
            changed += _alter_totals(found, instrument, n, None, strict=strict) + (n != row.ballots)
            row.ballots = n
    return changed


@cache
def _by_cell(n: int, invited: int | None, strict: bool) -> dict[ReleasedCell | Withheld, list[Total]]:
    found: dict[ReleasedCell | Withheld, list[Total]] = defaultdict(list)
    for favourable in range(n + 1):
        for total in range(4 * favourable + (n - favourable), 5 * favourable + 3 * (n - favourable) + 1):
            found[_cell(n, (total, favourable), invited, strict)].append((total, favourable))
    return found


@cache
def _cell(n: int, sums: Total, invited: int | None, strict: bool) -> ReleasedCell | Withheld:
    raw = RawCell(crowd="crowd", measure="item", n=n, total=sums[0], favourable=sums[1])
    return protect_crowd([raw], scales={}, ballots=n, invited=invited, strict=strict)["item"]


def set_all(inst: Installation, wave: str, crowd: str, answers: Sequence[int]) -> None:
    """Let every question of one crowd have these answers, one per person and in points of its scale."""
    with inst.database.transaction() as session:
        scales = {scale.code for scale in instrument_of(session, _sha(session, wave)).scales}
        count = session.query(CrowdCount).filter_by(wave=wave, crowd=crowd).one()
        whole = session.query(WaveCount).filter_by(wave=wave).one()
        whole.ballots += len(answers) - count.ballots
        count.ballots = len(answers)
        for row in session.query(CrowdTotal).filter_by(wave=wave, crowd=crowd):
            row.n, row.total = len(answers), float(sum(answers))
            row.favourable = sum(answer >= 4 for answer in answers) if row.measure not in scales else row.favourable
            row.favourable = min(row.favourable, row.n)


def _sha(session: Session, wave: str) -> str:
    return wave_store.get_wave(session, wave).instrument_sha256
