"""Draws what the privacy panel shows: the rule on a ruled scale, and a specimen of what a leader will see."""

from __future__ import annotations

from markupsafe import Markup

from reports.charts.small import ruler
from reports.charts.svg import Canvas, verticals
from reports.charts.theme import Theme
from reports.document import Value
from surveys.i18n import Translator

SPECIMEN = Value(mean=3.4, low=2.9, high=3.9)
_WIDTH, _HEIGHT, _TOP, _BOTTOM = 326.0, 72.0, 4.0, 38.0
_MOST_PLACES = 11


def rule_picture(tr: Translator, *, k: int, invited: int, is_whole_company: bool) -> Markup:
    """Draw the rule: hatched below ``k`` answers, clear from ``k`` on; a rule, never a count of answers."""
    places = max(k + 2, min(invited, max(_MOST_PLACES, k + 6)))
    step = (_WIDTH - 2) / places
    edge = 1 + (k - 1) * step
    canvas = Canvas(_WIDTH, _HEIGHT, Theme.WEB)
    canvas.hatch(1, _TOP, edge - 1, _BOTTOM - _TOP)
    canvas.rect("c-band", edge, _TOP, _WIDTH - 1 - edge, _BOTTOM - _TOP)
    canvas.rect("c-frame", 1, _TOP, _WIDTH - 2, _BOTTOM - _TOP)
    below = tr.t("nothing") if is_whole_company else tr.t("joined")
    canvas.rect("c-sheet", 1 + (edge - 1) * 0.16, _TOP + 7, (edge - 1) * 0.68, _BOTTOM - _TOP - 14)
    canvas.text("c-t-lab", (1 + edge) / 2, 26, below, "middle")
    canvas.text("c-t-lab", (edge + _WIDTH) / 2, 26, tr.t("averages shown"), "middle")
    canvas.path("c-mid", verticals(_BOTTOM, _BOTTOM + 6, [1 + (place - 0.5) * step for place in range(1, places + 1)]))
    canvas.path("c-event", verticals(0, _BOTTOM + 6, [edge]))
    for place in range(1, places + 1):
        is_last = place == places and invited > places
        style = "c-t-axb" if place >= k else "c-t-ax"
        canvas.text(style, 1 + (place - 0.5) * step, 57, f"{place}+" if is_last else str(place), "middle")
    canvas.text("c-t-ax", _WIDTH - 1, 71, tr.t("answers"), "end")
    return canvas.svg(rule_words(tr, k=k, is_whole_company=is_whole_company))


def rule_words(tr: Translator, *, k: int, is_whole_company: bool) -> str:
    """Return the rule as the alternative text of its picture."""
    if is_whole_company:
        return tr.t(
            "A scale of answers. Below {k} answers nothing is published. From {k} answers on, averages are shown.", k=k
        )
    return tr.t(
        "A scale of answers. Below {k} answers they are counted together with another group. "
        "From {k} answers on, averages are shown.",
        k=k,
    )


def specimen_picture(tr: Translator) -> Markup:
    """Draw an invented average with its likely range."""
    alt = tr.t(
        "Example: an average of {value} on a scale from 1 to 5, with a likely range from {low} to {high}.",
        value=tr.number(SPECIMEN.mean),
        low=tr.number(SPECIMEN.low),
        high=tr.number(SPECIMEN.high),
    )
    return ruler(SPECIMEN, (), Theme.WEB, alt, labelled=True)
