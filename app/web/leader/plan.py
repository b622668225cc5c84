"""The page on which a leader tries changes of the plan: what they do to the required pace, and how work is ranked."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from app import auth
from app.extensions import Database
from app.web import pages as words
from reports.services import plan_scope, what_if
from surveys.enums import Role
from surveys.store import organisation

_MOST = 200


def add_plan(pages: Blueprint, *, database: Database) -> None:
    """Add the page to those of a leader; it is a form that only asks, so it changes nothing and needs no script."""

    @pages.get("/<unit>/plan")
    @auth.required(Role.LEADER)
    def plan(unit: str) -> str:
        auth.check_leads(unit)
        today = auth.guard().clock().date()
        with database.reading() as session:
            names = _names(session, unit)
            teams = what_if.team_plans(
                session,
                teams=plan_scope.members_of(session, names),
                asked=_asked(),
                as_of=today,
                tr=words.current(),
            )
        shown = [team for team in teams if not team.absent]
        return render_template(
            "leader/plan.html",
            unit=unit,
            name=names.get(unit, unit),
            teams=shown,
            absent=[team for team in teams if team.absent],
            is_single=len(teams) == 1,
        )


def _asked() -> what_if.Asked | None:
    """Return what the form asks for; None where it was not sent. What does not fit is refused by the service."""
    team = request.args.get("team", "")
    if not team:
        return None
    plans, days = request.args.getlist("plan")[:_MOST], request.args.getlist("to")[:_MOST]
    return what_if.Asked(
        team=team,
        cuts=tuple(dict.fromkeys(request.args.getlist("cut")[:_MOST])),
        moves=tuple(zip(plans, days, strict=False)),
    )


def _names(session: Session, unit: str) -> dict[str, str]:
    """Return the name of a unit and of all teams below it, by key; the unit first, then in the order of names."""
    teams = {team.key: team for team in organisation.list_teams(session)}
    parents: Mapping[str, str | None] = {key: team.parent_key for key, team in teams.items()}
    below = sorted((team.name, key) for key, team in teams.items() if key != unit and _is_below(key, unit, parents))
    own = {unit: teams[unit].name} if unit in teams else {}
    return own | {key: name for name, key in below}


def _is_below(key: str, unit: str, parents: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    at = parents.get(key)
    while at is not None and at not in seen:
        if at == unit:
            return True
        seen.add(at)
        at = parents.get(at)
    return False
