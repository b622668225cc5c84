"""SQL for the files of the answer page that an open wave keeps, so that an upgrade changes nothing under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from surveys.enums import BallotMode, WaveStatus
from surveys.models.waves import AnswerFile, Wave

PAGE_TYPE = "text/html"
SCRIPT_TYPE = "text/javascript"


@dataclass(frozen=True, kw_only=True)
class PageFile:
    """One file as served: its bytes, their SHA-256 in hex, and the media type."""

    sha256: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """The answer page with its style sheet and its script, which are addressed by their SHA-256."""

    page: PageFile
    files: tuple[PageFile, ...]
    script_sha256: str


def add_files(session: Session, wave: str, files: Sequence[PageFile]) -> None:
    """Keep the files that a wave promises; its page among them."""
    rows = [
        {"wave": wave, "sha256": file.sha256, "media_type": file.media_type, "content": file.content} for file in files
    ]
    if rows:
        session.execute(insert(AnswerFile), rows)


def find_page(session: Session, wave: str) -> AnswerPage | None:
    """Return the page a wave was opened with, or None where it kept none."""
    rows = session.scalars(select(AnswerFile).where(AnswerFile.wave == wave).order_by(AnswerFile.sha256)).all()
    kept = [_file(row) for row in rows]
    page = next((file for file in kept if file.media_type == PAGE_TYPE), None)
    script = next((file for file in kept if file.media_type == SCRIPT_TYPE), None)
    if page is None or script is None:
        return None
    return AnswerPage(page=page, files=tuple(file for file in kept if file is not page), script_sha256=script.sha256)


def find_open_page(session: Session) -> AnswerPage | None:
    """Return the page of the sealed wave that has been open longest, or None where no such wave keeps one."""
    wave = session.scalar(
        select(Wave.slug)
        .join(AnswerFile, AnswerFile.wave == Wave.slug)
        .where(Wave.status == WaveStatus.OPEN, Wave.mode == BallotMode.SEALED, AnswerFile.media_type == PAGE_TYPE)
        .order_by(Wave.opened_at, Wave.slug)
        .limit(1)
    )
    return None if wave is None else find_page(session, wave)


def find_file(session: Session, sha256: str) -> PageFile | None:
    """Return a kept file by its SHA-256, whichever wave keeps it, or None."""
    row = session.scalars(select(AnswerFile).where(AnswerFile.sha256 == sha256).limit(1)).first()
    return None if row is None else _file(row)


def delete_files(session: Session, wave: str) -> None:
    """Forget the files of a wave; other waves keep theirs."""
    session.execute(delete(AnswerFile).where(AnswerFile.wave == wave))


def _file(row: AnswerFile) -> PageFile:
    return PageFile(sha256=row.sha256, media_type=row.media_type, content=row.content)
