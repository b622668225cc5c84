"""Staff sign-in by one-time link: the same answer for every address, and nothing is used up by only looking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from app import auth, errors
from app.extensions import Database
from app.security import FailureLimit
from surveys.enums import Role
from surveys.i18n import translator

SendLink = Callable[[str, str, str], None]
"""Mails a link: address of the person, address of the page, language."""

LINKS_PER_HOUR = 5
LONGEST_ADDRESS = 254
_FIRST_PAGES = (
    (Role.LEADER, "leader.overview"),
    (Role.HR, "hr.table"),
    (Role.STEWARD, "manage.overview"),
    (Role.AUDITOR, "audit.overview"),
    (Role.REDACTOR, "redact.overview"),
)


def make_blueprint(
    *, database: Database, clock: Callable[[], dt.datetime], base_url: str, send_link: SendLink, guard: CSRFProtect
) -> Blueprint:
    """Return the sign-in pages of one installation."""
    pages = Blueprint("sign_in", __name__)
    asked = FailureLimit(most=LINKS_PER_HOUR - 1, window=dt.timedelta(hours=1), clock=clock)
    mail = _Mail(database, clock, base_url, send_link)

    @pages.get("/sign-in")
    def ask() -> str:
        return render_template("staff/sign-in.html")

    @pages.post("/sign-in")
    def send() -> Response:
        email = request.form.get("email", "").strip().lower()[:LONGEST_ADDRESS]
        response = make_response(render_template("staff/link-sent.html"))
        if email and "\0" not in email and not asked.is_over(email):
            asked.note(email)
            # After the answer has left, so that its time does not tell whether the address is known.
            response.call_on_close(lambda: mail.send(email))
        return response

    @pages.get("/sign-in/<token>")
    def open_link(token: str) -> str:
        return render_template("staff/open-link.html", token=token)

    @pages.post("/sign-in/<token>")
    def use_link(token: str) -> BaseResponse:
        on = auth.guard()
        with database.transaction() as session:
            secret = auth.consume(session, token, clock())
            account = auth.find_signed_in(session, secret, clock()) if secret else None
        if secret is None or account is None:
            return _over()
        response = redirect(first_page(account), 303)
        on.set_cookie(response, secret)
        return response

    @pages.post("/sign-out")
    def leave() -> BaseResponse:
        on = auth.guard()
        with database.transaction() as session:
            auth.sign_out(session, on.secret())
        response = redirect(url_for("sign_in.ask"), 303)
        on.drop_cookie(response)
        return response

    # Before sign-in there is no cookie and so no form token; foreign pages are refused by Sec-Fetch-Site.
    for view in (send, use_link):
        guard.exempt(view)
    return pages


class _Mail:
    """Makes a link for an address and mails it, where the address belongs to somebody who may sign in."""

    def __init__(
        self, database: Database, clock: Callable[[], dt.datetime], base_url: str, send_link: SendLink
    ) -> None:
        self._database, self._clock, self._base_url, self._send_link = database, clock, base_url, send_link

    def send(self, email: str) -> None:
        with self._database.transaction() as session:
            token = auth.make_link(session, email, self._clock())
            language = auth.language_of(session, email)
        if token is not None:
            self._send_link(email, f"{self._base_url.rstrip('/')}/sign-in/{token}", language)


def _over() -> Response:
    say = translator(errors.reader_language())
    sentence = say.t("This link is not valid any more. Links work once and for 10 minutes. Ask for a new one.")
    return errors.page(404, sentence=sentence)


def first_page(account: auth.StaffAccount) -> str:
    """Return the address of the page an account starts on."""
    return next((url_for(page) for role, page in _FIRST_PAGES if account.has(role)), url_for("public.home"))
