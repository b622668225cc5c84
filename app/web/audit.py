"""The pages of auditors: manifests and what the checks of a release found, the ledger, and evidence to take away.

Nothing here is a result: the ledger says which cells were handed out, not what they say.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, abort, make_response, render_template, request
from sqlalchemy.orm import Session

from app import auth
from app.extensions import Database
from app.web import bodies
from reports.services import ledger
from reports.services.evidence import build_evidence
from reports.store import releases
from surveys.ballots import manifest
from surveys.enums import Role
from surveys.services.programmes import MODE_SENTENCES
from surveys.store import accounts, installation, waves


@dataclass(frozen=True, kw_only=True)
class AuditedWave:
    """One opened wave with its fingerprint, the fate of its key, and the account; empty before the release.

    ``follows`` is the fingerprint its manifest names as the one before, and ``is_chained`` whether it is that of the
    wave before it in the same programme; ``is_unchanged`` says that its manifest still fits its fingerprint.
    """

    slug: str
    status: str
    mode: str
    fingerprint: str
    words: str
    installation: str
    follows: str
    is_chained: bool
    is_unchanged: bool
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
            chain = ledger.chain_state(session)
        opened = [each for each in audited if each.fingerprint]
        return render_template(
            "staff/audit.html",
            audited=opened,
            modes=MODE_SENTENCES,
            events=len(events),
            broken=broken,
            key=key,
            chain=chain,
        )

    @pages.get("/ledger")
    @auth.required(Role.AUDITOR)
    def entries() -> str:
        wave, kind = _filter()
        with database.reading() as session:
            page = ledger.ledger_page(session, wave=wave, kind=kind, page=request.args.get("page", default=1, type=int))
            slugs = [row.slug for row in waves.list_waves(session)[::-1] if row.fingerprint]
        return render_template(
            "staff/audit-ledger.html", ledger=page, waves=slugs, wave=wave, kind=kind, kind_words=ledger.KIND_WORDS
        )

    @pages.get("/ledger.<any(csv,json):file_format>")
    @auth.required(Role.AUDITOR)
    def download(file_format: str) -> Response:
        wave, kind = _filter()
        with database.reading() as session:
            found = ledger.entries_of(session, wave=wave, kind=kind)
            is_csv = file_format == "csv"
            content = ledger.to_csv(found) if is_csv else ledger.to_json(found, ledger.chain_state(session))
        return _file(
            content, name=f"barograph-ledger.{file_format}", media_type="text/csv" if is_csv else "application/json"
        )

    @pages.get("/waves/<wave>/evidence.zip")
    @auth.required(Role.AUDITOR)
    def evidence(wave: str) -> Response:
        if not bodies.is_wave_name(wave):
            abort(404)
        with database.reading() as session:
            made = build_evidence(session, wave=wave)
        return _file(made.content, name=f"evidence-{wave}.zip", media_type="application/zip")

    return pages


def _filter() -> tuple[str | None, str | None]:
    """Return the wave and the kind that a request asks for; None: any."""
    return request.args.get("wave") or None, request.args.get("kind") or None


def _file(content: bytes, *, name: str, media_type: str) -> Response:
    response = make_response(content)
    response.mimetype = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


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
        is_unchanged=manifest.fingerprint(row.manifest or "") == row.fingerprint,
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
