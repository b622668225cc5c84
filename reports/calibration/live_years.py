"""Estimates in, the table of alerts that are decided wave by wave in organisations of many, few and one team, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.calibration.runs import Results
from reports.calibration.sheets import median_delay
from reports.calibration.tables import Entry, Figure, Table
from reports.calibration.years import DROPS, LIVE, live_task
from surveys.i18n import Message


def live_table(results: Results, moods: Sequence[str]) -> Table:
    """False alarms and noticed drops where each wave is judged with what was known then, by teams."""

    def rows() -> Iterator[tuple[Entry, ...]]:
        for world in moods:
            for teams in LIVE:
                quiet, fall = live_task(world, teams), live_task(world, teams, DROPS[-1])
                yield (
                    world,
                    str(teams),
                    Figure(estimate=results.of(quiet, "ours_10_alarmed")),
                    Figure(estimate=results.of(quiet, "ours_10_flagged"), decimals=2),
                    Figure(estimate=results.of(fall, "ours_10_noticed")),
                    median_delay(results, fall, "ours_10"),
                )

    return Table(
        section="4.3",
        title=Message("Decided wave by wave, as an installation does, teams of 8"),
        head=(
            Message("world"),
            Message("teams"),
            Message("alarmed, no change"),
            Message("flags a year"),
            Message("{points} noticed", {"points": DROPS[-1]}),
            Message("waves to notice 1"),
        ),
        rows=tuple(rows()),
        notes=(
            Message("One or a few teams cannot see as much: too little is known about their moods, so no bar is set."),
        ),
    )
