"""Turns the stored topics, segment cells and moments of a counted wave into the protected rows of its release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.disclosure.cells import RawCell, ReleasedCell, protect_crowd
from reports.disclosure.moments import (
    VARIANCE_FROM,
    Moment,
    Moments,
    released_covariances,
    released_scale_variance,
)
from reports.disclosure.policy import declared_variance, favourable_band, n_band
from reports.disclosure.reasons import Reason, Withheld
from reports.store.cells import to_plain
from surveys.instruments.schema import Instrument
from surveys.models.totals import SegmentCount, SegmentTotal
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import totals

Rows = list[Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class SegmentRows:
    """The rows of released_segment and of released_segment_cell."""

    segments: Rows
    cells: Rows


def topic_rows(session: Session, wave: Wave, *, n_low: Mapping[str, int]) -> Rows:
    """Return the rows of released_topic: which part of each crowd ticked each topic, as a band of three heads and more.

    ``n_low`` gives the lower end of the n band of every crowd that is released. Raises ``KeyError`` for ticks of
    another crowd.
    """
    rows: Rows = []
    for row in totals.list_topics(session, wave.slug):
        band = favourable_band(row.ticked, row.n, n_low=n_low[row.crowd])
        rows.append({"wave": wave.slug, "crowd": row.crowd, "topic": row.topic, "low": band.low, "high": band.high})
    return rows


@dataclass(frozen=True, kw_only=True)
class MomentRows:
    """The rows of released_moment and of released_covariance."""

    variances: Rows
    covariances: Rows

    def declared(self, instrument: Instrument) -> Moments:
        """Return the rows about the whole installation as the auditors look at them."""
        return Moments(
            scales=items_by_scale(instrument),
            variances={str(row["measure"]): float(str(row["variance"])) for row in self.variances if not row["scope"]},
            covariances={
                (str(row["measure"]), str(row["other"])): Moment(
                    answers=int(str(row["n_low"])), value=float(str(row["covariance"]))
                )
                for row in self.covariances
            },
        )


def items_by_scale(instrument: Instrument) -> dict[str, Sequence[str]]:
    """Return the codes of the items of each scale."""
    return {scale.code: scale.items for scale in instrument.scales}


def moment_rows(session: Session, wave: Wave, *, least: int) -> MomentRows:
    """Return the declared variances, and the covariances of the items of each scale that may stand beside them.

    ``least`` is the sum of the lower ends of the released bands of all crowds. No moment is released, or said to rest
    on more, that these do not prove: of 205 people in crowds whose bands leave all open, "205 or more answers" would
    say that everybody answered, and so would any variance of 50 people.
    """
    instrument = instrument_of(session, wave.instrument_sha256)
    found = totals.list_moments(session, wave.slug) if least >= VARIANCE_FROM else ()
    spreads = {(each.scope, each.measure): each for each in found if not each.other}
    shown = _variances({key: declared_variance(each.value) for key, each in spreads.items()}, instrument)
    made = MomentRows(
        variances=[
            {
                "wave": wave.slug,
                "scope": scope,
                "measure": measure,
                "n_low": n_band(min(moment.n, least)).low,
                "variance": shown[scope, measure],
            }
            for (scope, measure), moment in spreads.items()
        ],
        covariances=[],
    )
    variances = made.declared(instrument).variances
    pairs = {
        (moment.measure, moment.other): Moment(answers=min(moment.n, least), value=moment.value)
        for moment in found
        if moment.other and not moment.scope
    }
    for scale, items in items_by_scale(instrument).items():
        own = spreads.get(("", scale))
        both = None if own is None else (declared_variance(own.value), variances[scale])
        released = released_covariances(items, variances=variances, covariances=pairs, scale=both)
        for (one, other), value in released.items():
            low = n_band(pairs[one, other].answers).low
            made.covariances.append(
                {"wave": wave.slug, "measure": one, "other": other, "n_low": low, "covariance": value}
            )
    return made


def _variances(declared: Mapping[tuple[str, str], float], instrument: Instrument) -> dict[tuple[str, str], float]:
    """Return the variances by scope and measure as released: that of a scale as its questions let it out."""
    scales = items_by_scale(instrument)
    made = dict(declared)
    for (scope, measure), value in declared.items():
        parts = [declared.get((scope, item)) for item in scales.get(measure, ())]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            made[scope, measure] = released_scale_variance(value, known)
    return made


def segment_rows(session: Session, wave: Wave) -> SegmentRows:
    """Return the rows of the admitted segment tables: the n band of every cell, and its protected figures.

    A measure is in a table whole or not at all, but for cells in which nobody answered it. A scale is made of its
    items, whose sums alone are stored.
    """
    instrument = instrument_of(session, wave.instrument_sha256)
    found: dict[tuple[str, str, str], dict[str, SegmentTotal]] = {}
    for total in totals.list_segment_totals(session, wave.slug):
        found.setdefault((total.unit, total.segment, total.cell), {})[total.measure] = total
    kept: dict[tuple[str, str], set[str]] = {}
    for (unit, segment, _), own in found.items():
        kept.setdefault((unit, segment), set()).update(own)
    made = SegmentRows(segments=[], cells=[])
    for row in totals.list_segment_counts(session, wave.slug):
        keys = {"wave": wave.slug, "unit": row.unit, "segment": row.segment, "cell": row.cell}
        band = n_band(row.ballots, k=wave.k)
        made.segments.append({**keys, "options": list(row.options), "n_low": band.low, "n_high": band.high})
        figures = _figures(row, found.get((row.unit, row.segment, row.cell), {}), instrument, wave)
        whole = kept.get((row.unit, row.segment), set())
        made.cells.extend(
            {**keys, "measure": measure, "figure": to_plain(_reasoned(figures[measure], measure, instrument, whole))}
            for measure in sorted(figures)
        )
    return made


def _figures(
    row: SegmentCount, found: Mapping[str, SegmentTotal], instrument: Instrument, wave: Wave
) -> Mapping[str, ReleasedCell | Withheld]:
    label = f"{row.unit}:{row.segment}:{row.cell}"
    raws = [_item(label, code, found.get(code)) for code in instrument.item_codes]
    raws += [_scale(label, scale.code, [found.get(code) for code in scale.items]) for scale in instrument.scales]
    return protect_crowd(
        raws,
        scales={scale.code: scale.items for scale in instrument.scales},
        ballots=row.ballots,
        strict=wave.is_strict,
        k=wave.k,
    )


def _item(label: str, code: str, row: SegmentTotal | None) -> RawCell:
    if row is None:
        return RawCell(crowd=label, measure=code, n=0, total=0.0, favourable=0)
    return RawCell(crowd=label, measure=code, n=row.n, total=row.total, favourable=row.favourable)


def _scale(label: str, code: str, rows: Sequence[SegmentTotal | None]) -> RawCell:
    """Return the mean of the item means; its released value is made of its released items in any case."""
    items = [row for row in rows if row is not None]
    if len(items) < len(rows):
        return RawCell(crowd=label, measure=code, n=0, total=0.0, favourable=0)
    n = min(item.n for item in items)
    total = n * sum(item.total / item.n for item in items) / len(items)
    return RawCell(crowd=label, measure=code, n=n, total=total, favourable=0)


def _reasoned(
    figure: ReleasedCell | Withheld, measure: str, instrument: Instrument, whole: set[str]
) -> ReleasedCell | Withheld:
    """Name the ledger as the reason where the whole table has no sums of an item that the figure needs."""
    scale = next((scale for scale in instrument.scales if scale.code == measure), None)
    needed = {measure} if scale is None else set(scale.items)
    if isinstance(figure, Withheld) and not needed <= whole:
        return Withheld(reason=Reason.DECLINED_BY_LEDGER, k=figure.k)
    return figure
