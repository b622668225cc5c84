"""Turns the life of one wave into one file of proof for auditors: what was promised, checked and handed out.

The file holds manifests, the auditors' account, the log's and the ledger's rows about the wave with their hashes, and
a summary in each language; no result. The same state of the database gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.exports import evidence_file
from reports.exports.evidence_file import Account
from reports.services.evidence_parts import Gathered, exact, gather
from reports.services.evidence_words import summary
from surveys.ballots import manifest
from surveys.i18n import LANGUAGES, translator

_ACCOUNT = ("passed", "lines", "units", "segments", "joined")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The file of one wave, and what its own check says about it."""

    wave: str
    content: bytes
    account: Account


def build_evidence(session: Session, *, wave: str) -> Evidence:
    """Return the evidence of an opened wave, as far as it has come; a broken chain is in it and in its account.

    Raises:
        NotFound: there is no such wave.
        Refused: it was never opened.
    """
    found = gather(session, wave=wave)
    content = evidence_file.pack(_files(found))
    return Evidence(wave=wave, content=content, account=evidence_file.check(content))


def _files(found: Gathered) -> dict[str, bytes]:
    files: dict[str, object] = {
        evidence_file.FACTS: _facts(found),
        evidence_file.MANIFESTS: [
            {"wave": row.slug, "file": _manifest_name(row.slug), "fingerprint": row.fingerprint} for row in found.chain
        ],
        evidence_file.AUDIT: {
            "at_release": None if found.release is None else _account(found.release.audit),
            "again": {"state": found.rerun.state.value, "lines": [str(line) for line in found.rerun.lines]},
        },
        evidence_file.SCRIPT: {
            "page_sha256": found.script.page,
            "script_sha256": found.script.script,
            "program": found.script.program,
            "script_sha256_of_program": found.script.committed,
        },
        evidence_file.RELEASE: _release(found),
        evidence_file.EVENTS: _events(found),
        evidence_file.LEDGER: _ledger(found),
    }
    return {
        **{name: _json(value) for name, value in files.items()},
        **{_manifest_name(row.slug): (row.manifest or "").encode() for row in found.chain},
        evidence_file.EVENT_CHAIN: _links(found.log.links),
        evidence_file.LEDGER_CHAIN: _links(found.book.links),
        **{f"summary-{language}.txt": summary(found, translator(language)).encode() for language in LANGUAGES},
    }


def _account(audit: Mapping[str, object]) -> Mapping[str, object]:
    """Return what auditors read of the account of a release; how narrow its figures are is not for them."""
    return {name: audit[name] for name in _ACCOUNT if name in audit}


def _facts(found: Gathered) -> Mapping[str, object]:
    row, chain = found.wave, found.book.chain
    times = {
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "counted_at": row.counted_at,
        "rewritten_at": row.rewritten_at,
        "key_destroyed_at": row.key_destroyed_at,
        "released_at": None if found.release is None else found.release.released_at,
    }
    return {
        "format": evidence_file.FORMAT,
        "wave": row.slug,
        "programme": row.programme_slug,
        "status": row.status,
        "mode": row.mode,
        "k": row.k,
        "second_lock": row.second_lock,
        "installation": found.installation,
        "fingerprint": found.fingerprint,
        "fingerprint_words": manifest.words(found.fingerprint),
        "times": {name: _instant(at) for name, at in times.items()},
        "is_none": row.is_none,
        "is_within_papers": row.is_within_papers,
        "withdrawn_reason": row.withdrawn_reason,
        "not_here": _not_here(found),
        "chains": {
            "events": {"entries": found.log.entries, "first_broken": found.log.broken},
            "ledger": {
                "entries": chain.entries,
                "first_broken": chain.broken,
                "lacking": [{"kind": kind, "wave": wave} for kind, wave in chain.lacking],
            },
        },
    }


def _not_here(found: Gathered) -> list[str]:
    """Return the names of what the wave has not come to, or never will; results are never here."""
    row = found.wave
    steps = {
        "close": row.closed_at,
        "count": row.counted_at,
        "key-destruction": row.key_destroyed_at,
        "audit": found.release,
        "release": found.release,
    }
    return ["results", *(name for name, done in steps.items() if done is None)]


def _release(found: Gathered) -> Mapping[str, object] | None:
    if found.release is None:
        return None
    return {
        "wave": found.release.wave,
        "released_at": _instant(found.release.released_at),
        "policy_version": found.release.policy_version,
        "sha256": found.release.sha256,
    }


def _events(found: Gathered) -> list[Mapping[str, object]]:
    return [
        {
            "number": row.number,
            "at": exact(row.at),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": dict(row.detail),
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }
        for row in found.log.events
    ]


def _ledger(found: Gathered) -> list[Mapping[str, object]]:
    return [
        {
            "number": row.number,
            "at": exact(row.at),
            "actor": row.actor,
            "kind": row.kind,
            "subject": row.subject,
            "detail": None if row.detail is None else dict(row.detail),
            "cells": row.cells,
            "sha256": row.sha256,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }
        for row in (entry.row for entry in found.book.entries)
    ]


def _manifest_name(wave: str) -> str:
    return f"manifests/{wave}.json"


def _links(links: tuple[tuple[int, str], ...]) -> bytes:
    return "".join(f"{number} {digest}\n" for number, digest in links).encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def _instant(at: dt.datetime | None) -> str | None:
    return None if at is None else manifest.instant(at)
