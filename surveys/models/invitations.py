"""Who was asked in a wave; identity side, knows no answer. The rows are dropped when the wave is counted."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary
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


class Paper(Base):
    """Somebody took the ballot paper of a sealed wave; who it was can be told with the key of the wave alone."""

    __tablename__ = "paper"
    # No column and no key leads to a person, so that a backup does not tell who took one once the wave key is gone.
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    mark: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="HMAC-SHA256 of wave and person under the private key of the wave"
    )
    paper_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), comment="SHA-256 of the blinded nonce whose paper was issued; a repeat gets the same"
    )


class Card(Base):
    """A voucher card of a wave in card mode; drawn from a box, so it belongs to a crowd and to no person."""

    __tablename__ = "card"
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(ForeignKey("wave.slug"), primary_key=True, comment="Wave")
    code_hash: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the card's secret, hex")
    crowd: Mapped[str] = mapped_column(comment="Crowd an answer with this card counts in")


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
