"""Does one job: the table from the kind of a job to the step of a wave's life, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from app import lifecycle, mail
from app.installation import Installation
from app.jobs import comments, holidays, link, mailing, nightly_audit, redactors, retention, sync
from app.jobs.reporting import MakeReport
from reports.services.analysis import make_analysis
from surveys.i18n import translator
from surveys.store import waves

ACTOR = "schedule"
"""The name under which the audit log notes what the schedule did."""

DONE = "done"
WAITING = "waiting"
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What every job works with; ``make_report`` is None where reports are made on request only."""

    inst: Installation
    clock: Callable[[], dt.datetime]
    make_report: MakeReport | None


def perform(context: Context, kind: str, subject: str, part: str) -> str:
    """Do one job and return ``done`` or ``waiting``; every kind may be repeated.

    Raises:
        SurveyError: the job breaks a rule today.
    """
    return _KINDS[kind](context, subject, part)


def _plan(context: Context, programme: str, _number: str) -> str:
    lifecycle.plan_next(context.inst, programme=programme, now=context.clock(), actor=ACTOR)
    return DONE


def _open(context: Context, wave: str, _part: str) -> str:
    lifecycle.open_wave(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _skip(context: Context, wave: str, _part: str) -> str:
    with context.inst.database.reading() as session:
        row = waves.get_wave(session, wave)
        language = waves.get_programme(session, row.programme_slug).languages[0]
    reason = translator(language).t("Its time passed before it was opened.")
    lifecycle.withdraw_wave(context.inst, wave=wave, reason=reason, now=context.clock(), actor=ACTOR)
    return DONE


def _close(context: Context, wave: str, _part: str) -> str:
    lifecycle.close_wave(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _release(context: Context, wave: str, _part: str) -> str:
    lifecycle.release_wave(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _mail(context: Context, wave: str, kind: str) -> str:
    post = mail.sender(context.inst.settings)
    now = context.clock()
    try:
        if kind == mail.RELEASED:
            account = mailing.send_release_notices(context.inst, wave=wave, now=now, actor=ACTOR, post=post)
        else:
            account = mailing.send_mailing(context.inst, wave=wave, kind=kind, now=now, actor=ACTOR, post=post)
    finally:
        post.close()
    return WAITING if account.waiting else DONE


def _forget(context: Context, wave: str, _part: str) -> str:
    retention.forget_totals(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _unlist(context: Context, wave: str, _part: str) -> str:
    retention.forget_list(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _drafts(context: Context, _old: str, _part: str) -> str:
    retention.forget_drafts(context.inst, now=context.clock())
    return DONE


def _comments(context: Context, wave: str, _part: str) -> str:
    comments.finish_comments(context.inst, wave=wave, now=context.clock(), actor=ACTOR)
    return DONE


def _tell_redactors(context: Context, wave: str, _part: str) -> str:
    post = mail.sender(context.inst.settings)
    try:
        is_told = redactors.tell_redactors(context.inst, wave=wave, now=context.clock(), post=post)
    finally:
        post.close()
    return DONE if is_told else WAITING


def _audit(context: Context, _day: str, _part: str) -> str:
    post = mail.sender(context.inst.settings)
    try:
        nightly_audit.audit_releases(context.inst, now=context.clock(), actor=ACTOR, post=post)
    finally:
        post.close()
    return DONE


def _analyse(context: Context, wave: str, _part: str) -> str:
    database = context.inst.database
    make_analysis(database.reading, database.transaction, wave=wave, now=context.clock())
    return DONE


def _link(context: Context, wave: str, _part: str) -> str:
    link.find_link(context.inst, wave=wave, now=context.clock())
    return DONE


def _sync(context: Context, connection: str, _part: str) -> str:
    sync.run_sync(context.inst, name=connection, now=context.clock(), actor=ACTOR)
    return DONE


def _holidays(context: Context, _day: str, _part: str) -> str:
    holidays.refresh(context.inst, now=context.clock(), actor=ACTOR)
    return DONE


_KINDS: dict[str, Callable[[Context, str, str], str]] = {
    "plan": _plan,
    "open": _open,
    "skip": _skip,
    "close": _close,
    "release": _release,
    "mail": _mail,
    "forget": _forget,
    "unlist": _unlist,
    "drafts": _drafts,
    "audit": _audit,
    "analyse": _analyse,
    "link": _link,
    "comments": _comments,
    "tell-redactors": _tell_redactors,
    "sync": _sync,
    "holidays": _holidays,
}
