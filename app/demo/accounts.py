"""Turns a finished demonstration into staff accounts and the links with which a reader looks at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app import auth
from app.demo.names import DOMAIN
from app.demo.organisation import Team
from app.installation import Installation
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.services.staff import grant_role

REDACTOR = f"redactor@{DOMAIN}"
"""Who reads comments before they are released; a wave with comments opens only where there is somebody."""
STAFF = (
    (Role.HR, f"hr@{DOMAIN}", "HR"),
    (Role.STEWARD, f"steward@{DOMAIN}", "Steward"),
    (Role.AUDITOR, f"auditor@{DOMAIN}", "Auditor"),
    (Role.REDACTOR, REDACTOR, "Redactor"),
)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A way in: whose it is, and a link that works once and for ten minutes from when it was made.

    ``team`` is the name of a leader's team, empty for the staff.
    """

    role: Role
    team: str
    email: str
    link: str


def add_staff(inst: Installation) -> None:
    """Add one account for each role of the staff; leaders have theirs by leading a team."""
    for role, email, name in STAFF:
        with inst.database.transaction() as session:
            grant_role(session, email=email, role=role, team=None, name=name, language=inst.settings.language)


def sign_ins(inst: Installation, *, led: Sequence[Team], now: dt.datetime) -> tuple[SignIn, ...]:
    """Return new links for the leaders of these teams and for each of the staff.

    Raises:
        NotFound: one of them has no account.
    """
    found = []
    holders = [(Role.LEADER, team.name, team.leader) for team in led] + [(role, "", email) for role, email, _ in STAFF]
    for role, team, email in holders:
        with inst.database.transaction() as session:
            token = auth.make_link(session, email, now)
        if token is None:
            raise NotFound("There is no account {email}.", email=email)
        link = f"{inst.settings.base_url.rstrip('/')}/sign-in/{token}"
        found.append(SignIn(role=role, team=team, email=email, link=link))
    return tuple(found)
