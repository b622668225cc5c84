"""Turns the comments that a redactor kept into the one release of comments of a wave, apart from every figure.

It takes two transactions with a rewrite of the files between them, so that comments are shown only after the removed
ones are gone from the disk: :func:`settle_comments` decides for good, :func:`publish_comments` makes it visible.
Each may be repeated.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.disclosure import policy
from reports.disclosure.comments import Kept, least_answers, settle
from reports.store import comments as released_store
from reports.store import releases
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.models.base import canonical_json
from surveys.models.waves import Wave
from surveys.services import redaction
from surveys.services.redaction import Decision
from surveys.store import redaction as waiting_store
from surveys.store import waves

MEASURE = "comment"
"""What the ledger calls them."""


@dataclass(frozen=True, kw_only=True)
class CommentAccount:
    """What became of the comments of a wave, in numbers over the whole wave.

    ``shown`` were released; ``held_back`` were kept, but too few or too many for the rule of
    :func:`reports.disclosure.comments.settle`. All are 0 where the release had been begun before.
    """

    wave: str
    shown: int
    held_back: int
    removed: int
    undecided: int
    was_begun: bool


def settle_comments(session: Session, *, wave: str, now: dt.datetime) -> CommentAccount:
    """Take over the comments that were kept and delete all that wait; the files are still to be rewritten.

    Undecided ones are deleted like removed ones, which only happens at the deadline.

    Raises:
        Refused: the wave had no comments, is not released itself, or comments are undecided before the deadline.
    """
    row = waves.lock_wave(session, wave)
    rows = [] if row.comments_released_at is not None else waiting_store.list_comments(session, wave)
    undecided = sum(each.decision == Decision.OPEN for each in rows)
    _check_may_release(row, now, undecided=undecided)
    if not rows:
        return CommentAccount(wave=wave, shown=0, held_back=0, removed=0, undecided=0, was_begun=True)
    kept: dict[str, list[str]] = {each.unit: [] for each in rows}
    for each in rows:
        if each.decision == Decision.KEPT:
            kept[each.unit].append(each.text)
    shown = _shown(session, wave, kept)
    released_store.add_comments(session, wave, shown)
    redaction.discard(session, wave=wave)
    in_all = sum(map(len, kept.values()))
    count = sum(map(len, shown.values()))
    return CommentAccount(
        wave=wave,
        shown=count,
        held_back=in_all - count,
        removed=len(rows) - in_all - undecided,
        undecided=undecided,
        was_begun=False,
    )


def publish_comments(session: Session, *, wave: str, now: dt.datetime, actor: str) -> bool:
    """Show the settled comments from now on and enter them in the ledger; returns False where that was done before.

    Raises:
        Refused: comments still wait, or the wave has none to release.
    """
    row = waves.lock_wave(session, wave)
    if row.comments_released_at is not None:
        return False
    _check_may_release(row, now, undecided=0)
    if waiting_store.count_comments(session, wave):
        raise Refused("The comments of wave {wave} are not settled yet.", wave=wave)
    rows = [[each.unit, each.place, each.text] for each in released_store.list_comments(session, wave)]
    if rows:
        releases.add_ledger_entry(
            session,
            at=now,
            actor=actor,
            kind="comments",
            subject=wave,
            cells=len(rows),
            sha256=hashlib.sha256(canonical_json(rows).encode()).hexdigest(),
            detail={
                "waves": [wave],
                "units": sorted({str(unit) for unit, _place, _text in rows}),
                "measures": [MEASURE],
                "policy": policy.POLICY_VERSION,
            },
        )
    row.comments_released_at = now
    session.flush()
    return True


def _shown(session: Session, wave: str, kept: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    parents = {unit.unit: unit.parent for unit in waves.list_units(session, wave)}
    shapes = released_store.list_shapes(session, wave)
    least = least_answers([(shape.home, shape.n_low) for shape in shapes], kept.keys(), parents)
    return settle(
        {unit: Kept(texts=tuple(texts), least=least[unit]) for unit, texts in kept.items()},
        parents,
        [(shape.home, shape.n_high) for shape in shapes],
    )


def _check_may_release(row: Wave, now: dt.datetime, *, undecided: int) -> None:
    due_at = redaction.deadline(row)
    if due_at is None:
        raise Refused("Wave {wave} has no comments to release.", wave=row.slug)
    if row.status == WaveStatus.WITHDRAWN:
        raise Refused("Wave {wave} was withdrawn, so its comments are not released.", wave=row.slug)
    if row.status != WaveStatus.RELEASED:
        raise Refused(
            "The comments of wave {wave} are not released before its figures. These come on {moment}.",
            wave=row.slug,
            moment=row.releases_at,
        )
    if undecided and now < due_at:
        raise Refused(
            "Not every comment of wave {wave} is decided yet; still open: {left}. What is open on {moment} (UTC) is "
            "destroyed.",
            wave=row.slug,
            left=undecided,
            moment=due_at,
        )
