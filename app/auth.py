"""Turns an e-mail address into a one-time link, the link into a session, and a session into what its holder may see."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from flask import Flask, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.extensions import Database
from surveys.enums import Role
from surveys.errors import NotFound, NotPermitted
from surveys.i18n import LANGUAGES
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.store import accounts as store
from surveys.store import organisation

LINK_LIFE = dt.timedelta(minutes=10)
SESSION_LIFE = dt.timedelta(hours=12)
SESSION_IDLE = dt.timedelta(minutes=60)
_SEEN_EVERY = dt.timedelta(minutes=1)
_TOKEN_BYTES = 32
_EXTENSION = "barograph-auth"

Parameters = ParamSpec("Parameters")


@dataclass(frozen=True, kw_only=True)
class StaffAccount:
    """Somebody signed in; ``teams`` are those whose results they may read as their leader, by key."""

    id: str
    email: str
    name: str
    language: str
    roles: frozenset[Role]
    teams: frozenset[str]

    def has(self, role: Role) -> bool:
        """Tell whether this account has a role."""
        return role in self.roles


def make_link(session: Session, email: str, now: dt.datetime) -> str | None:
    """Return the secret of a new one-time link, or None where nobody with this address may sign in.

    Whoever leads an active team needs no account beforehand: it is made from what was imported about them.
    """
    store.delete_expired(session, now)
    account = store.find_account(session, email) or _leader_account(session, email)
    if account is None or not account.is_active:
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    store.add_link(session, token_hash=_hash(token), account_id=account.id, expires_at=now + LINK_LIFE)
    return token


def language_of(session: Session, email: str) -> str:
    """Return the language in which an account is written to."""
    account = store.find_account(session, email)
    return account.language if account else LANGUAGES[0]


def consume(session: Session, token: str, now: dt.datetime) -> str | None:
    """Use a one-time link and return the secret of a new session, or None where the link is not valid any more."""
    link = store.find_link(session, _hash(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        return None
    account = store.get_account(session, link.account_id)
    if account is None or not account.is_active:
        return None
    link.used_at = now
    secret = secrets.token_urlsafe(_TOKEN_BYTES)
    store.add_session(session, token_hash=_hash(secret), account_id=account.id, expires_at=now + SESSION_LIFE, now=now)
    return secret


def find_signed_in(session: Session, secret: str, now: dt.datetime) -> StaffAccount | None:
    """Return who holds a session now, with the rights of now; None where it has ended."""
    row = store.find_session(session, _hash(secret))
    if row is None or row.expires_at <= now or now - row.last_seen_at >= SESSION_IDLE:
        return None
    account = store.get_account(session, row.account_id)
    return _with_rights(session, account) if account is not None and account.is_active else None


def touch(session: Session, secret: str, now: dt.datetime) -> None:
    """Note that a session was used, at most once a minute."""
    row = store.find_session(session, _hash(secret))
    if row is not None and now - row.last_seen_at >= _SEEN_EVERY:
        row.last_seen_at = now


def sign_out(session: Session, secret: str) -> None:
    """End a session on every worker at once."""
    store.delete_session(session, _hash(secret))


def _with_rights(session: Session, account: Account) -> StaffAccount:
    grants = store.list_grants(session, account.id)
    teams = {grant.team_key for grant in grants if grant.role == Role.LEADER and grant.team_key}
    teams.update(organisation.teams_led_by(session, account.email))
    roles = {Role(grant.role) for grant in grants if grant.role != Role.LEADER}
    return StaffAccount(
        id=account.id,
        email=account.email,
        name=account.name,
        language=account.language,
        roles=frozenset(roles | ({Role.LEADER} if teams else set())),
        teams=frozenset(teams),
    )


def _leader_account(session: Session, email: str) -> Account | None:
    address = email.strip().lower()
    for found, name, language in organisation.leader_emails(session):
        if found == address:
            account = Account(id=new_id(), email=found, name=name, language=language, is_active=True)
            store.add_account(session, account)
            return account
    return None


def _hash(token: str) -> str:
    return hashlib.sha256(b"barograph/staff/1" + token.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What the decorators need of the installation; ``cookie`` is the name of the one cookie."""

    database: Database
    clock: Callable[[], dt.datetime]
    cookie: str
    is_secure: bool

    def secret(self) -> str:
        """Return the session secret that this request carries, or the empty text."""
        return request.cookies.get(self.cookie, "")

    def set_cookie(self, response: BaseResponse, secret: str) -> None:
        """Give the browser its session."""
        response.set_cookie(
            self.cookie, secret, max_age=SESSION_LIFE, secure=self.is_secure, httponly=True, samesite="Lax", path="/"
        )

    def drop_cookie(self, response: BaseResponse) -> None:
        """Take the session from the browser."""
        response.delete_cookie(self.cookie, secure=self.is_secure, httponly=True, samesite="Lax", path="/")


def cookie_name(*, is_secure: bool) -> str:
    """Return the name of the staff cookie; browsers bind the prefixed one to host, path and HTTPS."""
    return "__Host-barograph" if is_secure else "barograph"


def install(app: Flask, guard: Guard) -> None:
    """Make the guard known to the decorators of this application."""
    app.extensions[_EXTENSION] = guard


def guard() -> Guard:
    """Return the guard of the application that answers this request."""
    found = current_app.extensions[_EXTENSION]
    if not isinstance(found, Guard):
        raise TypeError("the application has no guard")
    return found


def signed_in() -> StaffAccount | None:
    """Return who sent this request, looked up once, with the rights of now."""
    if "account" not in g:
        g.account = _look_up(guard())
    account = g.account
    return account if isinstance(account, StaffAccount) else None


def account() -> StaffAccount:
    """Return who sent this request; only for views behind :func:`required`."""
    found = signed_in()
    if found is None:
        raise NotPermitted("Please sign in.")
    return found


def _look_up(on: Guard) -> StaffAccount | None:
    secret, now = on.secret(), on.clock()
    if not secret:
        return None
    with on.database.reading() as session:
        found = find_signed_in(session, secret, now)
        row = store.find_session(session, _hash(secret))
        is_due = row is not None and now - row.last_seen_at >= _SEEN_EVERY
    if found is not None and is_due:
        with on.database.transaction() as session:
            touch(session, secret, now)
    return found


def required(
    role: Role,
) -> Callable[[Callable[Parameters, BaseResponse | str]], Callable[Parameters, BaseResponse | str]]:
    """Let only holders of a role in; others read that it is not open to them, strangers are asked to sign in."""

    def wrap(view: Callable[Parameters, BaseResponse | str]) -> Callable[Parameters, BaseResponse | str]:
        @functools.wraps(view)
        def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> BaseResponse | str:
            found = signed_in()
            if found is None:
                return redirect(url_for("sign_in.ask"), 303)
            g.language = found.language
            if not found.has(role):
                raise NotPermitted("Your account has no right to this page. Nothing was changed.")
            return view(*args, **kwargs)

        return checked

    return wrap


def check_leads(unit: str) -> None:
    """Refuse a team that is not the reader's; a foreign one and one that does not exist read the same.

    Raises:
        NotFound: always the same sentence.
    """
    if unit not in account().teams:
        raise NotFound("There is no team with this name among yours.")
