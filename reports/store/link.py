"""SQL for the link of pressure and sentiment: flagged days and marks of delivery data in, one result per wave out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reports.models import LinkResult, PressureTeam, PressureWeek
from surveys.models.roadmap import CalendarDay, RoadmapSource


def find_link(session: Session, wave: str) -> LinkResult | None:
    """Return the stored result of a wave or None."""
    return session.get(LinkResult, wave)


def replace_link(
    session: Session,
    *,
    wave: str,
    made_at: dt.datetime,
    method_version: str,
    inputs_sha256: str,
    document: Mapping[str, object],
) -> LinkResult:
    """Store a result in place of an earlier one of the same wave."""
    session.execute(delete(LinkResult).where(LinkResult.wave == wave))
    session.expire_all()
    made = LinkResult(
        wave=wave,
        made_at=made_at,
        method_version=method_version,
        inputs_sha256=inputs_sha256,
        document=dict(document),
    )
    session.add(made)
    session.flush()
    return made


def delete_links_with(session: Session, wave: str) -> int:
    """Delete the results of a wave and of all others that looked back on it; returns how many."""
    found = [each for each in session.scalars(select(LinkResult)) if _rests_on(each, wave)]
    for each in found:
        session.delete(each)
    session.flush()
    return len(found)


def _rests_on(result: LinkResult, wave: str) -> bool:
    looked_back_on = result.document.get("waves")
    return result.wave == wave or (isinstance(looked_back_on, list) and wave in looked_back_on)


def list_flagged_days(session: Session, kinds: Collection[str]) -> list[tuple[str, dt.date, str]]:
    """Return team, day and kind of every calendar day of some kinds, sorted; the team is empty for all teams."""
    query = (
        select(CalendarDay.team, CalendarDay.day, CalendarDay.kind)
        .where(CalendarDay.kind.in_(sorted(kinds)))
        .distinct()
        .order_by(CalendarDay.team, CalendarDay.day, CalendarDay.kind)
    )
    return [(team, day, kind) for team, day, kind in session.execute(query)]


def list_pressure_marks(session: Session) -> list[tuple[str, str, str]]:
    """Return what tells one state of the weekly pressure from another: sources as imported, teams as computed."""
    sources = select(RoadmapSource.name, RoadmapSource.file_sha256, RoadmapSource.imported_at)
    teams = select(PressureTeam.team, PressureTeam.computed_with, PressureTeam.computed_until)
    found = [("source", name, f"{sha} {at.isoformat()}") for name, sha, at in session.execute(sources)]
    found += [("team", team, f"{used} {until.isoformat()}") for team, used, until in session.execute(teams)]
    return sorted(found)


def has_pressure(session: Session) -> bool:
    """Tell whether any week of pressure is stored."""
    return session.scalar(select(PressureWeek.team).limit(1)) is not None


def list_accounts(session: Session) -> dict[str, Mapping[str, object]]:
    """Return the account of each import of delivery data by the name of its source."""
    query = select(RoadmapSource.name, RoadmapSource.account).order_by(RoadmapSource.name)
    return {name: dict(account) for name, account in session.execute(query)}
