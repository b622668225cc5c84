"""Commands for the tokens with which programs read released figures."""

from __future__ import annotations

import click

from app.cli import frame
from surveys.services import tokens
from surveys.services.tokens import DEFAULT_DAYS, Scope


@click.group(cls=frame.Commands)
def token() -> None:
    """Tokens with which programs read released figures; see docs/api.md."""


@token.command()
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may read; may be repeated.",
)
@click.option("--days", type=int, default=DEFAULT_DAYS, show_default=True, help="Days until it expires.")
@frame.json_option
def add(*, email: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token that reads in the name of EMAIL and print its secret, once."""
    inst = frame.opened()
    with inst.database.transaction() as session:
        made = tokens.add_token(
            session,
            email=email,
            name=name,
            scopes={Scope(scope) for scope in scopes},
            days=days,
            now=frame.now(),
            actor=frame.ACTOR,
        )
    if as_json:
        frame.print_json({"id": made.id, "secret": made.secret, "expires_at": made.expires_at})
        return
    frame.print_line(made.secret)
    sentence = frame.say().t(
        "This is the only time the secret is shown. The token {token} is valid until {day}.",
        token=made.id,
        day=made.expires_at.date(),
    )
    click.echo(sentence, err=True)


@token.command("list")
@frame.json_option
def list_all(*, as_json: bool) -> None:
    """List all tokens; none of their secrets is stored."""
    inst = frame.opened()
    with inst.database.reading() as session:
        found = tokens.list_tokens(session, now=frame.now())
    if as_json:
        frame.print_json([{**each.__dict__, "scopes": list(each.scopes)} for each in found])
        return
    if not found:
        frame.print_line(frame.say().t("There is no token."))
        return
    tell = frame.say()
    frame.print_rows(
        [
            (
                each.id,
                each.email,
                each.name,
                " ".join(each.scopes),
                tell.date(each.expires_at.date()),
                tell.t(tokens.STATES[each.state]),
            )
            for each in found
        ]
    )


@token.command()
@click.argument("token_id", metavar="ID")
@frame.json_option
def revoke(*, token_id: str, as_json: bool) -> None:
    """Refuse the token ID from now on."""
    inst = frame.opened()
    with inst.database.transaction() as session:
        is_new = tokens.revoke_token(session, token=token_id, now=frame.now(), actor=frame.ACTOR)
    tell = frame.say()
    sentence = (
        tell.t("The token {token} is refused from now on.", token=token_id)
        if is_new
        else tell.t("The token {token} was revoked already.", token=token_id)
    )
    frame.print_result({"id": token_id, "new": is_new}, sentence, as_json=as_json)
