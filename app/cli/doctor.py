"""Turns the state of an installation into a line for each thing that must be in order, and what its size gives."""

from __future__ import annotations

import ctypes.util
import datetime as dt
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import click

from app import installation
from app.cli import frame
from app.config import Settings
from app.installation import Installation
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.services.size import WithYourSize, with_your_size
from surveys.store import accounts

LEAST_FREE = 1_000_000_000
"""Bytes: a count rewrites the whole database beside itself."""

_SECONDS = 3.0
_PORTS = {"smtp": 25, "smtps": 465}


class State(StrEnum):
    """How a thing is."""

    GOOD = "good"
    NOTE = "note"
    MEND = "mend"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line: a stable key, the state, and the sentence for the operator."""

    key: str
    state: State
    message: Message


@click.command()
@frame.json_option
def doctor(*, as_json: bool) -> None:
    """Check the installation, a line for each thing, and say what there is with your size.

    The exit code is 1 where something must be mended.
    """
    current = frame.settings()
    inst, faults = _opened(current)
    findings = [*faults, *check(current, inst, now=frame.now())]
    size = None
    if inst is not None:
        with inst.database.reading() as session:
            size = with_your_size(session, today=frame.now().date())
    _print(findings, size, as_json=as_json)
    bad = sum(each.state is State.MEND for each in findings)
    if bad:
        raise Refused("Things to mend: {count}.", count=bad)


def check(current: Settings, inst: Installation | None, *, now: dt.datetime) -> Iterator[Finding]:
    """Yield a line for everything that can be checked without or with an open installation."""
    yield _folders(current)
    yield _https(current)
    yield _mail(current)
    yield _disk(current.data_dir)
    yield _pango(ctypes.util.find_library)
    if inst is not None:
        yield _good("database", Message("The database is up to date and belongs to the keys."))
        yield _clock(inst, now)


def _opened(current: Settings) -> tuple[Installation | None, list[Finding]]:
    try:
        inst = installation.open_existing(current)
    except Refused as error:
        return None, [_mend("database", error.message)]
    frame.close_at_end(inst.database)
    return inst, []


def _folders(current: Settings) -> Finding:
    data, keys = current.data_dir.resolve(), current.key_dir.resolve()
    places: dict[str, object] = {"data": str(data), "keys": str(keys)}
    if data == keys or data in keys.parents or keys in data.parents:
        return _mend("folders", Message("Data in {data} and keys in {keys} are not apart.", places))
    return _good("folders", Message("Data in {data} and keys in {keys} are apart. Back up the data only.", places))


def _https(current: Settings) -> Finding:
    address: dict[str, object] = {"address": current.base_url}
    if current.is_secure:
        return _good("https", Message("People reach the pages by HTTPS: {address}.", address))
    if current.is_local:
        return _note("https", Message("The pages are for this machine only: {address}.", address))
    return _mend("https", Message("{address} has no HTTPS. No sealed wave opens. Set BAROGRAPH_BASE_URL.", address))


def _mail(current: Settings) -> Finding:
    target = urlsplit(current.mail_target)
    if target.scheme == "file":
        folder: dict[str, object] = {"folder": target.path}
        return _note(
            "mail", Message("Messages are written to {folder} and reach nobody. Set BAROGRAPH_MAIL_URL.", folder)
        )
    host, port = target.hostname or "", target.port or _PORTS[target.scheme]
    place: dict[str, object] = {"host": host, "port": port}
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError:
        return _mend("mail", Message("The mail server {host}:{port} does not answer.", place))
    return _good("mail", Message("The mail server {host}:{port} answers.", place))


def _disk(folder: Path) -> Finding:
    place = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(place).free
    params: dict[str, object] = {
        "folder": str(folder.resolve()), "free": round(free / 1e9, 1), "least": LEAST_FREE // 10**9
    }  # fmt: skip
    if free < LEAST_FREE:
        return _mend("disk", Message("{folder} has {free} GB free. A count needs {least} GB and more.", params))
    return _good("disk", Message("{folder} has {free} GB free.", params))


def _pango(find: Callable[[str], str | None]) -> Finding:
    if find("pango-1.0") is None:
        return _mend(
            "pango", Message("Pango is missing, so no PDF can be made. Install it: apt install libpango-1.0-0")
        )
    return _good("pango", Message("Pango is there for the PDF."))


def _clock(inst: Installation, now: dt.datetime) -> Finding:
    with inst.database.reading() as session:
        last = max((row.at for row in accounts.list_audit_events(session)), default=None)
    moment: dict[str, object] = {"now": now.isoformat(timespec="minutes")}
    if last is not None and last > now:
        moment["last"] = last.isoformat(timespec="minutes")
        return _mend("clock", Message("The clock says {now}, before the last entry of the log, {last}.", moment))
    return _good("clock", Message("The clock is not behind the log: {now}.", moment))


def _print(findings: list[Finding], size: WithYourSize | None, *, as_json: bool) -> None:
    tell = frame.say()
    if as_json:
        lines = (
            {} if size is None else {"there": size.there, "later": size.later, "rules": size.rules, "never": size.never}
        )
        frame.print_json(
            {
                "checks": [
                    {"key": each.key, "state": each.state.value, "text": tell.render(each.message)} for each in findings
                ],
                "with_your_size": {key: [tell.render(line) for line in found] for key, found in lines.items()},
            }
        )
        return
    words = {State.GOOD: tell.t("in order"), State.NOTE: tell.t("note"), State.MEND: tell.t("to mend")}
    for each in findings:
        frame.print_line(f"{words[each.state]}: {tell.render(each.message)}")
    if size is None:
        return
    titles = (
        (tell.t("With your size, there from the first wave:"), size.there),
        (tell.t("Comes with more waves:"), size.later),
        (tell.t("In any case:"), size.rules),
        (tell.t("Never with this size:"), size.never),
    )
    for title, messages in titles:
        if messages:
            frame.print_line(title)
        for message in messages:
            frame.print_line("- " + tell.render(message))


def _good(key: str, message: Message) -> Finding:
    return Finding(key=key, state=State.GOOD, message=message)


def _note(key: str, message: Message) -> Finding:
    return Finding(key=key, state=State.NOTE, message=message)


def _mend(key: str, message: Message) -> Finding:
    return Finding(key=key, state=State.MEND, message=message)
