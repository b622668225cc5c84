"""Turns a TOML file into anchors and weights of the pressure index, with every fault in words, and back."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping

from reports.pressure.anchors import Anchors, Indicator, Scale
from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message

LEAST_COVERAGE = 0.5
"""An index over less than half of the weight would be another index."""

MOST_OF_ONE = 0.8
"""Where one indicator holds more of the weight, the index is another name for it."""

_LEAST_WEIGHT, _LEAST_STEP = 0.1, 0.001
_LARGEST = 1000
_SHARES = frozenset({Indicator.UNPLANNED, Indicator.TOP_PRIORITY})
"""Indicators that are shares of 0 to 1."""

_LIMITS = ("min_coverage", "busy_from", "strained_above")
_MUST = "must"


def to_plain(anchors: Anchors) -> dict[str, object]:
    """Return anchors as JSON-able data of the same shape as the file; the version is not in it."""
    plain: dict[str, object] = {name: getattr(anchors, name) for name in _LIMITS}
    plain["split_attention"] = anchors.split
    for indicator, scale in anchors.scales.items():
        row: dict[str, object] = {"anchors": [scale.zero, scale.half, scale.full], "weight": scale.weight}
        if indicator is Indicator.TOP_PRIORITY:
            row[_MUST] = [anchors.must.zero, anchors.must.half, anchors.must.full]
        plain[indicator.value] = row
    return plain


def write_anchors(anchors: Anchors) -> str:
    """Return anchors as a TOML file that :func:`read_anchors` reads back equal."""
    lines = [f"{name} = {_text(getattr(anchors, name))}" for name in _LIMITS]
    lines.append(f"split_attention = {str(anchors.split).lower()}")
    for indicator, scale in anchors.scales.items():
        lines += ["", f"[{indicator.value}]", f"anchors = {_three(scale)}", f"weight = {_text(scale.weight)}"]
        if indicator is Indicator.TOP_PRIORITY:
            lines.append(f"{_MUST} = {_three(anchors.must)}")
    return "\n".join(lines) + "\n"


def read_anchors(data: bytes, *, source: str, version: int) -> Anchors:
    """Read and check a file of anchors, which must name every indicator and every limit.

    Raises ``InvalidInput`` with every fault: not TOML, unknown or missing names, anchors that do not rise or lie
    outside what an indicator can be, weights that are outside 0 to 100, all zero or nearly all on one indicator, a
    coverage outside 0.5 to 1 or one that no week could reach, bands out of order.
    """
    try:
        plain = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = Message("This is not a TOML file: {cause}.", {"cause": str(error)})
        raise InvalidInput("{source} was not taken.", [Problem(source, None, reason)], source=source) from error
    return anchors_of(plain, source=source, version=version)


def anchors_of(plain: Mapping[str, object], *, source: str, version: int) -> Anchors:
    """Return the anchors of plain data, checked like a file; raises ``InvalidInput`` like :func:`read_anchors`."""
    reader = _Reader(source)
    reader.check_names(plain)
    scales = {indicator: reader.scale(plain, indicator) for indicator in Indicator}
    top = plain.get(Indicator.TOP_PRIORITY.value)
    must = reader.three(top if isinstance(top, Mapping) else {}, _MUST, Indicator.TOP_PRIORITY.value)
    coverage, busy, strained = (reader.number(plain, name, name) for name in _LIMITS)
    reader.check_limits(coverage, busy, strained)
    split = plain.get("split_attention", False)
    if not isinstance(split, bool):
        reader.fault(Message("split_attention is true or false."))
    reader.check_weights(
        {indicator: scale.weight for indicator, scale in scales.items()}, coverage, has_split=split is True
    )
    if reader.problems:
        raise InvalidInput("{source} was not taken.", reader.problems, source=source)
    return Anchors(
        version=version,
        scales=scales,
        must=Scale(*must, scales[Indicator.TOP_PRIORITY].weight),
        min_coverage=coverage,
        busy_from=busy,
        strained_above=strained,
        split=split is True,
    )


class _Reader:
    """Reads values and collects what is wrong with them; a value at fault is read as 0."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.problems: list[Problem] = []

    def fault(self, reason: Message) -> None:
        self.problems.append(Problem(self._source, None, reason))

    def check_names(self, plain: Mapping[str, object]) -> None:
        known = {*_LIMITS, "split_attention", *(indicator.value for indicator in Indicator)}
        for name in sorted(set(plain) - known):
            self.fault(Message("{name} is not known here.", {"name": name}))
        for indicator in Indicator:
            row = plain.get(indicator.value)
            if not isinstance(row, Mapping):
                continue
            parts = {"anchors", "weight"} | ({_MUST} if indicator is Indicator.TOP_PRIORITY else set())
            for name in sorted(set(row) - parts):
                self.fault(Message("{name} is not known here.", {"name": f"{indicator.value}.{name}"}))

    def scale(self, plain: Mapping[str, object], indicator: Indicator) -> Scale:
        row = plain.get(indicator.value)
        if not isinstance(row, Mapping):
            self.fault(Message("{name} is missing.", {"name": indicator.value}))
            return Scale(0, 0, 0, 1)
        weight = self.number(row, "weight", f"{indicator.value}.weight")
        if weight != 0 and not _LEAST_WEIGHT <= weight <= 100:
            values = {"name": f"{indicator.value}.weight", "least": _LEAST_WEIGHT}
            self.fault(Message("{name} must be 0, or between {least} and 100.", values))
        return Scale(*self.three(row, "anchors", indicator.value), weight)

    def three(self, row: Mapping[str, object], name: str, indicator: str) -> tuple[float, float, float]:
        found, place = row.get(name), f"{indicator}.{name}"
        if not isinstance(found, list) or len(found) != 3 or not all(map(_is_number, found)):
            self.fault(Message("{name} must be three numbers: for 0, 50 and 100 points.", {"name": place}))
            return 0.0, 0.0, 0.0
        zero, half, full = map(float, found)
        if zero < 0 or half - zero < _LEAST_STEP or full - half < _LEAST_STEP:
            values = {"name": place, "least": _LEAST_STEP}
            self.fault(Message("The numbers of {name} must rise, from 0 on, by at least {least}.", values))
        elif full > (1 if indicator in _SHARES else _LARGEST):
            values = {"name": place, "most": 1 if indicator in _SHARES else _LARGEST}
            self.fault(Message("The numbers of {name} must be at most {most}.", values))
        return zero, half, full

    def number(self, row: Mapping[str, object], name: str, place: str) -> float:
        found = row.get(name)
        if not _is_number(found):
            self.fault(Message("{name} must be a number.", {"name": place}))
            return 0.0
        return float(found)  # type: ignore[arg-type]

    def check_weights(self, weights: Mapping[Indicator, float], coverage: float, *, has_split: bool) -> None:
        """Refuse weights that are all zero, nearly all on one indicator, or can never reach the needed coverage."""
        total = sum(weights.values())
        if total <= 0:
            self.fault(Message("At least one weight must be more than 0."))
            return
        top = max(weights, key=lambda indicator: weights[indicator])
        if weights[top] > MOST_OF_ONE * total + 1e-9:
            share = round(100 * MOST_OF_ONE)
            self.fault(Message("{name} holds more than {share} % of the weight.", {"name": top.value, "share": share}))
        within = total if has_split else total - weights[Indicator.SPLIT]
        if within < coverage * total - 1e-9:
            self.fault(
                Message(
                    "S is off, and the other weights are {share} % of all. No week could reach min_coverage.",
                    {"share": math.floor(100 * within / total)},
                )
            )

    def check_limits(self, coverage: float, busy: float, strained: float) -> None:
        if not LEAST_COVERAGE <= coverage <= 1:
            self.fault(Message("min_coverage must be between {least} and 1.", {"least": LEAST_COVERAGE}))
        if not 0 < busy < strained < 100:
            self.fault(Message("busy_from must be above 0 and below strained_above, which must be below 100."))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _three(scale: Scale) -> str:
    return f"[{_text(scale.zero)}, {_text(scale.half)}, {_text(scale.full)}]"


def _text(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))
