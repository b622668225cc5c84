"""Turns the last release into a simulation of the own organisation, and its outcome into sentences on what can be seen.

Everything comes from released values: fitted moods, n bands, rounding, rhythm. Nothing is stored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from reports.calibration.own import CLASSES, DROPS, NOTICE, WAVES, YEAR_WAVES, OwnTask, Place, size_class
from reports.calibration.runs import Estimate, Order, Results
from reports.calibration.tables import Entry, Figure, Table, estimate_record, render
from reports.disclosure.cells import ReleasedCell
from reports.services.auditing import check_released
from reports.services.findings import find_trends
from reports.services.history import History, latest_released, load_history
from reports.services.trend_sets import TrendSet, cell_of, crowds_of, disjoint, window
from reports.stats.estimate import PRIOR_SCALE_VARIANCE, band_midpoint
from reports.stats.trend import LEAST_WAVES
from surveys.errors import NotFound
from surveys.i18n import Message, Translator

MOST_CROWDS = 200
"""Crowds that are simulated; of more, so many evenly from the smallest to the largest."""

_CLASS_WORDS = (
    Message("under 8 answers"),
    Message("8 to 11 answers"),
    Message("12 to 19 answers"),
    Message("20 to 49 answers"),
    Message("50 answers and more"),
)


@dataclass(frozen=True, kw_only=True)
class OwnScale:
    """One scale of the last release ``wave``: what was fitted for it, with the crowds whose series informed the fit.

    ``fitted`` is the number of crowds whose series were long enough to inform it; with none, moods are assumed.
    """

    code: str
    name: str
    wave: str
    task: OwnTask
    crowds: int
    fitted: int


@dataclass(frozen=True, kw_only=True)
class OwnAccount:
    """What the simulation says: paragraphs to print, and the same as plain values."""

    paragraphs: tuple[str, ...]
    values: tuple[Mapping[str, object], ...]

    def plain(self) -> Mapping[str, object]:
        """The figures for JSON, scale by scale."""
        return {"scales": list(self.values)}


def own_scales(session: Session, *, language: str = "en", programme: str | None = None) -> tuple[OwnScale, ...]:
    """Return what the last released wave and those before it say about every scale that has values.

    Raises:
        NotFound: nothing was released, or no scale of it has a single value.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    history = load_history(session, wave=latest_released(session, programme=programme))
    check_released(session, [wave.slug for wave in window(history.waves) if not wave.is_withdrawn])
    findings = find_trends(history)
    sets = {found.key: found for found in findings.sets.values()}
    crowds = [sets[key] for key in disjoint(list(sets.values()))]
    scales = []
    for code, fitted in findings.fits.items():
        places = [place for found in crowds if (place := _place(history, found, code)) is not None]
        if places:
            task = OwnTask(
                posterior=fitted.posterior,
                places=_spread(places),
                within_variance=history.variances.get(code, (PRIOR_SCALE_VARIANCE, 0))[0],
                waves=YEAR_WAVES,
            )
            scales.append(
                OwnScale(
                    code=code,
                    name=history.last.instrument.scale(code).name.to(language),
                    wave=history.last.slug,
                    task=task,
                    crowds=len(places),
                    fitted=fitted.posterior.teams,
                )
            )
    if not scales:
        raise NotFound(
            "Wave {wave} has no released value of any scale. Nothing can be simulated.", wave=history.last.slug
        )
    return tuple(scales)


def _place(history: History, found: TrendSet, code: str) -> Place | None:
    """Sizes, rounding and level of a crowd in the window; None where it has no value."""
    sizes: list[float] = []
    steps: list[float] = []
    values: list[float] = []
    held = 0
    for wave in window(history.waves):
        crowds = crowds_of(wave, found.units)
        held += bool(sizes) or crowds is not None
        cell = None if crowds is None or wave.slug in found.without else cell_of(wave, crowds, code)
        if crowds is None or not isinstance(cell, ReleasedCell):
            continue
        invited = sum(record.invited for record in crowds)
        sizes.append(band_midpoint(cell.n_low, cell.n_high, max(invited, cell.n_low)))
        steps.append(math.sqrt(12 * cell.rounding_variance))
        values.append(cell.value)
    if not sizes:
        return None
    return Place(sizes=tuple(sizes), steps=tuple(steps), level=float(np.mean(values)), share=len(sizes) / held)


def _spread(places: Sequence[Place]) -> tuple[Place, ...]:
    ordered = sorted(places, key=lambda place: place.size)
    if len(ordered) <= MOST_CROWDS:
        return tuple(ordered)
    return tuple(ordered[int(at)] for at in np.linspace(0, len(ordered) - 1, MOST_CROWDS).round())


def _windows(scale: OwnScale) -> dict[int, OwnTask]:
    return {waves: replace(scale.task, waves=waves) for waves in WAVES}


def _years(scale: OwnScale) -> dict[float, OwnTask]:
    return {points: replace(scale.task, year=True, points=-points) for points in (0.0, *DROPS)}


def own_orders(scales: Sequence[OwnScale], runs: int) -> list[Order]:
    """``runs`` simulated organisations per scale and question."""
    tasks = [task for scale in scales for task in (*_windows(scale).values(), *_years(scale).values())]
    return [Order(task=task, organisations=runs) for task in tasks]


def own_account(results: Results, scales: Sequence[OwnScale], tr: Translator) -> OwnAccount:
    """Put what was simulated into sentences."""
    paragraphs, values = [_opening(scales, tr)], []
    for scale in scales:
        paragraphs += _paragraphs(results, scale, tr)
        values.append(_values(results, scale))
    paragraphs.append(tr.t("These figures hold if moods go on as they were, and if teams keep their size."))
    return OwnAccount(paragraphs=tuple(paragraphs), values=tuple(values))


def _opening(scales: Sequence[OwnScale], tr: Translator) -> str:
    first = scales[0]
    return tr.t(
        "Taken from the waves up to {wave}: fitted moods, sizes of the crowds, and one wave every {days} days.",
        wave=first.wave,
        days=tr.number(first.task.posterior.days_per_wave, 0),
    )


def _paragraphs(results: Results, scale: OwnScale, tr: Translator) -> list[str]:
    posterior = scale.task.posterior
    found = [f"## {scale.name}"]
    if scale.fitted:
        found.append(
            tr.t(
                "{crowds} crowds, {fitted} of them with a trend. From one wave to the next the moods keep {phi} of "
                "their size. Their variance is {lam} times that of chance in one wave.",
                crowds=scale.crowds,
                fitted=scale.fitted,
                phi=tr.number(posterior.phi_mean, 2),
                lam=tr.number(posterior.lam_mean, 1),
            )
        )
    else:
        found.append(
            tr.n(
                "No crowd has {least} released waves yet, so moods are assumed, not fitted. There is {count} crowd.",
                "No crowd has {least} released waves yet, so moods are assumed, not fitted. There are {count} crowds.",
                scale.crowds,
                least=LEAST_WAVES,
            )
        )
    found.append(render(_table(results, scale), tr))
    found.append(" ".join(_seen(results, scale, tr)))
    found.append(" ".join([_false_alarms(results, scale, tr), *_noticed(results, scale, tr)]))
    return found


def _table(results: Results, scale: OwnScale) -> Table:
    sizes = sorted({size_class(place.size) for place in scale.task.places})
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (
            _CLASS_WORDS[size],
            *(Figure(estimate=results.of(task, f"mde_{size}"), decimals=1) for task in _windows(scale).values()),
        )
        for size in sizes
    )
    return Table(
        section="",
        title=Message("Smallest change that is seen with 80 % power, in points"),
        head=(Message("crowd"), *(Message("over {waves} waves", {"waves": waves}) for waves in WAVES)),
        rows=rows,
        level=3,
    )


def _seen(results: Results, scale: OwnScale, tr: Translator) -> list[str]:
    """A sentence per size on what the longest window shows."""
    waves, task = max(_windows(scale).items())
    found = []
    for size in sorted({size_class(place.size) for place in scale.task.places}):
        seen = results.of(task, f"mde_{size}")
        if seen.units:
            found.append(
                tr.t(
                    "With {answers} a change over {waves} waves is seen from about {points} points on.",
                    answers=_CLASS_WORDS[size],
                    waves=waves,
                    points=tr.number(seen.value, 1),
                )
            )
    return found


def _false_alarms(results: Results, scale: OwnScale, tr: Translator) -> str:
    alarmed = results.of(_years(scale)[0.0], "alarmed")
    if not alarmed.units:
        return tr.t("No crowd has enough waves for an alert.")
    return tr.t(
        "Without any change, {percent} % of the crowds are flagged at least once in {waves} waves.",
        percent=tr.number(100 * alarmed.value, 0),
        waves=YEAR_WAVES,
    )


def _noticed(results: Results, scale: OwnScale, tr: Translator) -> list[str]:
    found = []
    for points in DROPS:
        task = _years(scale)[points]
        noticed = results.of(task, "noticed")
        if not noticed.units:
            continue
        told = {
            "points": tr.number(points, 1),
            "percent": tr.number(100 * noticed.value, 0),
            "within": NOTICE,
        }
        delay = _median_delay(results, task)
        if delay is None:
            found.append(
                tr.t("A lasting drop of {points} points is noticed within {within} waves in {percent} %.", **told)
            )
        else:
            found.append(
                tr.n(
                    "A lasting drop of {points} points is noticed within {within} waves in {percent} %, "
                    "usually in the first wave.",
                    "A lasting drop of {points} points is noticed within {within} waves in {percent} %, "
                    "usually after {count} waves.",
                    delay,
                    **told,
                )
            )
    return found


def _median_delay(results: Results, task: OwnTask) -> int | None:
    shares = [results.of(task, f"at_{k}").value for k in range(1, NOTICE + 1)]
    total = sum(shares)
    if math.isnan(total) or not total:
        return None
    return int(np.searchsorted(np.cumsum(shares), total / 2 - 1e-12)) + 1


def _values(results: Results, scale: OwnScale) -> Mapping[str, object]:
    posterior = scale.task.posterior

    def told(found: Estimate) -> dict[str, object]:
        return estimate_record(found)

    sizes = sorted({size_class(place.size) for place in scale.task.places})
    return {
        "scale": scale.code,
        "wave": scale.wave,
        "crowds": scale.crowds,
        "fitted": scale.fitted,
        "phi": posterior.phi_mean,
        "lambda": posterior.lam_mean,
        "days_per_wave": posterior.days_per_wave,
        "smallest_change": [
            {"answers_from": (0, *CLASSES)[size], "waves": waves, **told(results.of(task, f"mde_{size}"))}
            for size in sizes
            for waves, task in _windows(scale).items()
        ],
        "false_alarms": told(results.of(_years(scale)[0.0], "alarmed")),
        "noticed": [
            {
                "points": points,
                **told(results.of(_years(scale)[points], "noticed")),
                "median_delay": _median_delay(results, _years(scale)[points]),
            }
            for points in DROPS
        ],
    }
