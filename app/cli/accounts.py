"""Commands for staff accounts."""

from __future__ import annotations

import click

from app import auth
from app.cli import frame
from surveys.enums import Role
from surveys.errors import NotFound
from surveys.i18n import LANGUAGES
from surveys.services import staff
from surveys.store import accounts


@click.group(cls=frame.Commands)
def account() -> None:
    """Staff accounts and their sign-in links."""


@account.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What they may do.")
@click.option("--team", help="Key of the team, for leaders only.")
@click.option("--name", default="", help="Name on the pages; the imported one if left out.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language; the imported one if left out.")
@frame.json_option
def add(*, email: str, role: str, team: str | None, name: str, language: str | None, as_json: bool) -> None:
    """Give the role ROLE to EMAIL; the account is made where there is none. Leaders of imported teams need none."""
    inst = frame.opened()
    with inst.database.transaction() as session:
        is_new = staff.grant_role(session, email=email, role=Role(role), team=team, name=name, language=language or "")
        if is_new:
            detail = {"role": role, "team": team or ""}
            accounts.add_audit_event(
                session,
                at=frame.now(),
                actor=frame.ACTOR,
                action="account.grant",
                subject=email.strip().lower(),
                detail=detail,
            )
    tell = frame.say()
    sentence = (
        tell.t("{email} has the role {role} now.", email=email, role=role)
        if is_new
        else tell.t("{email} had the role {role} already.", email=email, role=role)
    )
    frame.print_result({"email": email, "role": role, "team": team, "new": is_new}, sentence, as_json=as_json)


@account.command()
@click.argument("email")
@frame.json_option
def link(*, email: str, as_json: bool) -> None:
    """Print a one-time sign-in link for EMAIL."""
    inst = frame.opened()
    with inst.database.transaction() as session:
        token = auth.make_link(session, email, frame.now())
        if token is None:
            raise NotFound("There is no account {email}. Make one with: barograph account add", email=email[:80])
        accounts.add_audit_event(
            session,
            at=frame.now(),
            actor=frame.ACTOR,
            action="account.link",
            subject=email.strip().lower(),
            detail={},
        )
    url = f"{inst.settings.base_url.rstrip('/')}/sign-in/{token}"
    minutes = int(auth.LINK_LIFE.total_seconds() // 60)
    if as_json:
        frame.print_json({"email": email, "link": url, "minutes": minutes})
        return
    frame.print_line(url)
    click.echo(frame.say().t("The link works once, for {minutes} minutes.", minutes=minutes), err=True)
