"""Estimates of the link in, its section of docs/calibration.md out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.calibration.bars import Bar
from reports.calibration.link_bars import judge_link_bars
from reports.calibration.link_runs import (
    COVERED_R,
    FEW,
    LARGE,
    LARGE_WORLDS,
    NULL_SIZES,
    POWER_SIZES,
    POWER_WORLDS,
    RELEASED_SIZES,
    REVERSE_R,
    REVERSE_SIZES,
    SIZES_OF_R,
    LinkTask,
)
from reports.calibration.link_worlds import FEEDBACK, LINK_WORLDS
from reports.calibration.runs import Results
from reports.calibration.tables import Entry, Figure, Table
from surveys.i18n import Message

SECTION = "5.3"
LEVEL = 3

_FALSE: Mapping[str, Message] = {
    "rejects": Message("ours: swap test at 5 %"),
    "claims": Message("ours: the report says there is a link"),
    "cr2": Message("CR2 by t at 5 %"),
    "scan": Message("ours: strongest of nine lags, max statistic"),
    "company": Message("ours: company-wide, shift test"),
    "usual_pooled": Message("usual: correlation over all team-waves"),
    "usual_within": Message("usual: correlation within teams"),
    "usual_best": Message("usual: best of nine lags within teams"),
    "usual_company": Message("usual: correlation of company means"),
}
_COVERS: Mapping[str, Message] = {
    "covers": Message("ours: 90 % range covers"),
    "usual_covers": Message("usual: least squares with team effects covers"),
    "width": Message("ours: width of the range"),
}


@dataclass(frozen=True, kw_only=True)
class LinkOutcome:
    """Tables of the section, and the bars."""

    tables: tuple[Table, ...]
    bars: tuple[Bar, ...]


def link_outcome(results: Results, worlds: Sequence[str]) -> LinkOutcome:
    """Tables and bars of what was simulated."""
    tables = [_worlds(worlds), _false(results, worlds), _covers(results, worlds), _released(results, worlds)]
    powers = [world for world in worlds if world in POWER_WORLDS]
    if powers:
        tables.append(_power(results, powers))
    if "ar" in worlds:
        tables += [_reverse(results), _few(results, worlds)]
    return LinkOutcome(tables=tuple(tables), bars=tuple(judge_link_bars(results, worlds)))


def _table(title: Message, head: Iterable[Message], rows: Iterable[Iterable[Entry]], *notes: Message) -> Table:
    made = tuple(tuple(row) for row in rows)
    return Table(section=SECTION, title=title, head=tuple(head), rows=made, notes=notes, level=LEVEL)


def _size(teams: int, waves: int) -> Message:
    return Message("{teams} by {waves}", {"teams": teams, "waves": waves})


def _figure(results: Results, task: LinkTask, name: str) -> Figure:
    return Figure(estimate=results.of(task, name))


def _worlds(worlds: Sequence[str]) -> Table:
    rows = [(world, LINK_WORLDS[world]) for world in worlds]
    return _table(
        Message("Worlds of pressure and sentiment"),
        (Message("name"), Message("what is so in it")),
        rows,
        Message("Both series are AR(1) with .6 per wave, released means have reliability .7, each team has its level."),
        Message("r is the correlation of pressure and released means within a team, noise included."),
    )


def _false(results: Results, worlds: Sequence[str]) -> Table:
    has_large = not set(worlds).isdisjoint(LARGE_WORLDS)
    sizes = [*NULL_SIZES, LARGE] if has_large else [*NULL_SIZES]

    def rows() -> Iterator[list[Entry]]:
        for world in worlds:
            tasks = [LinkTask(world=world, teams=g, waves=w, whole=(g, w) != LARGE) for g, w in sizes]
            for name, words in _FALSE.items():
                yield [world, words, *(_figure(results, task, name) for task in tasks)]

    return _table(
        Message("Nothing is linked: share of panels in which a link is found"),
        (Message("world"), Message("test"), *(_size(g, w) for g, w in sizes)),
        rows(),
        Message("Columns: teams by waves. A dash: not simulated, or a gate of the report is not met."),
        Message("The usual practice sees the same panels; it has no gates but those of the report."),
        Message("CR2 by t has no column of its own in a report: it gives the range, the swap test gives the p value."),
    )


def _covers(results: Results, worlds: Sequence[str]) -> Table:
    def rows() -> Iterator[list[Entry]]:
        for world in worlds:
            for r in (0.0, COVERED_R):
                tasks = [LinkTask(world=world, teams=g, waves=w, r=r, whole=True) for g, w in NULL_SIZES]
                for name, words in _COVERS.items():
                    yield [world, f"{r:g}", words, *(_figure(results, task, name) for task in tasks)]

    return _table(
        Message("Ranges of the slope"),
        (Message("world"), Message("r"), Message("range"), *(_size(g, w) for g, w in NULL_SIZES)),
        rows(),
        Message("Width: mean, in standard deviations of what is left of sentiment after teams, trends and waves."),
    )


def _released(results: Results, worlds: Sequence[str]) -> Table:
    names = {"rejects": Message("swap test at 5 % finds a link"), "covers": Message("90 % range covers")}

    def rows() -> Iterator[list[Entry]]:
        for world in worlds:
            for r in (0.0, COVERED_R):
                tasks = [LinkTask(world=world, teams=g, waves=w, r=r, released=True) for g, w in RELEASED_SIZES]
                for name, words in names.items():
                    yield [world, f"{r:g}", words, *(_figure(results, task, name) for task in tasks)]

    return _table(
        Message("Through answers and the disclosure policy, teams of 8"),
        (Message("world"), Message("r"), Message("share of panels"), *(_size(g, w) for g, w in RELEASED_SIZES)),
        rows(),
        Message("Three items in five categories, 75 % answer; one wave in nine has under five answers and is missing."),
    )


def _power(results: Results, worlds: Sequence[str]) -> Table:
    def rows() -> Iterator[list[Entry]]:
        for world in worlds:
            for r in SIZES_OF_R:
                tasks = [LinkTask(world=world, teams=g, waves=w, r=r) for g, w in POWER_SIZES]
                yield [world, f"{r:g}", *(_figure(results, task, "rejects") for task in tasks)]

    return _table(
        Message("A link is there: share of panels in which the swap test finds it"),
        (Message("world"), Message("r"), *(_size(g, w) for g, w in POWER_SIZES)),
        rows(),
    )


def _reverse(results: Results) -> Table:
    names = {
        "reverse_excludes": Message("90 % range of the reverse slope excludes 0"),
        "reverse_rejects": Message("swap test of the reverse slope at 5 %"),
        "claims": Message("the report says there is a link"),
        "followed": Message(
            "of those: it may say \N{LEFT DOUBLE QUOTATION MARK}followed by\N{RIGHT DOUBLE QUOTATION MARK}"
        ),
    }
    kinds = {"ar": Message("pressure moves mood in the same wave"), FEEDBACK: Message("mood moves the next pressure")}

    def rows() -> Iterator[list[Entry]]:
        for kind, words in kinds.items():
            for r in REVERSE_R if kind == "ar" else SIZES_OF_R:
                base = LinkTask(world=kind, teams=5, waves=12, r=r, whole=True)
                tasks = [replace(base, teams=g, waves=w) for g, w in REVERSE_SIZES]
                for name, told in names.items():
                    yield [words, f"{r:g}", told, *(_figure(results, task, name) for task in tasks)]

    return _table(
        Message("The reverse check: sentiment of a wave and pressure of the next"),
        (Message("what is true"), Message("r"), Message("share of panels"), *(_size(g, w) for g, w in REVERSE_SIZES)),
        rows(),
        Message("A link of the same wave alone makes the check fire too: slow series carry it into the next wave."),
        Message(
            "So the check holds words back; it does not tell which came first. "
            "A mood that moves the next pressure makes a link of the same wave as well."
        ),
    )


def _few(results: Results, worlds: Sequence[str]) -> Table:
    def rows() -> Iterator[list[Entry]]:
        for world in worlds:
            tasks = [LinkTask(world=world, teams=g, waves=w, r=SIZES_OF_R[-1], whole=True) for g, w in FEW]
            yield [world, *(_figure(results, task, "never") for task in tasks)]

    return _table(
        Message("Fewer than five teams: share of panels without any link told, at r of {r}", {"r": SIZES_OF_R[-1]}),
        (Message("world"), *(_size(g, w) for g, w in FEW)),
        rows(),
    )
