"""SQL for the versions of anchors that an installation set itself; a version is never changed, only followed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reports.models import AnchorSet
from reports.pressure.anchor_files import anchors_of, to_plain
from reports.pressure.anchors import ANCHORS, FIRST_OWN, VERSION_1, Anchors

_BACK = "product"


@dataclass(frozen=True, kw_only=True)
class AnchorChange:
    """One decision about anchors: which version holds since when, by whom and why; the oldest first in lists.

    ``number`` counts decisions from 101; ``anchors.version`` is it, or that of the product where it was gone back to.
    """

    number: int
    made_at: dt.datetime
    made_by: str
    note: str
    anchors: Anchors


def list_anchor_changes(session: Session) -> tuple[AnchorChange, ...]:
    """Return every decision of this installation, the oldest first."""
    rows = session.scalars(select(AnchorSet).order_by(AnchorSet.version)).all()
    return tuple(
        AnchorChange(number=row.version, made_at=row.made_at, made_by=row.made_by, note=row.note, anchors=_anchors(row))
        for row in rows
    )


def current_anchors(session: Session) -> Anchors:
    """Return the anchors that hold now: the last ones set, or those of the product."""
    row = session.scalars(select(AnchorSet).order_by(AnchorSet.version.desc()).limit(1)).one_or_none()
    return VERSION_1 if row is None else _anchors(row)


def anchors_by_version(session: Session) -> Mapping[int, Anchors]:
    """Return every version that a stored week can have been computed with: the product's and the installation's."""
    own = (change.anchors for change in list_anchor_changes(session))
    return {**ANCHORS, **{anchors.version: anchors for anchors in own}}


def next_version(session: Session) -> int:
    """Return the number that the next version set here will have."""
    return max(session.scalar(select(func.max(AnchorSet.version))) or 0, FIRST_OWN - 1) + 1


def add_anchors(session: Session, anchors: Anchors, *, now: dt.datetime, by: str, note: str) -> int:
    """Let anchors hold from now on and return the number of the decision.

    A version of the product is stored as going back to it, one's own must have the number of :func:`next_version`.
    """
    number = next_version(session)
    is_product = ANCHORS.get(anchors.version) == anchors
    if not is_product and anchors.version != number:
        raise ValueError("a version of anchors is set once")
    document: dict[str, object] = {_BACK: anchors.version} if is_product else to_plain(anchors)
    session.add(AnchorSet(version=number, made_at=now, made_by=by, note=note, document=document))
    session.flush()
    return number


def _anchors(row: AnchorSet) -> Anchors:
    back = row.document.get(_BACK)
    if isinstance(back, int):
        return ANCHORS.get(back, VERSION_1)
    return anchors_of(row.document, source="anchor_set", version=row.version)
