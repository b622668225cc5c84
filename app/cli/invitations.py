"""Commands for the invitations of single people."""

from __future__ import annotations

import click

from app import mail
from app.cli import frame
from app.cli.waves import the_open_wave
from app.jobs import mailing


@click.group(cls=frame.Commands)
def invite() -> None:
    """Invitations of single people."""


@invite.command()
@click.argument("email")
@click.option("--wave", help="The wave; the one that is open if left out.")
@frame.json_option
def resend(*, email: str, wave: str | None, as_json: bool) -> None:
    """Mail a new link to EMAIL; the old one stops working."""
    inst = frame.opened()
    slug = wave or the_open_wave(inst)
    post = mail.sender(inst.settings)
    try:
        mailing.resend(inst, wave=slug, email=email, now=frame.now(), actor=frame.ACTOR, post=post)
    finally:
        post.close()
    sentence = frame.say().t("A new link for {wave} was mailed. The old one does not work any more.", wave=slug)
    frame.print_result({"wave": slug, "mailed": True}, sentence, as_json=as_json)
