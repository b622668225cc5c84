"""The steward's page of days that matter: type them in, fetch public holidays, take in a calendar, take days back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session

from app import auth
from app.installation import Installation
from app.web import pages as words
from app.web.parts import part_of
from reports.services.pressure import compute_pressure
from surveys.enums import Role
from surveys.errors import InvalidInput, Refused, SurveyError
from surveys.i18n import Message, mark
from surveys.importers.calendar_kinds import KIND_NAMES, DayKind
from surveys.importers.organisation_cells import day as day_of
from surveys.importers.organisation_cells import timezone_fault
from surveys.importers.roadmap_ics import CalendarFile, read_calendar
from surveys.importers.roadmap_raw import Reading
from surveys.services import calendar_days as service
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.store import accounts, organisation
from surveys.store.calendar_days import ALL_TEAMS, BY_HAND, HOLIDAYS

NAME = "calendar"
"""The name of the calendar that is imported by screen."""

ON_A_PAGE = 50
SOURCE_NAMES = {BY_HAND: mark("typed in"), HOLIDAYS: mark("public holidays")}
"""How the sources that are no calendar read on a page."""

_LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the page answers to what was posted: sentences, or faults; ``checked`` names the file that was checked."""

    lines: Sequence[Message] = ()
    faults: Sequence[str] = ()
    checked: str = ""

    @property
    def status(self) -> int:
        """The status of the answer."""
        return 409 if self.faults else 200


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the page of days to the steward's blueprint."""
    desk = _Desk(inst=inst, clock=clock)

    @pages.get("/calendar")
    @auth.required(Role.STEWARD)
    def calendar() -> Response:
        return desk.show(Said())

    @pages.post("/calendar/days")
    @auth.required(Role.STEWARD)
    def add_days() -> Response:
        return desk.answer(desk.add)

    @pages.post("/calendar/remove")
    @auth.required(Role.STEWARD)
    def remove_days() -> Response:
        return desk.answer(desk.remove)

    @pages.post("/calendar/holidays")
    @auth.required(Role.STEWARD)
    def fetch_holidays() -> Response:
        return desk.answer(desk.holidays)

    @pages.post("/calendar/file")
    @auth.required(Role.STEWARD)
    def upload_calendar() -> Response:
        return desk.answer(desk.upload)


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Does what the forms of the page ask for."""

    inst: Installation
    clock: Callable[[], dt.datetime]

    def answer(self, action: Callable[[], Said]) -> Response:
        """Do something and show the page with what came of it; what was refused changed nothing."""
        try:
            said = action()
        except InvalidInput as error:
            tr = words.current()
            places = [
                (each.source if each.line is None else f"{each.source}:{each.line}", each) for each in error.problems
            ]
            said = Said(faults=[f"{place}: {tr.render(each.reason)}" for place, each in places])
        except SurveyError as error:
            said = Said(faults=[words.current().render(error.message)])
        return self.show(said)

    def show(self, said: Said) -> Response:
        """Return the page."""
        with self.inst.database.reading() as session:
            active = [team for team in organisation.list_teams(session) if team.is_active]
            found = service.overview(session, countries={team.key: team.country for team in active})
            names = {team.key: team.name for team in active}
        text = render_template(
            "manage/calendar.html",
            said=said,
            teams=names,
            kinds={kind: KIND_NAMES[kind] for kind in service.TYPED_KINDS},
            kind_names=KIND_NAMES,
            source_names=SOURCE_NAMES,
            part=part_of(found.ranges[::-1], request.args.get("part", ""), size=ON_A_PAGE),
            holidays=found.holidays,
            plans=found.plans,
            longest=_LONGEST,
        )
        return make_response(text, said.status)

    def add(self) -> Said:
        """Add the days of the form."""
        kind, team, first, last = self.asked()
        teams = self.teams()
        with self.inst.database.transaction() as session:
            count = service.add_days(session, kind=kind, first=first, last=last, team=team, teams=sorted(teams))
            detail = {"first": first.isoformat(), "last": last.isoformat(), "team": team}
            self.note(session, "calendar.add", kind.value, detail)
        self.compute(teams)
        return Said(lines=[Message("Days that were added: {count}.", {"count": count})])

    def remove(self) -> Said:
        """Remove the days of one row of the page, or a whole calendar."""
        source = request.form.get("source", "")[:_LONGEST]
        teams = self.teams()
        with self.inst.database.transaction() as session:
            if request.form.get("all"):
                count = service.remove_calendar(session, source)
            else:
                kind, team, first, last = self.asked()
                count = service.remove_days(session, kind=kind, first=first, last=last, team=team, source=source)
            self.note(session, "calendar.remove", source, {"days": count})
        self.compute(teams)
        return Said(lines=[Message("Days that were removed: {count}.", {"count": count})])

    def holidays(self) -> Said:
        """Store the public holidays of all teams with a country."""
        now, teams = self.clock(), self.teams()
        with self.inst.database.transaction() as session:
            active = [team for team in organisation.list_teams(session) if team.is_active]
            countries = {team.key: team.country for team in active}
            account = service.import_holidays(session, countries=countries, today=now.date())
            self.note(session, "calendar.holidays", "", {"added": account.added, "removed": account.removed})
        self.compute(teams)
        return Said(lines=account.lines)

    def upload(self) -> Said:
        """Tell what a calendar would bring, or take in the very file that was checked before."""
        sent = request.files.get("file")
        content = sent.stream.read() if sent else b""
        if not content:
            raise Refused("Choose a calendar file.")
        digest = hashlib.sha256(content).hexdigest()
        is_checked = request.form.get("checked") == digest
        read, teams, now = self.read(content), self.teams(), self.clock()
        database = self.inst.database
        with database.transaction() if is_checked else database.reading() as session:  # reading rolls back
            account = service.import_calendar(
                session, read, name=NAME, file_sha256=digest, teams=sorted(teams), team=self.team(), now=now
            )
            if is_checked:
                detail = {"added": account.added, "removed": account.removed, "plans": account.plans, "sha256": digest}
                self.note(session, "calendar.import", NAME, detail)
        if is_checked:
            self.compute(teams)
        counts: dict[str, object] = {"added": account.added, "removed": account.removed}
        told = Message("New days: {added}. Days no longer there: {removed}.", counts)
        remarks = [problem.reason for problem in read.problems]
        return Said(lines=[*account.lines, told, *remarks], checked="" if is_checked else digest)

    def read(self, content: bytes) -> CalendarFile:
        """Read a calendar in the zone of the form."""
        zone = request.form.get("zone", "").strip() or "UTC"
        if timezone_fault(zone) is not None:
            raise Refused("Unknown time zone “{timezone}”. Write it as Europe/Madrid.", timezone=zone[:_LONGEST])
        others = request.form.get("others", "")
        first, last = service.reading_window(self.clock())
        return read_calendar(
            content,
            reading=Reading(source="calendar.ics", secret=b"", zone=ZoneInfo(zone)),
            first=first,
            last=last,
            others=DayKind(others) if others in set(DayKind) else None,
        )

    def asked(self) -> tuple[DayKind, str, dt.date, dt.date]:
        """Return kind, team, first and last day of a form; one day where the last is left out."""
        kind = request.form.get("kind", "")
        first, fault = day_of(request.form.get("first", "").strip())
        last, later_fault = day_of(request.form.get("last", "").strip())
        for each in (fault, later_fault):
            if each is not None:
                raise Refused("{fault}", fault=each)
        if kind not in set(DayKind) or first is None:
            raise Refused("Choose a kind and the first day.")
        return DayKind(kind), self.team(), first, last or first

    def team(self) -> str:
        return request.form.get("team", ALL_TEAMS)[:_LONGEST]

    def teams(self) -> Mapping[str, str]:
        """Return the zones of the active teams by key."""
        with self.inst.database.reading() as session:
            return {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}

    def note(self, session: Session, action: str, subject: str, detail: Mapping[str, object]) -> None:
        email = auth.account().email
        accounts.add_audit_event(session, at=self.clock(), actor=email, action=action, subject=subject, detail=detail)

    def compute(self, teams: Mapping[str, str]) -> None:
        """Compute the weeks that days off touch."""
        with self.inst.database.transaction() as session:
            compute_pressure(session, teams=teams, until=self.clock().date())
        self.inst.database.rewrite(REWRITTEN_TABLES)  # hashes of people may have been counted on the way
