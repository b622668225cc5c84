"""Turns the Authorization header of a request into the program that reads, or into the refusal that says why not."""

from __future__ import annotations

import datetime as dt

from flask import Request
from sqlalchemy.orm import Session

from app.api.problems import Problem
from surveys.i18n import Message
from surveys.services.tokens import SCOPE_ROLES, Reader, Scope, find_reader

_REALM = 'Bearer realm="barograph"'


def check_reader(session: Session, received: Request, *, scope: Scope, now: dt.datetime) -> Reader:
    """Return who reads, where the token is valid now and holds the scope [RFC 6750, section 3].

    Cookies are never looked at: a browser that is signed in has no more rights here than a stranger.

    Raises:
        Problem: 401 without a valid token, 403 without the scope.
    """
    scheme, _, secret = received.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        detail = Message("Send a token as Authorization: Bearer bgr_... Make one on the page “Programs”.")
        raise Problem(401, "no_token", detail, headers={"WWW-Authenticate": _REALM})
    reader = find_reader(session, secret.strip(), now)
    if reader is None:
        detail = Message("This token is not valid. It is unknown, expired or revoked, or its account is closed.")
        raise Problem(401, "wrong_token", detail, headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'})
    if scope not in reader.scopes:
        detail = Message(
            "This needs the scope {scope}, and the role {role} of the account behind the token.",
            {"scope": scope.value, "role": SCOPE_ROLES[scope].value},
        )
        wanted = f'{_REALM}, error="insufficient_scope", scope="{scope.value}"'
        raise Problem(403, "missing_scope", detail, headers={"WWW-Authenticate": wanted})
    return reader
