"""Compares what a wave promised in its manifest with what its rows say now; a wave that differs is not counted."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from surveys.ballots import manifest
from surveys.errors import Refused
from surveys.i18n import mark
from surveys.models.waves import Wave
from surveys.store import waves as store

_DIFFERS = mark(
    "Wave {wave} no longer says what its manifest promised ({what}). It is neither counted nor released like this; "
    "withdraw it, and find out who changed the database."
)


def check_manifest(session: Session, row: Wave) -> None:
    """Refuse a wave whose threshold, mode, questions, times or crowds were changed after its opening.

    Raises:
        Refused: the sentence names the first thing that differs.
    """
    text = row.manifest or ""
    if not text or manifest.fingerprint(text) != row.fingerprint:
        raise Refused(_DIFFERS, wave=row.slug, what="fingerprint")
    promised = json.loads(text)
    # The manifest is in the order of the letters' numbers, which is not that of every database.
    frozen = sorted(store.list_crowds(session, row.slug), key=lambda crowd: crowd.label)
    crowds = [{"label": crowd.label, "invited": crowd.invited} for crowd in frozen]
    present = {
        "wave": row.slug,
        "k": row.k,
        "mode": row.mode,
        "opens_at": manifest.instant(row.opens_at),
        "closes_at": manifest.instant(row.closes_at),
        "crowds": crowds,
    }
    for what, value in present.items():
        if promised[what] != value:
            raise Refused(_DIFFERS, wave=row.slug, what=what)
    if promised["instrument"]["sha256"] != row.instrument_sha256:
        raise Refused(_DIFFERS, wave=row.slug, what="instrument")
