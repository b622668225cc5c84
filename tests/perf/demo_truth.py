"""Makes the sample organisation with many seeds and counts which verdicts of a year are true.

    python -m tests.perf.demo_truth [--size default] [--seeds 20] [--first 1] [--processes 2]

Every wave goes through the real path: papers, ballots, close, count, release. The truth is what the simulation planted:
the troubled team's scales and the improving team's clarity moved, nothing else did; moods that come and go, and new
colleagues, are no change. A team's verdicts are those of its own report, so what is counted is what its leader reads.
Units that hold a changed team beside others (its department, a joint group, the whole company) moved by a part of the
change and are counted apart, by the size of the changed team and by how many teams are counted with it.

Alerts are those of the whole year: a quiet team-year counts where any wave raised one; a planted change is noticed
where one of its first six waves, in which the scale may not always be asked, raised one in its direction.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app import installation
from app.config import Settings
from app.demo import accounts, fieldwork
from app.demo.calendar import make_calendar
from app.demo.folder import prepare
from app.demo.organisation import make_organisation
from app.demo.run import write_samples
from app.demo.shapes import ROOT, TROUBLE_FROM, WAVES, Shape, Size, shape_of
from app.demo.world import make_world
from reports.errors import ReleaseRefused
from reports.services.findings import Findings, find_trends
from reports.services.history import History, load_history
from reports.services.trend_sets import page_crowds
from reports.stats.results import Watch
from reports.stats.verdicts import Verdict
from surveys.instruments.schema import Direction

TODAY = dt.date(2030, 1, 9)
MOVED = frozenset({"workload", "energy", "priorities", "commitments", "burnout"})
"""Scales that fall in the troubled team; the long ones' parts of the same topics move with them."""
MOVED_PARTS = frozenset({"recovery-core"})
JOINT = 4
"""Teams that a joint group holds at most; a set of more is a department or the organisation."""
BEYOND = 10**6
SIZES = ((0, 4), (5, 7), (8, 9), (10, 11), (12, 14), (15, BEYOND))
"""Sizes of teams that are counted together, in invited people."""
CHANGED = frozenset({Verdict.RISING, Verdict.FALLING})
IMPROVES_FROM = 7
"""The first wave in which the improving team's clarity is better; it rises step by step for a year's half."""
SOON = 6
"""Waves within which a change should be noticed."""


@dataclass(frozen=True)
class Seen:
    """One verdict: what was true of it, and what was said.

    ``invited`` are the people of the changed team and ``teams`` how many teams are counted as one with it. ``alerts``
    counts those of the year, None where nothing was watched; ``noticed`` tells whether the change raised one soon.
    """

    kind: str  # quiet, planted, or part (a unit that holds a changed team and others)
    story: str  # troubled, improving or empty
    unit: str
    scale: str
    verdict: Verdict
    waves: int
    invited: int
    teams: int
    alerts: int | None
    noticed: bool
    is_right: bool


def truth(shape: Shape, members: frozenset[str], scale: str) -> tuple[str, str]:
    """Return what the simulation planted in a set of teams for a scale: the kind and whose story."""
    for story, team, scales in (
        ("troubled", shape.troubled, MOVED | MOVED_PARTS),
        ("improving", shape.improving, frozenset({"clarity", "clarity-core"})),
    ):
        if team in members and scale in scales:
            return ("planted" if members == {team} else "part"), story
    return "quiet", ""


def year(arguments: tuple[str, int]) -> list[Seen] | str:
    """Hold the year of one seed and return every verdict of every team's report, or why a wave was not released."""
    size, seed = arguments
    shape, calendar = shape_of(Size(size)), make_calendar(TODAY)
    organisation = make_organisation(shape, seed=seed, first=calendar.first_opening, last=calendar.last_opening)
    with tempfile.TemporaryDirectory() as folder:
        places = prepare(Path(folder, "demo"))
        write_samples(places, organisation, seed=seed, calendar=calendar)
        inst = installation.create(Settings(data_dir=places.data, key_dir=places.keys))
        try:
            fieldwork.set_up(
                inst,
                teams=places.samples / "teams.csv",
                people=places.samples / "people.csv",
                name=shape.name,
                calendar=calendar,
            )
            accounts.add_staff(inst)
            world = make_world(organisation, seed=seed)
            held = [fieldwork.hold_wave(inst, world, number=n, calendar=calendar) for n in range(1, WAVES + 1)]
            with inst.database.reading() as session:
                history = load_history(session, wave=held[-1].slug)
                return verdicts(shape, history, find_trends(history))
        except ReleaseRefused as refused:
            return f"seed {seed}: {refused}"
        finally:
            inst.database.dispose()


def verdicts(shape: Shape, history: History, findings: Findings) -> list[Seen]:
    """Return the verdicts of the reports of all teams that people belong to; equal sets count once."""
    found, seen = [], set()
    units = [each.key for each in shape.leaves] + ([] if len(shape.leaves) == len(shape.teams) else [ROOT])
    for unit in units:
        own = findings.sets.get(unit)
        if own is None or own.key in seen or not page_crowds(history.last, unit):
            continue
        seen.add(own.key)
        for scale, judged in findings.judgements(unit, response_moved=False).items():
            kind, story = truth(shape, own.units, scale)
            changed = {"troubled": shape.troubled, "improving": shape.improving}.get(story) or unit
            upwards = (story == "improving") == (history.last.instrument.scale(scale).higher_is is not Direction.WORSE)
            fitted = findings.alerts.get(scale)
            watch = None if fitted is None else fitted.results.get(own.key)
            found.append(
                Seen(
                    kind=kind,
                    story=story,
                    unit=unit,
                    scale=scale,
                    verdict=judged.verdict,
                    waves=getattr(judged.finding, "waves", 0),
                    invited=history.last.units[changed].invited,
                    teams=len(own.units),
                    alerts=len(watch.alerts) if isinstance(watch, Watch) else None,
                    noticed=isinstance(watch, Watch) and is_noticed(history, watch, story, upwards=upwards),
                    is_right=judged.verdict is (Verdict.RISING if upwards else Verdict.FALLING),
                )
            )
    return found


def is_noticed(history: History, watch: Watch, story: str, *, upwards: bool) -> bool:
    """Tell whether one of the first waves of a change raised an alert in its direction."""
    first = IMPROVES_FROM if story == "improving" else TROUBLE_FROM
    days = {wave.opened_on.toordinal() for wave in history.waves if first <= wave.number < first + SOON}
    return any(round(look.day) in days and (look.z > 0) == upwards for look in watch.alerts)


def main() -> None:
    """Hold the years, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="default", choices=[each.value for each in Size])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    work = [(arguments.size, seed) for seed in range(arguments.first, arguments.first + arguments.seeds)]
    with ProcessPoolExecutor(arguments.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        held = list(pool.map(year, work))
    years = [one for one in held if not isinstance(one, str)]
    print(f"{arguments.seeds} seeds of the {arguments.size} demonstration, {time.perf_counter() - started:.0f} s")
    for reason in (one for one in held if isinstance(one, str)):
        print(f"left out, {reason}")
    _print_quiet(years)
    _print_quiet_alerts(years)
    _print_planted(years)
    _print_sizes(years)


def _print_quiet(years: list[list[Seen]]) -> None:
    quiet = [each for one in years for each in one if each.kind == "quiet" and each.waves]
    teams = {
        (place, each.unit) for place, one in enumerate(years) for each in one if each.kind == "quiet" and each.waves
    }
    flagged = [each for each in quiet if each.verdict in CHANGED]
    hit = {
        (place, each.unit)
        for place, one in enumerate(years)
        for each in one
        if each.kind == "quiet" and each.waves and each.verdict in CHANGED
    }
    print(
        f"nothing planted: {len(flagged)} of {len(quiet)} tested cells called changed "
        f"({len(flagged) / max(1, len(quiet)):.4f}); "
        f"team-years with at least one such scale {len(hit)} of {len(teams)} ({len(hit) / max(1, len(teams)):.3f}); "
        f"false 'changed' per team-year {len(flagged) / max(1, len(teams)):.3f}"
    )


def _print_planted(years: list[list[Seen]]) -> None:
    counted: dict[tuple[str, str, str], Counter[str]] = {}
    for one in years:
        for each in one:
            if each.kind != "quiet":
                counted.setdefault((each.kind, each.story, each.scale), Counter())[each.verdict.value] += 1
    for (kind, story, scale), verdict in sorted(counted.items()):
        print(f"{kind:8} {story:10} {scale:16} " + ", ".join(f"{name} {n}" for name, n in sorted(verdict.items())))


def _print_quiet_alerts(years: list[list[Seen]]) -> None:
    """Print the share of quiet team-years with an alert, by scale, the most watched ones first."""
    watched: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for each in (each for one in years for each in one if each.kind == "quiet" and each.alerts is not None):
        watched[each.scale] += 1
        flagged[each.scale] += bool(each.alerts)
    print(f"alerts in quiet team-years, over all scales: {_share(flagged.total(), watched.total())}")
    for scale, number in watched.most_common():
        print(f"quiet    alerts     {scale:16} {_share(flagged[scale], number)}")


def _print_sizes(years: list[list[Seen]]) -> None:
    """Print what was said about the changed teams by their size and by how many teams their set holds."""
    groups: dict[tuple[str, str, str, str], list[Seen]] = {}
    for each in (each for one in years for each in one if each.kind != "quiet"):
        apart = "alone" if each.kind == "planted" else "joint" if each.teams <= JOINT else "in a larger unit"
        groups.setdefault((each.story, apart, _sized(each.invited), each.scale), []).append(each)
    print(f"planted changes: called in their direction, and noticed within {SOON} waves by an alert")
    for (story, apart, size, scale), cells in sorted(groups.items()):
        tested = [each for each in cells if each.waves]
        watched = [each for each in cells if each.alerts is not None]
        said = f"called {_share(sum(each.is_right for each in tested), len(tested))}"
        seen = f"noticed {_share(sum(each.noticed for each in watched), len(watched))}"
        print(f"{story:10} {apart:17} {size:>14} {scale:16} {said}; {seen}")


def _sized(invited: int) -> str:
    low, high = next((low, high) for low, high in SIZES if invited <= high)
    return f"{low} to {high} people" if high < BEYOND else f"{low} and more"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({part / whole:.2f})" if whole else "")


if __name__ == "__main__":
    main()
