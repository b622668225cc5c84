"""The page of days in a real browser, wide and narrow, filled: no finding of axe-core, no sideways scrolling."""

from __future__ import annotations

import datetime as dt

import pytest

from surveys.importers.calendar_kinds import DayKind
from surveys.importers.roadmap_ics import CalendarEntry, CalendarFile
from surveys.services import calendar_days as service
from tests.a11y.test_pages import Eye, eye
from tests.integration.web.world import World

__all__ = ["eye"]

TEAMS = ("larkfield", "payments", "ticketing")


@pytest.mark.slow
def test_days_and_dates_fit_a_phone(served: World, eye: Eye) -> None:
    first = dt.date(2026, 11, 30)
    release = CalendarEntry(kind=DayKind.RELEASE, first=first, last=first, name="Ticketing of all lines 4.2")
    file = CalendarFile(entries=(release,), first=first, last=first)
    with served.inst.database.transaction() as session:
        service.import_calendar(session, file, name="calendar", file_sha256="", teams=TEAMS, now=served.now)
        service.import_holidays(
            session, countries=dict.fromkeys(TEAMS, "ES-MD"), today=served.now.date(), first=dt.date(2026, 1, 1)
        )
        service.add_days(session, kind=DayKind.REORGANISATION, first=first, last=first, teams=TEAMS, team="payments")
    served.app.test_client().post("/sign-in", data={"email": "steward@larkfield.example"}).close()
    eye.page.goto(f"{served.address}/sign-in/{served.mails[-1][1].rpartition('/')[2]}")
    eye.page.get_by_role("button", name="Sign in").click()
    eye.page.goto(served.address + "/setup/calendar")
    eye.look("setup-calendar")
    eye.page.get_by_label("First day").fill("2026-12-01")
    eye.page.get_by_role("button", name="Add the days").click()
    assert eye.page.get_by_text("Days that were added: 1.").is_visible()
    eye.look("setup-calendar-done")
    eye.page.get_by_role("button", name="Check, change nothing").click()
    assert eye.page.get_by_role("alert").get_by_text("Choose a calendar file.").is_visible()
    eye.look("setup-calendar-fault")
