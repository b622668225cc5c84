"""Turns the ornaments of the print sheet into data addresses, so that a report fetches nothing."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from reports.charts.small import ARROWS, GLYPHS
from reports.charts.svg import hatching
from reports.charts.theme import BRASS, EDGE, INK, RULE_2, TEXT
from reports.document import Verdict

_TICKS_WIDE, _TICK = 670.0, 2.5
_CURVES = "".join(f"M{x} 4q-3.4 12 0 24" for x in (6, 12, 18, 24, 30))
_SHAPES = {
    "up": Verdict.RISING,
    "down": Verdict.FALLING,
    "flat": Verdict.NO_DETECTABLE_CHANGE,
    "early": Verdict.TOO_EARLY,
}


@cache
def ornaments() -> dict[str, str]:
    """Name to data address of every ornament that the print sheet names with ``ornament(name)``."""
    found = {"ruled": _ruled(), "mark": _mark(), "hatch": _hatch()}
    for name, verdict in _SHAPES.items():
        rails = _stroke(RULE_2, 1, "M.5 2.5h15M.5 8.5h15") if name == "flat" else ""
        found[name] = _address(16, 11, rails + _stroke(TEXT, 1.6, GLYPHS[verdict], rounded=True))
    for step, data in ARROWS.items():
        found[f"step-{step.value}"] = _address(16, 11, _stroke(TEXT, 1.6, data, rounded=True))
    return found


def with_ornaments(css: str) -> str:
    """Put the data addresses into a style sheet."""
    for name, address in ornaments().items():
        css = css.replace(f"ornament({name})", f"url('{address}')")
    return css


def _ruled() -> str:
    """A hairline with short, middle and long ticks."""
    lines = [f"M0 .3H{_TICKS_WIDE:g}"]
    for step in range(int(_TICKS_WIDE / _TICK) + 1):
        length = 5.0 if step % 10 == 0 else 3.6 if step % 5 == 0 else 2.2
        lines.append(f"M{step * _TICK:g} 0v{length:g}")
    return _address(670, 6, _stroke(RULE_2, 0.6, "".join(lines)))


def _mark() -> str:
    """Two rails, five curved time lines, one trace and a brass nib."""
    trace = "M1.5 17 5 15.5 8.5 18.5 13 22 17 12.5 20.2 10.5"
    body = (
        _stroke(EDGE, 0.9, _CURVES)
        + _stroke(INK, 1.4, "M1 3.5h30M1 28.5h30")
        + _stroke(INK, 2, trace, rounded=True)
        + f'<path fill="{BRASS}" d="M20.5 10.4 31.2 6.4v8z"/>'
    )
    return _address(32, 32, body)


def _hatch() -> str:
    """A tile of hatching that joins at its edges."""
    return _address(5, 5, _stroke(EDGE, 0.6, hatching(0, 0, 5, 5) + "M-1 1L1 -1M4 6L6 4"))


def _stroke(colour: str, width: float, data: str, *, rounded: bool = False) -> str:
    ends = ' stroke-linecap="round" stroke-linejoin="round"' if rounded else ""
    return f'<path fill="none" stroke="{colour}" stroke-width="{width:g}"{ends} d="{data}"/>'


def _address(width: int, height: int, body: str) -> str:
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "data:image/svg+xml," + quote(f"<svg {box}>{body}</svg>", safe=" /:=<>")
