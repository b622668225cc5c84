"""Turns the class of a drawn element into what it looks like: class names for the web, fixed values for print.

The PDF renderer applies no page CSS to inline SVG, so print carries the light column of the tokens as attributes.
"""

from __future__ import annotations

from enum import StrEnum


class Theme(StrEnum):
    """Where a drawing is shown."""

    WEB = "web"
    PRINT = "print"


PAPER, SHEET, WASH = "#FAFCFA", "#FFFFFF", "#EFF4F0"
TEXT, MUTED, EDGE, RULE, RULE_2 = "#12222D", "#4A5B62", "#66796D", "#DDE7DF", "#B9CABE"
INK, INK_4, INK_2, INK_1 = "#15496B", "#4C86AC", "#A8C8DB", "#D8E7F1"
BRASS, BRASS_4, BRASS_2, BRASS_1 = "#84590A", "#B98722", "#E4C77F", "#F6E7C1"
MID = "#E6EAE7"

SANS = "IBM Plex Sans, DejaVu Sans, sans-serif"
CONDENSED = "IBM Plex Sans Condensed, DejaVu Sans Condensed, Liberation Sans Narrow, sans-serif"

_ROUND = "round"


def _fill(colour: str) -> dict[str, str]:
    return {"fill": colour}


def _line(colour: str, width: str, *, dash: str = "", rounded: bool = False) -> dict[str, str]:
    style = {"fill": "none", "stroke": colour, "stroke-width": width}
    if dash:
        style["stroke-dasharray"] = dash
    if rounded:
        style |= {"stroke-linejoin": _ROUND, "stroke-linecap": _ROUND}
    return style


def _type(family: str, size: str, weight: str, colour: str) -> dict[str, str]:
    return {"font-family": family, "font-size": size, "font-weight": weight, "fill": colour}


PRINT: dict[str, dict[str, str]] = {
    "c-sheet": _fill(SHEET),
    "c-frame": _line(RULE_2, "1"),
    "c-r1": _line(RULE, "0.75"),
    "c-r2": _line(RULE_2, "0.75"),
    "c-mid": _line(EDGE, "0.75"),
    "c-band": _fill(INK_1),
    "c-trace": _line(INK, "1.75", rounded=True),
    "c-level": _line(INK_4, "1", rounded=True),
    "c-lband": _fill(INK_2) | {"fill-opacity": "0.55"},
    "c-bridge": _line(INK_4, "1", dash="1 3", rounded=True),
    "c-dot": _fill(INK) | {"stroke": SHEET, "stroke-width": "1"},
    "c-nib": _fill(INK),
    "c-int": _line(INK_2, "6"),
    "c-intl": _line(INK, "1.75"),
    "c-pfill": _fill(BRASS_1),
    "c-pfill2": _fill(BRASS_2),
    "c-pline": _line(BRASS, "1.5", rounded=True),
    "c-pthin": _line(BRASS_4, "0.75", rounded=True),
    "c-pnib": _fill(BRASS),
    "c-hbg": _fill(WASH),
    "c-hatch": _line(EDGE, "0.6"),
    "c-event": _line(TEXT, "0.75", dash="3 2"),
    "c-lead": _line(MUTED, "0.6"),
    "c-d1": _fill(BRASS),
    "c-d2": _fill(BRASS_2),
    "c-d3": _fill(MID),
    "c-d4": _fill(INK_2),
    "c-d5": _fill(INK),
    "c-ref": _fill(SHEET) | {"stroke": TEXT, "stroke-width": "1.1"},
    "g1": _line(TEXT, "1.6", rounded=True),
    "g2": _line(EDGE, "1"),
    "c-t-ax": _type(CONDENSED, "9.4", "400", MUTED),
    "c-t-axb": _type(CONDENSED, "9.4", "600", TEXT),
    "c-t-note": _type(CONDENSED, "9.6", "400", TEXT),
    "c-t-note2": _type(CONDENSED, "9.6", "400", MUTED),
    "c-t-val": _type(SANS, "13", "600", INK),
    "c-t-pval": _type(SANS, "13", "600", BRASS),
    "c-t-lab": _type(SANS, "10.6", "600", TEXT),
}
"""The look of each class in print; the same names stand in the style sheet of the web pages."""

_SIZES: dict[Theme, dict[str, float]] = {
    Theme.WEB: {"ax": 12, "axb": 12, "note": 12.5, "note2": 12.5, "val": 16, "pval": 16, "lab": 14},
    Theme.PRINT: {"ax": 9.4, "axb": 9.4, "note": 9.6, "note2": 9.6, "val": 13, "pval": 13, "lab": 10.6},
}
_CONDENSED_EM, _SANS_EM = 0.475, 0.58


def attributes(theme: Theme, style: str) -> dict[str, str]:
    """The attributes that give an element the look of class ``style``; raises ``KeyError`` for an unknown class."""
    looks = PRINT[style]
    return {"class": style} if theme is Theme.WEB else looks


def type_size(theme: Theme, style: str) -> float:
    """Type size in user units of a text class."""
    return _SIZES[theme][style.removeprefix("c-t-")]


def text_width(theme: Theme, style: str, text: str) -> float:
    """Width of a text in user units, estimated from the mean width of the letters of its font."""
    em = _SANS_EM if PRINT[style]["font-family"] == SANS else _CONDENSED_EM
    return len(text) * em * type_size(theme, style)
