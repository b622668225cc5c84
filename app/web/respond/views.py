"""The pages of a respondent: the typed code, one question a page, topics and comment, the review, the thanks.

Everything stands in the body of each request: there is no cookie, nothing is kept between two pages, and nothing is
stored before the reader sends. The code in the body stands in for a form token. The pages take codes of cards and of
promise mode; the code of a sealed wave is told what it needs, and nothing is taken in its place.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import errors, promise
from app.extensions import Database
from app.security import FailureLimit
from app.web import pages
from app.web.respond import pictures
from app.web.respond.forms import Sheet, read_sheet
from surveys.ballots import codes, manifest
from surveys.enums import BallotMode
from surveys.errors import Refused, SurveyError
from surveys.i18n import LANGUAGES
from surveys.instruments.account import answering_seconds
from surveys.instruments.schema import COMMENT_LENGTH
from surveys.services.answering import Questionnaire
from surveys.store import waves

FAILURES = 60
"""Codes that open nothing, from one address within ten minutes, before further such codes are told to wait."""

_WINDOW = dt.timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the reader goes: 0 is the privacy panel, 1 to n the questions; the sheet knows the steps behind them."""

    number: int
    error: str = ""
    is_sending: bool = False


def make_blueprint(
    *, database: Database, clock: Callable[[], dt.datetime], find_place: promise.FindPlace, guard: CSRFProtect
) -> Blueprint:
    """Return the respondents' pages of one installation."""
    blueprint = Blueprint("respond", __name__)
    desk = _Desk(database, clock, find_place)
    guard.exempt(blueprint)

    @blueprint.get("/card")
    def card() -> str:
        return render_template("respond/code.html", error="", typed="", is_sealed=False)

    @blueprint.post("/card")
    def step() -> BaseResponse:
        return desk.take(code_in(request.form.get("code", "")))

    @blueprint.get("/thanks")
    def thanks() -> str:
        return render_template("respond/thanks.html")

    return blueprint


class _Desk:
    """Takes what a respondent posts: the code first, then a step through the questions, at the end the answers."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime], find_place: promise.FindPlace) -> None:
        self._database, self._clock, self._find_place = database, clock, find_place
        self._wrong_codes = FailureLimit(most=FAILURES, window=_WINDOW, clock=clock)

    def take(self, typed: str) -> BaseResponse:
        """Return the page that follows; a code with a typing mistake is asked for again."""
        try:
            codes.decode(typed)
        except Refused as error:
            _use_language(request.form.get("language", ""))
            return _ask_for_code(422, error=pages.current().render(error.message), typed=typed[:60])
        try:
            opened = promise.open_questionnaire(self._database, self._find_place, typed=typed, now=self._clock())
        except SurveyError:
            return self._not_valid()
        asked = opened.questionnaire
        _use_language(request.form.get("language", "") or opened.language)
        if g.language not in asked.languages:  # a card knows no language, so it was the browser's
            g.language = asked.languages[0]
        if asked.mode is BallotMode.SEALED:
            return _ask_for_code(409, is_sealed=True)
        return self._step(asked, typed)

    def _step(self, asked: Questionnaire, typed: str) -> BaseResponse:
        sheet = read_sheet(asked.instrument, pages.current(), request.form)
        going = next_step(request.form, sheet)
        if not going.is_sending:
            return make_response(self._page(asked, sheet, going, typed), 422 if going.error else 200)
        talk = sheet.talk
        try:
            promise.submit(
                self._database,
                self._find_place,
                typed=typed,
                answers=sheet.answers(),
                now=self._clock(),
                topics=() if talk is None else talk.ticked,
                comment="" if talk is None else talk.comment,
            )
        except SurveyError:  # closed or replaced in this very moment
            return self._not_valid()
        return redirect(url_for("respond.thanks", lang=g.language), 303)

    def _page(self, asked: Questionnaire, sheet: Sheet, step: Step, typed: str) -> str:
        common = {
            "asked": asked,
            "sheet": sheet,
            "step": step,
            "code": typed,
            "total": len(sheet.questions),
            "from_review": request.form.get("from") == "review" or request.form.get("go", "").startswith("item-"),
        }
        if step.number == 0:
            return render_template("respond/start.html", **common, **_promises(asked), **self._exposure(asked.wave))
        if step.number == sheet.review_step:
            return render_template("respond/review.html", **common)
        if sheet.talk is not None and step.number == sheet.talk_step:
            return render_template("respond/talk.html", **common, talk=sheet.talk, most=COMMENT_LENGTH)
        return render_template("respond/item.html", **common, question=sheet.questions[step.number - 1])

    def _exposure(self, wave: str) -> dict[str, bool]:
        """Return what the manifest says of where keys lie; a wave opened before manifests said it is not accused."""
        with self._database.reading() as session:
            said = json.loads(waves.get_wave(session, wave).manifest or "{}")
        return {
            "keys_beside_data": said.get("keys_apart") is False,
            "has_second_lock": said.get("second_lock") is not None,
        }

    def _not_valid(self) -> Response:
        """Answer a code that opens nothing; unknown, replaced and over read the same. Success never counts."""
        address = request.remote_addr or ""
        self._wrong_codes.note(address)
        if self._wrong_codes.is_over(address):
            return errors.page(429)
        say = pages.current()
        sentence = say.t(
            "This code is not valid. It may have been replaced by a newer one, or the survey is over. "
            "Nothing was stored."
        )
        return errors.page(404, sentence=sentence)


def next_step(form: MultiDict[str, str], sheet: Sheet) -> Step:
    """Return where a posted page leads: on, back, to a step, or to sending; on only with an answer or none."""
    last = sheet.review_step
    here = min(max(_whole(form.get("step", "0")), 0), last)
    go = form.get("go", "")
    if "switch" in form or not go:
        return Step(number=here)
    if go == "send":
        return _sending(sheet)
    if go == "back":
        return Step(number=max(here - 1, 0))
    if go.startswith("item-"):
        return Step(number=min(max(_whole(go.removeprefix("item-")), 1), last - 1))
    error = _error_at(here, sheet)
    if error:
        return Step(number=here, error=error)
    return Step(number=last if form.get("from") == "review" else min(here + 1, last))


def _sending(sheet: Sheet) -> Step:
    """Return the step of somebody who pressed Send: back to what stands in the way, or nothing but the sending."""
    say = pages.current()
    if sheet.missing:
        return Step(number=sheet.review_step, error=say.t("Some questions have no answer yet. Nothing was sent."))
    too_long = _error_at(sheet.talk_step, sheet)
    if too_long:
        return Step(number=sheet.talk_step, error=too_long)
    return Step(number=sheet.review_step, is_sending=True)


def _error_at(step: int, sheet: Sheet) -> str:
    """Return why the reader cannot go on from a step, the empty text where nothing stands in the way."""
    say = pages.current()
    if 1 <= step <= len(sheet.questions) and not sheet.questions[step - 1].is_done:
        return say.t("Choose an answer, or say that you would rather not answer this one.")
    if step == sheet.talk_step and sheet.talk is not None and sheet.talk.is_too_long:
        count, most = len(sheet.talk.comment), COMMENT_LENGTH
        return say.t("A comment has at most {most} characters, and this one has {count}.", most=most, count=count)
    return ""


def code_in(typed: str) -> str:
    """Return the code in what was typed or pasted: the fragment of a whole link, and of a sealed link its code part."""
    fragment = typed.strip().rpartition("#")[2]
    return fragment.split("/")[5] if fragment.count("/") == 5 else fragment


def _ask_for_code(status: int, *, error: str = "", typed: str = "", is_sealed: bool = False) -> Response:
    page = render_template("respond/code.html", error=error, typed=typed, is_sealed=is_sealed)
    return make_response(page, status)


def _promises(asked: Questionnaire) -> dict[str, object]:
    say = pages.current()
    digits = asked.fingerprint
    return {
        "minutes": math.ceil(answering_seconds(asked.instrument, say.language) / 60),
        "scales": [scale.name.to(say.language) for scale in asked.instrument.scales],
        "picture": pictures.rule_picture(
            say, k=asked.k, invited=asked.crowd_invited, is_whole_company=asked.is_whole_company
        ),
        "specimen": pictures.specimen_picture(say),
        "specimen_value": pictures.SPECIMEN,
        "words": manifest.words(digits),
        "digits": " ".join(digits[start : start + 8] for start in range(0, len(digits), 8)),
    }


def _use_language(asked: str) -> None:
    switched = request.form.get("switch", "")
    for language in (switched, asked):
        if language in LANGUAGES:
            g.language = language
            return


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
