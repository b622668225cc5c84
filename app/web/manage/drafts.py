"""The mapping screen: what an upload holds, what its words mean and to which team they belong, and its import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import auth
from app.installation import Installation
from app.web import pages as words
from app.web.manage import roadmap as sources
from app.web.manage.desk import FEED_WORDS, INDICATORS, Desk, Team, line_of, lines_of, typed
from surveys.enums import Role
from surveys.errors import Refused, SurveyError
from surveys.i18n import mark
from surveys.importers.organisation_cells import day as day_of
from surveys.importers.roadmap_choices import Choices, Place, conditions_of, others_of, single_rules, with_choices
from surveys.importers.roadmap_formats import FORMATS
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_mapping import Why
from surveys.importers.roadmap_model import FAULT_KINDS, StatusClass
from surveys.importers.roadmap_words import FoundWord, FoundWords, found_words
from surveys.services import roadmap_drafts as service
from surveys.services.roadmap_drafts import DraftChecked, OpenDraft

SHOWN = 50
"""As many words of a kind are shown; the beginning of a word finds the others."""

MANY_TEAMS = 25
"""With more teams a field takes the key of a team with suggestions, since each list would hold them all."""

CONDITION_WORDS = {
    "word": mark("Team of the tool"),
    "project": mark("Project"),
    "board": mark("Board"),
    "component": mark("Component"),
    "label": mark("Label"),
    "area_path": mark("Area path"),
}
CLASS_WORDS = {
    StatusClass.TODO: mark("to do"),
    StatusClass.DOING: mark("doing"),
    StatusClass.DONE: mark("done"),
}
WHY_WORDS = {
    Why.MAP: mark("you chose it"),
    Why.TOOL: mark("the tool says so"),
    Why.COMMON: mark("the word is common"),
    Why.UNKNOWN: mark("nothing tells, so it counts as to do"),
}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One word on the screen: its place among all words of its kind, and what was chosen for it."""

    place: int
    word: str
    items: int
    chosen: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """The words of one condition that are shown, and how many there are."""

    condition: str
    rows: Sequence[Listed]
    fitting: int
    total: int


def add_pages(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
    """Add the mapping screen to the steward's blueprint."""
    screen = _Screen(desk=Desk(inst=inst, clock=clock))

    @pages.get("/roadmap/drafts/<token>")
    @auth.required(Role.STEWARD)
    def draft(token: str) -> Response:
        return screen.show(screen.open(token))

    @pages.get("/roadmap/drafts/<token>/map.toml")
    @auth.required(Role.STEWARD)
    def draft_map(token: str) -> Response:
        return sources.as_file(screen.open(token).draft.map_text)

    @pages.post("/roadmap/drafts/<token>")
    @auth.required(Role.STEWARD)
    def check_draft(token: str) -> BaseResponse:
        return screen.keep(screen.open(token), screen.chosen)

    @pages.post("/roadmap/drafts/<token>/map")
    @auth.required(Role.STEWARD)
    def type_draft_map(token: str) -> BaseResponse:
        return screen.keep(screen.open(token), screen.typed_map)

    @pages.post("/roadmap/drafts/<token>/apply")
    @auth.required(Role.STEWARD)
    def apply_draft(token: str) -> Response:
        return screen.apply(screen.open(token))

    @pages.post("/roadmap/drafts/<token>/discard")
    @auth.required(Role.STEWARD)
    def discard_draft(token: str) -> BaseResponse:
        found = screen.open(token)
        with inst.database.transaction() as session:
            service.discard_draft(session, found)
        screen.desk.forget()
        return redirect(url_for("manage.roadmap"), 303)


@dataclass(frozen=True, kw_only=True)
class _Screen:
    """Shows one draft and does what its forms ask for."""

    desk: Desk

    def open(self, token: str) -> OpenDraft:
        """Return a draft of the account that asks, or raise ``NotFound``."""
        with self.desk.inst.database.reading() as session:
            return service.open_draft(session, token, account=auth.account().id, now=self.desk.clock())

    def keep(self, found: OpenDraft, change: Callable[[OpenDraft], RoadmapMap]) -> BaseResponse:
        """Keep the map that a form makes, and show the draft with it."""
        try:
            mapping = change(found)
            with self.desk.inst.database.transaction() as session:
                service.set_map(session, found, mapping)
        except SurveyError as error:
            return self.show(found, faults=lines_of(error))
        find = typed("find") or None
        return redirect(url_for("manage.draft", token=found.token, find=find, checked="yes", _anchor="found"), 303)

    def apply(self, found: OpenDraft) -> Response:
        """Import a draft with the map that was checked, and show the page of sources with the account."""
        database, now = self.desk.inst.database, self.desk.clock()
        if request.form.get("map") != found.map_digest:
            again = Refused("The map was changed in another window. Look at it again.")
            return self.show(found, faults=lines_of(again))
        zones = self.desk.zones()
        try:
            with database.transaction() as session:
                account, last, remarks = service.apply_draft(session, found, zones=zones, now=now)
                detail = {"items": account.items, "plans": account.plans, "sha256": found.file_sha256}
                self.desk.note(session, "roadmap.import", found.name, detail)
        except SurveyError as error:
            return self.show(found, faults=lines_of(error))
        with database.transaction() as session:
            self.desk.compute(session, until=max(now.date(), last))
        self.desk.forget()  # the hashes of people were needed for the count only
        said = sources.Said(lines=account.lines, remarks=[line_of(problem) for problem in remarks])
        return sources.show(self.desk, said)

    def show(self, found: OpenDraft, *, faults: Sequence[str] = ()) -> Response:
        """Return the screen."""
        teams = self.desk.teams()
        checked = service.check_draft(found, zones=self.desk.zones())
        find = (typed("find") or request.args.get("find", "")).strip()[:60]
        text = render_template(
            "manage/roadmap_draft.html",
            found=found,
            checked=checked,
            words=checked.words,
            faults=faults,
            bad_rows=[line_of(problem) for problem in checked.faults],
            remarks=[line_of(problem) for problem in checked.remarks],
            is_answer="checked" in request.args,
            format=FORMATS[found.kind],
            teams=teams,
            team_names={team.key: team.name for team in teams},
            with_list=len(teams) > MANY_TEAMS,
            sections=_sections(checked.words, found.mapping, find),
            rules=_rules(found.mapping),
            others=others_of(found.mapping),
            fault_kinds={word.word for word in checked.words.kinds if _is_fault(word.word, found.mapping)},
            always_faults=FAULT_KINDS,
            ranks={word: place for place, word in enumerate(found.mapping.priorities, start=1)},
            chosen_classes=found.mapping.statuses,
            fields=_fields(found.mapping),
            shares=_shares(checked),
            find=find,
            shown=SHOWN,
            condition_words=CONDITION_WORDS,
            class_words=CLASS_WORDS,
            why_words=WHY_WORDS,
            indicators=INDICATORS,
            feed_words=FEED_WORDS,
            until=found.made_at + service.KEPT_FOR,
        )
        return make_response(text, 409 if faults else 200)

    def chosen(self, found: OpenDraft) -> RoadmapMap:
        """Return the map of a draft with what the form chose."""
        all_words = found_words(found.draft.raw)
        choices = _choices(all_words, self.desk.teams(), rules=len(found.mapping.rules))
        first, last = _day("covered_from"), _day("covered_to")
        if first is not None and last is not None and last < first:
            raise Refused("The last day lies before the first.")
        return replace(with_choices(found.mapping, choices), covered_from=first, covered_to=last)

    def typed_map(self, _found: OpenDraft) -> RoadmapMap:
        """Return the map that was typed as text."""
        text = request.form.get("map", "").replace("\r\n", "\n")
        return read_map(text.encode(), source="map.toml", teams=[team.key for team in self.desk.teams()])


def _choices(found: FoundWords, teams: Sequence[Team], *, rules: int) -> Choices:
    """Return what the form chose; words that it does not name are left alone."""
    known = {team.key for team in teams}
    chosen: dict[Place, str] = {
        (condition, word.word): _team(name, known)
        for condition, listed in found.places.items()
        for place, word in enumerate(listed)
        if (name := f"team.{condition}.{place}") in request.form
    }
    typed_word, typed_condition = typed("new.word"), typed("new.condition")
    if typed_word and typed_condition in CONDITION_WORDS:
        team = _team("new.team", known)
        if not team:
            raise Refused("Choose the team of {word}.", word=typed_word)
        chosen[typed_condition, typed_word] = team
    kinds = [word.word for place, word in enumerate(found.kinds) if f"kind.{place}.shown" in request.form]
    return Choices(
        teams=chosen,
        statuses={
            word.word: _class(f"status.{place}")
            for place, word in enumerate(found.statuses)
            if f"status.{place}" in request.form
        },
        ranks={
            word.word: _rank(f"rank.{place}", word.word)
            for place, word in enumerate(found.priorities)
            if f"rank.{place}" in request.form
        },
        kinds=frozenset(kinds),
        faults=frozenset(word.word for place, word in enumerate(found.kinds) if f"kind.{place}" in request.form)
        & frozenset(kinds),
        others=_team("others", known) if "others" in request.form else None,
        dropped=frozenset(place for place in range(rules) if f"drop.{place}" in request.form),
    )


def _team(name: str, known: set[str]) -> str:
    key = typed(name)
    if key and key not in known:
        raise Refused("There is no team {team}.", team=key)
    return key


def _class(name: str) -> StatusClass | None:
    return next((known for known in StatusClass if known.value == typed(name)), None)


def _rank(name: str, word: str) -> int | None:
    text = typed(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 99):
        raise Refused("The number of {word} must be between 1 and 99, 1 being the highest priority.", word=word)
    return int(text)


def _day(name: str) -> dt.date | None:
    text = typed(name)
    found, fault = day_of(text) if text else (None, None)
    if fault is not None:
        raise Refused("{fault}", fault=fault)
    return found


def _sections(found: FoundWords, mapping: RoadmapMap, find: str) -> list[Section]:
    """Return the words of each condition that begin with ``find``, the most used ones first; none without words."""
    chosen = single_rules(mapping)
    begun = find.casefold()
    sections = []
    for condition in CONDITION_WORDS:
        listed = found.places.get(condition, ())
        fitting = [(place, word) for place, word in enumerate(listed) if word.word.casefold().startswith(begun)]
        if listed:
            rows = [_listed(place, word, condition, chosen) for place, word in fitting[:SHOWN]]
            sections.append(Section(condition=condition, rows=rows, fitting=len(fitting), total=len(listed)))
    return sections


def _listed(place: int, word: FoundWord, condition: str, chosen: Mapping[Place, str]) -> Listed:
    team = chosen.get((condition, word.word.strip().casefold()), "")
    return Listed(place=place, word=word.word, items=word.items, chosen=team)


def _rules(mapping: RoadmapMap) -> list[tuple[int, str, str]]:
    """Return place, conditions in words and team of each rule that is no rest."""
    tr = words.current()
    return [
        (
            place,
            tr.join([f"{tr.t(CONDITION_WORDS[name])} {word}" for name, word in conditions_of(rule)]),
            rule.team,
        )
        for place, rule in enumerate(mapping.rules)
        if not rule.fits_all
    ]


def _is_fault(kind: str, mapping: RoadmapMap) -> bool:
    folded = kind.strip().casefold()
    return folded in mapping.fault_kinds or folded in FAULT_KINDS


def _fields(mapping: RoadmapMap) -> list[tuple[str, str]]:
    """Return the fields and columns that the file was read with, each with its name in the tool."""
    named = [
        (mark("Size"), mapping.points_field or ""),
        (mark("MoSCoW"), mapping.moscow_field or ""),
        *((f"RICE, {part}", name) for part, name in mapping.rice_fields.items()),
        *mapping.columns.items(),
    ]
    return [(what, name) for what, name in named if name]


def _shares(checked: DraftChecked) -> list[tuple[str, int]]:
    """Return how many items carry what."""
    found = checked.words
    return [
        (mark("a size"), found.with_size),
        (mark("a plan"), found.with_plan),
        (mark("a due day"), found.with_due),
        (mark("an assignee"), found.with_assignee),
        (mark("a MoSCoW class"), found.with_moscow),
        (mark("RICE numbers"), found.with_rice),
    ]
