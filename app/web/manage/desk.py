"""What the steward's pages of delivery data share: teams, the audit log, weeks that must be computed, and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session

from app import auth
from app.installation import Installation
from app.web import pages as words
from reports.services.pressure import compute_pressure
from surveys.errors import InvalidInput, Problem, SurveyError
from surveys.i18n import mark
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.services.roadmap_feeds import FeedState
from surveys.store import accounts, organisation
from surveys.store.roadmap_drafts import DRAFT_TABLE

INDICATORS = {
    "R": mark("Required run rate"),
    "L": mark("New commitment load"),
    "C": mark("Scope churn"),
    "U": mark("Unplanned work"),
    "V": mark("Roadmap volatility"),
    "W": mark("Flow load"),
    "P": mark("Top-priority share"),
    "S": mark("Split attention"),
}
"""How the indicators read on a page."""

FEED_WORDS = {
    FeedState.FED: mark("fed"),
    FeedState.PARTLY: mark("partly fed"),
    FeedState.MISSING: mark("missing"),
}
LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team as a form names it."""

    key: str
    name: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Does for the pages of delivery data what all of them need."""

    inst: Installation
    clock: Callable[[], dt.datetime]

    def teams(self) -> list[Team]:
        """Return the active teams by key."""
        with self.inst.database.reading() as session:
            found = [each for each in organisation.list_teams(session) if each.is_active]
            return [Team(key=each.key, name=each.name, zone=each.timezone) for each in found]

    def zones(self) -> dict[str, ZoneInfo]:
        """Return the time zone of each active team."""
        return {team.key: ZoneInfo(team.zone) for team in self.teams()}

    def note(self, session: Session, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Write into the audit log what the account that asks did."""
        email = auth.account().email
        accounts.add_audit_event(session, at=self.clock(), actor=email, action=action, subject=subject, detail=detail)

    def compute(self, session: Session, *, until: dt.date) -> int:
        """Compute the weeks that a change touches, and return how many stand."""
        return compute_pressure(session, teams={team.key: team.zone for team in self.teams()}, until=until)

    def forget(self) -> None:
        """Take the bytes of deleted drafts and hashes of people out of the files."""
        self.inst.database.rewrite((*REWRITTEN_TABLES, DRAFT_TABLE))


def line_of(problem: Problem) -> str:
    """Return a problem in words, with the place in its file."""
    place = problem.source if problem.line is None else f"{problem.source}:{problem.line}"
    return f"{place}: {words.current().render(problem.reason)}"


def lines_of(error: SurveyError) -> list[str]:
    """Return what is wrong: a line for each fault of an input, else the one sentence."""
    if isinstance(error, InvalidInput) and error.problems:
        return [line_of(problem) for problem in error.problems]
    return [words.current().render(error.message)]


def typed(name: str) -> str:
    """Return a text of the posted form without outer spaces, cut where no honest one is longer."""
    return request.form.get(name, "").strip()[:LONGEST]
