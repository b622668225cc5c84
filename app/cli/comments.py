"""Commands for the comments of a counted wave, for a redactor who works at the command line."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from app.cli import frame
from app.installation import Installation
from app.jobs import comments as jobs
from surveys.errors import NotFound
from surveys.services import redaction
from surveys.services.redaction import Decision, WaitingText
from surveys.store import accounts


@click.group(cls=frame.Commands)
def comments() -> None:
    """Comments of a counted wave, before their one release. Numbers are those of: barograph comments list WAVE."""


@comments.command("list")
@click.argument("wave")
@frame.json_option
def list_all(*, wave: str, as_json: bool) -> None:
    """Print the waiting comments of WAVE by unit; that they were read here is noted in the log."""
    inst = frame.opened()
    with inst.database.transaction() as session:
        waiting = redaction.get_waiting(session, wave)
        texts = redaction.list_texts(session, wave)
        accounts.add_audit_event(
            session, at=frame.now(), actor=frame.ACTOR, action="comments.read", subject=wave, detail={}
        )
    tell = frame.say()
    words = {Decision.OPEN: tell.t("open"), Decision.KEPT: tell.t("kept"), Decision.REMOVED: tell.t("removed")}
    if as_json:
        rows = [
            {
                "number": number,
                "unit": text.unit,
                "unit_name": text.unit_name,
                "text": text.text,
                "decision": text.decision.value,
            }
            for number, text in enumerate(texts, 1)
        ]
        frame.print_json({"wave": wave, "due_at": waiting.due_at, "comments": rows})
        return
    frame.print_rows(
        [
            (str(number), words[text.decision], text.unit_name, " ".join(text.text.split()))
            for number, text in enumerate(texts, 1)
        ]
    )
    frame.print_line(tell.t("What is not decided on {moment} (UTC) is destroyed.", moment=waiting.due_at))


@comments.command()
@click.argument("wave")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=click.IntRange(min=1))
@frame.json_option
def keep(*, wave: str, numbers: tuple[int, ...], as_json: bool) -> None:
    """Keep comments of WAVE, so that they are released as they are."""
    _decide(wave, numbers, Decision.KEPT, as_json=as_json)


@comments.command()
@click.argument("wave")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=click.IntRange(min=1))
@frame.json_option
def remove(*, wave: str, numbers: tuple[int, ...], as_json: bool) -> None:
    """Remove comments of WAVE; they are destroyed at the release."""
    _decide(wave, numbers, Decision.REMOVED, as_json=as_json)


@comments.command()
@click.argument("wave")
@frame.json_option
def release(*, wave: str, as_json: bool) -> None:
    """Release the kept comments of WAVE, once; before the deadline every comment must be decided."""
    done = jobs.release_comments(frame.opened(), wave=wave, now=frame.now(), actor=frame.ACTOR)
    sentence = frame.say().t("The comments of wave {wave} are released.", wave=wave)
    result = {"wave": wave, "shown": done.shown, "held_back": done.held_back, "already": done.was_begun}
    frame.print_result(result, sentence, as_json=as_json)


def _decide(wave: str, numbers: tuple[int, ...], decision: Decision, *, as_json: bool) -> None:
    inst = frame.opened()
    chosen = _chosen(inst, wave, numbers)
    with inst.database.transaction() as session:
        for text in chosen:
            redaction.decide(session, wave=wave, unit=text.unit, place=text.place, decision=decision)
        left = _undecided(session, wave)
    tell = frame.say()
    sentence = tell.n("One comment is still open.", "{count} comments are still open.", left)
    frame.print_result({"wave": wave, "decision": decision.value, "open": left}, sentence, as_json=as_json)


def _chosen(inst: Installation, wave: str, numbers: tuple[int, ...]) -> list[WaitingText]:
    with inst.database.reading() as session:
        redaction.get_waiting(session, wave)
        texts = redaction.list_texts(session, wave)
    for number in numbers:
        if number > len(texts):
            raise NotFound("Wave {wave} has no comment number {number}.", wave=wave, number=number)
    return [texts[number - 1] for number in numbers]


def _undecided(session: Session, wave: str) -> int:
    return redaction.get_waiting(session, wave).undecided
