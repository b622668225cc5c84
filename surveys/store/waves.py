"""SQL for programmes, waves and what their opening froze; takes part in neither identity nor answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from surveys.enums import WaveStatus
from surveys.errors import NotFound
from surveys.models.waves import InstrumentVersion, Programme, Wave, WaveCrowd, WaveUnit


def get_programme(session: Session, slug: str) -> Programme:
    """Return a programme.

    Raises:
        NotFound: there is none of this name.
    """
    found = session.get(Programme, slug)
    if found is None:
        raise NotFound("There is no programme {slug}.", slug=slug)
    return found


def find_programme(session: Session, slug: str) -> Programme | None:
    """Return a programme or None."""
    return session.get(Programme, slug)


def list_programmes(session: Session) -> Sequence[Programme]:
    """Return all programmes by name."""
    return session.scalars(select(Programme).order_by(Programme.slug)).all()


def add_programme(session: Session, programme: Programme) -> None:
    """Store a new programme."""
    session.add(programme)
    session.flush()


def get_wave(session: Session, slug: str) -> Wave:
    """Return a wave.

    Raises:
        NotFound: there is none of this name.
    """
    found = session.get(Wave, slug)
    if found is None:
        raise NotFound("There is no wave {wave}.", wave=slug)
    return found


def lock_wave(session: Session, slug: str) -> Wave:
    """Return a wave as it is now and keep other workers from moving it until the caller's transaction ends.

    Raises:
        NotFound: there is none of this name.
    """
    found = session.get(Wave, slug, with_for_update={"key_share": True}, populate_existing=True)
    if found is None:
        raise NotFound("There is no wave {wave}.", wave=slug)
    return found


def list_waves(session: Session, *, programme: str | None = None, status: WaveStatus | None = None) -> Sequence[Wave]:
    """Return waves in the order of programme and number."""
    query = select(Wave).order_by(Wave.programme_slug, Wave.number)
    if programme is not None:
        query = query.where(Wave.programme_slug == programme)
    if status is not None:
        query = query.where(Wave.status == status)
    return session.scalars(query).all()


def find_previous_wave(session: Session, wave: Wave) -> Wave | None:
    """Return the latest earlier wave of the programme that was opened, or None."""
    query = (
        select(Wave)
        .where(Wave.programme_slug == wave.programme_slug, Wave.number < wave.number, Wave.fingerprint.is_not(None))
        .order_by(Wave.number.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def add_wave(session: Session, wave: Wave) -> None:
    """Store a planned wave."""
    session.add(wave)
    session.flush()


def move_wave(session: Session, slug: str, before: WaveStatus, after: WaveStatus, **values: object) -> bool:
    """Set the status if it still is ``before``; returns whether this caller made the move."""
    result = session.execute(
        update(Wave).where(Wave.slug == slug, Wave.status == before).values(status=after, **values)
    )
    session.expire_all()
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def set_ballots(session: Session, *, programme: str, mode: str, second_lock: str | None) -> None:
    """Set mode and second lock (hex) of a programme and of its waves that are only planned."""
    values = {"mode": mode, "second_lock": second_lock}
    session.execute(update(Programme).where(Programme.slug == programme).values(values))
    session.execute(
        update(Wave).where(Wave.programme_slug == programme, Wave.status == WaveStatus.PLANNED).values(values)
    )
    session.expire_all()


def set_wave_values(session: Session, slug: str, **values: dt.datetime | bool) -> None:
    """Record a finished step of a wave."""
    session.execute(update(Wave).where(Wave.slug == slug).values(**values))
    session.expire_all()


def add_instrument_version(session: Session, *, sha256: str, code: str, document: Mapping[str, object]) -> None:
    """Store a questionnaire once; a known hash is left alone."""
    if session.get(InstrumentVersion, sha256) is None:
        session.add(InstrumentVersion(sha256=sha256, code=code, document=dict(document)))
        session.flush()


def get_instrument_document(session: Session, sha256: str) -> dict[str, object]:
    """Return a stored questionnaire.

    Raises:
        NotFound: there is none of this hash.
    """
    found = session.get(InstrumentVersion, sha256)
    if found is None:
        raise NotFound("The questionnaire of this wave is not stored.")
    return found.document


def add_frozen(
    session: Session, *, units: Sequence[Mapping[str, object]], crowds: Sequence[Mapping[str, object]]
) -> None:
    """Write the frozen units and planned crowds of a wave."""
    if units:
        session.execute(insert(WaveUnit), [dict(row) for row in units])
    if crowds:
        session.execute(insert(WaveCrowd), [dict(row) for row in crowds])


def list_units(session: Session, wave: str) -> Sequence[WaveUnit]:
    """Return the frozen units of a wave by key."""
    return session.scalars(select(WaveUnit).where(WaveUnit.wave == wave).order_by(WaveUnit.unit)).all()


def list_crowds(session: Session, wave: str) -> Sequence[WaveCrowd]:
    """Return the planned crowds of a wave by label."""
    return session.scalars(select(WaveCrowd).where(WaveCrowd.wave == wave).order_by(WaveCrowd.label)).all()


def set_final_labels(session: Session, wave: str, final: Mapping[str, str]) -> None:
    """Record by planned label the crowd it was counted in."""
    _set_crowds(session, wave, "label", "final_label", final)


def set_answers_low(session: Session, wave: str, low: Mapping[str, int]) -> None:
    """Record by final label the lower end of the released band of answers."""
    _set_crowds(session, wave, "final_label", "answers_low", low)


def _set_crowds(session: Session, wave: str, named_by: str, column: str, values: Mapping[str, object]) -> None:
    table = WaveCrowd.__table__
    statement = (
        update(WaveCrowd)
        .where(table.c.wave == wave, table.c[named_by] == bindparam("named"))
        .values({column: bindparam("wanted")})
    )
    rows = [{"named": name, "wanted": values[name]} for name in sorted(values)]
    if rows:
        session.connection().execute(statement, rows)
    session.expire_all()
