"""Runs the auditors over what was released, before anything of it leaves and every night: rows in, account out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from reports.disclosure.policy import NBand
from reports.disclosure.wave_audit import (
    AuditedCrowd,
    AuditedTable,
    AuditedWave,
    WaveAccount,
)
from reports.disclosure.wave_audit import audit_wave as audit
from reports.errors import ReleaseRefused
from reports.models import Release
from reports.services import release as release_service
from reports.services.pages import published
from reports.services.release_extras import items_by_scale
from reports.store import released_rows, releases
from reports.store.released_rows import CrowdRow, SegmentRow
from surveys.crowds.shapes import Crowd
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message, mark
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

KEPT_SECONDS = 600.0
"""How long a wave that passed is not looked at again by the same process; the nightly audit always looks."""

_CHANGED = mark(
    "The stored figures of wave {wave} are not those that were released. Put the database back from a backup of the "
    "time before; nothing of this wave is shown until then."
)
_UNKNOWN = mark("The ledger does not know this release of wave {wave}. Nothing of this wave is shown.")

_passed: WeakKeyDictionary[Engine, dict[tuple[str, str], float]] = WeakKeyDictionary()
"""By database: wave and checksum of every release that passed, and when by the monotonic clock."""


@dataclass(frozen=True, kw_only=True)
class AuditedRelease:
    """The account of one wave, with what is needed to read it."""

    wave: str
    status: str
    policy_version: str | None
    account: WaveAccount | None
    names: Mapping[str, str]
    """Names of the units directly under the root by key."""

    @property
    def passed(self) -> bool:
        """Whether everything passed; a wave released as none has nothing that could fail."""
        return self.account is None or self.account.passed


def check_released(session: Session, waves: Iterable[str]) -> None:
    """Let figures of these waves leave only if the auditors pass them as they stand in the database.

    A wave that passed is not looked at again for :data:`KEPT_SECONDS` in this process.

    Raises:
        ReleaseRefused: a wave is not released, was changed since, or does not pass; the sentence says what to do.
    """
    now = time.monotonic()
    kept = _passed.setdefault(session.get_bind().engine, {})
    for wave in dict.fromkeys(waves):
        found = releases.find_release(session, wave)
        # A withdrawn wave keeps its rows, and somebody may have chosen it a moment before it was withdrawn.
        if found is None or wave_store.get_wave(session, wave).status != WaveStatus.RELEASED:
            raise ReleaseRefused("Wave {wave} is not released.", wave=wave)
        since = kept.get((wave, found.sha256))
        if since is not None and now - since < KEPT_SECONDS:
            continue
        account = _audit_released(session, found)
        if account is not None and not account.passed:
            raise ReleaseRefused("Nothing of wave {wave} is shown. {reasons}", wave=wave, reasons=_reasons(account))
        kept[wave, found.sha256] = now


def audit_wave(session: Session, *, wave: str) -> AuditedRelease:
    """Run the auditors on a counted wave (its totals) or a released one (its rows, and its totals while they last).

    Raises:
        Refused: the wave has not been counted yet, or was withdrawn.
    """
    row = wave_store.get_wave(session, wave)
    if row.status not in {WaveStatus.COUNTED, WaveStatus.RELEASED}:
        raise Refused("Wave {wave} has no totals to audit yet.", wave=wave)
    found = releases.find_release(session, wave)
    account = release_service.audit_totals(session, wave=wave)
    if found is not None:
        account = _both(account, _audit_released(session, found))
    return AuditedRelease(
        wave=wave,
        status=row.status,
        policy_version=None if found is None else found.policy_version,
        account=account,
        names={unit.unit: unit.name for unit in wave_store.list_units(session, wave)},
    )


def failing_waves(session: Session) -> list[tuple[str, WaveAccount]]:
    """Look at every released wave again, whenever it was looked at last; return those that do not pass."""
    kept = _passed.setdefault(session.get_bind().engine, {})
    failing = []
    for found in releases.list_releases(session):
        if wave_store.get_wave(session, found.wave).status != WaveStatus.RELEASED:
            continue
        account = _audit_released(session, found)
        if account is not None and not account.passed:
            kept.pop((found.wave, found.sha256), None)
            failing.append((found.wave, account))
    return failing


def _both(first: WaveAccount | None, second: WaveAccount | None) -> WaveAccount | None:
    """Return the account of the released rows, or that of the totals where only this one fails."""
    if first is None or second is None:
        return first or second
    return first if second.passed and not first.passed else second


def _audit_released(session: Session, found: Release) -> WaveAccount | None:
    """Return the account of the rows of a release; None where it is one without figures."""
    row = wave_store.get_wave(session, found.wave)
    faults = []
    is_changed = released_rows.stored_checksum(session, found) != found.sha256
    if is_changed or released_rows.has_stray_covariances(session, found):
        faults.append(Message(_CHANGED, {"wave": row.slug}))
    if not released_rows.is_in_ledger(session, found):
        faults.append(Message(_UNKNOWN, {"wave": row.slug}))
    if faults:
        return WaveAccount(passed=False, lines=tuple(faults), units=())
    crowds = released_rows.list_crowds(session, row.slug)
    if not crowds:
        return None
    joint = [crowd.crowd for crowd in crowds if len(crowd.units) > 1]
    try:
        return audit(_shape(session, row, crowds), cells=released_rows.read_cells(session, row.slug, joint))
    except (LookupError, TypeError, ValueError):  # forged throughout, and into what no release can hold
        return WaveAccount(passed=False, lines=(Message(_CHANGED, {"wave": row.slug}),), units=())


def _shape(session: Session, row: Wave, rows: Sequence[CrowdRow]) -> AuditedWave:
    """Return what was published as the auditors look at it, with the lower ends of the bands as numbers of people."""
    units = wave_store.list_units(session, row.slug)
    parents = {unit.unit: unit.parent for unit in units}
    invited = {unit.unit: unit.invited for unit in units}
    crowds = [
        Crowd(label=each.crowd, units=each.units, home=each.home, invited=0, is_whole_company=each.is_whole_company)
        for each in rows
    ]
    return AuditedWave(
        parents=parents,
        published=published(crowds, parents, {each.crowd: each.hidden_from for each in rows}),
        crowds={
            each.crowd: AuditedCrowd(
                home=each.home,
                units={unit: invited.get(unit, 0) for unit in each.units},
                people=each.n_low,
                band=NBand(low=each.n_low, high=each.n_high),
            )
            for each in rows
        },
        answers=sum(each.n_low for each in rows),
        tables=_tables(session, row),
        k=row.k,
        moments=released_rows.read_moments(
            session, row.slug, scales=items_by_scale(instrument_of(session, row.instrument_sha256))
        ),
    )


def _tables(session: Session, row: Wave) -> list[AuditedTable]:
    """Return the segment tables of a release."""
    instrument = instrument_of(session, row.instrument_sha256)
    options = {segment.code: range(len(segment.choices) + 1) for segment in instrument.segments}
    tables: dict[tuple[str, str], list[SegmentRow]] = {}
    for each in released_rows.list_segments(session, row.slug):
        tables.setdefault((each.unit, each.segment), []).append(each)
    return [
        AuditedTable(
            unit=unit,
            segment=segment,
            cells={each.cell: each.options for each in rows},
            sizes={each.cell: each.n_low for each in rows},
            options=options.get(segment, ()),
        )
        for (unit, segment), rows in sorted(tables.items())
    ]


def _reasons(account: WaveAccount) -> Message:
    return Message(" ".join(str(line) for line in account.lines))
