"""Turns the map of another tool's results (TOML) into rules: which column is what, and what is vouched for."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.organisation_cells import text_fault
from surveys.importers.tables import quote

LEAST_GROUP = 5
"""No map may go below this number of answers per result; the floor of our own figures."""

MOST_GROUP = 1_000
"""A smallest group above this is a slip of the pen: hardly any result would be left."""

_SHAPE: Mapping[str, frozenset[str]] = {
    "": frozenset(
        {"name", "tool", "programme", "smallest_group", "small", "empty", "leave_out"}
        | {"columns", "measure", "units", "declared"}
    ),
    "columns": frozenset({"unit", "date", "year", "day", "order", "decimal", "measure", "value", "n"}),
    "measure": frozenset({"code", "name", "kind", "low", "high", "lower_is_better", "scale", "value", "n", "label"}),
    "declared": frozenset({"measures", "by", "because", "least"}),
}
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_FARTHEST = 1e9
_NARROWEST = 1e-3
"""Ends of a scale beyond or nearer than this leave no room for the steps of what is shown."""

_ORDERS: Mapping[str, bool | None] = {"iso": None, "dmy": True, "mdy": False}


class ValueKind(StrEnum):
    """What the numbers of a measure are, as they are stored."""

    MEAN = "mean"
    PERCENT = "percent"


class SmallResults(StrEnum):
    """What becomes of results with fewer answers than the smallest group; they are stored under neither."""

    REFUSE = "refuse"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class MeasureRule:
    """One measure: what it is, and where it stands in the file.

    ``value`` and ``n`` are columns (in lower case; in a long file those of all measures), ``label`` is what a long
    file writes in its column of measures. Numbers of the file times ``factor`` are in the unit of the measure.
    """

    code: str
    name: str
    kind: ValueKind
    low: float
    high: float
    is_lower_better: bool
    scale: str | None
    value: str
    n: str | None
    label: str | None
    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """Who vouches that results without a number of answers rest on at least ``least``, for which measures, and why."""

    measures: frozenset[str]
    by: str
    because: str
    least: int

    def plain(self) -> dict[str, object]:
        """Return the declaration as it is stored."""
        return {"measures": sorted(self.measures), "by": self.by, "because": self.because, "least": self.least}


@dataclass(frozen=True, kw_only=True)
class HistoryMap:
    """What a map says. Columns are in lower case.

    Either ``date`` or ``year`` is set; ``day`` is then month and day that stand for a year. ``measure_column`` is set
    where each row of the file holds one measure. ``empty`` are words for "no result", in lower case. ``units`` gives
    the team of ours by unit of the file.
    """

    name: str
    tool: str
    programme: str | None
    smallest_group: int
    small: SmallResults
    unit: str
    measures: tuple[MeasureRule, ...]
    date: str | None = None
    year: str | None = None
    day: tuple[int, int] = (1, 1)
    day_first: bool | None = None
    decimal: str = "."
    measure_column: str | None = None
    empty: frozenset[str] = frozenset()
    leave_out: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    declared: Declaration | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the file needs, each once."""
        named = [self.unit, self.date, self.year, self.measure_column]
        named += [column for rule in self.measures for column in (rule.value, rule.n)]
        return tuple(dict.fromkeys(column for column in named if column is not None))


def one_form(unit: str) -> str:
    """Return the name of a unit in one form of Unicode, so that é written as one sign or as two is the same unit."""
    return unicodedata.normalize("NFC", unit)


def read_history_map(data: bytes, *, source: str, teams: Collection[str] | None = None) -> HistoryMap:
    """Read and check a map; ``teams`` are the known keys of teams (``None`` accepts any).

    Raises ``InvalidInput`` with every fault: not UTF-8 or TOML, unknown or missing keys, a scale without ends, an
    unknown team, a declaration without a name or a reason, a smallest group under the floor.
    """
    reader = _Reader(source, _parsed(data, source))
    made = reader.map(teams)
    if reader.problems or made is None:
        raise InvalidInput("{source} was not imported.", reader.problems, source=source)
    return made


def _parsed(data: bytes, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        reason = Message("The file is not UTF-8 text.")
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source) from error
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits, and lists in lists in lists
        reason = Message("This is not a TOML file: {cause}.", {"cause": str(error)})
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source) from error


class _Reader:
    """Reads one map and collects what is wrong with it."""

    def __init__(self, source: str, table: Mapping[str, object]) -> None:
        self.source, self.whole = source, table
        self.problems: list[Problem] = []

    def fault(self, text: str, **params: object) -> None:
        self.problems.append(Problem(self.source, None, Message(text, params)))

    def map(self, teams: Collection[str] | None) -> HistoryMap | None:
        self.check_keys(self.whole, "")
        columns = self.table("columns")
        unit, date, year = (self.column(columns, key) for key in ("unit", "date", "year"))
        if unit is None:
            self.fault(mark("The map needs the key {key}."), key="columns.unit")
        if (date is None) == (year is None):
            self.fault(mark("Name either the column of dates or the column of years, not both."))
        measure_column = self.column(columns, "measure")
        measures = self.measures(columns, is_long=measure_column is not None)
        name, tool = self.needed(self.whole, "name"), self.needed(self.whole, "tool")
        smallest = self.number_of_answers(self.whole, "smallest_group", least=LEAST_GROUP)
        if smallest > MOST_GROUP:
            self.fault(mark("{key} must be a whole number of at most {most}."), key="smallest_group", most=MOST_GROUP)
        order = self.text(columns, "order") or "iso"
        if order not in _ORDERS:
            self.fault(mark("The order of dates must be iso, dmy or mdy."))
        decimal = self.text(columns, "decimal") or "."
        if decimal not in {".", ","}:
            self.fault(mark("The decimal sign must be a point or a comma."))
        small = self.text(self.whole, "small") or SmallResults.REFUSE
        if small not in set(SmallResults):
            self.fault(mark("{key} must be one of: {known}."), key="small", known="refuse, skip")
        declared = self.declared(measures, smallest)
        units = self.units(teams)
        day = self.day(columns, is_needed=year is not None)
        if self.problems or name is None or tool is None or unit is None:
            return None
        return HistoryMap(
            name=name,
            tool=tool,
            programme=self.text(self.whole, "programme"),
            smallest_group=smallest,
            small=SmallResults(small),
            unit=unit,
            measures=measures,
            date=date,
            year=year,
            day=day,
            day_first=_ORDERS[order],
            decimal=decimal,
            measure_column=measure_column,
            empty=frozenset(word.casefold() for word in self.words(self.whole, "empty")),
            leave_out=frozenset(map(one_form, self.words(self.whole, "leave_out"))),
            units=units,
            declared=declared,
        )

    def check_keys(self, table: Mapping[str, object], name: str) -> None:
        for key in table:
            if key not in _SHAPE[name]:
                known = ", ".join(sorted(_SHAPE[name]))
                shown = quote(f"{name}.{key}" if name else key)
                self.fault(mark("The key {key} is not known. Known are: {known}."), key=shown, known=known)

    def table(self, name: str) -> Mapping[str, object]:
        value = self.whole.get(name, {})
        if not isinstance(value, dict):
            self.fault(mark("{name} must be a table."), name=name)
            return {}
        if name in _SHAPE:
            self.check_keys(value, name)
        return value

    def text(self, table: Mapping[str, object], key: str) -> str | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(mark("{key} must be a text."), key=key)
            return None
        reason = text_fault(value.strip(), Message("{key}", {"key": key}))
        if reason is not None:
            self.problems.append(Problem(self.source, None, reason))
            return None
        return value.strip()

    def needed(self, table: Mapping[str, object], key: str) -> str | None:
        if key not in table:
            self.fault(mark("The map needs the key {key}."), key=key)
        return self.text(table, key)

    def column(self, table: Mapping[str, object], key: str) -> str | None:
        found = self.text(table, key)
        return None if found is None else found.lower()

    def words(self, table: Mapping[str, object], key: str) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self.fault(mark("{key} must be a list of texts."), key=key)
            return []
        return [word.strip() for word in value]

    def number(self, table: Mapping[str, object], key: str, missing: float | None) -> float | None:
        value = table.get(key, missing)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _FARTHEST:
            self.fault(mark("{key} must be a number."), key=key)
            return None
        return float(value)

    def number_of_answers(self, table: Mapping[str, object], key: str, *, least: int) -> int:
        value = table.get(key)
        if value is None:
            self.fault(mark("The map needs the key {key}."), key=key)
        elif isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.fault(mark("{key} must be a whole number of at least {least}."), key=key, least=least)
        else:
            return value
        return least

    def flag(self, table: Mapping[str, object], key: str) -> bool:
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self.fault(mark("{key} must be true or false."), key=key)
        return False

    def day(self, columns: Mapping[str, object], *, is_needed: bool) -> tuple[int, int]:
        """Return month and day that stand for a year; the map has to say them, nothing is guessed."""
        text = self.needed(columns, "day") if is_needed else self.text(columns, "day")
        found = _MONTH_DAY.fullmatch(text) if text else None
        if found is not None:
            try:
                # A year without a leap day: the day has to exist in every year.
                day = dt.date(2001, int(found[1]), int(found[2]))
            except ValueError:
                pass
            else:
                return day.month, day.day
        if text is not None:
            self.fault(mark("The day of a year is written as month and day, such as 10-15."))
        return 1, 1

    def measures(self, columns: Mapping[str, object], *, is_long: bool) -> tuple[MeasureRule, ...]:
        parts = self.whole.get("measure", [])
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            self.fault(mark("Write each measure under its own [[measure]] heading."))
            return ()
        if not parts:
            self.fault(mark("The map names no measure."))
        found = [self.measure(number, part, columns, is_long=is_long) for number, part in enumerate(parts, start=1)]
        rules = tuple(rule for rule in found if rule is not None)
        for what in ([rule.code for rule in rules], [(rule.label or "") if is_long else rule.value for rule in rules]):
            for word in sorted({word for word in what if what.count(word) > 1}):
                self.fault(mark("Two measures share {what}."), what=quote(word))
        return rules

    def measure(
        self, number: int, part: Mapping[str, object], columns: Mapping[str, object], *, is_long: bool
    ) -> MeasureRule | None:
        self.check_keys(part, "measure")
        code, kind = self.text(part, "code") or "", self.text(part, "kind") or ""
        if not _CODE.fullmatch(code):
            self.fault(mark("Measure {number} needs a code of small letters, digits, dots and hyphens."), number=number)
            return None
        where = columns if is_long else part
        value, n = self.column(where, "value"), self.column(where, "n")
        if value is None:
            self.fault(mark("Measure {code} needs the column of its values."), code=code)
        ends = self.ends(code, kind, part)
        if value is None or ends is None:
            return None
        return MeasureRule(
            code=code,
            name=self.text(part, "name") or code,
            kind=ValueKind.MEAN if kind == "mean" else ValueKind.PERCENT,
            low=ends[0],
            high=ends[1],
            is_lower_better=self.flag(part, "lower_is_better"),
            scale=self.text(part, "scale"),
            value=value,
            n=n,
            label=(self.text(part, "label") or code) if is_long else None,
            factor=100.0 if kind == "share" else 1.0,
        )

    def ends(self, code: str, kind: str, part: Mapping[str, object]) -> tuple[float, float] | None:
        """Return the ends of the scale in the unit that is stored; percent and share run from 0 to 100."""
        if kind not in {"mean", "percent", "share"}:
            self.fault(mark("The kind of measure {code} must be mean, percent or share."), code=code)
            return None
        if kind != "mean":
            if {"low", "high"} & set(part):
                self.fault(mark("Measure {code} is a {kind} and needs no ends."), code=code, kind=kind)
            return 0.0, 100.0
        low, high = self.number(part, "low", None), self.number(part, "high", None)
        if low is None or high is None or high - low < _NARROWEST:
            self.fault(mark("Measure {code} is a mean and needs low and high, the ends of its scale."), code=code)
            return None
        return low, high

    def units(self, teams: Collection[str] | None) -> dict[str, str]:
        table = self.table("units")
        result: dict[str, str] = {}
        known: set[str] = set()
        for unit, team in table.items():
            if one_form(unit.strip()) in known:
                self.fault(mark("The table of units names {unit} twice."), unit=quote(unit.strip()))
            known.add(one_form(unit.strip()))
            if not isinstance(team, str) or not team.strip():
                self.fault(mark("Write in units the team of each unit as a text: {unit}."), unit=quote(unit))
            elif teams is not None and team.strip() not in teams:
                self.fault(mark("The unit {unit} names the unknown team {team}."), unit=quote(unit), team=quote(team))
            else:
                result[one_form(unit.strip())] = team.strip()
        return result

    def declared(self, measures: Sequence[MeasureRule], smallest: int) -> Declaration | None:
        if "declared" not in self.whole:
            return None
        table = self.table("declared")
        by, because = self.needed(table, "by"), self.needed(table, "because")
        least = self.number_of_answers(table, "least", least=smallest)
        codes = {rule.code for rule in measures}
        chosen = frozenset(self.words(table, "measures")) if "measures" in table else frozenset(codes)
        for code in sorted(chosen - codes):
            self.fault(mark("The declaration names the unknown measure {code}."), code=quote(code))
        if by is None or because is None:
            return None
        return Declaration(measures=chosen, by=by, because=because, least=least)
