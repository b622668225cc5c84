"""Loads the released waves of a programme with their frozen units, crowds and questionnaires."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.services.pages import published
from reports.store import releases
from reports.store.releases import CrowdRecord
from surveys.crowds.shapes import Crowd
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import NotFound
from surveys.instruments.schema import Instrument
from surveys.models.waves import Programme, Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store


@dataclass(frozen=True, kw_only=True)
class FrozenUnit:
    """A team as it was when a wave opened."""

    key: str
    parent: str | None
    name: str
    leader_name: str
    timezone: str
    invited: int
    joined: int
    left: int
    planned: str = ""
    """Label of the crowd that was planned for the team's own group; empty where it has no people."""


@dataclass(frozen=True)
class WaveRecord:
    """One released wave: public facts, frozen units and released crowds."""

    slug: str
    number: int
    opened_on: dt.date
    closed_on: dt.date
    closed_at: dt.datetime
    released_at: dt.datetime
    mode: BallotMode
    k: int
    fingerprint: str
    policy_version: str
    is_none: bool
    is_withdrawn: bool
    instrument: Instrument
    units: Mapping[str, FrozenUnit]
    crowds: tuple[CrowdRecord, ...]
    leads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By final crowd the units whose leader answered in it."""

    @cached_property
    def pages(self) -> dict[str, tuple[str, ...]]:
        """The labels of the crowds on each unit's page in this wave; a unit without a page is left out."""
        if not self.crowds:
            return {}
        shapes = [
            Crowd(
                label=record.crowd,
                units=record.units,
                home=record.home,
                invited=record.invited,
                is_whole_company=record.is_whole_company,
            )
            for record in self.crowds
        ]
        hidden = {record.crowd: record.hidden_from for record in self.crowds}
        return published(shapes, {key: unit.parent for key, unit in self.units.items()}, hidden)

    @cached_property
    def by_label(self) -> dict[str, CrowdRecord]:
        """The released crowds by label."""
        return {record.crowd: record for record in self.crowds}

    @cached_property
    def places(self) -> dict[str, int]:
        """By unit the place of the crowd that holds its own group."""
        return {unit: place for place, record in enumerate(self.crowds) for unit in record.units}

    @cached_property
    def root(self) -> str:
        """The unit without a parent."""
        return next(key for key, unit in sorted(self.units.items()) if unit.parent is None)

    def subtree(self, unit: str) -> frozenset[str]:
        """Return the unit and everything below it."""
        inside = {unit}
        grew = True
        while grew:
            found = {key for key, each in self.units.items() if each.parent in inside} - inside
            inside |= found
            grew = bool(found)
        return frozenset(inside)

    def names(self, units: Sequence[str]) -> list[str]:
        """Return the names of units, in alphabetical order."""
        return sorted(self.units[key].name for key in units if key in self.units)


@dataclass(frozen=True, kw_only=True)
class History:
    """The released waves of one programme up to a wave, oldest first."""

    organisation: str
    programme: str
    timezone: str
    waves: tuple[WaveRecord, ...]
    variances: Mapping[str, tuple[float, int]]

    @property
    def last(self) -> WaveRecord:
        """The wave that a report is about."""
        return self.waves[-1]


def load_history(session: Session, *, wave: str) -> History:
    """Return all released waves of the programme up to and including ``wave``.

    Raises:
        NotFound: the wave is unknown or not released; both read the same.
    """
    row = check_is_released(session, wave)
    programme = wave_store.get_programme(session, row.programme_slug)
    shown = {WaveStatus.RELEASED, WaveStatus.WITHDRAWN}
    rows = [
        each
        for each in wave_store.list_waves(session, programme=row.programme_slug)
        if each.number <= row.number and each.status in shown and each.released_at is not None
    ]
    slugs = [each.slug for each in rows]
    crowds: dict[str, list[CrowdRecord]] = {}
    for record in releases.list_crowd_records(session, slugs):
        crowds.setdefault(record.wave, []).append(record)
    return History(
        organisation=programme.organisation,
        programme=programme.name,
        timezone=programme.timezone,
        waves=tuple(_record(session, each, programme, crowds.get(each.slug, [])) for each in rows),
        variances=releases.latest_variances(
            session, [each.slug for each in rows if each.status == WaveStatus.RELEASED]
        ),
    )


def check_is_released(session: Session, wave: str) -> Wave:
    """Return a wave whose figures may be shown.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    row = wave_store.get_wave(session, wave)
    if row.status == WaveStatus.WITHDRAWN:
        raise NotFound("Wave {wave} was withdrawn. Its figures are no longer shown.", wave=wave)
    if row.status != WaveStatus.RELEASED:
        raise NotFound("Wave {wave} has not been released.", wave=wave)
    return row


def latest_released(session: Session, *, programme: str | None = None) -> str:
    """Return the slug of the wave released last.

    Raises:
        NotFound: nothing was released yet.
    """
    rows = wave_store.list_waves(session, programme=programme, status=WaveStatus.RELEASED)
    if not rows:
        raise NotFound("Nothing has been released yet.")
    return max(rows, key=lambda wave: (wave.closes_at, wave.slug)).slug


def _record(session: Session, row: Wave, programme: Programme, crowds: Sequence[CrowdRecord]) -> WaveRecord:
    zone = ZoneInfo(programme.timezone)
    release = releases.find_release(session, row.slug)
    closed_at = row.closed_at or row.closes_at
    units = {
        unit.unit: FrozenUnit(
            key=unit.unit,
            parent=unit.parent,
            name=unit.name,
            leader_name=unit.leader_name,
            timezone=unit.timezone,
            invited=unit.invited,
            joined=unit.joined,
            left=unit.left_count,
            planned=unit.crowd,
        )
        for unit in wave_store.list_units(session, row.slug)
    }
    return WaveRecord(
        slug=row.slug,
        number=row.number,
        opened_on=(row.opened_at or row.opens_at).astimezone(zone).date(),
        closed_on=closed_at.astimezone(zone).date(),
        closed_at=closed_at,
        released_at=row.released_at or row.releases_at,
        mode=BallotMode(row.mode),
        k=row.k,
        fingerprint=row.fingerprint or "",
        policy_version=release.policy_version if release else "",
        is_none=row.is_none,
        is_withdrawn=row.status == WaveStatus.WITHDRAWN,
        instrument=instrument_of(session, row.instrument_sha256),
        units=units,
        crowds=() if row.status == WaveStatus.WITHDRAWN else tuple(crowds),
        leads=_leads(session, row.slug),
    )


def _leads(session: Session, wave: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for row in wave_store.list_crowds(session, wave):
        found.setdefault(row.final_label or row.label, set()).update(row.leads)
    return {label: tuple(sorted(units)) for label, units in found.items()}
