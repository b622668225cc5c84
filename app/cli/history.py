"""Commands that import earlier results of other survey tools, print what they show, and remove them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import click

from app.cli import frame
from reports.services import earlier
from reports.services.earlier import EarlierFindings, EarlierSource
from surveys.errors import Refused
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from surveys.importers.tables import MAX_BYTES
from surveys.services.history_import import import_history, remove_history
from surveys.store import accounts, organisation

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(cls=frame.Commands)
def history() -> None:
    """Earlier results of other survey tools: read-only, marked as imported everywhere."""


@history.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--map", "map_file", type=_FILE, required=True, help="What the columns are, and what is vouched for (TOML)."
)
@frame.json_option
def import_file(*, file: Path, map_file: Path, as_json: bool) -> None:
    """Import the aggregated results of FILE (CSV or XLSX): all of them, or none and every bad row is named.

    The name of the import stands in the map; importing it again replaces it. Results with too few answers or without
    a number of answers are refused unless the map says otherwise.
    """
    inst, now = frame.opened(), frame.now()
    with inst.database.reading() as session:
        teams = {team.key for team in organisation.list_teams(session)}
    content = _content(file)
    mapping = read_history_map(_content(map_file), source=map_file.name, teams=teams)
    read = read_history(content, source=file.name, mapping=mapping, today=now.date())
    digest = hashlib.sha256(content).hexdigest()
    with inst.database.transaction() as session:
        account = import_history(session, read, file_sha256=digest, now=now)
        detail = {**account.plain(), "sha256": digest, "declared_by": mapping.declared.by if mapping.declared else ""}
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="history.import", subject=mapping.name, detail=detail
        )
    tell = frame.say()
    notes = [
        f"{note.source}{'' if note.line is None else f':{note.line}'}: {tell.render(note.reason)}"
        for note in read.remarks
    ]
    lines = [tell.render(line) for line in account.lines]
    if as_json:
        frame.print_json({"name": mapping.name, **account.plain(), "lines": lines, "remarks": notes})
        return
    for line in lines:
        frame.print_line(line)
    for note in notes:
        frame.print_warning(note)


@history.command()
@click.argument("name", required=False)
@click.option("--measure", help="Code of one measure; all of them if left out.")
@frame.json_option
def show(*, name: str | None, measure: str | None, as_json: bool) -> None:
    """Print what the import NAME shows; without a name, list the imports."""
    tell = frame.say()
    with frame.opened().database.reading() as session:
        if name is None:
            _print_list(earlier.list_sources(session, tell), as_json=as_json)
            return
        found = earlier.findings(session, name, tell, measure=measure)
    if as_json:
        frame.print_json(_plain(found))
        return
    for line in _lines(found):
        frame.print_line(line)


@history.command()
@click.argument("name")
@frame.json_option
def remove(*, name: str, as_json: bool) -> None:
    """Delete the import NAME with all its results."""
    inst, now = frame.opened(), frame.now()
    with inst.database.transaction() as session:
        remove_history(session, name)
        accounts.add_audit_event(session, at=now, actor=frame.ACTOR, action="history.remove", subject=name, detail={})
    sentence = frame.say().t("The import {name} was deleted with all its results.", name=name)
    frame.print_result({"removed": name}, sentence, as_json=as_json)


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        limit = MAX_BYTES // 1024**2
        raise Refused("{file} is larger than {limit} MB and was not read.", file=path.name, limit=limit)
    return path.read_bytes()


def _print_list(sources: tuple[EarlierSource, ...], *, as_json: bool) -> None:
    tell = frame.say()
    if as_json:
        frame.print_json({"imports": [_plain_source(source) for source in sources]})
    elif not sources:
        frame.print_line(tell.t("Nothing has been imported."))
    else:
        frame.print_rows([(each.name, each.tool, _period(each), str(each.cells)) for each in sources])


def _period(source: EarlierSource) -> str:
    if source.first_on is None or source.last_on is None:
        return ""
    tell = frame.say()
    return tell.t("{before} to {after}", before=tell.date(source.first_on), after=tell.date(source.last_on))


def _lines(found: EarlierFindings) -> list[str]:
    """Return the findings as lines, each group under the tool's name."""
    tell = frame.say()
    lines = [f"{earlier.marked(found.source.tool, tell)} ({found.source.name}, {_period(found.source)})"]
    lines += [found.source.declared] if found.source.declared else []
    for each in found.measures:
        lines += ["", f"{each.measure.name} ({each.measure.describe(tell)})"]
        for statement in each.statements:
            lines += [f"  {statement.heading}", *(f"    {sentence}" for sentence in statement.sentences)]
            lines += [f"    {flagged.unit}: {flagged.sentence}" for flagged in statement.flagged]
    return [*lines, "", *found.methods, found.beside]


def _plain(found: EarlierFindings) -> Mapping[str, object]:
    return {
        "origin": "imported",
        "source": _plain_source(found.source),
        "measures": [
            {"code": each.measure.code, "name": each.measure.name}
            | {"statements": [dataclasses.asdict(statement) for statement in each.statements]}
            for each in found.measures
        ],
        "methods": found.methods,
        "beside": found.beside,
    }


def _plain_source(source: EarlierSource) -> Mapping[str, object]:
    return {
        "name": source.name,
        "tool": source.tool,
        "programme": source.programme,
        "smallest_group": source.smallest_group,
        "cells": source.cells,
        "units": source.units,
        "first_on": source.first_on,
        "last_on": source.last_on,
        "declared": source.declared,
        "measures": [measure.code for measure in source.measures],
    }
