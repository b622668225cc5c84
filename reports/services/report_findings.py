"""Collects what was found about each scale of a unit: verdict, alert, level among teams, bounds for silent people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.document import Notice
from reports.services.findings import Findings
from reports.services.history import History, WaveRecord
from reports.services.trend_sets import TrendSet, crowds_of, page_crowds, window
from reports.stats.nonresponse import ends, sensitivity
from reports.stats.results import AlertStatus, Bound, Interval, TrendResult, Watch
from reports.stats.shrinkage import LevelFit, TeamLevel
from reports.stats.verdicts import Judgement, Verdict, response_moved
from surveys.instruments.schema import Direction, Scale

_DAYS_A_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class ScaleFinding:
    """What was found about a scale: its definition, the verdict on its trend, and what stands beside it.

    ``rate`` is the share of calm team-years with an alert. ``bounds`` are there only where the response rate moved.
    Each part is None or empty where it does not apply to the unit.
    """

    scale: Scale
    judgement: Judgement
    watch: Watch | None = None
    rate: float = 0.0
    level: TeamLevel | None = None
    bounds: tuple[Bound, ...] = ()

    @property
    def lower_is_better(self) -> bool:
        """Whether low values are the favourable end."""
        return self.scale.higher_is is Direction.WORSE

    @property
    def is_change(self) -> bool:
        """Whether the verdict is a change."""
        return self.judgement.verdict in {Verdict.RISING, Verdict.FALLING}

    @property
    def is_worse(self) -> bool:
        """Whether the change is towards the unfavourable end."""
        falling = self.judgement.verdict is Verdict.FALLING
        return self.is_change and falling != self.lower_is_better

    @property
    def is_doubtful(self) -> bool:
        """Whether the change looks favourable but may be a change of who answered, so that it is no improvement."""
        return self.is_change and not self.is_worse and self.judgement.response_moved

    @property
    def notice(self) -> Notice | None:
        """Which way the last waves lie apart, where no verdict on the trend says the same already."""
        status = self.watch.status if self.watch is not None else AlertStatus.QUIET
        if status is AlertStatus.LOWER and self.judgement.verdict is not Verdict.FALLING:
            return Notice.LOWER
        if status is AlertStatus.HIGHER and self.judgement.verdict is not Verdict.RISING:
            return Notice.HIGHER
        return None


def collect(history: History, findings: Findings, unit: str) -> list[ScaleFinding]:
    """Return what was found about every scale of a unit, in the order of the findings; empty where it has no page."""
    crowds = page_crowds(history.last, unit)
    if not crowds:
        return []
    found = findings.sets.get(unit)
    bands = _response_bands(history, found) if found is not None else []
    moved = response_moved(bands)
    everybody = {key for record in history.last.crowds for key in record.units}
    # All teams together have nothing to stand against.
    key = "" if found is None or found.units >= everybody else found.key
    collected = []
    for code, judgement in findings.judgements(unit, response_moved=moved).items():
        alerts = findings.alerts.get(code)
        watch = alerts.results.get(found.key) if alerts is not None and found is not None else None
        scale = history.last.instrument.scale(code)
        collected.append(
            ScaleFinding(
                scale=scale,
                judgement=judgement,
                watch=watch if isinstance(watch, Watch) else None,
                rate=_yearly(findings, code),
                level=_level(findings, code, key, judgement),
                bounds=_bounds(judgement, bands, scale) if moved else (),
            )
        )
    return collected


def _yearly(findings: Findings, code: str) -> float:
    """Return the share of calm teams with an alert in a year of days, as the scale is asked; 0 without alerts.

    The rule holds its rate in so many waves, whatever their rhythm: 26 weekly waves are half a year.
    """
    alerts, trends = findings.alerts.get(code), findings.fits.get(code)
    if alerts is None or trends is None:
        return 0.0 if alerts is None else alerts.rule.rate
    years = alerts.rule.waves * trends.posterior.days_per_wave / _DAYS_A_YEAR
    return float(1 - (1 - alerts.rule.rate) ** (1 / years))


def _level(findings: Findings, code: str, key: str, judgement: Judgement) -> TeamLevel | None:
    """Return the level against the organisation; None before the unit has enough waves to tell moods from levels."""
    fitted = findings.levels.get(code)
    if not isinstance(fitted, LevelFit) or not isinstance(judgement.finding, TrendResult):
        return None
    return fitted.levels.get(key)


def _bounds(judgement: Judgement, bands: Sequence[tuple[float, float]], scale: Scale) -> tuple[Bound, ...]:
    """Return the change with silent people worse by each gap; worse is higher on a scale where lower is better."""
    result = judgement.finding
    if not isinstance(result, TrendResult):
        return ()
    first, last = ends([(low + high) / 2 for low, high in bands])
    amount = result.amount
    if scale.higher_is is not Direction.WORSE:
        return sensitivity(amount, first, last)
    return tuple(
        Bound(gap=bound.gap, change=_turned(bound.change)) for bound in sensitivity(_turned(amount), first, last)
    )


def _turned(interval: Interval) -> Interval:
    return Interval(estimate=-interval.estimate, low=-interval.high, high=-interval.low, level=interval.level)


def _response_bands(history: History, found: TrendSet) -> list[tuple[float, float]]:
    bands = []
    for wave in window(history.waves):
        share = _share(wave, found)
        if share is not None:
            bands.append(share)
    return bands


def _share(wave: WaveRecord, found: TrendSet) -> tuple[float, float] | None:
    crowds = crowds_of(wave, found.units)
    if crowds is None or wave.slug in found.without:
        return None
    invited = sum(record.invited for record in crowds)
    low = sum(record.n_low for record in crowds)
    high = min(invited, sum(record.n_high for record in crowds))
    return min(1.0, low / invited), high / invited
