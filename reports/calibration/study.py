"""Worlds and a number of runs in, everything that is simulated for them, and what it comes to, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.calibration import power
from reports.calibration.bars import Bar, judge_bars
from reports.calibration.families import family_orders
from reports.calibration.live_years import live_table
from reports.calibration.looks import SIZES, look_orders
from reports.calibration.runs import Order, Results
from reports.calibration.sheets import (
    extra_table,
    families_table,
    looks_table,
    power_table,
    seen_table,
    silence_table,
    waves_table,
    worlds_table,
    years_table,
)
from reports.calibration.tables import Table
from reports.calibration.waves import silence_orders, wave_orders
from reports.calibration.worlds import EXTRA_WORLDS, MOODS
from reports.calibration.years import year_orders


def orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """All that is simulated: ``runs`` organisations of 50 teams per setting of the first table, the others to scale."""
    return [
        *look_orders(worlds, runs),
        *year_orders(worlds, runs),
        *power.power_orders(worlds, runs),
        *family_orders(worlds, runs),
        *wave_orders(worlds, runs),
        *silence_orders(worlds, runs),
    ]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Tables in the order of the notes, and the bars."""

    tables: tuple[Table, ...]
    bars: tuple[Bar, ...]

    @property
    def holds(self) -> bool:
        """Whether no bar is missed."""
        return all(bar.holds for bar in self.bars)


def outcome(results: Results, worlds: Sequence[str]) -> Outcome:
    """Tables and bars of what was simulated."""
    moods = [world for world in worlds if world in MOODS]
    extra = [world for world in worlds if world in EXTRA_WORLDS]
    found = [worlds_table(worlds)]
    if moods:
        found += [looks_table(results, moods, invited) for invited in SIZES]
        found += [seen_table(results, moods, invited) for invited in SIZES]
        found += [
            years_table(results, moods),
            live_table(results, moods),
            power_table(results, moods),
            *families_table(results, moods),
            waves_table(results, moods),
        ]
    if extra:
        found.append(extra_table(results, extra))
    if "silence" in extra:
        found.append(silence_table(results))
    return Outcome(tables=tuple(found), bars=tuple(judge_bars(results, worlds)))
