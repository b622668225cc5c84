"""Commands that bring the database up to date, check it, back it up and restore it."""

from __future__ import annotations

from pathlib import Path

import click

from app import schema
from app.cli import backup, frame
from app.extensions import Database
from app.installation import Installation
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.store import accounts, waves


@click.group("db", cls=frame.Commands)
def database() -> None:
    """Upgrade, check, back up and restore the database."""


@database.command()
@frame.json_option
def upgrade(*, as_json: bool) -> None:
    """Bring the database to the tables of this program; safe to repeat."""
    current = frame.settings()
    current.data_dir.mkdir(parents=True, exist_ok=True)
    target = Database(current.sqlalchemy_url)
    frame.close_at_end(target)
    schema.upgrade(target)
    schema.check_current(target)
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
    """Put the backup FILE in the place of the database. Stop the service before."""
    current = frame.settings()
    current.data_dir.mkdir(parents=True, exist_ok=True)
    target = Database(current.sqlalchemy_url)
    frame.close_at_end(target)
    schema.upgrade(target)
    with target.reading() as session:
        if waves.list_programmes(session) and not replace:
            raise Refused("The database is in use. Give --replace to put the backup in its place.")
    backup.read(target, file)
    schema.upgrade(target)
    schema.check_current(target)
    frame.print_result({"file": str(file)}, frame.say().t("The backup is restored."), as_json=as_json)


def _faults(inst: Installation) -> list[Message]:
    faults = backup.file_faults(inst.database)
    with inst.database.reading() as session:
        broken = accounts.broken_audit_number(session)
        open_waves = [
            wave.slug
            for status in (WaveStatus.OPEN, WaveStatus.CLOSED)
            for wave in waves.list_waves(session, status=status)
        ]
    if broken is not None:
        faults.append(Message("The audit log was changed at entry {number}.", {"number": broken}))
    faults += [
        Message("The key of wave {wave} is gone, so its ballots cannot be counted.", {"wave": wave})
        for wave in open_waves
        if not inst.keys.has_wave_key(wave)
    ]
    return faults
