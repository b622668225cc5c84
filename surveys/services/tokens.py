"""Gives programs a token that reads in the name of a staff account, and tells of a secret what it may read now.

A token never gives more than its account has: each scope asks for a role, and the roles are looked up on every request.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from surveys.enums import Role
from surveys.errors import NotFound, NotPermitted, Refused
from surveys.i18n import mark
from surveys.models.accounts import Account, ApiToken
from surveys.models.base import new_id
from surveys.store import accounts
from surveys.store import tokens as store

PREFIX = "bgr_"
"""Every secret begins so, and scanners of source code can find one that was left behind."""

DEFAULT_DAYS = 90
LONGEST_DAYS = 366
LONGEST_NAME = 60
_SECRET_BYTES = 32
_SECRET_LENGTH = 56
"""The prefix and 32 bytes in base 32 without padding."""


class Scope(StrEnum):
    """What a token may read."""

    RESULTS = "results:read"
    SEGMENTS = "segments:read"
    LEDGER = "ledger:read"


SCOPE_ROLES: dict[Scope, Role] = {
    Scope.RESULTS: Role.HR,
    Scope.SEGMENTS: Role.HR,
    Scope.LEDGER: Role.AUDITOR,
}
"""The role that an account must have for a scope."""


STATES = {"active": mark("active"), "expired": mark("expired"), "revoked": mark("revoked")}
"""How lists call the states of a token."""


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token just made; ``secret`` is told here and never again."""

    id: str
    secret: str
    expires_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """A token as lists show it; ``state`` is active, expired or revoked."""

    id: str
    email: str
    name: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The program behind a valid secret: whose token it is, and the scopes that hold now."""

    token: str
    email: str
    name: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        """The name under which the ledger notes what this program was given."""
        return f"{self.email} ({self.name})"


def add_token(
    session: Session, *, email: str, name: str, scopes: Collection[Scope], days: int, now: dt.datetime, actor: str
) -> NewToken:
    """Make a token for the account with this address and note it in the audit log, without the secret.

    ``days`` is its life from ``now``, 1 to :data:`LONGEST_DAYS`.

    Raises:
        NotFound: there is no such account.
        NotPermitted: the account is closed or lacks the role that a scope asks for.
        Refused: name, scopes or days are out of bounds.
    """
    account = accounts.find_account(session, email)
    if account is None:
        raise NotFound("There is no account {email}. Make one with: barograph account add", email=email[:80])
    _check(session, account, name=name.strip(), scopes=scopes, days=days)
    secret = PREFIX + base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=").lower()
    token = ApiToken(
        id=new_id(),
        token_hash=_hash(secret),
        account_id=account.id,
        name=name.strip(),
        scopes=sorted(scope.value for scope in scopes),
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
        revoked_at=None,
    )
    store.add_token(session, token)
    _note(session, token, account, at=now, actor=actor, action="token.add")
    return NewToken(id=token.id, secret=secret, expires_at=token.expires_at)


def revoke_token(session: Session, *, token: str, now: dt.datetime, actor: str, owner: str | None = None) -> bool:
    """Revoke a token at once and note it; returns False where it was revoked before.

    With ``owner`` (an address) only a token of that account is found.

    Raises:
        NotFound: there is no such token, or it is somebody else's; both read the same.
    """
    row = store.lock_token(session, token)
    account = accounts.get_account(session, row.account_id) if row is not None else None
    if row is None or account is None or owner not in {None, account.email}:
        raise NotFound("There is no token {token}.", token=token[:40])
    if row.revoked_at is not None:
        return False
    row.revoked_at = now
    _note(session, row, account, at=now, actor=actor, action="token.revoke")
    return True


def list_tokens(session: Session, *, now: dt.datetime, owner: str | None = None) -> list[TokenFacts]:
    """Return the tokens, by address and then the oldest first; those of one address where it is named."""
    account = accounts.find_account(session, owner) if owner is not None else None
    if owner is not None and account is None:
        return []
    rows = store.list_tokens(session, account_id=account.id if account is not None else None)
    return [
        TokenFacts(
            id=row.id,
            email=holder.email,
            name=row.name,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            state="revoked" if row.revoked_at is not None else "active" if row.expires_at > now else "expired",
        )
        for row, holder in rows
    ]


def find_reader(session: Session, secret: str, now: dt.datetime) -> Reader | None:
    """Return who reads with this secret and what the account's roles of now leave of its scopes.

    None for anything else: no token, one that expired or was revoked, or a closed account. The secret is looked up by
    its hash, so no comparison tells how much of a guess was right.
    """
    if len(secret) != _SECRET_LENGTH or not secret.startswith(PREFIX):
        return None
    row = store.find_token(session, _hash(secret))
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    account = accounts.get_account(session, row.account_id)
    if account is None or not account.is_active:
        return None
    roles = {grant.role for grant in accounts.list_grants(session, account.id)}
    held = {scope for scope in Scope if scope in row.scopes and SCOPE_ROLES[scope] in roles}
    return Reader(token=row.id, email=account.email, name=row.name, scopes=frozenset(held))


def _check(session: Session, account: Account, *, name: str, scopes: Collection[Scope], days: int) -> None:
    if not account.is_active:
        raise NotPermitted("The account {email} is closed.", email=account.email)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("A token needs a name of 1 to {most} signs that says what it is for.", most=LONGEST_NAME)
    if not scopes:
        raise Refused("A token needs at least one scope.")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("A token lives 1 to {most} days.", most=LONGEST_DAYS)
    roles = {grant.role for grant in accounts.list_grants(session, account.id)}
    for scope in sorted(scopes):
        if SCOPE_ROLES[scope] not in roles:
            raise NotPermitted(
                "The scope {scope} needs the role {role}, which {email} does not have.",
                scope=scope.value,
                role=SCOPE_ROLES[scope].value,
                email=account.email,
            )


def _note(session: Session, token: ApiToken, account: Account, *, at: dt.datetime, actor: str, action: str) -> None:
    detail: dict[str, object] = {
        "account": account.email,
        "name": token.name,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at.isoformat(),
    }
    accounts.add_audit_event(session, at=at, actor=actor, action=action, subject=token.id, detail=detail)


def _hash(secret: str) -> str:
    return hashlib.sha256(b"barograph/api/1" + secret.encode("utf-8", "replace")).hexdigest()
