"""Reads reference cases (figures that nobody on the project computed) and gives their columns, groups and names.

A case is a mapping with ``statistic`` (words), ``inputs``, ``expected``, ``tolerance`` and ``data`` (a file beside the
case file, or None where the inputs hold the numbers).
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "reference" / "cases.json"
VARIABLE = "BAROGRAPH_REFERENCE_CASES"
MISSING = frozenset({"", "na", "nan", "n/a", ".", "null", "none"})
Row = Mapping[str, str]
Floats = NDArray[np.float64]


class NotOffered(Exception):
    """The case asks for something that the product does not compute; the reason is its text."""


@cache
def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a delimited file with a head line; comma, semicolon and tab are told apart by the head line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        return tuple(csv.DictReader(file, delimiter=max(",;\t", key=head.count)))


@dataclass(frozen=True)
class Case:
    """One reference case and the folder of its file."""

    raw: Mapping[str, Any]
    folder: Path

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def words(self) -> str:
        return str(self.raw["statistic"])

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.raw.get("inputs") or {}

    @property
    def expected(self) -> Mapping[str, Any]:
        found = self.raw["expected"]
        return found if isinstance(found, Mapping) else {"value": found}

    def says(self, pattern: str) -> bool:
        """Whether the description of the statistic contains the pattern."""
        return re.search(pattern, self.words, re.IGNORECASE) is not None

    @property
    def all_rows(self) -> Sequence[Row]:
        """The rows of the data; columns given in place of a file name are turned into rows."""
        data = self.raw.get("data")
        if data is None:
            return ()
        if isinstance(data, str):
            return read_rows(self.folder / data)
        columns = {name: [str(v) for v in values] for name, values in data.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def rows(self, *columns: str) -> Sequence[Row]:
        """The rows without a missing value in ``columns``.

        Rows are dropped under every rule that says so, and where no rule is given (what R does); another rule is
        refused as soon as a value is missing.
        """
        chosen = [
            row for row in self.all_rows if all(row.get(name, "") in kept for name, kept in self._where().items())
        ]
        known = chosen[0].keys() if chosen else ()
        absent = [name for name in columns if name not in known]
        if absent:
            raise ValueError(f"the data have no column {', '.join(absent)}")
        full = [row for row in chosen if not any(is_missing(row[name]) for name in columns)]
        rule = str(self.inputs.get("missing", "drop"))
        is_ours = re.search(r"drop|remov|omit|complete|listwise|without", rule, re.IGNORECASE)
        if len(full) < len(chosen) and (not is_ours or re.search(r"pairwise|imput|replace", rule, re.IGNORECASE)):
            raise NotOffered(f"The rule on missing values “{rule}” is none of ours.")
        return full

    def _where(self) -> dict[str, set[str]]:
        """The rows that the case is about: columns with the values that are kept; ``a == 1`` is understood too."""
        given = next((self.inputs[key] for key in ("where", "filter", "subset") if key in self.inputs), {})
        if isinstance(given, str):
            found = re.fullmatch(r"\s*([\w.]+)\s*==?\s*[\"']?([^\"']+?)[\"']?\s*", given)
            if found is None:
                raise NotOffered(f"The choice of rows “{given}” is not understood.")
            given = {found.group(1): found.group(2)}
        return {
            name: {str(one) for one in (kept if isinstance(kept, list) else [kept])} for name, kept in given.items()
        }

    def names(self, key: str) -> list[str]:
        """An input that names one column or several."""
        given = self.inputs[key]
        return [given] if isinstance(given, str) else [str(name) for name in given]

    def numbers(self, key: str) -> Floats:
        """An input that holds one number, several, or the name of a column."""
        given = self.inputs[key]
        if isinstance(given, str):
            return column(self.rows(given), given)
        return np.atleast_1d(np.asarray(given, dtype=np.float64))

    def number(self, *keys: str, default: float) -> float:
        """The first input of these names, else the default; "95 %" and 95 are read as 0.95 by :func:`share`."""
        found = next((self.inputs[key] for key in keys if self.inputs.get(key) is not None), default)
        return float(found)

    def level(self, default: float = 0.95) -> float:
        """The level of an interval: from the inputs, else from words such as "90% interval", else the default."""
        given = self.number("level", "conf_level", "conf.level", "confidence", default=0.0)
        if not given:
            found = re.search(r"(\d+(?:\.\d+)?) ?% (?:\w+ )?(?:interval|margin|confidence)", self.words)
            given = float(found.group(1)) if found else default
        return given / 100 if given > 1 else given


def is_missing(text: str | None) -> bool:
    """Whether a cell of a file holds no value."""
    return text is None or text.strip().lower() in MISSING


def column(rows: Sequence[Row], name: str) -> Floats:
    """One column as numbers, (rows,)."""
    return np.array([float(row[name]) for row in rows], dtype=np.float64)


def matrix(rows: Sequence[Row], names: Sequence[str]) -> Floats:
    """Columns as numbers, (rows, columns)."""
    return np.column_stack([column(rows, name) for name in names])


def groups(rows: Sequence[Row], names: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Row numbers of each group, in the order of the labels (by number where all labels are numbers).

    Several columns make one label, joined by a space.
    """
    found: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        found.setdefault(" ".join(row[name].strip() for name in names), []).append(i)
    is_numeric = all(re.fullmatch(r"-?\d+(\.\d+)?", label) for label in found)
    order = sorted(found, key=lambda label: (float(label), label) if is_numeric else (0.0, label))
    return {label: np.array(found[label], dtype=np.intp) for label in order}


def per_group(parts: Mapping[str, NDArray[np.intp]], value: Callable[[NDArray[np.intp]], float]) -> dict[str, float]:
    """One number per group."""
    return {label: float(value(rows)) for label, rows in parts.items()}


def summary(values: Mapping[str, float]) -> dict[str, Any]:
    """What may be asked about one number per group: mean, median, extremes, and ``group_<label>`` for each."""
    numbers = np.array(list(values.values()), dtype=np.float64)
    return {
        "mean": float(numbers.mean()),
        "median": float(np.median(numbers)),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "sd": float(numbers.std(ddof=1)) if numbers.size > 1 else 0.0,
        "values": numbers.tolist(),
        **{f"group_{label}": value for label, value in values.items()},
    }


def picked(case: Case, prefix: str, values: Mapping[str, float]) -> dict[str, Any]:
    """Expected figures such as ``blup_group_2``, ``shrunk_groups_1_2_3`` or ``blups``: ``prefix``, then labels."""
    found: dict[str, Any] = {}
    for name in case.expected:
        match = re.fullmatch(rf"{prefix}(?:_(?:groups?_)?(.+))?", name, re.IGNORECASE)
        if match is None:
            continue
        label = match.group(1)
        if label is None:
            found[name] = list(values.values())
        elif label in values:
            found[name] = values[label]
        elif all(part in values for part in label.split("_")):
            found[name] = [values[part] for part in label.split("_")]
    return found


def case_files() -> list[Path]:
    """The case files that the environment names, else the default one if it is there."""
    named = os.environ.get(VARIABLE)
    if named:
        return [Path(name) for name in named.split(":") if name]
    return [DEFAULT] if DEFAULT.is_file() else []


def read_cases(paths: Sequence[Path] | None = None) -> Iterator[Case]:
    """All cases of the files; a file that was named must exist."""
    for path in case_files() if paths is None else paths:
        found = json.loads(path.read_text(encoding="utf-8"))
        for raw in found["cases"] if isinstance(found, Mapping) else found:
            yield Case(raw, path.parent)
