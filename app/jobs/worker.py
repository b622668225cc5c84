"""Runs the jobs of an installation as durable workflows: a sweep finds what is due and starts it by a fixed name.

The queue keeps its records in ``jobs.db`` of the data folder, or in the schema ``barograph_jobs`` of a PostgreSQL
database. They hold names of waves, programmes, teams and languages, never a person. The sweep runs on the monotonic
clock, so that a jump of the wall clock neither skips a minute nor sleeps an hour.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import traceback

from dbos import DBOS, DBOSConfig, SetWorkflowID

from app.config import Settings
from app.jobs.due import Job, due_jobs
from app.jobs.perform import DONE, REFUSED, WAITING, Context, perform
from app.jobs.reporting import list_reports
from app.jobs.turn import hold_turn
from surveys.errors import SurveyError

SWEEP_SECONDS = 60.0
RETRY_AFTER = dt.timedelta(minutes=5)
"""How long a job that failed, was refused or left something waiting rests before it is started again."""

QUEUE_SCHEMA = "barograph_jobs"
_VERSION = "1"
"""Raise it when the steps of a workflow change: what an older program left half done is then begun anew."""

_EXECUTOR = "worker"
_RUNNING = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
_LOG = logging.getLogger("barograph.jobs")
_CONTEXTS: list[Context] = []


class JobFailed(Exception):
    """A job broke; carries the kind of error and the name of the job, because messages of databases hold values."""


def run(context: Context, stop: threading.Event, *, sweep_seconds: float = SWEEP_SECONDS) -> None:
    """Work until ``stop`` is set; what is unfinished then, or at a kill, goes on at the next start."""
    with hold_turn(context.inst, stop) as check_turn:
        if check_turn is None:
            return
        _CONTEXTS[:] = [context]
        DBOS(config=_configuration(context.inst.settings))
        try:
            DBOS.launch()
            while not stop.is_set():
                check_turn()
                sweep(context)
                stop.wait(sweep_seconds)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=5)
            _CONTEXTS.clear()


def sweep(context: Context) -> None:
    """Start everything that is due and not running; a failure is logged, and the next sweep tries again."""
    now = context.clock()
    try:
        with context.inst.database.reading() as session:
            jobs = due_jobs(session, now, context.inst.keys)
        for job in jobs:
            if job.kind != "reports" or context.make_report is not None:
                _start(job, now)
    except Exception as error:  # noqa: BLE001 - whatever broke, the next sweep must come
        _log_failure("sweep", error)


def _start(job: Job, now: dt.datetime) -> None:
    status = DBOS.get_workflow_status(job.id)
    if status is not None:
        if status.status in _RUNNING and status.app_version == _VERSION:
            return
        if job.is_noted_in_queue_only and status.status == "SUCCESS" and status.output == DONE:
            return
        ended = dt.datetime.fromtimestamp((status.updated_at or 0) / 1000, dt.UTC)
        if status.app_version == _VERSION and abs(now - ended) < RETRY_AFTER:
            return
        DBOS.delete_workflow(job.id)
    with SetWorkflowID(job.id):
        if job.kind == "reports":
            DBOS.start_workflow(make_reports, job.subject)
        else:
            DBOS.start_workflow(do_job, job.kind, job.subject, job.part)


@DBOS.workflow(name="job")
def do_job(kind: str, subject: str, part: str) -> str:
    """Do one job as one durable step."""
    return perform_step(kind, subject, part)


@DBOS.workflow(name="reports")
def make_reports(wave: str) -> str:
    """Make the reports of a release, one durable step each; after a crash it goes on with the first missing one.

    A report that fails does not keep the others from being made.
    """
    outcomes = {make_report_step(wave, unit, language) for unit, language in list_reports_step(wave)}
    return WAITING if outcomes - {DONE} else DONE


@DBOS.step(name="perform", retries_allowed=True, interval_seconds=2.0, backoff_rate=2.0, max_attempts=4)
def perform_step(kind: str, subject: str, part: str) -> str:
    """Do the work of a job."""
    name = ":".join(filter(None, (kind, subject, part)))
    try:
        return perform(_CONTEXTS[0], kind, subject, part)
    except SurveyError as error:
        _LOG.warning("%s: %s", name, error)
        return REFUSED
    except Exception as error:  # noqa: BLE001 - the queue stores errors, and ours must hold no values
        _log_failure(name, error)
        raise JobFailed(f"{type(error).__name__} in {name}") from None


@DBOS.step(name="list-reports", retries_allowed=True, interval_seconds=2.0, backoff_rate=2.0, max_attempts=4)
def list_reports_step(wave: str) -> list[list[str]]:
    """List unit and language of the reports of a release."""
    return list_reports(_CONTEXTS[0].inst, wave)


@DBOS.step(name="make-report")
def make_report_step(wave: str, unit: str, language: str) -> str:
    """Make one report."""
    context = _CONTEXTS[0]
    if context.make_report is None:
        return REFUSED
    try:
        context.make_report(context.inst, wave, unit, language, context.clock())
    except SurveyError as error:
        _LOG.warning("report of %s in %s: %s", unit, wave, error)
        return REFUSED
    except Exception as error:  # noqa: BLE001 - one report that breaks must not keep the others from being made
        _log_failure(f"report of {unit} in {wave}", error)
        return REFUSED
    return DONE


def _configuration(settings: Settings) -> DBOSConfig:
    is_postgres = settings.sqlalchemy_url.startswith("postgresql")
    url = settings.sqlalchemy_url if is_postgres else f"sqlite:///{(settings.data_dir / 'jobs.db').resolve()}"
    return DBOSConfig(
        name="barograph",
        system_database_url=url,
        dbos_system_schema=QUEUE_SCHEMA,
        application_version=_VERSION,
        executor_id=_EXECUTOR,
        enable_otlp=False,
        log_level="ERROR",
    )


def _log_failure(name: str, error: Exception) -> None:
    """Log what broke and where, without the message of the error."""
    _LOG.error("%s: %s\n%s", name, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
