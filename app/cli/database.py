"""Commands that bring the database up to date, check it, back it up and restore it."""

from __future__ import annotations

from pathlib import Path

import click

from app import installation, schema
from app.cli import backup, frame
from app.extensions import Database
from app.installation import Installation
from reports.store import releases
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.store import accounts, waves
from surveys.store.keys import KeyStore


@click.group("db", cls=frame.Commands)
def database() -> None:
    """Upgrade, check, back up and restore the database."""


@database.command()
@frame.json_option
def upgrade(*, as_json: bool) -> None:
    """Bring the database to the tables of this program; safe to repeat."""
    target, keys = _opened()
    old = schema.waves_of_old(target)
    if old:
        raise Refused(
            "These waves take ballots of an earlier version of this program: {waves}. Let that version count them, or "
            "withdraw them with it, and upgrade then. Nothing was changed.",
            waves=", ".join(old),
        )
    schema.upgrade(target)
    schema.check_current(target)
    installation.mark(target, keys)
    frame.print_result({"status": "current"}, frame.say().t("The database is up to date."), as_json=as_json)


@database.command()
@frame.json_option
def check(*, as_json: bool) -> None:
    """Check the files, the audit chain and the keys of open waves."""
    inst = frame.opened()
    faults = _faults(inst)
    tell = frame.say()
    if as_json:
        frame.print_json({"ok": not faults, "faults": [tell.render(fault) for fault in faults]})
    elif not faults:
        frame.print_line(tell.t("The database is in order."))
    if faults:
        raise Refused("The database has faults: {faults}", faults=Message(" ".join(str(fault) for fault in faults)))


@database.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@frame.json_option
def make_backup(*, file: Path, as_json: bool) -> None:
    """Write a copy of the database to FILE while it is in use; keys are never part of it."""
    size = backup.write(frame.opened().database, file)
    sentence = frame.say().t(
        "The backup is in {file}. It holds no keys; keep those of the key folder elsewhere.", file=str(file)
    )
    frame.print_result({"file": str(file), "bytes": size}, sentence, as_json=as_json)


@database.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Replace a database that has programmes.")
@frame.json_option
def restore(*, file: Path, replace: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database, with the keys it was made with. Stop the service before."""
    target, keys = _opened()
    found = backup.mark_of(target, file)
    if found is not None:
        installation.check_same(found, keys)
    schema.upgrade(target)
    with target.reading() as session:
        if waves.list_programmes(session) and not replace:
            raise Refused("The database is in use. Give --replace to put the backup in its place.")
    backup.read(target, file)
    schema.upgrade(target)
    schema.check_current(target)
    installation.mark(target, keys)
    still_open = _note_restore(target, file)
    sentence = frame.say().t("The backup is restored.")
    if still_open:
        sentence += " " + frame.say().t(
            "Open in it: {waves}. Papers taken after the backup was made are forgotten, so people could answer twice. "
            "Unless nobody could answer since then, withdraw with: barograph wave withdraw WAVE",
            waves=", ".join(still_open),
        )
    frame.print_result({"file": str(file), "open_waves": still_open}, sentence, as_json=as_json)


def _opened() -> tuple[Database, KeyStore]:
    """Return database and keys of an installation whose tables may be old or absent."""
    current = frame.settings()
    keys = KeyStore(current.key_dir)
    keys.check()
    current.data_dir.mkdir(parents=True, exist_ok=True)
    target = Database(current.sqlalchemy_url)
    frame.close_at_end(target)
    return target, keys


def _note_restore(target: Database, file: Path) -> list[str]:
    """Note in the restored audit log that this is a restored database; returns its open waves."""
    with target.transaction() as session:
        still_open = [wave.slug for wave in waves.list_waves(session, status=WaveStatus.OPEN)]
        accounts.add_audit_event(
            session,
            at=frame.now(),
            actor=frame.ACTOR,
            action="db.restore",
            subject=file.name,
            detail={"open_waves": still_open},
        )
    return still_open


def _faults(inst: Installation) -> list[Message]:
    faults = backup.file_faults(inst.database)
    with inst.database.reading() as session:
        broken = accounts.broken_audit_number(session)
        broken_entry = releases.broken_ledger_number(session)
        open_waves = [
            wave.slug
            for status in (WaveStatus.OPEN, WaveStatus.CLOSED)
            for wave in waves.list_waves(session, status=status)
        ]
    if broken is not None:
        faults.append(Message("The audit log was changed at entry {number}.", {"number": broken}))
    if broken_entry is not None:
        faults.append(Message("The ledger was changed at entry {number}.", {"number": broken_entry}))
    faults += [
        Message("The key of wave {wave} is gone, so its ballots cannot be counted.", {"wave": wave})
        for wave in open_waves
        if not inst.keys.has_wave_key(wave)
    ]
    return faults
