"""Compares computed figures with expected ones, however deep they are nested and whatever the tolerance is called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may be off; ``kind`` is relative, absolute, both (either suffices), exact or decimals."""

    kind: str
    value: float

    def allows(self, found: float, expected: float) -> bool:
        """Whether ``found`` is near enough. A relative tolerance around 0 is taken as an absolute one."""
        distance = math.fabs(found - expected)
        if self.kind == "exact":
            return distance == 0
        if self.kind == "decimals":
            return distance <= 0.5000001 * math.pow(10.0, -self.value)
        relative = self.value * math.fabs(expected) if expected else self.value
        if self.kind == "relative":
            return distance <= relative
        if self.kind == "both":
            return distance <= max(relative, self.value)
        return distance <= self.value


_KINDS = {
    "rel": "relative",
    "relative": "relative",
    "abs": "absolute",
    "absolute": "absolute",
    "both": "both",
    "either": "both",
    "mixed": "both",
    "exact": "exact",
    "none": "exact",
    "decimals": "decimals",
    "digits": "decimals",
    "rounded": "decimals",
}


def tolerance_of(given: Any, name: str = "") -> Tolerance:
    """The tolerance of the figure ``name``: ``{kind, value}`` for all, a bare number (relative), or one per figure.

    One per figure stands under the figure's name or under ``figures``. Raises ValueError for a kind nobody knows.
    """
    if isinstance(given, int | float):
        return Tolerance("relative", float(given))
    own = given.get("figures", given).get(name)
    if own is not None and name not in {"kind", "value"}:
        return tolerance_of(own)
    if "kind" not in given and "value" not in given:
        known = [key for key in ("relative", "absolute", "rel", "abs") if key in given]
        if len(known) == 1:
            return Tolerance(_KINDS[known[0]], float(given[known[0]]))
        raise ValueError(f"no tolerance for {name or 'the figures'} in {given}")
    kind = str(given.get("kind", "relative")).lower()
    if kind not in _KINDS:
        raise ValueError(f"a tolerance of the kind {kind!r} is not known")
    return Tolerance(_KINDS[kind], float(given.get("value", 0)))


_SAME = {
    **dict.fromkeys(("lower", "lwr", "lcl", "cilow", "cilower", "lowerci", "lowerlimit"), "low"),
    **dict.fromkeys(("upper", "upr", "ucl", "cihigh", "ciupper", "upperci", "upperlimit"), "high"),
    **dict.fromkeys(("pvalue", "pval", "twosidedp"), "p"),
    **dict.fromkeys(("stderr", "standarderror", "stderror"), "se"),
    **dict.fromkeys(("nobs", "observations"), "n"),
    **dict.fromkeys(("rsquared", "rsq"), "r2"),
    **dict.fromkeys(("coefficients", "coefs", "beta"), "coef"),
    **dict.fromkeys(("fstatistic", "fvalue"), "f"),
    "ngroups": "groups",
}


def plain(name: str) -> str:
    """A figure's name without case and signs and in one spelling: ``var_S`` is ``varS`` and ``upper`` is ``high``."""
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SAME.get(bare, bare)


def look_up(figures: Mapping[str, Any], name: str) -> Any:
    """The figure of this name, None where there is none."""
    if name in figures:
        return figures[name]
    return next((value for key, value in figures.items() if plain(str(key)) == plain(name)), None)


def faults(expected: Any, found: Any, tolerance: Tolerance, path: str) -> Iterator[str]:
    """What differs, each with its path; a list is compared in order with a list or with the values of a mapping."""
    if isinstance(expected, Mapping):
        for key, part in expected.items():
            own = look_up(found, str(key)) if isinstance(found, Mapping) else None
            yield from faults(part, own, tolerance, f"{path}.{key}")
    elif isinstance(expected, list | tuple):
        have = list(found.values()) if isinstance(found, Mapping) else found
        have = have if isinstance(have, list | tuple) else [] if have is None else [have]
        if len(have) != len(expected):
            yield f"{path}: {len(have)} figures instead of {len(expected)}"
        for i, (part, own) in enumerate(zip(expected, have, strict=False)):
            yield from faults(part, own, tolerance, f"{path}[{i}]")
    elif not _agrees(expected, found[0] if isinstance(found, list) and len(found) == 1 else found, tolerance):
        yield f"{path}: {'not computed' if found is None else found} instead of {expected}"


def _agrees(expected: Any, found: Any, tolerance: Tolerance) -> bool:
    if expected is None:
        return found is None or (isinstance(found, float) and math.isnan(found))
    if isinstance(expected, str):
        number = _number(expected)
        if number is None or isinstance(found, str):
            return str(found) == expected
        expected = number
    if not isinstance(found, int | float):
        return False
    # A NaN is near nothing: the comparison is false.
    return tolerance.allows(float(found), float(expected))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
