"""The command that prints the voucher cards of a wave in card mode."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from app.cli import frame
from reports.pdf import cards as printing
from surveys.ballots import manifest
from surveys.errors import Refused
from surveys.services.cards import Deck, get_deck
from surveys.store import accounts


@click.command()
@click.argument("name", metavar="WAVE")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF file.")
@frame.json_option
def cards(*, name: str, out: Path, as_json: bool) -> None:
    """Print the cards of WAVE as a PDF: one for each person invited, to be drawn from a box for each group."""
    inst = frame.opened()
    now = frame.now()
    with inst.database.transaction() as session:
        deck = get_deck(session, inst.keys, wave=name)
        # Whoever prints holds every code, so that it must be known that it happened.
        accounts.add_audit_event(session, at=now, actor=frame.ACTOR, action="wave.cards", subject=name, detail={})
    write_private(out, printing.render(_sheets(deck, inst.settings.base_url), printed_at=now))
    tell = frame.say()
    sentence = tell.n(
        "{file} holds one card of {wave}.",
        "{file} holds {count} cards of {wave}.",
        deck.size,
        wave=name,
        file=out,
    )
    sentence += " " + tell.t(
        "Print it once at 100 %, cut the sheets, and destroy the file: whoever has it can answer in the place of "
        "everybody. A second print has the same cards, and two people with the same card have one voice."
    )
    frame.print_result({"wave": name, "cards": deck.size, "file": str(out)}, sentence, as_json=as_json)


def write_private(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a crash leaves no half file; only its owner may ever read it.

    Raises:
        Refused: the folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Refused(
            "The file {file} could not be written: {reason}.",
            file=str(path),
            reason=error.strerror or type(error).__name__,
        ) from None


def _sheets(deck: Deck, base_url: str) -> printing.Sheets:
    return printing.Sheets(
        wave=deck.wave,
        organisation=deck.organisation,
        languages=deck.languages,
        closes_at=deck.closes_at,
        timezone=deck.timezone,
        words=manifest.words(deck.fingerprint),
        base_url=base_url,
        boxes=tuple(
            printing.Box(units=box.units, is_whole_company=box.is_whole_company, codes=box.codes) for box in deck.boxes
        ),
    )
