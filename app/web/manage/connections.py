"""The page of connections to delivery tools: add, check, sync soon, remove, how the last sync ended; no credential."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app import auth
from app.installation import Installation
from app.jobs import sync
from surveys.enums import Role
from surveys.errors import Refused, SurveyError
from surveys.i18n import Message
from surveys.importers.roadmap_model import SourceKind
from surveys.services.connections import managing
from surveys.services.connections.credentials import has_credential, variable
from surveys.services.connections.tool import Settings
from surveys.store import accounts

_LONGEST = 2000


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the page of connections to the steward's blueprint."""

    @pages.get("/connections")
    @auth.required(Role.STEWARD)
    def connections() -> Response:
        return _page(inst)

    @pages.post("/connections")
    @auth.required(Role.STEWARD)
    def add_connection() -> BaseResponse:
        try:
            with inst.database.transaction() as session:
                _add(session, inst, clock())
        except Refused as error:
            return _page(inst, refused=error)
        return redirect(url_for("manage.connections"), 303)

    @pages.post("/connections/<name>/check")
    @auth.required(Role.STEWARD)
    def check_connection(name: str) -> Response:
        try:
            lines = sync.check_connection(inst, name=name)
        except Refused as error:
            return _page(inst, about=name, refused=error)
        return _page(inst, about=name, lines=lines)

    @pages.post("/connections/<name>/sync")
    @auth.required(Role.STEWARD)
    def sync_connection(name: str) -> BaseResponse:
        with inst.database.transaction() as session:
            managing.ask_sync(session, name, now=clock())
            _note(session, "connection.sync", name, clock())
        return redirect(url_for("manage.connections"), 303)

    @pages.post("/connections/<name>/remove")
    @auth.required(Role.STEWARD)
    def remove_connection(name: str) -> BaseResponse:
        try:
            sync.remove_connection(inst, name=name, now=clock(), actor=auth.account().email)
        except Refused as error:
            return _page(inst, about=name, refused=error)
        return redirect(url_for("manage.connections"), 303)


def _page(
    inst: Installation, *, about: str = "", lines: Sequence[Message] = (), refused: SurveyError | None = None
) -> Response:
    with inst.database.reading() as session:
        views = managing.list_views(session)
    text = render_template(
        "manage/connections.html",
        views=views,
        kinds=managing.KINDS,
        with_credential={each.name for each in views if _has_credential(inst, each.name)},
        variables={each.name: variable(each.name) for each in views},
        hosts=[host.host for host in inst.settings.allowed_hosts],
        about=about,
        lines=lines,
        refused=refused.message if refused else None,
        given=request.form,
    )
    return make_response(text, 409 if refused else 200)


def _add(session: Session, inst: Installation, now: dt.datetime) -> None:
    """Store the connection that the form describes."""
    name = request.form.get("name", "").strip()
    managing.add_connection(
        session,
        name=name,
        kind=_kind(request.form.get("kind", "")),
        address=request.form.get("address", ""),
        settings=_settings(),
        timezone=request.form.get("zone", "").strip() or "UTC",
        hosts=inst.settings.allowed_hosts,
    )
    _note(session, "connection.add", name, now)


def _note(session: Session, action: str, name: str, now: dt.datetime) -> None:
    accounts.add_audit_event(session, at=now, actor=auth.account().email, action=action, subject=name, detail={})


def _has_credential(inst: Installation, name: str) -> bool:
    return has_credential(name, environ=os.environ, key_dir=inst.settings.key_dir)


def _kind(text: str) -> SourceKind:
    found = next((kind for kind in managing.KINDS if kind.value == text), None)
    if found is None:
        raise Refused("Choose a tool.")
    return found


def _settings() -> Settings:
    """Return what the form names: words set apart by spaces, commas or lines."""
    return Settings(projects=_words("projects"), boards=_words("boards"), repositories=_words("repositories"))


def _words(name: str) -> tuple[str, ...]:
    return tuple(request.form.get(name, "")[:_LONGEST].replace(",", " ").split())
