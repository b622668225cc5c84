"""Turns an opened wave into the documents that anybody may read: manifest, questionnaire, account, counted ballots."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from sqlalchemy.orm import Session

from surveys.ballots import counted, manifest
from surveys.errors import NotFound, Refused
from surveys.models.waves import Wave
from surveys.services import handover
from surveys.store import counted as counted_store
from surveys.store import waves


def manifest_text(session: Session, wave: str) -> str:
    """Return the manifest exactly as its fingerprint covers it.

    Raises:
        NotFound: there is no such wave, or it was never opened.
    """
    return _opened(session, wave).manifest or ""


def questionnaire(session: Session, wave: str) -> bytes:
    """Return the questionnaire as the canonical JSON whose SHA-256 the manifest names.

    It is written from what was stored at planning, not from today's program, so that its bytes outlive an upgrade.

    Raises:
        NotFound: there is no such wave, or it was never opened.
        Refused: the stored questionnaire was changed.
    """
    row = _opened(session, wave)
    document = waves.get_instrument_document(session, row.instrument_sha256)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    if hashlib.sha256(text).hexdigest() != row.instrument_sha256:
        raise Refused("The stored questionnaire of wave {wave} is not the one that its manifest promised.", wave=wave)
    return text


def account(session: Session, wave: str) -> Mapping[str, object]:
    """Return how far a wave has come, in values that JSON knows; no number of answers is among them.

    ``is_none`` says that it was counted and too few answered, ``is_waiting`` that it is closed and waits for a trustee.

    Raises:
        NotFound: there is no such wave, or it was never opened.
    """
    row = _opened(session, wave)
    return {
        "wave": row.slug,
        "status": row.status,
        "fingerprint": row.fingerprint,
        "closes_at": manifest.instant(row.closes_at),
        "is_none": row.is_none,
        "is_waiting": handover.is_waiting(session, row),
        "is_within_papers": row.is_within_papers,
        "key_destroyed_at": _instant(row.key_destroyed_at),
        "has_counted_list": counted_store.has_list(session, wave),
    }


def counted_list(session: Session, wave: str) -> str:
    """Return the hashes of the counted ballots, sorted, in hex, one a line.

    Raises:
        NotFound: the wave has no list: not counted yet, too small, of another mode, or more than a week ago.
    """
    found = counted_store.find_list(session, wave)
    if found is None:
        raise NotFound("Wave {wave} has no list of counted ballots.", wave=wave)
    return counted.to_text(found)


def _opened(session: Session, wave: str) -> Wave:
    row = waves.get_wave(session, wave)
    if row.manifest is None:
        raise NotFound("Wave {wave} has no manifest before it opens.", wave=wave)
    return row


def _instant(value: dt.datetime | None) -> str | None:
    return None if value is None else manifest.instant(value)
