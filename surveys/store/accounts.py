"""SQL for staff accounts, sign-in links, sessions and the audit chain."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveys.models.accounts import Account, AccountGrant, AuditEvent, SignInLink, StaffSession
from surveys.models.base import canonical_json
from surveys.store import chains

FIRST_HASH = "0" * 64


def find_account(session: Session, email: str) -> Account | None:
    """Return the account with this address, whatever its case, or None."""
    return session.scalars(select(Account).where(Account.email == email.strip().lower())).one_or_none()


def get_account(session: Session, account_id: str) -> Account | None:
    """Return an account by identifier or None."""
    return session.get(Account, account_id)


def list_accounts(session: Session) -> Sequence[Account]:
    """Return all accounts by address."""
    return session.scalars(select(Account).order_by(Account.email)).all()


def add_account(session: Session, account: Account) -> None:
    """Store a new account."""
    session.add(account)
    session.flush()


def list_grants(session: Session, account_id: str) -> Sequence[AccountGrant]:
    """Return the roles of an account."""
    query = (
        select(AccountGrant)
        .where(AccountGrant.account_id == account_id)
        .order_by(AccountGrant.role, AccountGrant.team_key)
    )
    return session.scalars(query).all()


def add_grant(session: Session, *, account_id: str, role: str, team_key: str) -> bool:
    """Give a role; returns False where the account already has it."""
    if session.get(AccountGrant, (account_id, role, team_key)) is not None:
        return False
    session.add(AccountGrant(account_id=account_id, role=role, team_key=team_key))
    session.flush()
    return True


def add_link(session: Session, *, token_hash: str, account_id: str, expires_at: dt.datetime) -> None:
    """Store the hash of a one-time link."""
    session.add(SignInLink(token_hash=token_hash, account_id=account_id, expires_at=expires_at, used_at=None))
    session.flush()


def find_link(session: Session, token_hash: str) -> SignInLink | None:
    """Return a link by hash under a lock, or None."""
    return session.get(SignInLink, token_hash, with_for_update=True)


def add_session(
    session: Session, *, token_hash: str, account_id: str, expires_at: dt.datetime, now: dt.datetime
) -> None:
    """Store the hash of a session secret."""
    session.add(StaffSession(token_hash=token_hash, account_id=account_id, expires_at=expires_at, last_seen_at=now))
    session.flush()


def find_session(session: Session, token_hash: str) -> StaffSession | None:
    """Return a session by hash or None."""
    return session.get(StaffSession, token_hash)


def delete_session(session: Session, token_hash: str) -> None:
    """Sign a browser out."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash))


def delete_expired(session: Session, now: dt.datetime) -> None:
    """Drop links and sessions whose time is over."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    session.execute(delete(SignInLink).where(SignInLink.expires_at <= now))


def add_audit_event(
    session: Session, *, at: dt.datetime, actor: str, action: str, subject: str, detail: Mapping[str, object]
) -> AuditEvent:
    """Append to the audit chain in the caller's transaction."""
    chains.take_turn(session, AuditEvent.__tablename__)
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).one_or_none()
    number = 1 if last is None else last.number + 1
    previous = FIRST_HASH if last is None else last.hash
    event = AuditEvent(
        number=number,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail),
        previous_hash=previous,
        hash=_hash((number, _iso(at), actor, action, subject, dict(detail), previous)),
    )
    session.add(event)
    session.flush()
    return event


def list_audit_events(session: Session) -> Sequence[AuditEvent]:
    """Return the chain from its first row."""
    return session.scalars(select(AuditEvent).order_by(AuditEvent.number)).all()


def broken_audit_number(session: Session) -> int | None:
    """Return the first number at which the chain does not hold, or None where it is whole."""
    previous, expected = FIRST_HASH, 1
    for row in list_audit_events(session):
        digest = _hash(
            (row.number, _iso(row.at), row.actor, row.action, row.subject, dict(row.detail), row.previous_hash)
        )
        if row.number != expected or row.previous_hash != previous or row.hash != digest:
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat()


def _hash(parts: tuple[object, ...]) -> str:
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()
