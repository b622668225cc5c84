"""SQL for the mark on an item that says it once had an assignee, so that nobody takes a known team for an unknown one.

The mark tells yes or no and never who. It stays when the hash is deleted, goes with the item to other teams and sources
(by its key), and outlives the item in a list of the source, so that an import without assignees opens nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum

from sqlalchemy import ColumnElement, Text, bindparam, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from surveys.models.roadmap import RoadmapSource, WorkItem

_KEYS = 1000
_NAME, GONE, TAKEN = "assigned", "assigned_gone", "rewritten"


class Mark(IntEnum):
    """What is known of an item that ever had an assignee; an item that never had one bears no mark."""

    NAMED = 1
    """Has an assignee, or had one when it was last read; without a hash it is no longer known who."""
    NOBODY = 2
    """Had one earlier; the last import of the whole source named people of its team, and nobody for this item."""


def with_mark(document: Mapping[str, object], mark: Mark | None) -> dict[str, object]:
    """Return the stored document of an item with its mark."""
    return dict(document) if mark is None else {**document, _NAME: int(mark)}


def bears(mark: Mark) -> ColumnElement[bool]:
    """Return the condition that an item bears a mark. The stored JSON has no blanks, and escapes quotes in texts."""
    return type_coerce(WorkItem.document, Text).contains(f'"{_NAME}":{int(mark)}', autoescape=True)


def marks_of(session: Session, source: str, keys: Collection[str]) -> dict[str, Mark]:
    """Return the marks of items by key; one that another source knows, or that is gone, counts as named."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    rows = session.execute(select(RoadmapSource.name, RoadmapSource.account))
    accounts = {name: account for name, account in rows}  # noqa: C416 - rows are no pairs to a type checker
    gone = {key for account in accounts.values() for key in gone_keys(account)}
    found = dict.fromkeys(gone.intersection(wanted), Mark.NAMED)
    own: dict[str, Mark] = {}
    for start in range(0, len(wanted), _KEYS):
        part = wanted[start : start + _KEYS]
        for mark in (Mark.NOBODY, Mark.NAMED):
            query = select(WorkItem.source, WorkItem.key).where(
                WorkItem.source.in_(sorted(accounts)), WorkItem.key.in_(part), bears(mark)
            )
            for of, key in session.execute(query):
                if of == source:
                    own[key] = mark
                else:
                    found[key] = Mark.NAMED
    return found | own


def gone_keys(account: Mapping[str, object]) -> frozenset[str]:
    """Return the keys of marked items that a source no longer has, from its account."""
    keys = account.get(GONE)
    return frozenset(map(str, keys)) if isinstance(keys, list) else frozenset()


def taken_days(account: Mapping[str, object]) -> dict[str, str]:
    """Return the first Monday per team (ISO) whose week may have lost an item that was counted in it."""
    days = account.get(TAKEN)
    return {str(team): str(day) for team, day in days.items()} if isinstance(days, dict) else {}


def clear_taken(session: Session, source: str, teams: Collection[str]) -> None:
    """Forget which weeks of some teams lost an item, once they were counted again."""
    found = session.get(RoadmapSource, source)
    if found is not None and taken_days(found.account).keys() & set(teams):
        kept = {team: day for team, day in taken_days(found.account).items() if team not in teams}
        found.account = {**found.account, TAKEN: kept}
        session.flush()


def settle_marks(session: Session, source: str, *, is_whole: bool) -> None:
    """Mark every item that has a hash now; after a whole import, note which items of teams with people have nobody."""
    named = (WorkItem.source == source, WorkItem.assignee_hash.is_not(None))
    _set(session, (*named, ~bears(Mark.NAMED)), Mark.NAMED)
    teams = session.scalars(select(WorkItem.team).where(*named).distinct()).all() if is_whole else ()
    if teams:
        without = (WorkItem.source == source, WorkItem.assignee_hash.is_(None), WorkItem.team.in_(sorted(teams)))
        _set(session, (*without, bears(Mark.NAMED)), Mark.NOBODY)


def list_marked(session: Session, teams: Collection[str]) -> dict[tuple[str, str], dict[str, Mark]]:
    """Return the marks of the items of some teams, by source and team and then by key."""
    found: dict[tuple[str, str], dict[str, Mark]] = {}
    for mark in Mark:
        query = select(WorkItem.source, WorkItem.team, WorkItem.key).where(
            WorkItem.team.in_(sorted(teams)), bears(mark)
        )
        for source, team, key in session.execute(query):
            found.setdefault((source, team), {})[key] = mark
    return found


def is_marked() -> ColumnElement[bool]:
    """Return the condition that an item ever had an assignee."""
    return or_(bears(Mark.NAMED), bears(Mark.NOBODY))


def _set(session: Session, where: Collection[ColumnElement[bool]], mark: Mark) -> None:
    rows = session.execute(select(WorkItem.source, WorkItem.key, WorkItem.document).where(*where)).all()
    if rows:
        table = WorkItem.__table__
        query = (
            update(WorkItem)
            .where(table.c.source == bindparam("of_source"), table.c.key == bindparam("of_key"))
            .values(document=bindparam("to_document"))
        )
        session.connection().execute(
            query,
            [
                {"of_source": source, "of_key": key, "to_document": with_mark(document, mark)}
                for source, key, document in rows
            ],
        )
