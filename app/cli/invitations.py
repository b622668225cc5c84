"""Commands for the invitations of single people."""

from __future__ import annotations

import click

from app import mail
from app.cli import frame
from app.cli.waves import the_open_wave
from app.jobs import mailing
from surveys.enums import BallotMode


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
    tell = frame.say()
    sentence = tell.t("A new link for {wave} was mailed. The old one does not work any more.", wave=slug)
    if mailing.facts_of(inst, slug).mode is BallotMode.SEALED:
        # The same words for everybody: a steward must not learn here who has taken a paper.
        sentence += " " + tell.t(
            "It opens the survey for somebody who has not answered. Somebody who has already sent answers changes them "
            "in the browser they used, because a ballot paper is given once. Which of the two holds is not shown here."
        )
    frame.print_result({"wave": slug, "mailed": True}, sentence, as_json=as_json)
