"""Gives roles to staff accounts, which are made when their first role is given."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from surveys.enums import Role
from surveys.errors import Refused
from surveys.importers.organisation_cells import email_fault
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.store import accounts as store
from surveys.store import organisation


def grant_role(session: Session, *, email: str, role: Role, team: str | None, name: str, language: str) -> bool:
    """Give a role to the account with this address; returns False where it already has it.

    ``name`` and ``language`` are those of a new account; where they are empty, what was imported about the person.

    Raises:
        Refused: the address is none, the team is unknown, or role and team, or two roles, do not go together.
    """
    address = email.strip().lower()
    fault = email_fault(address)
    if fault is not None:
        raise Refused(fault.text, **fault.params)
    _check_team(session, role, team)
    account = store.find_account(session, address)
    held = [] if account is None else [Role(grant.role) for grant in store.list_grants(session, account.id)]
    leads = bool(organisation.teams_led_by(session, address))
    _check_redactor(address, role, {role, *held, *([Role.LEADER] if leads else [])})
    if account is None:
        person = next((each for each in organisation.list_people(session) if each.email == address), None)
        account = Account(
            id=new_id(),
            email=address,
            name=name or (person.name if person else address),
            language=language or (person.language if person else "en"),
            is_active=True,
        )
        store.add_account(session, account)
    return store.add_grant(session, account_id=account.id, role=role.value, team_key=team or "")


def is_outside_the_line(roles: Collection[Role]) -> bool:
    """Tell whether somebody with these roles may read comments before their release.

    Whoever leads a team reads what is released of it and must not see what was removed; whoever runs the survey
    decides who is asked, and whose comments a unit holds follows from that.
    """
    return not {Role.LEADER, Role.STEWARD} & set(roles)


def _check_redactor(address: str, role: Role, roles: Collection[Role]) -> None:
    """Refuse to add a role that makes somebody of the line a redactor, or a redactor one of the line."""
    if role not in {Role.REDACTOR, Role.LEADER, Role.STEWARD}:
        return
    if Role.REDACTOR in roles and not is_outside_the_line(roles):
        raise Refused(
            "{email} cannot be redactor and lead a team or be steward at the same time. A redactor reads comments "
            "before they are released, also those that nobody else will read, and so has to stand outside the line.",
            email=address,
        )


def _check_team(session: Session, role: Role, team: str | None) -> None:
    if role is not Role.LEADER:
        if team is not None:
            raise Refused("Only the role leader is for one team. Leave the team out.")
        return
    if team is None:
        raise Refused("The role leader is for one team. Name the team.")
    if all(each.key != team for each in organisation.list_teams(session)):
        raise Refused("There is no team {team}.", team=team[:60])
