"""The steward's page of anchors and weights of the index: those that hold, new ones with a reason, all versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request

from app import auth
from app.installation import Installation
from app.web import pages as words
from app.web.manage.desk import INDICATORS, Desk, typed
from reports.pressure.anchor_files import anchors_of
from reports.pressure.anchors import ANCHORS, VERSION_1, Anchors, Indicator
from reports.store.anchors import add_anchors, anchors_by_version, current_anchors, list_anchor_changes, next_version
from surveys.enums import Role
from surveys.errors import InvalidInput, NotFound, Refused
from surveys.i18n import Message, mark

LIMITS = {
    "min_coverage": mark("Least share of the weight that an index needs (0.5 to 1)"),
    "busy_from": mark("Below this the index is calm"),
    "strained_above": mark("Above this the index is strained"),
}
_POINTS = ("zero", "half", "full")


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the page of anchors to the steward's blueprint."""
    desk = Desk(inst=inst, clock=clock)

    @pages.get("/anchors")
    @auth.required(Role.STEWARD)
    def anchors() -> Response:
        return _show(desk, version=request.args.get("version", ""))

    @pages.post("/anchors")
    @auth.required(Role.STEWARD)
    def set_anchors() -> Response:
        tr = words.current()
        try:
            version, weeks = _set(desk)
        except InvalidInput as error:
            return _show(desk, faults=[tr.render(problem.reason) for problem in error.problems])
        except Refused as error:
            return _show(desk, faults=[tr.render(error.message)])
        values: dict[str, object] = {"version": version, "count": weeks}
        return _show(desk, done=Message("Version {version} holds now; {count} weeks stand on it.", values))


def _show(desk: Desk, *, version: str = "", faults: Sequence[str] = (), done: Message | None = None) -> Response:
    with desk.inst.database.reading() as session:
        current, known = current_anchors(session), anchors_by_version(session)
        changes = list_anchor_changes(session)[::-1]
    shown = known.get(int(version)) if version.isascii() and version.isdigit() and len(version) < 9 else current
    if shown is None:
        raise NotFound("There are no anchors of version {version}.", version=version)
    text = render_template(
        "manage/anchors.html",
        shown=shown,
        current=current,
        product=VERSION_1,
        is_product=current.version in ANCHORS,
        changes=changes,
        faults=faults,
        done=done,
        rows=_rows(shown),
        fields=request.form if faults else _fields(current),
        indicators=INDICATORS,
        limits=LIMITS,
    )
    return make_response(text, 409 if faults else 200)


def _rows(anchors: Anchors) -> list[tuple[str, Sequence[str], str]]:
    """Return letter, the three anchors and the weight of each indicator; ``M`` is P where a MoSCoW field is used."""
    rows: list[tuple[str, Sequence[str], str]] = []
    for indicator, scale in anchors.scales.items():
        rows.append(
            (indicator.value, [_text(each) for each in (scale.zero, scale.half, scale.full)], _text(scale.weight))
        )
        if indicator is Indicator.TOP_PRIORITY:
            must = anchors.must
            rows.append(("M", [_text(each) for each in (must.zero, must.half, must.full)], ""))
    return rows


def _fields(anchors: Anchors) -> dict[str, str]:
    """Return the values of the form by the names of its fields."""
    found = {name: _text(getattr(anchors, name)) for name in LIMITS}
    found["split"] = "yes" if anchors.split else ""
    for letter, points, weight in _rows(anchors):
        found |= {f"{letter}.{name}": value for name, value in zip(_POINTS, points, strict=True)}
        found[f"{letter}.weight"] = weight
    return found


def _text(value: float) -> str:
    return f"{value:g}"


def _set(desk: Desk) -> tuple[int, int]:
    """Let the posted anchors hold and return their version and the number of weeks that stand on them.

    Raises ``InvalidInput`` for numbers that cannot be, ``Refused`` without a reason or where nothing changes.
    """
    now, note = desk.clock(), typed("note")
    if not note:
        raise Refused("Write why the anchors change.")
    with desk.inst.database.transaction() as session:
        current = current_anchors(session)
        if request.form.get("go") == "reset":
            found = VERSION_1
        else:
            found = anchors_of(_posted(), source="anchors", version=next_version(session))
        if replace(found, version=current.version) == current:
            raise Refused("Version {version} holds already.", version=current.version)
        add_anchors(session, found, now=now, by=auth.account().email, note=note)
        detail = {"version": found.version, "own": found.version not in ANCHORS, "note": note}
        desk.note(session, "anchors.set", str(found.version), detail)
        weeks = desk.compute(session, until=now.date())
    desk.forget()  # hashes of people may have been counted on the way
    return found.version, weeks


def _posted() -> dict[str, object]:
    """Return the form as the plain data that a file of anchors holds; a text that is no number stays a text."""
    plain: dict[str, object] = {name: _number(name) for name in LIMITS}
    plain["split_attention"] = bool(request.form.get("split"))
    for indicator in Indicator:
        letter = indicator.value
        row: dict[str, object] = {"anchors": _three(letter), "weight": _number(f"{letter}.weight")}
        if indicator is Indicator.TOP_PRIORITY:
            row["must"] = _three("M")
        plain[letter] = row
    return plain


def _three(letter: str) -> list[object]:
    return [_number(f"{letter}.{name}") for name in _POINTS]


def _number(name: str) -> object:
    text = typed(name)
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
