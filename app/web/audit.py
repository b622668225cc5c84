"""The page of auditors: every manifest with its fingerprint, what the checks of a release found, the log's state."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from app import auth
from app.extensions import Database
from reports.store import releases
from surveys.ballots import manifest
from surveys.enums import Role
from surveys.services.programmes import MODE_SENTENCES
from surveys.store import accounts, installation, waves


@dataclass(frozen=True, kw_only=True)
class AuditedWave:
    """One opened wave with its fingerprint, the fate of its key, and the account; empty before the release.

    ``follows`` is the fingerprint its manifest names as the one before, and ``is_chained`` whether it is that of the
    wave before it in the same programme.
    """

    slug: str
    status: str
    mode: str
    fingerprint: str
    words: str
    installation: str
    follows: str
    is_chained: bool
    second_lock: str
    is_within_papers: bool | None
    key_destroyed_at: dt.datetime | None
    rewritten_at: dt.datetime | None
    has_passed: bool | None
    lines: tuple[str, ...]


def make_blueprint(database: Database) -> Blueprint:
    """Return the auditors' page of one installation."""
    pages = Blueprint("audit", __name__, url_prefix="/audit")

    @pages.get("/")
    @auth.required(Role.AUDITOR)
    def overview() -> str:
        with database.reading() as session:
            found = {release.wave: release.audit for release in releases.list_releases(session)}
            audited = [_audited(session, row.slug, found.get(row.slug)) for row in waves.list_waves(session)[::-1]]
            events = accounts.list_audit_events(session)
            broken = accounts.broken_audit_number(session)
            key = installation.find_mark(session) or ""
        opened = [each for each in audited if each.fingerprint]
        return render_template(
            "staff/audit.html", audited=opened, modes=MODE_SENTENCES, events=len(events), broken=broken, key=key
        )

    return pages


def _audited(session: Session, wave: str, account: Mapping[str, object] | None) -> AuditedWave:
    row = waves.get_wave(session, wave)
    promised = json.loads(row.manifest) if row.manifest else {}
    before = waves.find_previous_wave(session, row)
    follows = str(promised.get("previous", ""))
    return AuditedWave(
        slug=row.slug,
        status=row.status,
        mode=row.mode,
        fingerprint=row.fingerprint or "",
        words=manifest.words(row.fingerprint) if row.fingerprint else "",
        installation=str(promised.get("installation", "")),
        follows="" if follows == manifest.NO_PREVIOUS else follows,
        is_chained=follows == (before.fingerprint if before else manifest.NO_PREVIOUS),
        second_lock=row.second_lock or "",
        is_within_papers=row.is_within_papers,
        key_destroyed_at=row.key_destroyed_at,
        rewritten_at=row.rewritten_at,
        has_passed=_passed(account),
        lines=_lines(account),
    )


def _passed(account: Mapping[str, object] | None) -> bool | None:
    return None if account is None else account.get("passed") is True


def _lines(account: Mapping[str, object] | None) -> tuple[str, ...]:
    lines = (account or {}).get("lines", [])
    return tuple(str(line) for line in lines) if isinstance(lines, list) else ()
