"""Hands the released comments of a wave over as a file and enters that in the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy.orm import Session

from reports.disclosure import policy
from reports.exports.comments import comments_csv
from reports.services import remarks
from reports.services.comment_release import MEASURE
from reports.services.remarks import Standing
from reports.store import releases
from surveys.errors import NotFound


def export_comments(session: Session, *, wave: str, now: dt.datetime, actor: str) -> bytes:
    """Return the released comments of a wave as CSV; see :func:`reports.exports.comments.comments_csv`.

    Raises:
        NotFound: no comments of this wave are released.
    """
    found = remarks.of_wave(session, wave=wave)
    if found.standing is not Standing.SHOWN:
        raise NotFound("No comments of wave {wave} are released.", wave=wave)
    rows = [(wave, each.unit, each.name, text) for each in found.units for text in each.texts]
    content = comments_csv(rows)
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="export",
        subject=f"{wave} comments csv",
        cells=len(rows),
        sha256=hashlib.sha256(content).hexdigest(),
        detail={
            "waves": [wave],
            "units": sorted(each.unit for each in found.units),
            "measures": [MEASURE],
            "policy": policy.POLICY_VERSION,
            "format": "csv",
        },
    )
    return content
