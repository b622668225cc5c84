"""Sealed answers of an open wave: a hash, a crowd, a ciphertext. Knows no person, no time and no order."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base


class Ballot(Base):
    """One sealed answer; gone when the wave is counted."""

    __tablename__ = "ballot"
    # The hash is the only key, so that a row has no serial number; no foreign key points anywhere.
    __table_args__ = {"sqlite_with_rowid": False}

    wave: Mapped[str] = mapped_column(primary_key=True, comment="Wave")
    nonce_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), primary_key=True, comment="SHA-256 of a nonce; the same nonce replaces"
    )
    crowd: Mapped[str] = mapped_column(comment="Crowd the answer counts in")
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary, comment="Answers sealed to the wave key, fixed length")
