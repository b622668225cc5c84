"""Imports a made-up Jira export with change log and prints time and peak memory beside two bare parsers.

    python -m tests.perf.roadmap_import [--issues 100000] [--entries 10]

The export has the shape of Jira Cloud's answers: one object with ``issues`` and, after them, the names of fields. The
import reads it, maps it and stores it in SQLite, without the weekly figures; then it does so again with the same
file, and with one in which every hundredth issue changed. The floors are ``json.load`` of the file and
``ijson.items`` over its issues, which keep nothing. Each runs in a fresh process; all read the same file from the same
disk, one after another. Memory is the peak of the process as the system counts it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ijson

from app.extensions import Database
from app.schema import upgrade
from surveys.importers.roadmap_formats import read_upload
from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_model import SourceKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_text import open_export
from surveys.services.roadmap import import_roadmap

_START = dt.datetime(2023, 1, 2, 8, tzinfo=dt.UTC)
_TEAMS = 100
_NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_MOVES = (
    ("status", "Open", "In Progress"),
    ("status", "In Progress", "Open"),
    ("Fix Version", None, "4.{plan}"),
    ("Fix Version", "4.{plan}", None),
    ("priority", "Major", "Critical"),
    ("duedate", None, "2025-03-{day}"),
    ("Story point estimate", "2", "5"),
    ("assignee", "A Person", "Another Person"),
    ("summary", "A title as it was before", "A title as it is now"),
    ("description", "What was there before " * 4, "What is there now " * 5),
)


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=10, help="entries of the change log per issue")
    parser.add_argument("--one", choices=sorted(_JOBS), help="do one of the jobs and print what it took")
    parser.add_argument("--file", type=Path)
    arguments = parser.parse_args()
    if arguments.one:
        _do(arguments.one, arguments.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first.json"), Path(folder, "second.json")
        write_export(first, arguments.issues, arguments.entries)
        write_export(second, arguments.issues, arguments.entries, every_changed=100)
        size = first.stat().st_size / 2**20
        print(f"{arguments.issues} issues, {arguments.issues * arguments.entries} entries, {size:.0f} MiB", flush=True)
        spent = {name: _in_a_process(name, path) for name, path in _plan(first, second)}
        for floor in ("json.load", "ijson.items"):
            print(f"import beside {floor}: {spent['import'] / spent[floor]:.1f} times")


def _plan(first: Path, second: Path) -> list[tuple[str, Path]]:
    return [
        ("json.load", first),
        ("ijson.items", first),
        ("read and map", first),
        ("import", first),
        ("import again", first),
        ("import changed", second),
    ]


def write_export(path: Path, issues: int, entries: int, *, every_changed: int = 0) -> None:
    """Write an export, the same for the same numbers; every so many issues have one more entry in their log."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"expand":"schema,names","startAt":0,"issues":[')
        for number in range(issues):
            more = bool(every_changed) and number % every_changed == 0
            stream.write("," if number else "")
            json.dump(_issue(number, entries + more), stream)
        stream.write('],"names":{"customfield_10016":"Story point estimate"}}')


def _issue(number: int, entries: int) -> dict[str, object]:
    rng = random.Random(number)
    at = _START + dt.timedelta(minutes=number * 15)
    created, histories = at, []
    for entry in range(entries):
        at += dt.timedelta(hours=rng.randrange(1, 400))
        name, old, new = rng.choice(_MOVES)
        values = {"plan": number % 60, "day": f"{1 + rng.randrange(28):02}"}
        histories.append(
            {
                "id": str(number * 100 + entry),
                "author": _person(rng.randrange(400)),
                "created": _stamp(at),
                "items": [
                    {
                        "field": name,
                        "fieldtype": "jira",
                        "fieldId": name.lower(),
                        "from": str(rng.randrange(9)),
                        "fromString": old and old.format(**values),
                        "to": str(rng.randrange(9)),
                        "toString": new and new.format(**values),
                    }
                ],
            }
        )
    is_done = number % 3 == 0
    return {
        "id": str(number),
        "self": f"https://jira.example.org/rest/api/3/issue/{number}",
        "key": f"P{number % _TEAMS}-{number}",
        "fields": {
            "summary": f"What issue {number} is about, in a line",
            "description": "Some words that say what is wanted and why. " * 8,
            "project": {"id": "1", "key": f"P{number % _TEAMS}", "name": "A project"},
            "issuetype": {"name": rng.choice(("Story", "Bug", "Task"))},
            "status": {"name": "Done", "statusCategory": {"key": "done"}}
            if is_done
            else {"name": "Open", "statusCategory": {"key": "new"}},
            "priority": {"name": rng.choice(("Blocker", "Critical", "Major", "Minor"))},
            "created": _stamp(created),
            "updated": _stamp(at),
            "resolutiondate": _stamp(at) if is_done else None,
            "duedate": None,
            "labels": ["one", "two"],
            "components": [{"name": f"part {number % 7}"}],
            "fixVersions": [{"name": f"4.{number % 60}", "releaseDate": "2025-06-30", "released": False}],
            "assignee": _person(number % 400),
            "customfield_10016": float(rng.choice((1, 2, 3, 5))),
            **{f"customfield_{field}": None for field in range(11_000, 11_030)},
        },
        "changelog": {"startAt": 0, "maxResults": entries, "total": entries, "histories": histories},
    }


def _person(number: int) -> dict[str, object]:
    return {
        "self": f"https://jira.example.org/rest/api/3/user?accountId=5b10ac8d82e05b22cc7d{number:04}",
        "accountId": f"5b10ac8d82e05b22cc7d{number:04}",
        "displayName": f"Person {number}",
        "active": True,
        "timeZone": "Europe/Madrid",
    }


def _stamp(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _in_a_process(name: str, path: Path) -> float:
    command = [sys.executable, "-m", "tests.perf.roadmap_import", "--one", name, "--file", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, busy, peak, found = done.stdout.split()
    size = path.stat().st_size / 2**20 / float(seconds)
    print(
        f"{name:16s}{float(seconds):7.1f} s ({float(busy):.1f} s of processor), {size:5.0f} MiB a second, "
        f"peak memory {float(peak):.0f} MiB, {found}",
        flush=True,
    )
    return float(seconds)


def _do(name: str, path: Path) -> None:
    busy, started = time.process_time(), time.perf_counter()
    found = _JOBS[name](path)
    spent = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{spent:.2f} {time.process_time() - busy:.2f} {peak:.0f} {found}")


def _json(path: Path) -> str:
    with path.open("rb") as stream:
        return f"{len(json.load(stream)['issues'])}_issues"


def _ijson(path: Path) -> str:
    with path.open("rb") as stream:
        return f"{sum(1 for _ in ijson.items(stream, 'issues.item', use_float=True))}_issues"


def _mapped(path: Path) -> str:
    stream, mapping, _ = _source(path)
    with stream:
        read = read_upload(SourceKind.JIRA_JSON, stream, reading=_reading(path), mapping=mapping, zones={})
        return f"{sum(len(events) for _, events in read.items())}_changes"


def _import(path: Path) -> str:
    stream, mapping, database = _source(path)
    with stream, database.transaction() as session:
        read = read_upload(SourceKind.JIRA_JSON, stream, reading=_reading(path), mapping=mapping, zones={})
        account = import_roadmap(session, read, name="jira", file_sha256="0" * 64, now=_NOW)
    database.dispose()
    return f"{account.items}_items,_{account.events}_changes,_{account.new}_new,_{account.changed}_changed"


def _source(path: Path):  # type: ignore[no-untyped-def]
    database = Database(f"sqlite:///{path.parent / 'roadmap.db'}")
    upgrade(database)
    rules = tuple(TeamRule(team=f"team{number}", project=f"p{number}") for number in range(_TEAMS))
    return open_export(path, limit=8 << 30), RoadmapMap(rules=rules), database


def _reading(path: Path) -> Reading:
    return Reading(source=path.name, secret=b"s" * 32)


_JOBS = {
    "json.load": _json,
    "ijson.items": _ijson,
    "read and map": _mapped,
    "import": _import,
    "import again": _import,
    "import changed": _import,
}


if __name__ == "__main__":
    main()
