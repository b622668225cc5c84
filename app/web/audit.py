"""The page of auditors: every manifest with its fingerprint, what the checks of a release found, the log's state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template

from app import auth
from app.extensions import Database
from reports.store import releases
from surveys.ballots import manifest
from surveys.enums import Role
from surveys.store import accounts, waves


@dataclass(frozen=True, kw_only=True)
class AuditedWave:
    """One opened wave with its fingerprint, the fate of its key, and the account; empty before the release."""

    slug: str
    status: str
    mode: str
    fingerprint: str
    words: str
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
            audited = [
                AuditedWave(
                    slug=row.slug,
                    status=row.status,
                    mode=row.mode,
                    fingerprint=row.fingerprint,
                    words=manifest.words(row.fingerprint),
                    key_destroyed_at=row.key_destroyed_at,
                    rewritten_at=row.rewritten_at,
                    has_passed=_passed(found.get(row.slug)),
                    lines=_lines(found.get(row.slug)),
                )
                for row in reversed(waves.list_waves(session))
                if row.fingerprint
            ]
            events = accounts.list_audit_events(session)
            broken = accounts.broken_audit_number(session)
        return render_template("staff/audit.html", audited=audited, events=len(events), broken=broken)

    return pages


def _passed(account: Mapping[str, object] | None) -> bool | None:
    return None if account is None else account.get("passed") is True


def _lines(account: Mapping[str, object] | None) -> tuple[str, ...]:
    lines = (account or {}).get("lines", [])
    return tuple(str(line) for line in lines) if isinstance(lines, list) else ()
