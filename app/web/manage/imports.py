"""Imports by upload: a check that changes nothing comes first, and only the very files that were checked apply."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from app import auth
from app.installation import Installation
from app.web import pages as words
from surveys.enums import Role
from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.organisation import OPTIONAL_TEAM_COLUMNS, PEOPLE_COLUMNS, TEAM_COLUMNS, read_organisation
from surveys.services.organisation import import_organisation
from surveys.services.size import WithYourSize, with_your_size
from surveys.store import accounts

NOT_CHECKED = mark("These are not the files that were checked. Nothing was changed. They were checked again now.")
Lines = Sequence[Message]


@dataclass(frozen=True, kw_only=True)
class FileAsked:
    """A file that an import asks for; ``columns`` are named in its hint."""

    name: str
    label: str
    columns: Sequence[str]
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The uploaded files by name and the digest of those that were checked before; empty where none were."""

    files: Mapping[str, bytes]
    checked: str

    @property
    def digest(self) -> str:
        """Names the files by their content, as 64 hex digits."""
        parts = (hashlib.sha256(self.files[name]).digest() for name in sorted(self.files))
        return hashlib.sha256(b"".join(parts)).hexdigest()

    @property
    def is_checked(self) -> bool:
        """Whether these are the very files that were checked."""
        return self.checked == self.digest


@dataclass(frozen=True, kw_only=True)
class ImportPage:
    """One import: what it asks for, and what reads, checks and applies it; ``run`` returns a line for every change."""

    endpoint: str
    title: str
    note: str
    asked: Sequence[FileAsked]
    run: Callable[[Installation, Upload, dt.datetime, str], Lines]

    def show(self, state: str, **more: object) -> str:
        """Return the page in one of its states: new, missing, faulty, checked or applied."""
        return render_template("manage/import.html", page=self, state=state, **more)

    def take(self, inst: Installation, now: dt.datetime) -> str:
        """Check the posted files, apply them where they were checked before, and return the page."""
        files = {each.name: _bytes(each.name) for each in self.asked}
        upload = Upload(files=files, checked=request.form.get("checked", ""))
        if any(each.is_required and not files[each.name] for each in self.asked):
            return self.show("missing")
        try:
            lines = self.run(inst, upload, now, auth.account().email)
        except InvalidInput as error:
            return self.show("faulty", problems=[_line(problem) for problem in error.problems])
        if upload.is_checked:
            return self.show("applied", lines=lines, size=self._size(inst, now))
        note = words.current().t(NOT_CHECKED) if upload.checked else ""
        return self.show("checked", lines=lines, note=note, checked=upload.digest)

    def _size(self, inst: Installation, now: dt.datetime) -> WithYourSize | None:
        """Return what the organisation can get with its size now, after an import of people."""
        if self.endpoint != ORGANISATION_PAGE.endpoint:
            return None
        with inst.database.reading() as session:
            return with_your_size(session, today=now.date())


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the pages of imports to the steward's blueprint."""

    @pages.get("/organisation")
    @auth.required(Role.STEWARD)
    def organisation() -> str:
        with inst.database.reading() as session:
            return ORGANISATION_PAGE.show("new", size=with_your_size(session, today=clock().date()))

    @pages.post("/organisation")
    @auth.required(Role.STEWARD)
    def upload_organisation() -> str:
        return ORGANISATION_PAGE.take(inst, clock())


def run_organisation(inst: Installation, upload: Upload, now: dt.datetime, actor: str) -> Lines:
    """Make the organisation be what the files say, or only tell what would change; returns every change."""
    file = read_organisation(upload.files["teams"], upload.files["people"])
    database = inst.database
    with database.transaction() if upload.is_checked else database.reading() as session:  # reading rolls back
        changes = import_organisation(session, file, today=now.date())
        if upload.is_checked:
            counts = {"teams": changes.teams, "people": changes.people, "changes": len(changes.lines)}
            accounts.add_audit_event(session, at=now, actor=actor, action="org.import", subject="", detail=counts)
    return changes.lines


ORGANISATION_PAGE = ImportPage(
    endpoint="manage.organisation",
    title=mark("Organisation"),
    note=mark(
        "The files are the whole truth: a team they do not name becomes inactive, a membership they do not name ends. "
        "Everything is applied, or nothing."
    ),
    asked=(
        FileAsked(name="teams", label="teams.csv", columns=(*TEAM_COLUMNS, *OPTIONAL_TEAM_COLUMNS)),
        FileAsked(name="people", label="people.csv", columns=PEOPLE_COLUMNS),
    ),
    run=run_organisation,
)


def _bytes(name: str) -> bytes:
    upload = request.files.get(name)
    return upload.stream.read() if upload else b""


def _line(problem: Problem) -> str:
    place = problem.source if problem.line is None else f"{problem.source}:{problem.line}"
    return f"{place}: {words.current().render(problem.reason)}"
