"""SQL for the tokens of programs; a secret is found by its hash and never stored."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from surveys.models.accounts import Account, ApiToken


def add_token(session: Session, token: ApiToken) -> None:
    """Store a new token."""
    session.add(token)
    session.flush()


def find_token(session: Session, token_hash: str) -> ApiToken | None:
    """Return the token with this hash or None."""
    return session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash)).one_or_none()


def lock_token(session: Session, token_id: str) -> ApiToken | None:
    """Return a token by identifier, held until the caller's transaction ends, or None."""
    return session.get(ApiToken, token_id, with_for_update=True)


def list_tokens(session: Session, *, account_id: str | None = None) -> Sequence[Row[ApiToken, Account]]:
    """Return tokens with their accounts, by address and then the oldest first; of one account where it is named."""
    query = (
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .order_by(Account.email, ApiToken.created_at, ApiToken.id)
    )
    if account_id is not None:
        query = query.where(ApiToken.account_id == account_id)
    return session.execute(query).all()
