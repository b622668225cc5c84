"""Commands for the life of a wave."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from app import lifecycle, mail
from app.cli import frame, handovers, programmes
from app.cli.cards import cards
from app.cli.files import read_file
from app.installation import Installation
from app.jobs import mailing
from reports.errors import ReleaseRefused
from reports.services import auditing
from reports.services.auditing import AuditedRelease
from surveys import policies
from surveys.ballots import manifest, trustee
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.services import handover
from surveys.services.invitations import MAILINGS
from surveys.services.programmes import MODE_SENTENCES
from surveys.store import waves


@click.group(cls=frame.Commands)
def wave() -> None:
    """Waves: one round of questions each, named after their programme, such as pulse-3."""


wave.add_command(cards)
wave.add_command(handovers.handover)


@wave.command()
@click.argument("programme")
@frame.json_option
def plan(*, programme: str, as_json: bool) -> None:
    """Plan the next wave of PROGRAMME by its rhythm."""
    row = lifecycle.plan_next(frame.opened(), programme=programme, now=frame.now(), actor=frame.ACTOR)
    sentence = frame.say().t(
        "Wave {wave} opens on {opens} and closes on {closes} (UTC).",
        wave=row.slug,
        opens=row.opens_at,
        closes=row.closes_at,
    )
    result = {"wave": row.slug, "opens_at": row.opens_at, "closes_at": row.closes_at, "releases_at": row.releases_at}
    frame.print_result(result, sentence, as_json=as_json)


@wave.command("open")
@click.argument("name", metavar="WAVE")
@click.option("--yes", is_flag=True, help="Open a wave with a second lock without being asked.")
@frame.json_option
def open_it(*, name: str, yes: bool, as_json: bool) -> None:
    """Open WAVE now: freeze the roster, plan the crowds, make its key."""
    inst = frame.opened()
    with inst.database.reading() as session:
        row = waves.get_wave(session, name)
        mode, lock = BallotMode(row.mode), bytes.fromhex(row.second_lock or "") or None
    programmes.warn_of(mode, lock)
    if lock and not yes:
        _confirm(name)
    lifecycle.open_wave(inst, wave=name, now=frame.now(), actor=frame.ACTOR)
    tell = frame.say()
    if mode is BallotMode.CARD:
        sentence = tell.t("Wave {wave} is open. Print its cards: barograph wave cards {wave} --out FILE", wave=name)
    else:
        sentence = tell.t("Wave {wave} is open. Its invitations are mailed by the schedule.", wave=name)
    if inst.database.logs_connections():
        frame.print_warning(
            tell.t(
                "The database server notes connections in its log. They tell when this program worked, not for whom."
            )
        )
    frame.print_result({"wave": name, "status": "open"}, sentence, as_json=as_json)


@wave.command("mail")
@click.argument("name", metavar="WAVE")
@click.option("--kind", type=click.Choice(MAILINGS), default=MAILINGS[0], show_default=True, help="Which mailing.")
@frame.json_option
def send(*, name: str, kind: str, as_json: bool) -> None:
    """Mail an invitation or a reminder to everybody invited to WAVE who did not get it yet."""
    inst = frame.opened()
    post = mail.sender(inst.settings)
    try:
        done = mailing.send_mailing(inst, wave=name, kind=kind, now=frame.now(), actor=frame.ACTOR, post=post)
    finally:
        post.close()
    tell = frame.say()
    result = {"wave": name, "kind": kind, "sent": done.sent, "refused": done.refused, "waiting": done.waiting}
    sentence = tell.n("One message was handed over.", "{count} messages were handed over.", done.sent)
    if done.refused:
        sentence += " " + tell.n(
            "The mail server refused one for good.", "The mail server refused {count} for good.", done.refused
        )
    frame.print_result(result, sentence, as_json=as_json)
    if done.waiting:
        raise Refused(
            "The mail server did not take {count} messages. Repeat the command; nobody gets a message twice.",
            count=done.waiting,
        )


@wave.command()
@click.argument("name", metavar="WAVE")
@click.option(
    "--opened", type=click.Path(path_type=Path, dir_okay=False), help="What the trustee of the second lock gave back."
)
@frame.json_option
def close(*, name: str, opened: Path | None, as_json: bool) -> None:
    """Close WAVE for good, count it and destroy its ballots and its key; a repeat finishes what is missing.

    A wave with a second lock waits, until it is closed again with the file that its trustee opened.
    """
    content = None if opened is None else read_file(opened)
    done = lifecycle.close_wave(frame.opened(), wave=name, now=frame.now(), actor=frame.ACTOR, opened=content)
    tell = frame.say()
    if done.is_waiting:
        sentence = tell.render(handover.waiting(name))
    elif done.is_none:
        sentence = tell.t("Wave {wave} is counted. Too few answered, so there will be no figures.", wave=name)
    else:
        sentence = tell.t("Wave {wave} is counted. Its ballots and its key are destroyed.", wave=name)
    if done.unreadable:
        sentence += " " + tell.n("One ballot could not be read.", "{count} ballots could not be read.", done.unreadable)
    status = "closed" if done.is_waiting else "counted"
    result = {
        "wave": name,
        "status": status,
        "waiting": done.is_waiting,
        "none": done.is_none,
        "unreadable": done.unreadable,
    }
    frame.print_result(result, sentence, as_json=as_json)


@wave.command()
@click.argument("name", metavar="WAVE")
@frame.json_option
def release(*, name: str, as_json: bool) -> None:
    """Release WAVE after the auditors have passed it; before its release time it is refused."""
    done = lifecycle.release_wave(frame.opened(), wave=name, now=frame.now(), actor=frame.ACTOR)
    result = {"wave": name, "status": "released", "cells": done.cells, "already": done.already_released}
    frame.print_result(result, frame.say().t("Wave {wave} is released.", wave=name), as_json=as_json)


@wave.command()
@click.argument("name", metavar="WAVE")
@click.option("--reason", required=True, help="Why; everybody reads it.")
@frame.json_option
def withdraw(*, name: str, reason: str, as_json: bool) -> None:
    """Take a planned or released WAVE back."""
    lifecycle.withdraw_wave(frame.opened(), wave=name, reason=reason, now=frame.now(), actor=frame.ACTOR)
    sentence = frame.say().t("Wave {wave} is withdrawn.", wave=name)
    frame.print_result({"wave": name, "status": "withdrawn"}, sentence, as_json=as_json)


@wave.command()
@click.argument("name", metavar="WAVE")
@frame.json_option
def audit(*, name: str, as_json: bool) -> None:
    """Run the auditors again on what was counted or released of WAVE."""
    with frame.opened().database.reading() as session:
        found = auditing.audit_wave(session, wave=name)
    if as_json:
        frame.print_json(_audit_facts(found))
    else:
        for line in _audit_lines(found):
            frame.print_line(line)
    if not found.passed:
        raise ReleaseRefused("Wave {wave} does not pass the audit.", wave=name)


def _audit_facts(found: AuditedRelease) -> Mapping[str, object]:
    tell, account = frame.say(), found.account
    facts: dict[str, object] = {
        "wave": found.wave,
        "status": found.status,
        "passed": found.passed,
        "policy": found.policy_version,
        "lines": [],
        "units": [],
        "segments": [],
        "narrowest_points": None,
    }
    if account is None:
        return facts
    return facts | {
        "lines": [tell.render(line) for line in account.lines],
        "units": [
            {
                "unit": unit.unit or None,
                "verdict": unit.outcome.verdict.value,
                "crowds": len(unit.crowds),
                "smallest_low": unit.n_low,
                "smallest_high": unit.n_high,
            }
            for unit in account.units
        ],
        "segments": [{"unit": unit, "segment": segment, "cells": cells} for unit, segment, cells in account.tables],
        "narrowest_points": account.narrowest,
    }


def _audit_lines(found: AuditedRelease) -> list[str]:
    """Return the account in sentences; no number of answers is in it that is not a band."""
    tell, account = frame.say(), found.account
    if account is None:
        return [tell.t("Wave {wave} was released without figures.", wave=found.wave)]
    lines = [tell.render(line) for line in account.lines]
    for unit in account.units:
        if unit.n_low is None:
            continue  # named above, with what is wrong
        name = found.names.get(unit.unit) or tell.t("Over several units")
        lines.append(
            tell.n(
                "{name}: one crowd of {low} to {high} answers.",
                "{name}: {count} crowds, the smallest of {low} to {high} answers.",
                len(unit.crowds),
                name=name,
                low=unit.n_low,
                high=unit.n_high,
            )
        )
    for key, segment, cells in account.tables:
        name = found.names.get(key, key)
        lines.append(
            tell.n(
                "{name}: the table by {segment} has one cell.",
                "{name}: the table by {segment} has {count} cells.",
                cells,
                name=name,
                segment=segment,
            )
        )
    if account.narrowest is not None:
        points = tell.number(account.narrowest, 2)
        lines.append(
            tell.t(
                "The mean of a small team inside a joint crowd stays open by {points} points or more.", points=points
            )
        )
    if found.policy_version is not None:
        lines.append(tell.t("Version of the rules: {version}", version=found.policy_version))
    return lines


@wave.command("list")
@click.option("--programme", help="Only the waves of this programme.")
@frame.json_option
def list_all(*, programme: str | None, as_json: bool) -> None:
    """Print all waves with their states and times."""
    with frame.opened().database.reading() as session:
        rows = [
            {"wave": row.slug, "status": row.status, "opens_at": row.opens_at, "closes_at": row.closes_at}
            for row in waves.list_waves(session, programme=programme)
        ]
    tell = frame.say()
    if as_json:
        frame.print_json(rows)
    elif rows:
        frame.print_rows(
            [
                (
                    str(row["wave"]),
                    tell.render(policies.status_word(WaveStatus(str(row["status"])))),
                    *(f"{row[when]:%Y-%m-%d %H:%M}" for when in ("opens_at", "closes_at")),
                )
                for row in rows
            ]
        )
    else:
        frame.print_line(tell.t("There is no wave yet."))


@wave.command()
@click.argument("name", metavar="WAVE")
@frame.json_option
def show(*, name: str, as_json: bool) -> None:
    """Print state, times, fingerprint and crowds of WAVE; never how many have answered."""
    facts = _facts(frame.opened(), name)
    if as_json:
        frame.print_json(facts)
    else:
        _print_facts(facts)


def the_open_wave(inst: Installation) -> str:
    """Return the one wave that is open.

    Raises:
        Refused: none is, or several are.
    """
    with inst.database.reading() as session:
        found = [row.slug for row in waves.list_waves(session, status=WaveStatus.OPEN)]
    if len(found) != 1:
        raise Refused("There is not exactly one open wave. Name it with --wave.")
    return found[0]


def _confirm(wave: str) -> None:
    """Let whoever opens a wave with a second lock type its name.

    Raises:
        Refused: nobody is there to type, or something else was typed.
    """
    tell = frame.say()
    if not sys.stdin.isatty():
        raise Refused("Wave {wave} has a second lock. Open it with --yes, if the trustee's key is safe.", wave=wave)
    if click.prompt(tell.t("Type the name of the wave to open it"), default="", show_default=False) != wave:
        raise Refused("Wave {wave} was not opened.", wave=wave)


def _facts(inst: Installation, name: str) -> Mapping[str, object]:
    with inst.database.reading() as session:
        row = waves.get_wave(session, name)
        names = {unit.unit: unit.name for unit in waves.list_units(session, name)}
        crowds = [
            {"crowd": crowd.label, "invited": crowd.invited, "teams": [names.get(unit, unit) for unit in crowd.units]}
            for crowd in waves.list_crowds(session, name)
        ]
        promised = json.loads(row.manifest) if row.manifest else {}
        times = ("opens_at", "closes_at", "releases_at", "opened_at", "closed_at", "counted_at", "released_at")
        return {
            "wave": row.slug,
            "programme": row.programme_slug,
            "status": row.status,
            "mode": row.mode,
            "k": row.k,
            **{when: getattr(row, when) for when in times},
            "fingerprint": row.fingerprint,
            "fingerprint_words": manifest.words(row.fingerprint) if row.fingerprint else None,
            "second_lock": row.second_lock,
            "second_lock_words": trustee.key_words(bytes.fromhex(row.second_lock)) if row.second_lock else None,
            "previous": None if promised.get("previous") == manifest.NO_PREVIOUS else promised.get("previous"),
            "keys_apart": promised.get("keys_apart"),
            "key_exists": inst.keys.has_wave_key(name),
            "key_destroyed_at": row.key_destroyed_at,
            "is_within_papers": row.is_within_papers,
            "is_waiting": handover.is_waiting(session, row),
            "withdrawn_reason": row.withdrawn_reason,
            "crowds": crowds,
        }


def _print_facts(facts: Mapping[str, object]) -> None:
    tell = frame.say()
    labels = {
        "status": tell.t("Status"),
        "mode": tell.t("Mode"),
        "second_lock_words": tell.t("Second lock, key of the trustee"),
        "k": tell.t("Threshold k"),
        "opens_at": tell.t("Planned opening (UTC)"),
        "closes_at": tell.t("Planned close (UTC)"),
        "releases_at": tell.t("Planned release (UTC)"),
        "opened_at": tell.t("Opened (UTC)"),
        "closed_at": tell.t("Closed (UTC)"),
        "counted_at": tell.t("Counted (UTC)"),
        "released_at": tell.t("Released (UTC)"),
        "fingerprint_words": tell.t("Fingerprint in words"),
        "fingerprint": tell.t("Fingerprint"),
        "previous": tell.t("Fingerprint of the wave before"),
        "key_destroyed_at": tell.t("Key destroyed (UTC)"),
        "withdrawn_reason": tell.t("Withdrawn because"),
    }
    rows = [(label, tell.t("{value}", value=facts[key])) for key, label in labels.items() if facts[key] is not None]
    rows[0] = (labels["status"], tell.render(policies.status_word(WaveStatus(str(facts["status"])))))
    rows[1] = (labels["mode"], tell.t(MODE_SENTENCES[BallotMode(str(facts["mode"]))]))
    rows.append((tell.t("Wave key"), tell.t("exists") if facts["key_exists"] else tell.t("does not exist")))
    if facts["keys_apart"] is not None:
        apart = (
            tell.t("yes") if facts["keys_apart"] else tell.t("no: machine snapshots made while open could be opened")
        )
        rows.append((tell.t("Keys on another device than the data"), apart))
    if facts["is_within_papers"] is not None:
        within = tell.t("yes") if facts["is_within_papers"] else tell.t("no: there are more ballots than papers")
        rows.append((tell.t("Ballots within papers"), within))
    frame.print_rows(rows)
    if facts["is_waiting"]:
        frame.print_line(tell.render(handover.waiting(str(facts["wave"]))))
    crowds = facts["crowds"]
    for crowd in crowds if isinstance(crowds, list) else []:
        teams = tell.join(crowd["teams"])
        line = tell.n("{teams}: one person invited", "{teams}: {count} people invited", crowd["invited"], teams=teams)
        frame.print_line(line)
