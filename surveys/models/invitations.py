"""Who was asked in a wave; identity side, knows no answer. The rows are dropped when the wave is counted."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, UtcDateTime


class Invitation(Base):
    """A person was asked; the secret of the link is derived when needed and only its hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, comment="Who was asked")
    crowd: Mapped[str] = mapped_column(comment="Crowd the answer will count in")
    language: Mapped[str] = mapped_column(comment="Language of the mails")
    generation: Mapped[int] = mapped_column(default=1, comment="Raised when a new link replaces the old one")
    code_hash: Mapped[str] = mapped_column(unique=True, comment="SHA-256 of the link's secret, hex")


class Mailing(Base):
    """One mailing of a wave to everyone invited."""

    __tablename__ = "mailing"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    kind: Mapped[str] = mapped_column(primary_key=True, comment="invitation, reminder-1, reminder-2 or released")
    recipients: Mapped[int] = mapped_column(comment="How many messages it has")
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When the last one was handed over")


class Delivery(Base):
    """A message of a mailing was handed to the mail system; says nothing about answering."""

    __tablename__ = "delivery"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    kind: Mapped[str] = mapped_column(primary_key=True, comment="Which mailing")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, comment="Addressee")
