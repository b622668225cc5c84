"""Turns a finished demonstration into staff accounts and the links with which a reader looks at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app import auth
from app.demo.names import DOMAIN
from app.installation import Installation
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.services.staff import grant_role

STAFF = ((Role.HR, f"hr@{DOMAIN}", "HR"), (Role.STEWARD, f"steward@{DOMAIN}", "Steward"))


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A way in: whose it is, and a link that works once and for ten minutes from when it was made."""

    role: Role
    email: str
    link: str


def add_staff(inst: Installation) -> None:
    """Add one account for HR and one for a steward; leaders have theirs by leading a team."""
    for role, email, name in STAFF:
        with inst.database.transaction() as session:
            grant_role(session, email=email, role=role, team=None, name=name, language=inst.settings.language)


def sign_ins(inst: Installation, *, leader: str, now: dt.datetime) -> tuple[SignIn, ...]:
    """Return new links for a leader's address, HR and the steward.

    Raises:
        NotFound: somebody of the three has no account.
    """
    found = []
    for role, email in ((Role.LEADER, leader), *((role, email) for role, email, _ in STAFF)):
        with inst.database.transaction() as session:
            token = auth.make_link(session, email, now)
        if token is None:
            raise NotFound("There is no account {email}.", email=email)
        found.append(SignIn(role=role, email=email, link=f"{inst.settings.base_url.rstrip('/')}/sign-in/{token}"))
    return tuple(found)
