"""Turns a released wave into what a unit's page shows beside its figures: comments, and topics people ticked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.disclosure.policy import FavourableBand
from reports.services.pages import published
from reports.store import comments as store
from reports.store.comments import CrowdShape
from surveys.crowds.shapes import Crowd
from surveys.enums import WaveStatus
from surveys.i18n import Message, mark
from surveys.models.waves import Wave, WaveUnit
from surveys.services import redaction
from surveys.services.questionnaires import instrument_of
from surveys.store import waves


class Standing(StrEnum):
    """How the comments of a unit stand; only ``SHOWN`` comes with texts."""

    NO_BOX = "no box"
    TOO_FEW = "too few"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"
    SHOWN = "shown"


@dataclass(frozen=True, kw_only=True)
class TopicBand:
    """Which part of those who answered ticked a topic, in words."""

    label: str
    band: Message


@dataclass(frozen=True, kw_only=True)
class UnitRemarks:
    """The comments and topics of one unit in one wave.

    ``sentence`` says what the comments shown are, or why there are none and where some of these people's may stand
    instead. ``topics`` are empty where the wave asked for none or the unit has no figures of its own.
    """

    standing: Standing
    sentence: Message
    texts: tuple[str, ...]
    topics: tuple[TopicBand, ...]


@dataclass(frozen=True, kw_only=True)
class UnitComments:
    """The released comments of one unit, for HR."""

    unit: str
    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WaveComments:
    """The released comments of a wave by name of the unit, or the sentence why there are none."""

    standing: Standing
    sentence: Message
    units: tuple[UnitComments, ...]


_SHOWN = Message(
    "A redactor read these comments before their release and removed those that seemed to tell who wrote them. They "
    "stand in alphabetical order and are linked to no score and to no other answer. Please do not guess who wrote what."
)
_NO_BOX = Message("This survey had no box for comments.")
_TOO_FEW = Message(
    "No comments are shown here. Too few people answered or wrote, or too few of their comments were kept."
)
_WITHDRAWN = Message("This wave is not released, so nothing of it is shown.")


def of_unit(session: Session, *, wave: str, unit: str, language: str) -> UnitRemarks:
    """Return what the page of a unit shows of comments and topics; the caller has checked who reads it."""
    row = waves.get_wave(session, wave)
    if row.status != WaveStatus.RELEASED:
        return UnitRemarks(standing=Standing.TOO_FEW, sentence=_WITHDRAWN, texts=(), topics=())
    units = {each.unit: each for each in waves.list_units(session, wave)}
    parents = {key: each.parent for key, each in units.items()}
    topics = _topics(session, row, unit, parents, language)
    standing, sentence = _standing(session, row)
    texts: tuple[str, ...] = ()
    if standing is Standing.SHOWN:
        texts = tuple(each.text for each in store.list_comments(session, wave, unit=unit))
        if not texts:
            standing, sentence = _elsewhere(unit, store.units_with_comments(session, wave), units)
    return UnitRemarks(standing=standing, sentence=sentence, texts=texts, topics=topics)


def of_wave(session: Session, *, wave: str) -> WaveComments:
    """Return all released comments of a wave by name of the unit."""
    row = waves.get_wave(session, wave)
    if row.status != WaveStatus.RELEASED:
        return WaveComments(standing=Standing.TOO_FEW, sentence=_WITHDRAWN, units=())
    standing, sentence = _standing(session, row)
    if standing is not Standing.SHOWN:
        return WaveComments(standing=standing, sentence=sentence, units=())
    names = redaction.unit_names(session, wave)
    texts: dict[str, list[str]] = {}
    for each in store.list_comments(session, wave):
        texts.setdefault(each.unit, []).append(each.text)
    found = [UnitComments(unit=unit, name=names.get(unit, unit), texts=tuple(own)) for unit, own in texts.items()]
    if not found:
        return WaveComments(standing=Standing.TOO_FEW, sentence=_TOO_FEW, units=())
    in_order = tuple(sorted(found, key=lambda each: (each.name.casefold(), each.unit)))
    return WaveComments(standing=standing, sentence=sentence, units=in_order)


def _standing(session: Session, row: Wave) -> tuple[Standing, Message]:
    """Say how the comments of a released wave stand as a whole."""
    due_at = redaction.deadline(row)
    if due_at is None:
        had_box = instrument_of(session, row.instrument_sha256).has_comments
        return (Standing.TOO_FEW, _TOO_FEW) if had_box else (Standing.NO_BOX, _NO_BOX)
    if row.comments_released_at is None:
        timezone = waves.get_programme(session, row.programme_slug).timezone
        day = due_at.astimezone(ZoneInfo(timezone)).date()
        text = "Comments are not released yet: a redactor reads them first. They come on {day} at the latest."
        return Standing.WAITING, Message(text, {"day": day})
    return Standing.SHOWN, _SHOWN


def released_waves(session: Session) -> list[str]:
    """Return the released waves by slug, in the order of their closes."""
    rows = waves.list_waves(session, status=WaveStatus.RELEASED)
    return [row.slug for row in sorted(rows, key=lambda row: (row.closes_at, row.slug))]


def _elsewhere(unit: str, found: Collection[str], units: Mapping[str, WaveUnit]) -> tuple[Standing, Message]:
    """Say where comments of a unit's people may stand that has none of its own: at the next above, or below it."""
    line = list(_upwards(unit, units))[1:]
    above = next((units[each].name for each in line if each in found), "")
    has_below = any(unit in _upwards(each, units) for each in found)
    if above and has_below:
        text = mark(
            "No comments are shown for this unit alone. Some are shown for units below it. What its other people "
            "wrote, if they did, may stand among those shown for {unit}."
        )
    elif above:
        text = mark(
            "No comments are shown for this unit alone. What its people wrote, if they did, may stand among those "
            "shown for {unit}, where enough people answered and wrote."
        )
    elif has_below:
        text = mark("The comments are shown for units below this one. Too few are left for this unit as a whole.")
    else:
        return Standing.TOO_FEW, _TOO_FEW
    return Standing.ELSEWHERE, Message(text, {"unit": above})


def _upwards(unit: str, units: Mapping[str, WaveUnit]) -> Iterator[str]:
    """Yield a unit of the wave and those above it; nothing for another one."""
    current: str | None = unit
    while current is not None and current in units:
        yield current
        current = units[current].parent


def _topics(
    session: Session, row: Wave, unit: str, parents: Mapping[str, str | None], language: str
) -> tuple[TopicBand, ...]:
    """Return the topics of the crowds on a unit's page, those ticked most first; nothing where one has no band."""
    instrument = instrument_of(session, row.instrument_sha256)
    if not instrument.topics:
        return ()
    shapes = {shape.crowd: shape for shape in store.list_shapes(session, row.slug)}
    labels = _labels(unit, list(shapes.values()), parents)
    bands = store.list_topics(session, row.slug, labels)
    found: list[tuple[float, str, TopicBand]] = []
    for topic in instrument.topics:
        if not labels or any(topic.code not in bands.get(label, {}) for label in labels):
            continue
        band = _joined([(bands[label][topic.code], shapes[label]) for label in labels])
        name = topic.label.to(language)
        found.append((-(band.low + band.high), name, TopicBand(label=name, band=band.words)))
    return tuple(each for _order, _name, each in sorted(found, key=lambda one: one[:2]))


def _labels(unit: str, shapes: Sequence[CrowdShape], parents: Mapping[str, str | None]) -> tuple[str, ...]:
    if not shapes or unit not in parents:
        return ()
    crowds = [
        Crowd(
            label=shape.crowd,
            units=shape.units,
            home=shape.home,
            invited=shape.n_high,  # which crowds a page has does not depend on it
            is_whole_company=shape.is_whole_company,
        )
        for shape in shapes
    ]
    return published(crowds, parents, {shape.crowd: shape.hidden_from for shape in shapes}).get(unit, ())


def _joined(parts: Sequence[tuple[tuple[float, float], CrowdShape]]) -> FavourableBand:
    """Return the band of several crowds together, weighted by the midpoints of their n bands, as for other figures."""
    weights = [(shape.n_low + shape.n_high) / 2 for _band, shape in parts]
    low = sum(band[0] * weight for (band, _shape), weight in zip(parts, weights, strict=True)) / sum(weights)
    high = sum(band[1] * weight for (band, _shape), weight in zip(parts, weights, strict=True)) / sum(weights)
    return FavourableBand(low=low, high=high)
