"""Prints how the pressure of three real projects compares with a prototype, runs up to releases, and bears damage.

    python -m tests.perf.real_pressure ../shared/roadmap_data

The folder holds the Jira export of three open-source projects, the weekly table of the research prototype and the table
of sprints; none of them is part of this repository. The table of indicators uses the settings of the prototype
(items, U without the clause on plans); the damages are done to the export under the product's own settings.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from scipy.stats import spearmanr

from reports.pressure.anchors import Indicator
from reports.pressure.index import PressureIndex, index_of
from reports.pressure.indicators import weekly
from reports.pressure.values import Measured, WeekIndicators
from surveys.importers.roadmap_jira import read_jira
from surveys.importers.roadmap_map import read_map
from surveys.importers.roadmap_model import EventField, RoadmapFile, WorkEventFact, WorkItemFact, by_team

TEAMS = ("DURACLOUD", "FCREPO", "ISLANDORA")
MAP = (
    "".join(f'[[team]]\nteam = "{team}"\nproject = "{team}"\n' for team in TEAMS)
    + """
[status]
todo = ["Received", "Open"]
doing = ["In Progress", "In Review", "Reopened"]
done = ["Resolved", "Closed"]
[points]
field = "customfield_10023"
[priorities]
order = ["Blocker", "Critical", "Major", "Minor", "Trivial"]
"""
)
COLUMNS = {
    "R": "R_required_rate",
    "L": "L_load",
    "C": "C_scope_churn",
    "U": "U_unplanned",
    "V": "V_volatility",
    "W": "W_wip",
    "P": "P_top_priority",
    "index": "index",
}
RUN_UP = ((13.0, 1e9), (8.0, 13.0), (6.0, 8.0), (4.0, 6.0), (3.0, 4.0), (2.0, 3.0), (1.0, 2.0), (0.0, 1.0))
Cell = tuple[str, dt.date]
Table = Mapping[Cell, WeekIndicators]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two series of weeks agree: weeks in both, share equal to 0.001, correlations, the largest difference."""

    weeks: int
    equal: float
    rank: float
    pearson: float
    largest: float
    at: Cell


def read_reference(folder: Path) -> dict[Cell, dict[str, str]]:
    """Return the rows of the prototype's table by team and Monday."""
    with gzip.open(folder / "team_week_duraspace.csv.gz", "rt") as stream:
        return {(row["team"], dt.date.fromisoformat(row["week"])): row for row in csv.DictReader(stream)}


def read_export(folder: Path) -> RoadmapFile:
    """Return the export of the three projects."""
    data = (folder / "jira_duraspace_3teams.json.gz").read_bytes()
    return read_jira(data, source="jira", mapping=read_map(MAP.encode(), source="map"), secret=b"k" * 32)


def compute(file: RoadmapFile, cells: Iterable[Cell], *, prototype: bool = False) -> dict[Cell, WeekIndicators]:
    """Return the indicators of every asked team and week."""
    asked: dict[str, list[dt.date]] = {}
    for team, monday in cells:
        asked.setdefault(team, []).append(monday)
    return {
        (team, week.monday): week
        for team, (items, events) in by_team(file).items()
        for week in weekly(
            items,
            events,
            file.plans,
            weeks=asked[team],
            zone=dt.UTC,
            coverage=(file.covered_from, file.covered_to),
            history=file.history,
            points=not prototype,
            plan_clause=not prototype,
        )
    }


def value(week: WeekIndicators, name: str) -> float | None:
    """Return an indicator or the index of a week, or ``None`` where it is missing."""
    if name == "index":
        index = index_of(week)
        return index.value if isinstance(index, PressureIndex) else None
    found = week.values[Indicator(name)]
    return found.value if isinstance(found, Measured) else None


def agreement(pairs: Mapping[Cell, tuple[float, float]]) -> Agreement:
    """Compare ours with theirs, cell by cell."""
    both = np.array(list(pairs.values()))
    gaps = {cell: abs(ours - theirs) for cell, (ours, theirs) in pairs.items()}
    worst = max(gaps, key=lambda cell: gaps[cell])
    return Agreement(
        weeks=len(both),
        equal=fmean(gap < 1e-3 for gap in gaps.values()),
        rank=float(spearmanr(both).statistic),
        pearson=float(np.corrcoef(both.T)[0, 1]),
        largest=gaps[worst],
        at=worst,
    )


def against_prototype(table: Table, reference: Mapping[Cell, Mapping[str, str]]) -> dict[str, Agreement]:
    """Return the agreement of every indicator and of the index with the prototype's table."""
    found = {}
    for name, column in COLUMNS.items():
        pairs = {
            cell: (ours, float(row[column]))
            for cell, row in reference.items()
            if row[column] and (ours := value(table[cell], name)) is not None
        }
        found[name] = agreement(pairs)
    return found


def run_up(table: Table, reference: Mapping[Cell, Mapping[str, str]], team: str) -> list[tuple[int, float, float]]:
    """Return (weeks, mean index, mean R) of a team by weeks to its next dated release, from far to near."""
    found = []
    for low, high in RUN_UP:
        cells = [
            cell
            for cell, row in reference.items()
            if cell[0] == team and row["weeks_to_next"] and low <= float(row["weeks_to_next"]) < high
        ]
        indexes = [index for cell in cells if (index := value(table[cell], "index")) is not None]
        rates = [rate for cell in cells if (rate := value(table[cell], "R")) is not None]
        found.append((len(indexes), fmean(indexes) if indexes else np.nan, fmean(rates) if rates else np.nan))
    return found


def split_tickets(file: RoadmapFile) -> RoadmapFile:
    """Every ticket becomes two of the same kind, each with all changes."""
    return replace(
        file,
        items=(*file.items, *(replace(item, key=f"{item.key}-b") for item in file.items)),
        events=(*file.events, *(replace(event, item=f"{event.item}-b") for event in file.events)),
    )


def half_critical(file: RoadmapFile) -> RoadmapFile:
    """Half of all items are Critical from their creation on."""
    rng = random.Random(1)
    chosen = {item.key for item in file.items if rng.random() < 0.5}
    return replace(
        file,
        items=tuple(replace(item, priority_rank=2) if item.key in chosen else item for item in file.items),
        events=tuple(e for e in file.events if e.item not in chosen or e.field is not EventField.PRIORITY),
    )


def lost_versions(file: RoadmapFile) -> RoadmapFile:
    """Three in ten items never had a version."""
    rng = random.Random(2)
    chosen = {item.key for item in file.items if rng.random() < 0.3}
    return replace(
        file,
        items=tuple(replace(item, plans=()) if item.key in chosen else item for item in file.items),
        events=tuple(e for e in file.events if e.item not in chosen or e.field is not EventField.PLAN),
    )


def month_end(file: RoadmapFile) -> RoadmapFile:
    """Four in ten items are closed on the last day of the month."""
    rng = random.Random(3)

    def late(item: WorkItemFact, done: dt.datetime) -> dt.datetime:
        last = (done.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        return max(done, last.replace(hour=17)) if rng.random() < 0.4 else done

    return _closed_later(file, late)


def lagging(file: RoadmapFile) -> RoadmapFile:
    """Closing lags the work by up to ten days."""
    rng = random.Random(4)
    return _closed_later(file, lambda _, done: done + dt.timedelta(days=10 * rng.random()))


def without_history(file: RoadmapFile) -> RoadmapFile:
    """The export is a plain list of items as they stand at its end."""
    return replace(file, events=(), history=frozenset())


def _closed_later(file: RoadmapFile, late: Callable[[WorkItemFact, dt.datetime], dt.datetime]) -> RoadmapFile:
    before = {item.key: item.done_at for item in file.items}
    after = {item.key: None if item.done_at is None else late(item, item.done_at) for item in file.items}

    def moved(event: WorkEventFact) -> WorkEventFact:
        done, now = before.get(event.item), after.get(event.item)
        if event.field is not EventField.STATUS or done is None or now is None or event.new != "done":
            return event
        return replace(event, at=now) if event.at >= done - dt.timedelta(minutes=5) else event

    return replace(
        file,
        items=tuple(replace(item, done_at=after[item.key]) for item in file.items),
        events=tuple(moved(event) for event in file.events),
    )


DAMAGES: Mapping[str, Callable[[RoadmapFile], RoadmapFile]] = {
    "every ticket split in two": split_tickets,
    "half of all items Critical": half_critical,
    "30 % of items lose their version": lost_versions,
    "40 % closed in a month-end batch": month_end,
    "closing lags by 0 to 10 days": lagging,
    "no history": without_history,
}


def robustness(table: Table, damaged: Table) -> dict[str, tuple[float, float]]:
    """Return by indicator the rank correlation of damaged and untouched weeks, and the mean shift."""
    found = {}
    for name in COLUMNS:
        pairs = [
            (one, two)
            for cell, week in table.items()
            if (one := value(week, name)) is not None and (two := value(damaged[cell], name)) is not None
        ]
        if len(pairs) > 2:
            found[name] = float(spearmanr(pairs).statistic), fmean(two - one for one, two in pairs)
    return found


def sprint_shares(folder: Path) -> dict[str, list[float]]:
    """Return what sprints added and removed for each item committed, at 80 % of sprints with five or more items."""
    with gzip.open(folder / "sprints_tse2017_176boards.csv.gz", "rt") as stream:
        rows = [row for row in csv.DictReader(stream) if row["at_pct"] == "80"]
    usual = [row for row in rows if float(row["no_issue_starttime"]) >= 5]
    pointed = [row for row in rows if float(row["vel_starttime"]) > 0]
    return {
        "added / committed": [float(r["no_issue_added"]) / float(r["no_issue_starttime"]) for r in usual],
        "removed / committed": [float(r["no_issue_removed"]) / float(r["no_issue_starttime"]) for r in usual],
        "(committed + velocity difference) / committed": [
            1 + float(r["vel_diff"]) / float(r["vel_starttime"]) for r in pointed
        ],
    }


def main() -> None:
    """Print all tables."""
    folder = Path(sys.argv[1])
    reference, file = read_reference(folder), read_export(folder)
    print("against the prototype: weeks, equal to 0.001, rank r, Pearson r, largest difference")
    for name, found in against_prototype(compute(file, reference, prototype=True), reference).items():
        place = f"{found.at[0]} {found.at[1]}"
        print(
            f"  {name:<6} {found.weeks:4} {found.equal:6.1%} {found.rank:7.3f} {found.pearson:7.3f} "
            f"{found.largest:8.3f}  {place}"
        )
    table = compute(file, reference)
    print("DURACLOUD by weeks to its next release (far to near): weeks, mean index, mean R")
    for (low, high), (weeks, index, rate) in zip(RUN_UP, run_up(table, reference, "DURACLOUD"), strict=True):
        print(f"  {low:4.0f} to {min(high, 99):3.0f}  {weeks:4} {index:6.1f} {rate:6.2f}")
    print("damage: rank correlation with the untouched week, and mean shift of the index")
    for label, damage in DAMAGES.items():
        found_by = robustness(table, compute(damage(file), reference))
        cells = "  ".join(f"{name} {rank:5.2f}" for name, (rank, _) in found_by.items())
        print(f"  {label:<34} {cells}  shift {found_by['index'][1] if 'index' in found_by else float('nan'):+.1f}")
    print("real sprints: number, P10, P50, P75, P90")
    for label, shares in sprint_shares(folder).items():
        print(f"  {label:<46} {len(shares):5}", *(f"{share:5.2f}" for share in np.percentile(shares, (10, 50, 75, 90))))


if __name__ == "__main__":
    main()
