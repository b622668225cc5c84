"""Estimates in, the tables (docs/calibration.md) out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reports.calibration import power
from reports.calibration.bars import size_text
from reports.calibration.families import ManyScalesTask, OneScaleTask
from reports.calibration.looks import DROPS, MANY, SIZES, TEAMS, WAVES, LookTask
from reports.calibration.practice import EWMA_LIMIT, EWMA_WEIGHT, ewma_run_length
from reports.calibration.runs import NOTHING, Results
from reports.calibration.tables import WORLD_WORDS, Entry, Figure, Table
from reports.calibration.waves import GAMMAS, SILENT_SIZES, SilenceTask, ThisWaveTask
from reports.calibration.waves import SIZES as WAVE_SIZES
from reports.calibration.years import DROPS as YEAR_DROPS
from reports.calibration.years import NOTICE, YearTask
from reports.calibration.years import SIZES as YEAR_SIZES
from surveys.i18n import Message

Invited = tuple[int, ...]
EMPTY = Figure(estimate=NOTHING)


def _table(
    section: str, title: Message, head: Iterable[Message], rows: Iterable[Iterable[Entry]], *notes: Message
) -> Table:
    return Table(section=section, title=title, head=tuple(head), rows=tuple(tuple(row) for row in rows), notes=notes)


def _names(worlds: Sequence[str]) -> list[Message]:
    return [Message("{world}", {"world": world}) for world in worlds]


def worlds_table(worlds: Sequence[str]) -> Table:
    """What each simulated world assumes."""
    rows = [(world, WORLD_WORDS[world]) for world in worlds]
    return _table("4.1", Message("Worlds"), (Message("name"), Message("what is so in it")), rows)


def looks_table(results: Results, moods: Sequence[str], invited: Invited) -> Table:
    """False alarms and coverage without a change."""

    def rows() -> Iterator[list[Entry]]:
        for waves in WAVES:
            tasks = {world: LookTask(world=world, invited=invited, waves=waves, teams=MANY) for world in moods}
            for teams in sorted(TEAMS, reverse=True):
                name = Message("rejects: pooled trend, organisation of {teams}", {"teams": teams})
                yield _row(results, waves, name, [replace(task, teams=teams) for task in tasks.values()], "rejects")
            yield _row(results, waves, Message("rejects: least squares"), tasks.values(), "ols_rejects")
            yield _row(results, waves, Message("rejects: Mann-Kendall"), tasks.values(), "mk_rejects")
            for teams in sorted(TEAMS, reverse=True):
                name = Message("covers: pooled trend, organisation of {teams}", {"teams": teams})
                yield _row(results, waves, name, [replace(task, teams=teams) for task in tasks.values()], "covers")
            yield _row(results, waves, Message("covers: least squares"), tasks.values(), "ols_covers")

    return _table(
        "4.2",
        Message("One look, nothing changes, teams of {size}", {"size": size_text(invited)}),
        (Message("waves"), Message("share of teams, test at 5 %"), *_names(moods)),
        rows(),
        Message("A wave with under five answers is not released; a team is tested from five released waves on."),
        Message("The usual practice is given the exact means of the same waves, ours the released ones."),
    )


def _row(results: Results, waves: int, name: Message, tasks: Iterable[LookTask], figure: str) -> list[Entry]:
    return [str(waves), name, *(Figure(estimate=results.of(task, figure)) for task in tasks)]


def seen_table(results: Results, moods: Sequence[str], invited: Invited) -> Table:
    """Power and coverage where every team falls."""

    def rows() -> Iterator[list[Entry]]:
        for waves in WAVES:
            for points in DROPS:
                tasks = [
                    LookTask(world=world, invited=invited, waves=waves, teams=MANY, points=-points) for world in moods
                ]
                fall = {"points": points}
                yield _row(results, waves, Message("seen: pooled trend, {points}", fall), tasks, "rejects")
                yield _row(results, waves, Message("seen: least squares, {points}", fall), tasks, "ols_rejects")
                yield _row(results, waves, Message("seen: Mann-Kendall, {points}", fall), tasks, "mk_rejects")
                yield _row(results, waves, Message("covers: pooled trend, {points}", fall), tasks, "covers")

    return _table(
        "4.2",
        Message(
            "One look, a steady drop by 0.5 or 1 point in every team, teams of {size}", {"size": size_text(invited)}
        ),
        (Message("waves"), Message("share of teams, organisation of 50"), *_names(moods)),
        rows(),
        Message("Least squares and Mann-Kendall see more where they also call more without a change."),
    )


_RULES: Mapping[str, Message] = {
    "ours_10": Message("ours, set to 10 %"),
    "ours_25": Message("ours, set to 25 %"),
    "points": Message("0.3 points since last wave"),
    "single": Message("the same, single question"),
    "favourable": Message("10 points of favourable share"),
    "z": Message("two-sample z, this and last"),
    "ols": Message("least squares, last 12 waves"),
    "mk": Message("Mann-Kendall, last 12 waves"),
    "ewma": Message("EWMA (0.2, 2.86), 8 waves first"),
    "xmr": Message("XmR, run of 8, 8 waves first"),
}


def years_table(results: Results, moods: Sequence[str]) -> Table:
    """False alarms and noticed drops of a year of watching, ours and the usual rules."""

    def rows() -> Iterator[list[Entry]]:
        for world in moods:
            for invited in YEAR_SIZES.get(world, (SIZES[0],)):
                for rule, name in _RULES.items():
                    yield [f"{world}, {size_text(invited)}", name, *_year(results, world, invited, rule)]
                if world == "base" and invited == SIZES[0]:
                    name = Message("ours, decided wave by wave")
                    yield [f"{world}, {size_text(invited)}", name, *_as_it_goes(results, world, invited)]

    return _table(
        "4.3",
        Message("Watched for a year of 26 waves"),
        (
            Message("world, size"),
            Message("rule"),
            Message("alarmed, no change"),
            Message("flags a year"),
            *(Message("{points} noticed", {"points": points}) for points in YEAR_DROPS),
            Message("waves to notice 1"),
        ),
        rows(),
        Message("Alarmed: share of unchanged team-years with at least one flag. Flags a year: mean of them."),
        Message("Noticed: flagged in one of the six waves from a lasting drop on; one team in ten drops."),
        Message(
            "By its textbook the EWMA chart runs {waves} waves to a false alarm: mean and SD known, no moods.",
            {"waves": round(ewma_run_length(EWMA_WEIGHT, EWMA_LIMIT))},
        ),
        Message(
            "Wave by wave: fitted anew at each wave from what is known then. The others look back at a whole year."
        ),
    )


def _year(results: Results, world: str, invited: Invited, rule: str) -> list[Entry]:
    quiet = YearTask(world=world, invited=invited)
    falls = [replace(quiet, points=-points) for points in YEAR_DROPS]
    return [
        Figure(estimate=results.of(quiet, f"{rule}_alarmed")),
        Figure(estimate=results.of(quiet, f"{rule}_flagged"), decimals=2),
        *(Figure(estimate=results.of(fall, f"{rule}_noticed")) for fall in falls),
        median_delay(results, falls[-1], rule),
    ]


def _as_it_goes(results: Results, world: str, invited: Invited) -> list[Entry]:
    quiet = YearTask(world=world, invited=invited, as_it_goes=True)
    fall = replace(quiet, points=-YEAR_DROPS[-1])
    return [
        Figure(estimate=results.of(quiet, "ours_10_alarmed")),
        Figure(estimate=results.of(quiet, "ours_10_flagged"), decimals=2),
        EMPTY,
        Figure(estimate=results.of(fall, "ours_10_noticed")),
        median_delay(results, fall, "ours_10"),
    ]


def median_delay(results: Results, task: YearTask, rule: str) -> Entry:
    """Median number of waves to the flag, the first with the new level counted, among drops noticed within six."""
    shares = [results.of(task, f"{rule}_at_{k}") for k in range(1, NOTICE + 1)]
    total = sum(share.value for share in shares)
    if math.isnan(total) or not total:
        return EMPTY
    cumulated = 0.0
    for wave, share in enumerate(shares, start=1):
        cumulated += share.value
        if cumulated >= total / 2:
            return str(wave)
    return str(len(shares))


def power_table(results: Results, moods: Sequence[str]) -> Table:
    """Simulated and printed smallest change."""

    def rows() -> Iterator[list[Entry]]:
        for invited in SIZES:
            for waves in WAVES:
                place = f"{size_text(invited)}, {waves}"
                seen = [power.smallest_seen(results, world, invited, waves) for world in moods]
                said = [power.printed(results, world, invited, waves) for world in moods]
                yield [place, Message("simulated"), *(Figure(estimate=each, decimals=2) for each in seen)]
                yield [place, Message("printed"), *(Figure(estimate=each, decimals=2) for each in said)]

    return _table(
        "4.4",
        Message("Smallest steady drop over the window that is seen with 80 % power, in points"),
        (Message("size, waves"), Message("figure"), *_names(moods)),
        rows(),
        Message("Printed: mean of what the product prints beside \N{LEFT DOUBLE QUOTATION MARK}no detectable change"
                "\N{RIGHT DOUBLE QUOTATION MARK} for one test by itself, 50 teams."),
    )  # fmt: skip


_METHODS: Mapping[str, Message] = {
    "ours": Message("pooled trend, Benjamini-Hochberg"),
    "ols": Message("least squares, uncorrected"),
    "ols_bh": Message("least squares, Benjamini-Hochberg"),
    "mk_bh": Message("Mann-Kendall, Benjamini-Hochberg"),
}


def families_table(results: Results, moods: Sequence[str]) -> list[Table]:
    """False discoveries and power of the families, with one scale and with five."""
    figures = (("fdr", Message("false")), ("power", Message("power")))
    one: list[list[Entry]] = [
        [name, word, *(Figure(estimate=results.of(OneScaleTask(world=world), f"{rule}_{key}")) for world in moods)]
        for rule, name in _METHODS.items()
        for key, word in figures
    ]
    quiet: list[list[Entry]] = [
        [
            name,
            Message("anything found, nothing changes"),
            *(Figure(estimate=results.of(OneScaleTask(world=world, falling=0), f"{rule}_any")) for world in moods),
        ]
        for rule, name in _METHODS.items()
    ]
    many: tuple[tuple[Message, Message, str], ...] = (
        (Message("units first, then scales"), Message("teams falsely found"), "tree_units_fdr"),
        (Message("units first, then scales"), Message("false scales inside found teams"), "tree_inside_fdr"),
        (Message("units first, then scales"), Message("false among all found cells"), "tree_fdr"),
        (Message("units first, then scales"), Message("power"), "tree_power"),
        (Message("one family of all cells"), Message("false among all found cells"), "flat_fdr"),
        (Message("one family of all cells"), Message("power"), "flat_power"),
    )
    head = (Message("method"), Message("figure"), *_names(moods))
    return [
        _table("4.5", Message("100 teams, 12 waves, ten fall by 1 point, one scale, 10 %"), head, [*one, *quiet]),
        _table(
            "4.5",
            Message("The same with five scales of which two fall"),
            head,
            [
                [name, word, *(Figure(estimate=results.of(ManyScalesTask(world=world), key)) for world in moods)]
                for name, word, key in many
            ],
        ),
    ]


def waves_table(results: Results, moods: Sequence[str]) -> Table:
    """Coverage and width of this wave's range."""
    rows: list[list[Entry]] = []
    parts: tuple[tuple[str, Message, int], ...] = (
        ("covers", Message("our range, of all members"), 3),
        ("t_covers", Message("t range without correction"), 3),
        ("half", Message("half width of ours, points"), 2),
        ("t_half", Message("half width of the t range"), 2),
    )
    for invited in WAVE_SIZES:
        tasks = [ThisWaveTask(world=world, invited=invited) for world in moods]
        for key, word, decimals in parts:
            figures = (Figure(estimate=results.of(task, key), decimals=decimals) for task in tasks)
            rows.append([size_text(invited), word, *figures])
    return _table(
        "4.6",
        Message("This wave: does the range cover the mean of everybody invited"),
        (Message("size"), Message("figure"), *_names(moods)),
        rows,
    )


def extra_table(results: Results, extra: Sequence[str]) -> Table:
    """What goes wrong where an assumption is broken."""
    rows: list[list[Entry]] = []
    for world in extra:
        for waves in WAVES:
            task = LookTask(world=world, invited=SIZES[0], waves=waves, teams=MANY)
            keys = ("rejects", "ols_rejects", "mk_rejects")
            figures: list[Entry] = [Figure(estimate=results.of(task, key)) for key in keys]
            rows.append([world, str(waves), *figures, Figure(estimate=results.of(task, "change"), decimals=2)])
        year = YearTask(world=world, invited=SIZES[0])
        alarmed = (Figure(estimate=results.of(year, f"{rule}_alarmed")) for rule in ("ours_10", "ols", "mk"))
        rows.append([world, Message("year"), *alarmed, ""])
    return _table(
        "4.1",
        Message("Other worlds without a lasting change, printed without a bar, teams of 8"),
        (
            Message("world"),
            Message("waves"),
            Message("ours"),
            Message("least squares"),
            Message("Mann-Kendall"),
            Message("mean change"),
        ),
        rows,
        Message(
            "Rows with a number: share of teams called changed at 5 %. Rows of a year: share alarmed, ours at 10 %."
        ),
    )


def silence_table(results: Results) -> Table:
    """What is said where response falls with mood."""
    rows: list[list[Entry]] = []
    for gamma in GAMMAS:
        for invited in SILENT_SIZES:
            task = SilenceTask(invited=invited, gamma=gamma)
            keys = ("rejects", "rising", "moved", "improving")
            figures: list[Entry] = [Figure(estimate=results.of(task, key)) for key in keys]
            points = [Figure(estimate=results.of(task, key), decimals=2) for key in ("bias_rise", "change")]
            rows.append([str(gamma), size_text(invited), *points, *figures])
    return _table(
        "4.6",
        Message("Response falls from 95 to 55 % over 12 waves, those who feel worse fall silent first"),
        (
            Message("gamma"),
            Message("size"),
            Message("false rise"),
            Message("reported change"),
            Message("significant"),
            Message("rising"),
            Message("response moved"),
            Message("improving"),
        ),
        rows,
        Message("Gamma: log odds of answering per standard deviation of how a member feels."),
        Message("False rise: how much rosier the mean of the answers is at the end than at the start, in points."),
    )
