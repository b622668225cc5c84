"""Gathers from the stores what proves the life of one wave: manifests, log, ledger, audit, script; never a figure.

Nothing about who was invited or who answered is read here; of rows about other things only their hashes are taken.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

from reports.errors import ReleaseRefused
from reports.models import Release
from reports.services import auditing, ledger
from reports.services.ledger import Book
from reports.store import releases
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.models.accounts import AuditEvent
from surveys.models.waves import Wave
from surveys.store import accounts, installation, waves
from surveys.version import PROGRAM_VERSION

_ABOUT_WAVES = "wave."
"""Log entries about a wave as a whole; others, such as a link that was sent again, may be about a person."""

_COMMITTED = Path(__file__).parents[2] / "tools" / "assets.sha256"
_SCRIPT = "app/static/ballot.js"


class Again(StrEnum):
    """What became of running the auditors once more."""

    PASSED = "passed"
    FAILED = "failed"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """The auditors once more: how it ended, and their lines or the reason why they could not run."""

    state: Again
    lines: tuple[Message, ...]


@dataclass(frozen=True, kw_only=True)
class Script:
    """SHA-256 of page and script as the manifest promises them, and that of the script this program comes with.

    ``committed`` is None where this installation carries no list of expected sums; the release notes name them too.
    """

    page: str | None
    script: str | None
    program: str
    committed: str | None


@dataclass(frozen=True, kw_only=True)
class Log:
    """The audit log: its state, number and hash of every row, and the rows about this wave as a whole."""

    entries: int
    broken: int | None
    links: tuple[tuple[int, str], ...]
    events: tuple[AuditEvent, ...]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Everything about one wave that goes into its evidence; ``chain`` are its manifests from the first wave on."""

    wave: Wave
    promised: Mapping[str, object]
    installation: str
    chain: tuple[Wave, ...]
    log: Log
    book: Book
    release: Release | None
    rerun: Rerun
    script: Script

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the wave."""
        return self.wave.fingerprint or ""


def gather(session: Session, *, wave: str) -> Gathered:
    """Return what proves the life of a wave, as far as it has come.

    Raises:
        NotFound: there is no such wave.
        Refused: it was never opened, so nothing was promised.
    """
    row = waves.get_wave(session, wave)
    if row.fingerprint is None:
        raise Refused("Wave {wave} was never opened, so there is nothing to prove about it.", wave=wave)
    promised = promised_by(row)
    return Gathered(
        wave=row,
        promised=promised,
        installation=installation.find_mark(session) or str(promised.get("installation", "")),
        chain=tuple(_chain(session, row)),
        log=_log(session, wave),
        book=ledger.read_book(session, wave=wave),
        release=releases.find_release(session, wave),
        rerun=_rerun(session, wave),
        script=_script(promised),
    )


def promised_by(row: Wave) -> Mapping[str, object]:
    """Return what a manifest says; nothing where it can no longer be read."""
    try:
        found: object = json.loads(row.manifest or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def committed_script() -> str | None:
    """Return the SHA-256 of the script that this version expects, or None where no list of sums lies beside it."""
    if not _COMMITTED.is_file():
        return None
    lines = [line.partition("  ") for line in _COMMITTED.read_text(encoding="ascii").splitlines()]
    return next((digest for digest, _, name in lines if name == _SCRIPT), None)


def exact(at: dt.datetime) -> str:
    """Write an instant as the hashes of log and ledger cover it."""
    return at.astimezone(dt.UTC).isoformat()


def _chain(session: Session, row: Wave) -> Sequence[Wave]:
    """Return the opened waves of the programme up to this one, oldest first."""
    found = [row]
    while (before := waves.find_previous_wave(session, found[-1])) is not None:
        found.append(before)
    return found[::-1]


def _log(session: Session, wave: str) -> Log:
    rows = accounts.list_audit_events(session)
    return Log(
        entries=len(rows),
        broken=accounts.broken_audit_number(session),
        links=tuple((row.number, row.hash) for row in rows),
        events=tuple(row for row in rows if row.subject == wave and row.action.startswith(_ABOUT_WAVES)),
    )


def _rerun(session: Session, wave: str) -> Rerun:
    try:
        found = auditing.audit_wave(session, wave=wave)
    except ReleaseRefused as error:
        return Rerun(state=Again.FAILED, lines=(error.message,))
    except Refused as error:
        return Rerun(state=Again.IMPOSSIBLE, lines=(error.message,))
    if found.account is None:
        line = Message("Wave {wave} was released without figures.", {"wave": wave})
        return Rerun(state=Again.PASSED, lines=(line,))
    return Rerun(state=Again.PASSED if found.passed else Again.FAILED, lines=found.account.lines)


def _script(promised: Mapping[str, object]) -> Script:
    page, script = promised.get("page_sha256"), promised.get("script_sha256")
    return Script(
        page=page if isinstance(page, str) else None,
        script=script if isinstance(script, str) else None,
        program=PROGRAM_VERSION,
        committed=committed_script(),
    )
