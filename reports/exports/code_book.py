"""Turns the columns of the export into a code book: what each holds, in which unit, and what not to do with it."""

from __future__ import annotations

from dataclasses import dataclass

from reports.disclosure.cells import Qualifier
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Reason
from surveys.enums import BallotMode, MeasureKind
from surveys.i18n import Translator, mark


@dataclass(frozen=True, kw_only=True)
class CodeBookEntry:
    """One column explained: ``allowed`` are its codes or its form, ``note`` a warning where one is due."""

    column: str
    name: str
    meaning: str
    type: str
    unit: str
    allowed: str
    note: str

    def fields(self) -> dict[str, str]:
        """Return the entry as fields by column of the code book."""
        return {column: getattr(self, column) for column in CODE_BOOK_COLUMNS}


CODE_BOOK_COLUMNS = ("column", "name", "meaning", "type", "unit", "allowed", "note")

_TEXT, _INTEGER, _DECIMAL, _DATE, _CODE = "text", "integer", "decimal", "date", "code"
_POINTS, _PEOPLE = mark("points of the scale"), mark("people")
_DO_NOT_AVERAGE = mark(
    "Do not average over crowds without weights: crowds differ in size. Weight by the middle of the number band."
)
_BAND_NOTE = mark("A band, never a count. Do not turn it into a number of people who answered.")


def _codes(*values: str) -> str:
    return ", ".join(values)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    name: str
    meaning: str
    type: str = _TEXT
    unit: str = ""
    allowed: str = ""
    note: str = ""


_ENTRIES: dict[str, _Entry] = {
    "wave": _Entry(name=mark("Wave"), meaning=mark("The fielding in which the answers were given.")),
    "wave_closed_on": _Entry(
        name=mark("Closed on"), meaning=mark("The day on which the wave closed."), type=_DATE, allowed="YYYY-MM-DD"
    ),
    "crowd": _Entry(
        name=mark("Crowd"),
        meaning=mark("Stable name of the group of people behind the row. Each answer of a wave is in exactly one."),
    ),
    "crowd_name": _Entry(name=mark("Name of the crowd"), meaning=mark("The name that people saw in this wave.")),
    "units": _Entry(
        name=mark("Units"),
        meaning=mark("Names of the teams whose people answer in this crowd, with a vertical bar between them."),
        note=mark("A figure of several units is about all of them together and cannot be divided among them."),
    ),
    "measure": _Entry(name=mark("Measure"), meaning=mark("Stable name of the item or scale.")),
    "measure_kind": _Entry(
        name=mark("Kind of measure"),
        meaning=mark("Whether the row is about one item or about a scale of items."),
        type=_CODE,
        allowed=_codes(*MeasureKind),
        note=mark("A scale is the mean of its released items. Do not add it to them."),
    ),
    "measure_name": _Entry(name=mark("Name of the measure"), meaning=mark("The name in the language of the export.")),
    "item_text": _Entry(
        name=mark("Question"), meaning=mark("The words that people answered. Empty for a scale.")
    ),
    "source": _Entry(name=mark("Source"), meaning=mark("Where the item or scale comes from.")),
    "licence": _Entry(name=mark("Licence"), meaning=mark("The terms under which the item may be used.")),
    "value": _Entry(
        name=mark("Value"),
        meaning=mark(
            "Mean of the keyed answers, rounded and clipped. Reversed questions are turned round, so that a higher "
            "value is the better one; in the burnout module it is the worse one. Where the number band starts under "
            "12 the mean is rounded to 0.2, under 50 to 0.1, under 100 to 0.02, from 100 on to 0.01."
        ),
        type=_DECIMAL,
        unit=_POINTS,
        note=_DO_NOT_AVERAGE,
    ),
    "low": _Entry(
        name=mark("Lower end"),
        meaning=mark("The mean of the answers is not under this. It tells of rounding and clipping, not of chance."),
        type=_DECIMAL,
        unit=_POINTS,
    ),
    "high": _Entry(
        name=mark("Upper end"),
        meaning=mark("The mean of the answers is not over this. It tells of rounding and clipping, not of chance."),
        type=_DECIMAL,
        unit=_POINTS,
    ),
    "qualifier": _Entry(
        name=mark("Qualifier"),
        meaning=mark("How to read the value: exact within rounding, at least, at most, or only known to the two ends."),
        type=_CODE,
        allowed=_codes(*Qualifier),
        note=mark("A clipped value stands for a range. Do not treat it as the mean."),
    ),
    "n_band": _Entry(
        name=mark("Answers"), meaning=mark("The number of answers behind the row, as a band."), unit=_PEOPLE,
        note=_BAND_NOTE,
    ),
    "n_band_sort": _Entry(
        name=mark("Answers, to sort by"), meaning=mark("The lower end of the band."), type=_INTEGER, unit=_PEOPLE,
        note=_BAND_NOTE,
    ),
    "invited": _Entry(
        name=mark("Invited"), meaning=mark("The number of people who were invited. It is public and exact."),
        type=_INTEGER, unit=_PEOPLE,
    ),
    "response_band": _Entry(
        name=mark("Response"),
        meaning=mark("The part of the invited people who answered, as a band."),
        type=_CODE,
        allowed=_codes(*ResponseBand),
        note=mark("Bands are joined where they would leave too few possible numbers. A response is never 0 or 100 %."),
    ),
    "favourable_band": _Entry(
        name=mark("Favourable"),
        meaning=mark("The part of the answers in the favourable options, as a band. For a scale, over its items."),
        note=mark("Do not average bands."),
    ),
    "reason_code": _Entry(
        name=mark("Reason code"),
        meaning=mark("Why there is no figure. Empty where there is one."),
        type=_CODE,
        allowed=_codes(*Reason),
    ),
    "reason": _Entry(name=mark("Reason"), meaning=mark("The same in a sentence.")),
    "policy_version": _Entry(
        name=mark("Policy version"), meaning=mark("The version of the rules of release under which the row was made.")
    ),
    "fingerprint": _Entry(
        name=mark("Fingerprint"), meaning=mark("SHA-256 of the manifest that was published when the wave opened.")
    ),
    "mode": _Entry(
        name=mark("Mode"), meaning=mark("How answers reached the ballot box."), type=_CODE,
        allowed=_codes(*BallotMode),
    ),
}  # fmt: skip


def code_book(tr: Translator) -> tuple[CodeBookEntry, ...]:
    """Return the code book in the language of ``tr``, in the order of the columns."""
    return tuple(
        CodeBookEntry(
            column=column,
            name=tr.t(entry.name),
            meaning=tr.t(entry.meaning),
            type=entry.type,
            unit=tr.t(entry.unit) if entry.unit else "",
            allowed=entry.allowed,
            note=tr.t(entry.note) if entry.note else "",
        )
        for column, entry in _ENTRIES.items()
    )
