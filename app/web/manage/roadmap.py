"""The steward's page of roadmap sources: what was imported and what it feeds, an upload, and the map of each source."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from app import auth
from app.installation import Installation
from app.web.manage.desk import FEED_WORDS, INDICATORS, Desk, lines_of, typed
from surveys.enums import Role
from surveys.errors import InvalidInput, NotFound, Refused, SurveyError
from surveys.i18n import Message
from surveys.importers.roadmap_formats import FORMATS
from surveys.importers.roadmap_guess import guess_kind, is_calendar
from surveys.importers.roadmap_map import RICE_PARTS, RoadmapMap, read_map
from surveys.importers.roadmap_mapping import TEMPLATES
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_sheet import columns_of
from surveys.importers.roadmap_text import unpacked
from surveys.services import roadmap_drafts as drafts
from surveys.services.connections import managing
from surveys.services.roadmap_maps import save_map, saved_map
from surveys.store.roadmap import list_sources

NAME = "roadmap"
"""The name of a source where none was typed in."""

ASKED_COLUMNS = (
    *("key", "team", "created", "done", "status", "started", "due", "plan", "plan_due"),
    *("priority", "size", "kind", "project", "label", "assignee"),
)
"""Columns that the page asks for where a table is not in our own words; the map may name more."""

_OPEN_DAYS = "Say whether the day or the month comes first."
_ORDERS = {"dmy": True, "mdy": False}
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the page says of what was posted; with ``faults`` nothing was changed.

    ``columns`` are those of the file where they must be named, ``asks_days`` is set where its days can be read in two
    ways, ``kind`` is the format it was read in. ``remarks`` are oddities that were tolerated.
    """

    lines: Sequence[Message] = ()
    faults: Sequence[str] = ()
    columns: Sequence[str] = ()
    asks_days: bool = False
    kind: str = ""
    remarks: Sequence[str] = ()


class _FileRefused(Exception):
    """A file that could not be read, with what the page asks for then."""

    def __init__(self, said: Said) -> None:
        super().__init__("a file was refused")
        self.said = said


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the page of sources to the steward's blueprint."""
    desk = Desk(inst=inst, clock=clock)

    @pages.get("/roadmap")
    @auth.required(Role.STEWARD)
    def roadmap() -> Response:
        return show(desk, Said())

    @pages.post("/roadmap")
    @auth.required(Role.STEWARD)
    def upload_roadmap() -> BaseResponse:
        try:
            token = _upload(desk)
        except _FileRefused as refused:
            return show(desk, refused.said)
        except SurveyError as error:
            return show(desk, Said(faults=lines_of(error)))
        return redirect(url_for("manage.draft", token=token), 303)

    @pages.post("/roadmap/remove")
    @auth.required(Role.STEWARD)
    def remove_source() -> Response:
        name = typed("name")
        if not request.form.get("sure"):
            return show(desk, Said(faults=lines_of(Refused("Tick the box to delete {name}.", name=name))))
        try:
            _remove(desk, name)
        except SurveyError as error:
            return show(desk, Said(faults=lines_of(error)))
        return show(desk, Said(lines=[Message("{name} was deleted with its items, plans and map.", {"name": name})]))

    _add_map_pages(pages, desk)


def _add_map_pages(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/roadmap/map")
    @auth.required(Role.STEWARD)
    def source_map() -> Response:
        name = request.args.get("name", "")
        text = _map_text(desk, name)
        if "download" in request.args:
            return as_file(text)
        return _show_map(name, text)

    @pages.post("/roadmap/map")
    @auth.required(Role.STEWARD)
    def save_source_map() -> Response:
        return _save_map(desk, typed("name"))


def show(desk: Desk, said: Said) -> Response:
    """Return the page of sources."""
    with desk.inst.database.reading() as session:
        sources = drafts.list_sources(session)
        connections = {view.name: view for view in managing.list_views(session)}
    text = render_template(
        "manage/roadmap.html",
        said=said,
        sources=sources,
        connections=connections,
        formats=FORMATS,
        kinds={kind.value: known.label for kind, known in FORMATS.items()} | _connection_kinds(),
        takes_history=[kind.value for kind, known in FORMATS.items() if known.takes_history],
        indicators=INDICATORS,
        feed_words=FEED_WORDS,
        asked_columns=ASKED_COLUMNS,
        rice=RICE_PARTS,
        given=request.form,
        usual=NAME,
    )
    return make_response(text, 409 if said.faults else 200)


def as_file(text: str) -> Response:
    """Return a map as a file to keep."""
    answer = make_response(text.encode())
    answer.headers["Content-Type"] = "application/toml; charset=utf-8"
    answer.headers["Content-Disposition"] = "attachment; filename=map.toml"
    return answer


def _connection_kinds() -> dict[str, str]:
    return {kind.value: label for kind, label in managing.KINDS.items()}


def _upload(desk: Desk) -> str:
    """Read what was posted into a draft and return its token."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused("Choose a file.")
    name, file = typed("name") or NAME, _file_name(sent)
    past = request.files.get("history")
    digest = _digest([each for each in (sent, past) if each is not None and each.filename])
    stream = unpacked(_stream(sent), source=file, limit=drafts.LARGEST)
    if is_calendar(stream):
        raise Refused("This is a calendar, which has no work items. Import it on the page Calendar.")
    kind = _kind(typed("kind")) or guess_kind(stream, name=file)
    if kind is None:
        raise Refused("The format cannot be told from the file. Choose it.")
    history = None
    if past is not None and past.filename:
        history = (_file_name(past), unpacked(_stream(past), source=_file_name(past), limit=drafts.LARGEST))
    uploaded = drafts.Uploaded(
        file=file,
        kind=kind,
        name=name,
        stream=stream,
        sha256=digest,
        history=history,
        day_first=_ORDERS.get(typed("dates")),
        zone=typed("zone"),
    )
    return _start(desk, uploaded)


def _start(desk: Desk, uploaded: drafts.Uploaded) -> str:
    try:
        mapping = _mapping(desk, uploaded)
        with desk.inst.database.transaction() as session:
            token = drafts.start_draft(
                session,
                uploaded,
                mapping,
                account=auth.account().id,
                secret=desk.inst.keys.installation_key(),
                now=desk.clock(),
            )
            desk.note(session, "roadmap.upload", uploaded.name, {"kind": uploaded.kind.value})
    except InvalidInput as error:
        asks_days = any(_OPEN_DAYS in problem.reason.text for problem in error.problems)
        is_about_columns = any(problem.line in {None, 1} for problem in error.problems) and not asks_days
        columns = _columns(uploaded) if is_about_columns else ()
        said = Said(faults=lines_of(error), columns=columns, asks_days=asks_days, kind=uploaded.kind.value)
        raise _FileRefused(said) from error
    return token


def _mapping(desk: Desk, uploaded: drafts.Uploaded) -> RoadmapMap:
    """Return the map that a file is read with: the one posted, else the one kept for the source, with what was typed.

    A fault of the map is one of the file.
    """
    teams = [team.key for team in desk.teams()]
    sent = request.files.get("map")
    if sent is not None and sent.filename:
        mapping = read_map(sent.stream.read(), source=_file_name(sent), teams=teams)
    else:
        with desk.inst.database.reading() as session:
            mapping = saved_map(session, uploaded.name, teams=teams) or RoadmapMap()
    columns = {name: chosen for name in ASKED_COLUMNS if (chosen := typed(f"column.{name}"))}
    rice = {part: chosen for part in RICE_PARTS if (chosen := typed(f"rice.{part}"))}
    return replace(
        mapping,
        points_field=typed("points") or mapping.points_field,
        moscow_field=typed("moscow") or mapping.moscow_field,
        rice_fields={**mapping.rice_fields, **rice},
        columns=columns or mapping.columns,
        day_first=mapping.day_first if uploaded.day_first is None else uploaded.day_first,
    )


def _columns(uploaded: drafts.Uploaded) -> Sequence[str]:
    """Return the columns of a table in nobody's known words; empty for all else."""
    if uploaded.kind not in TEMPLATES:
        return ()
    try:
        return columns_of(uploaded.stream, reading=Reading(source=uploaded.file, secret=b"", limit=drafts.LARGEST))
    except InvalidInput:
        return ()


def _kind(text: str) -> SourceKind | None:
    return next((kind for kind in FORMATS if kind.value == text), None)


def _stream(sent: FileStorage) -> BinaryIO:
    """Return the bytes of an upload as a stream that can be read again."""
    return cast("BinaryIO", sent.stream)


def _file_name(sent: FileStorage) -> str:
    """Return the last part of an upload's name, which messages use."""
    return (sent.filename or "").replace("\\", "/").rpartition("/")[2].strip()[:60] or NAME


def _digest(sent: Sequence[FileStorage]) -> str:
    digest = hashlib.sha256()
    for each in sent:
        each.stream.seek(0)
        while piece := each.stream.read(_PIECE):
            digest.update(piece)
        each.stream.seek(0)
    return digest.hexdigest()


def _remove(desk: Desk, name: str) -> None:
    """Delete a source and compute the weeks it fed."""
    with desk.inst.database.transaction() as session:
        last = max((row.covered_to for row in list_sources(session)), default=desk.clock().date())
        drafts.remove_source(session, name)
        desk.note(session, "roadmap.remove", name, {})
        desk.compute(session, until=max(last, desk.clock().date()))
    desk.forget()


def _map_text(desk: Desk, name: str) -> str:
    with desk.inst.database.reading() as session:
        text = drafts.map_text(session, name)
        known = {view.name for view in managing.list_views(session)} | {
            view.name for view in drafts.list_sources(session)
        }
    if text is None and name not in known:
        raise NotFound("There is no source {name}.", name=name[:60])
    return text or ""


def _show_map(name: str, text: str, *, faults: Sequence[str] = (), is_saved: bool = False) -> Response:
    page = render_template("manage/roadmap_map.html", name=name, text=text, faults=faults, is_saved=is_saved)
    return make_response(page, 409 if faults else 200)


def _save_map(desk: Desk, name: str) -> Response:
    """Keep a map that was typed in for the next import of a source."""
    _map_text(desk, name)
    text = request.form.get("map", "").replace("\r\n", "\n")
    try:
        mapping = read_map(text.encode(), source="map.toml", teams=[team.key for team in desk.teams()])
    except InvalidInput as error:
        return _show_map(name, text, faults=lines_of(error))
    with desk.inst.database.transaction() as session:
        save_map(session, name, mapping, now=desk.clock())
        desk.note(session, "roadmap.map", name, {"rules": len(mapping.rules)})
    return _show_map(name, _map_text(desk, name), is_saved=True)
