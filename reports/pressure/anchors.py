"""Turns the value of an indicator into points by fixed, versioned anchors and weights, which reports print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Indicator(StrEnum):
    """The eight indicators; S is computed only where a version of the anchors switches it on."""

    REQUIRED_RATE = "R"
    LOAD = "L"
    CHURN = "C"
    UNPLANNED = "U"
    VOLATILITY = "V"
    FLOW = "W"
    TOP_PRIORITY = "P"
    SPLIT = "S"


class Band(StrEnum):
    """A reading aid for the index, not a test."""

    CALM = "calm"
    BUSY = "busy"
    STRAINED = "strained"


@dataclass(frozen=True)
class Scale:
    """Where an indicator scores 0, 50 and 100 points (rising), and its weight in the index."""

    zero: float
    half: float
    full: float
    weight: float

    def points(self, value: float) -> float:
        """Return 0 to 100: linear between the three anchors, clipped outside."""
        if value <= self.half:
            return max(0.0, 50.0 * (value - self.zero) / (self.half - self.zero))
        return min(100.0, 50.0 + 50.0 * (value - self.half) / (self.full - self.half))


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """One version of anchors, weights and limits; ``must`` are the anchors of P where a MoSCoW field is used.

    Below ``min_coverage`` (share of the whole weight) there is no index. An index under ``busy_from`` is calm, one
    above ``strained_above`` is strained. ``split`` switches split attention on; its weight counts either way, so that
    coverage says the same of both.
    """

    version: int
    scales: Mapping[Indicator, Scale]
    must: Scale
    min_coverage: float
    busy_from: float
    strained_above: float
    split: bool = False

    def scale(self, indicator: Indicator, *, moscow: bool = False) -> Scale:
        """Return the scale of an indicator."""
        return self.must if moscow and indicator is Indicator.TOP_PRIORITY else self.scales[indicator]

    @property
    def total_weight(self) -> float:
        """The weight of all indicators together, S included."""
        return sum(scale.weight for scale in self.scales.values())

    def band(self, index: float) -> Band:
        """Return the band of an index of 0 to 100."""
        if index < self.busy_from:
            return Band.CALM
        return Band.STRAINED if index > self.strained_above else Band.BUSY


VERSION_1 = Anchors(
    version=1,
    scales={
        Indicator.REQUIRED_RATE: Scale(0.5, 1.0, 2.0, 25),
        Indicator.LOAD: Scale(0.8, 1.2, 2.0, 15),
        Indicator.CHURN: Scale(0.05, 0.20, 0.80, 15),
        Indicator.UNPLANNED: Scale(0.15, 0.35, 0.70, 15),
        Indicator.VOLATILITY: Scale(0.02, 0.10, 0.40, 10),
        Indicator.FLOW: Scale(0.8, 1.3, 2.5, 10),
        Indicator.TOP_PRIORITY: Scale(0.05, 0.20, 0.50, 5),
        Indicator.SPLIT: Scale(1.5, 2.5, 5.0, 5),
    },
    must=Scale(0.40, 0.60, 0.90, 5),
    min_coverage=0.6,
    busy_from=35.0,
    strained_above=60.0,
)
"""Version 1: the anchors of the research note, which rest on open-source boards and product judgement."""

ANCHORS: Mapping[int, Anchors] = {VERSION_1.version: VERSION_1}
"""Every version the product ever printed in a report, so that an old report can be understood."""

FIRST_OWN = 101
"""Versions that an installation sets itself count from here."""
