"""Builds one web application from settings, database, keys and clock; nothing is global."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from app import auth, errors, security
from app.api import routes as api
from app.config import Settings
from app.extensions import Database
from app.installation import Installation
from app.web import audit, pages, public, redact, remarks, sign_in, tokens
from app.web.hr import earlier
from app.web.hr import views as hr
from app.web.leader import views as leader
from app.web.manage import anchors, calendar_days, connections, drafts, imports, roadmap
from app.web.manage import views as manage
from app.web.papers import place_finder
from app.web.papers import views as papers
from app.web.ports import Reports
from app.web.respond import ballots, results, shell
from app.web.respond import views as respond
from app.web.sign_in import SendLink
from surveys.store.keys import KeyStore

FACES = frozenset({"respond", "leader", "hr", "setup", "audit", "redact", "api"})
"""The faces that may be switched off one by one; the public pages and sign-in are always there."""

BODY_LIMITS = {
    "respond.step": security.ANSWER_BYTES,
    "papers.take": security.ANSWER_BYTES,
    "ballots.put": security.ANSWER_BYTES,
    "results.results": security.ANSWER_BYTES,
    "manage.upload_organisation": security.IMPORT_BYTES,
    "manage.upload_roadmap": security.IMPORT_BYTES,
    "manage.upload_calendar": security.IMPORT_BYTES,
}


def create_app(
    settings: Settings,
    *,
    database: Database,
    keys: KeyStore,
    clock: Callable[[], dt.datetime],
    send_link: SendLink,
    reports: Reports,
    faces: frozenset[str] = FACES,
) -> Flask:
    """Return the web application; ``clock`` returns aware instants, ``faces`` are among :data:`FACES`."""
    app = Flask("app")
    app.secret_key = settings.secret_key or keys.named_secret("forms")
    cookie = auth.cookie_name(is_secure=settings.is_secure)
    app.session_interface = security.FormSessions(cookie)
    pages.install(app)
    errors.install(app)
    guard = security.install(app, is_secure=settings.is_secure, body_limits=BODY_LIMITS)
    auth.install(app, auth.Guard(database=database, clock=clock, cookie=cookie, is_secure=settings.is_secure))
    app.jinja_env.globals.update(signed_in=auth.signed_in)
    inst = Installation(settings=settings, database=database, keys=keys)
    app.register_blueprint(public.make_blueprint(database))
    app.register_blueprint(
        sign_in.make_blueprint(
            database=database, clock=clock, base_url=settings.base_url, send_link=send_link, guard=guard
        )
    )
    if "respond" in faces:
        _add_answering(app, inst, clock=clock, guard=guard)
    if "leader" in faces:
        app.register_blueprint(leader.make_blueprint(database=database, reports=reports))
    if "hr" in faces:
        app.register_blueprint(hr.make_blueprint(database=database, clock=clock))
        app.register_blueprint(earlier.make_blueprint(database=database, clock=clock))
        app.register_blueprint(remarks.make_blueprint(database=database, clock=clock))
    if "setup" in faces:
        app.register_blueprint(_setup(inst, clock))
    if "audit" in faces:
        app.register_blueprint(audit.make_blueprint(database))
    if "redact" in faces:
        app.register_blueprint(redact.make_blueprint(inst, clock))
    if "api" in faces:
        app.register_blueprint(api.make_blueprint(database=database, clock=clock, guard=guard))
        app.register_blueprint(tokens.make_blueprint(database=database, clock=clock))
    return app


def _add_answering(app: Flask, inst: Installation, *, clock: Callable[[], dt.datetime], guard: CSRFProtect) -> None:
    """Add the answer page, the desk for papers, the ballot box, the results of a crowd, and the typed code."""
    database, keys = inst.database, inst.keys
    find_place = place_finder(database, keys)
    of_crowds = Blueprint("results", "app.web.respond.results")
    results.add_results(of_crowds, database=database, keys=keys)
    guard.exempt(of_crowds)
    for blueprint in (
        shell.make_blueprint(database),
        papers.make_blueprint(database=database, keys=keys, clock=clock, guard=guard),
        ballots.make_blueprint(database=database, keys=keys, clock=clock, guard=guard),
        of_crowds,
        respond.make_blueprint(database=database, clock=clock, find_place=find_place, guard=guard),
    ):
        app.register_blueprint(blueprint)


def _setup(inst: Installation, clock: Callable[[], dt.datetime]) -> Blueprint:
    blueprint = Blueprint("manage", "app.web.manage", url_prefix="/setup")
    manage.add_pages(blueprint, inst, clock)
    imports.add_pages(blueprint, inst, clock)
    calendar_days.add_pages(blueprint, inst, clock)
    connections.add_pages(blueprint, inst, clock)
    roadmap.add_pages(blueprint, inst, clock)
    drafts.add_pages(blueprint, inst, clock)
    anchors.add_pages(blueprint, inst, clock)
    return blueprint
