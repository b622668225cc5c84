"""The page on which an HR analyst makes and revokes the tokens of own programs; a secret is shown once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import auth
from app.extensions import Database
from surveys.enums import Role
from surveys.errors import SurveyError
from surveys.i18n import mark
from surveys.services import tokens
from surveys.services.tokens import DEFAULT_DAYS, LONGEST_DAYS, LONGEST_NAME, NewToken, Scope

_SCOPES = {
    Scope.RESULTS: mark("Figures of crowds and units, topics, questions, waves"),
    Scope.SEGMENTS: mark("Tables by site, role family and tenure"),
}
"""What an HR analyst may give to a program."""


def make_blueprint(*, database: Database, clock: Callable[[], dt.datetime]) -> Blueprint:
    """Return the page of tokens of one installation."""
    pages = Blueprint("tokens", __name__, url_prefix="/tokens")

    def page(*, made: NewToken | None = None, refused: SurveyError | None = None) -> Response:
        with database.reading() as session:
            found = tokens.list_tokens(session, now=clock(), owner=auth.account().email)
        text = render_template(
            "staff/tokens.html", tokens=found, made=made, refused=refused.message if refused else None, scopes=_SCOPES,
            states=tokens.STATES, days=DEFAULT_DAYS, longest=LONGEST_DAYS, name_length=LONGEST_NAME,
        )  # fmt: skip
        return make_response(text, 409 if refused else 200)

    @pages.get("/")
    @auth.required(Role.HR)
    def overview() -> Response:
        return page()

    @pages.post("/")
    @auth.required(Role.HR)
    def add() -> Response:
        days = request.form.get("days", "")
        try:
            with database.transaction() as session:
                made = tokens.add_token(
                    session,
                    email=auth.account().email,
                    name=request.form.get("name", ""),
                    scopes={scope for scope in _SCOPES if scope.value in request.form.getlist("scope")},
                    days=int(days) if days.isascii() and days.isdigit() and len(days) <= 3 else 0,
                    now=clock(),
                    actor=auth.account().email,
                )
        except SurveyError as error:
            return page(refused=error)
        return page(made=made)

    @pages.post("/<token>/revoke")
    @auth.required(Role.HR)
    def revoke(token: str) -> BaseResponse:
        email = auth.account().email
        with database.transaction() as session:
            tokens.revoke_token(session, token=token, now=clock(), actor=email, owner=email)
        return redirect(url_for("tokens.overview"), 303)

    return pages
