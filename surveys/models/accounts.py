"""Staff accounts, their rights and sessions, and the hash chain of what staff did; knows no answer."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, JsonText, UtcDateTime, new_id


class Account(Base):
    """Somebody of the staff who may sign in."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id, comment="Random identifier")
    email: Mapped[str] = mapped_column(unique=True, comment="Address for sign-in links, lower case")
    name: Mapped[str] = mapped_column(comment="Name shown in the page header")
    language: Mapped[str] = mapped_column(comment="Language of pages and mails")
    is_active: Mapped[bool] = mapped_column(default=True, comment="False: no sign-in, sessions end at once")


class AccountGrant(Base):
    """One role of an account, for one team or for the whole installation."""

    __tablename__ = "account_grant"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True, comment="Who")
    role: Mapped[str] = mapped_column(primary_key=True, comment="leader, hr, steward, operator or auditor")
    team_key: Mapped[str] = mapped_column(
        primary_key=True, default="", comment="Team of the role; empty for roles of the whole installation"
    )


class SignInLink(Base):
    """A one-time link; only the hash of its secret is kept."""

    __tablename__ = "sign_in_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the secret, hex")
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True, comment="Whose link")
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="After this instant it is refused (UTC)")
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="When it was used; empty before (UTC)")


class StaffSession(Base):
    """A signed-in browser; deleting the row signs it out on every worker at once."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the session secret, hex")
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True, comment="Who is signed in")
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="Absolute end (UTC)")
    last_seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="For the idle limit, minute precision (UTC)")


class ApiToken(Base):
    """A key for the interface of programs; only the hash of its secret is kept."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id, comment="Random identifier, shown in lists")
    token_hash: Mapped[str] = mapped_column(unique=True, comment="SHA-256 of the secret, hex")
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True, comment="In whose name it reads")
    name: Mapped[str] = mapped_column(comment="What it is for, in the words of who made it")
    scopes: Mapped[list[str]] = mapped_column(JsonText, comment="What it may read")
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When it was made (UTC)")
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="After this instant it is refused (UTC)")
    revoked_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime, comment="When it was revoked; empty before (UTC)"
    )


class AuditEvent(Base):
    """One thing staff or the program did; each row holds the hash of the row before."""

    __tablename__ = "audit_event"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Position in the chain, from 1")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="When (UTC)")
    actor: Mapped[str] = mapped_column(comment="Account e-mail, or the name of a job or command")
    action: Mapped[str] = mapped_column(comment="What was done, a dotted word such as wave.open")
    subject: Mapped[str] = mapped_column(comment="Key of the thing it was done to; never a respondent")
    detail: Mapped[dict[str, object]] = mapped_column(JsonText, comment="Values before and after")
    previous_hash: Mapped[str] = mapped_column(comment="Hash of the row before; zeros for the first")
    hash: Mapped[str] = mapped_column(unique=True, comment="SHA-256 over this row and previous_hash")
