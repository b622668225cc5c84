"""The command that writes the ballots of a wave with a second lock for its trustee."""

from __future__ import annotations

from pathlib import Path

import click

from app import lifecycle
from app.cli import frame
from app.cli.files import exists, write_new
from surveys.services import handover as service


@click.command()
@click.argument("name", metavar="WAVE")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file for the trustee.")
@frame.json_option
def handover(*, name: str, out: Path, as_json: bool) -> None:
    """Write the ballots of a closed WAVE for its trustee, without the outer lock; a repeat writes the same file."""
    if out.exists():
        raise exists(out)
    account = lifecycle.hand_over(frame.opened(), wave=name, now=frame.now(), actor=frame.ACTOR)
    write_new(out, service.required(account).file)
    tell = frame.say()
    sentence = tell.t(
        "The handover of wave {wave} is in {file}. Let the trustee open it with: barograph trustee open. Then run: "
        "barograph wave close {wave} --opened FILE",
        wave=name,
        file=str(out),
    )
    if account.left_out:
        sentence += " " + tell.n(
            "One ballot could not be handed over.", "{count} ballots could not be handed over.", account.left_out
        )
    frame.print_result({"wave": name, "file": str(out), "left_out": account.left_out}, sentence, as_json=as_json)
