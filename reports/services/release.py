"""Turns the totals of a counted wave into its one release: audited, protected, frozen. Alone reads totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy.orm import Session

from reports.disclosure import policy
from reports.disclosure.cells import RawCell, ReleasedCell, protect_crowd
from reports.disclosure.participation import response_band
from reports.disclosure.wave_audit import AuditedCrowd, AuditedTable, AuditedWave, WaveAccount, top_units
from reports.disclosure.wave_audit import audit_wave as audit
from reports.errors import ReleaseRefused
from reports.models import Release
from reports.services.final_crowds import Pages, list_final_crowds, pages_of
from reports.services.release_extras import MomentRows, moment_rows, segment_rows, topic_rows
from reports.store import released_rows, releases
from reports.store.cells import from_plain, to_plain
from reports.store.released_rows import Rows
from surveys import policies
from surveys.crowds.shapes import WHOLE_COMPANY, Crowd, label_of
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.instruments.schema import Instrument
from surveys.models.totals import CrowdTotal, SegmentCount
from surveys.models.waves import Wave
from surveys.services.promises import check_manifest, check_thresholds
from surveys.services.questionnaires import instrument_of
from surveys.store import coarser, totals, waves


@dataclass(frozen=True, kw_only=True)
class ReleaseAccount:
    """What a release did; ``joined`` are the crowds that were made of others because an auditor asked for it."""

    wave: str
    cells: int
    audit: WaveAccount | None
    already_released: bool
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """The crowds of a wave with their numbers of ballots, and what would be published of them."""

    crowds: tuple[Crowd, ...]
    counts: Mapping[str, int]
    pages: Pages
    audited: AuditedWave


def thresholds(*, strict: bool = False) -> dict[str, object]:
    """Return the constants of the disclosure rules as a wave's manifest promises them."""
    return {
        "policy": policy.POLICY_VERSION,
        "spread_minimum": policy.SPREAD_MINIMUM,
        "clip_heads": policy.STRICT_CLIP_HEADS if strict else policy.CLIP_HEADS,
    }


def build_release(session: Session, *, wave: str, now: dt.datetime, actor: str) -> ReleaseAccount:
    """Release a counted wave once; repeating it changes nothing.

    Where auditors cannot prove of a unit that nobody in it is singled out, its crowds are joined into one and the
    auditors look again.

    Raises:
        ReleaseRefused: an auditor found a group below k; its lines stand in the sentence.
        Refused: the wave is not counted, its release time has not come, its key or ballots are not verifiably gone, or
            it was opened under other rules than those of today.
    """
    row = waves.lock_wave(session, wave)
    if row.status == WaveStatus.RELEASED:
        return ReleaseAccount(wave=wave, cells=0, audit=None, already_released=True)
    _check_may_release(row, now)
    check_manifest(session, row)
    check_thresholds(row, thresholds(strict=row.is_strict))
    shape = _shape(session, row)
    joined = _coarsen(session, row, shape)
    shape = _shape(session, row) if joined else shape
    _check_totals(session, row, shape.counts)
    cells = _cells(session, row, shape)
    moments = moment_rows(session, row, least=_least_answers(shape))
    account = None
    if shape.crowds:
        declared = moments.declared(instrument_of(session, row.instrument_sha256))
        account = audit(replace(shape.audited, moments=declared), cells=_released(cells))
    if account is not None and not account.passed:
        reasons = Message(" ".join(str(line) for line in account.lines))
        raise ReleaseRefused("Wave {wave} was not released. {reasons}", wave=wave, reasons=reasons)
    digest = _store(session, row, shape, cells, moments, account=_plain_audit(account, joined), now=now)
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="release",
        subject=wave,
        cells=len(cells),
        sha256=digest,
        detail={"waves": [wave], "units": "all", "measures": "all", "policy": str(policy.POLICY_VERSION)},
    )
    if not waves.move_wave(session, wave, WaveStatus.COUNTED, WaveStatus.RELEASED, released_at=now):
        raise Refused("Wave {wave} was released by another process.", wave=wave)
    return ReleaseAccount(wave=wave, cells=len(cells), audit=account, already_released=False, joined=joined)


def check_count(session: Session, *, wave: str) -> tuple[str, ...]:
    """Run the auditors on a wave in the transaction that counted it, and join crowds where they ask for it.

    Returns the labels of crowds that were joined. Raises ``ReleaseRefused`` where joining does not help: the caller's
    transaction ends, the wave stays closed, and its ballots stay sealed.
    """
    row = waves.get_wave(session, wave)
    if row.is_none:
        return ()
    joined = _coarsen(session, row, _shape(session, row))
    account = audit(_shape(session, row).audited)
    if not account.passed:
        raise ReleaseRefused(
            "Wave {wave} was not counted. {reasons}",
            wave=wave,
            reasons=Message(" ".join(str(line) for line in account.lines)),
        )
    return joined


def audit_totals(session: Session, *, wave: str) -> WaveAccount | None:
    """Run the auditors on the totals of a counted wave; None where it is none, or where its totals are gone."""
    row = waves.get_wave(session, wave)
    if row.is_none or totals.find_ballots(session, wave) is None:
        return None
    shape = _shape(session, row)
    _check_totals(session, row, shape.counts)
    return audit(shape.audited)


def _check_may_release(row: Wave, now: dt.datetime) -> None:
    policies.check_can_move_wave(row.slug, WaveStatus(row.status), WaveStatus.RELEASED)
    if row.key_destroyed_at is None or row.rewritten_at is None:
        raise Refused(
            "Wave {wave} is not released yet: the destruction of its key and ballots is not finished. "
            "Close it again to finish these steps.",
            wave=row.slug,
        )
    if now < row.releases_at:
        raise Refused(
            "Wave {wave} is released on {moment}, for everybody at once.", wave=row.slug, moment=row.releases_at
        )


def _shape(session: Session, row: Wave) -> _Shape:
    """Read what stands there to be released.

    Raises:
        ReleaseRefused: the crowds are not those that were counted.
    """
    counts = {count.crowd: count.ballots for count in totals.list_counts(session, row.slug)}
    crowds = () if row.is_none else tuple(list_final_crowds(session, row.slug))
    if set(counts) != {crowd.label for crowd in crowds}:
        raise ReleaseRefused("Wave {wave} was not released: its crowds and its totals do not fit.", wave=row.slug)
    pages = pages_of(session, row.slug, crowds)
    audited = AuditedWave(
        parents=pages.parents,
        published=pages.published,
        crowds={
            crowd.label: AuditedCrowd(
                home=crowd.home,
                units={unit: pages.invited[unit] for unit in crowd.units},
                people=counts[crowd.label],
                band=_band(crowd, counts[crowd.label], row.k),
            )
            for crowd in crowds
        },
        answers=totals.find_ballots(session, row.slug) or 0,
        tables=_tables(session, row, pages, crowds, counts),
        k=row.k,
    )
    return _Shape(crowds=crowds, counts=counts, pages=pages, audited=audited)


def _least_answers(shape: _Shape) -> int:
    """Return how many answers the released bands of the crowds prove; what is declared may not say more."""
    bands = [crowd.band for crowd in shape.audited.crowds.values() if crowd.band is not None]
    return max(policy.K_FLOOR, sum(band.low for band in bands))


def _band(crowd: Crowd, ballots: int, k: int) -> policy.NBand | None:
    """Return the band in which the answers of a crowd are released; None under k, where there is none."""
    return None if ballots < k else policy.n_band(ballots, k=k, invited=max(ballots, crowd.invited))


def _tables(
    session: Session, row: Wave, pages: Pages, crowds: Sequence[Crowd], counts: Mapping[str, int]
) -> list[AuditedTable]:
    """Return the segment tables that were admitted at the count, with the people of their units."""
    instrument = instrument_of(session, row.instrument_sha256)
    options = {segment.code: range(len(segment.choices) + 1) for segment in instrument.segments}
    top = top_units(pages.parents)
    people: dict[str, int] = {}
    for crowd in crowds:
        unit = top[crowd.home] or crowd.home  # the root stands for the crowds that it alone covers
        people[unit] = people.get(unit, 0) + counts[crowd.label]
    found: dict[tuple[str, str], list[SegmentCount]] = {}
    for each in totals.list_segment_counts(session, row.slug):
        found.setdefault((each.unit, each.segment), []).append(each)
    return [
        AuditedTable(
            unit=unit,
            segment=segment,
            cells={each.cell: each.options for each in rows},
            sizes={each.cell: each.ballots for each in rows},
            options=options.get(segment, ()),
            people=people.get(unit, 0),
        )
        for (unit, segment), rows in sorted(found.items())
    ]


def _coarsen(session: Session, row: Wave, shape: _Shape) -> tuple[str, ...]:
    """Join the crowds of every unit that does not pass into one; return the labels of the joined crowds.

    A unit with one crowd is left as it is: no joining helps it, and the release will be refused.
    """
    failing = audit(shape.audited).failing if shape.crowds else ()
    joined = []
    for found in failing:
        if len(found.crowds) < 2:
            continue
        units = [unit for crowd in shape.crowds if crowd.label in found.crowds for unit in crowd.units]
        label = WHOLE_COMPANY if len(found.crowds) == len(shape.crowds) else label_of(units)
        planned = [each.label for each in waves.list_crowds(session, row.slug) if each.final_label in found.crowds]
        coarser.join_crowds(session, row.slug, found.crowds, into=label)
        waves.set_final_labels(session, row.slug, dict.fromkeys(planned, label))
        joined.append(label)
    return tuple(joined)


def _check_totals(session: Session, row: Wave, counts: Mapping[str, int]) -> None:
    for total in totals.list_totals(session, row.slug):
        if not row.k <= total.n <= counts.get(total.crowd, 0):
            raise ReleaseRefused(
                "Wave {wave} was not released: the total of {measure} does not fit the ballots of its crowd.",
                wave=row.slug,
                measure=total.measure,
            )


def _store(
    session: Session,
    row: Wave,
    shape: _Shape,
    cells: Rows,
    moments: MomentRows,
    *,
    account: Mapping[str, object],
    now: dt.datetime,
) -> str:
    """Write all rows of the release and return the checksum over them."""
    crowds = [
        {
            **_crowd_row(row.slug, crowd, shape.counts[crowd.label], row.k),
            "hidden_from": sorted(shape.pages.hidden[crowd.label]),
        }
        for crowd in shape.crowds
    ]
    n_low = {str(crowd["crowd"]): int(str(crowd["n_low"])) for crowd in crowds}
    topics = topic_rows(session, row, n_low=n_low)
    beside = segment_rows(session, row)
    digest = released_rows.checksum(
        [crowds, cells, moments.variances, topics, beside.segments, beside.cells, moments.covariances]
    )
    releases.add_release(
        session,
        Release(
            wave=row.slug,
            released_at=now,
            policy_version=str(policy.POLICY_VERSION),
            audit=dict(account),
            sha256=digest,
        ),
        crowds=crowds,
        cells=cells,
        moments=moments.variances,
    )
    released_rows.add_extras(
        session,
        topics=topics,
        segments=beside.segments,
        segment_cells=beside.cells,
        covariances=moments.covariances,
    )
    waves.set_answers_low(session, row.slug, n_low)
    return digest


def _crowd_row(wave: str, crowd: Crowd, ballots: int, k: int) -> Mapping[str, object]:
    band = policy.n_band(ballots, k=k, invited=crowd.invited)
    return {
        "wave": wave,
        "crowd": crowd.label,
        "home": crowd.home,
        "units": list(crowd.units),
        "invited": crowd.invited,
        "response": response_band(ballots, crowd.invited, k=k).value,
        "n_low": band.low,
        "n_high": band.high,
        "is_whole_company": crowd.is_whole_company,
    }


def _cells(session: Session, row: Wave, shape: _Shape) -> list[Mapping[str, object]]:
    instrument = instrument_of(session, row.instrument_sha256)
    stored: dict[str, dict[str, CrowdTotal]] = {}
    for total in totals.list_totals(session, row.slug):
        stored.setdefault(total.crowd, {})[total.measure] = total
    scales = {scale.code: scale.items for scale in instrument.scales}
    rows: list[Mapping[str, object]] = []
    for crowd in shape.crowds:
        raws = _raw_cells(crowd.label, stored.get(crowd.label, {}), instrument)
        cells = protect_crowd(
            raws,
            scales=scales,
            ballots=shape.counts[crowd.label],
            invited=crowd.invited,
            strict=row.is_strict,
            k=row.k,
        )
        rows.extend(
            {"wave": row.slug, "crowd": crowd.label, "measure": measure, "cell": to_plain(cells[measure])}
            for measure in sorted(cells)
        )
    return rows


def _released(cells: Rows) -> Iterator[ReleasedCell]:
    """Yield the figures among the rows as they are read back later."""
    for row in cells:
        cell = from_plain(str(row["crowd"]), str(row["measure"]), cast("Mapping[str, object]", row["cell"]))
        if isinstance(cell, ReleasedCell):
            yield cell


def _raw_cells(crowd: str, found: Mapping[str, CrowdTotal], instrument: Instrument) -> list[RawCell]:
    """Return a raw cell for every measure of the questionnaire, with n = 0 where no total was kept.

    A scale whose own sum was not kept is given the mean of its item means; its released value is made of its items
    in any case.
    """
    raws = []
    for code in instrument.item_codes:
        row = found.get(code)
        raws.append(
            RawCell(
                crowd=crowd,
                measure=code,
                n=row.n if row else 0,
                total=row.total if row else 0.0,
                favourable=row.favourable if row else 0,
            )
        )
    for scale in instrument.scales:
        row = found.get(scale.code)
        items = [found[code] for code in scale.items if code in found]
        if row is not None:
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=row.n, total=row.total, favourable=row.favourable))
        elif len(items) == len(scale.items):
            n = min(item.n for item in items)
            total = n * sum(item.total / item.n for item in items) / len(items)
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=n, total=total, favourable=0))
        else:
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=0, total=0.0, favourable=0))
    return raws


def _plain_audit(account: WaveAccount | None, joined: Sequence[str]) -> dict[str, object]:
    """Return what is kept of the audit; no number of answers is in it."""
    kept: dict[str, object] = {"passed": True, "lines": ["none"], "covers": released_rows.COVERS}
    if account is not None:
        kept |= {
            "passed": account.passed,
            "lines": [str(line) for line in account.lines],
            "units": {found.unit: found.outcome.verdict.value for found in account.units},
            "segments": [list(table) for table in account.tables],
            "narrowest": account.narrowest,
            "joined": list(joined),
        }
    return kept
