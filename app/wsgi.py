"""Opens an installation and builds its web application in each web worker, after the workers were forked apart."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time

from flask import Flask

from app import auth, installation, mail
from app.config import SERVICE_VARIABLE, from_environment
from app.factory import create_app
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker, pdf_of
from app.web.ports import GetReport, Reports
from app.web.sign_in import SendLink
from reports.services.leader_report import StoredReport
from surveys.errors import SurveyError

_PARENT_SECONDS = 1.0
_LOG = logging.getLogger("barograph.web")


def application() -> Flask:
    """Return the web application of the installation that the environment names.

    Each worker calls this for itself, so that no connection to the database is shared between processes. A worker
    whose service was killed ends too, or it would go on answering with nobody to stop it.
    """
    # The service says who it is: one killed while this worker starts is no longer its parent here.
    parent = int(os.environ.get(SERVICE_VARIABLE, "") or os.getppid())
    threading.Thread(target=_end_with_parent, args=(parent,), name="parent", daemon=True).start()
    return build(installation.open_existing(from_environment(os.environ)))


def build(inst: Installation) -> Flask:
    """Return the web application of an open installation, on the clock of the machine."""
    return create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=_now,
        send_link=_careful_mailer(inst),
        reports=Reports(get=_finder(inst), render=pdf_of),
    )


def _finder(inst: Installation) -> GetReport:
    """Return what finds or makes the frozen report of a unit."""
    maker = ReportMaker()

    def get(*, unit: str, wave: str | None, language: str) -> StoredReport:
        return maker.get(inst, wave=wave, unit=unit, language=language, now=_now(), reader=auth.account().email)

    return get


def _careful_mailer(inst: Installation) -> SendLink:
    """Return a mailer that logs a failure without the address; the visitor's page has been sent by then."""
    post = mail.link_mailer(inst.settings, _now)

    def send(to: str, link: str, language: str) -> None:
        try:
            post(to, link, language)
        except SurveyError as error:
            _LOG.warning("A sign-in link was not sent. %s", error)

    return send


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(0)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
