"""Turns drawing calls into one SVG element as text: rounded coordinates, escaped texts, title first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

from reports.charts.theme import Theme, attributes

Point = tuple[float, float]

_HATCH_STEP = 5.0
# What XML 1.0 cannot hold even when escaped; a name that carries it must not break the whole drawing.
_CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def number(value: float) -> str:
    """A coordinate with at most one decimal and no trailing zero, never ``-0``."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def polyline(points: Sequence[Point]) -> str:
    """Path data through the points with straight lines."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def polygon(points: Sequence[Point]) -> str:
    """Path data of the closed outline through the points."""
    return polyline(points) + "Z"


def horizontals(x1: float, x2: float, ys: Iterable[float]) -> str:
    """Path data of horizontal lines from ``x1`` to ``x2``."""
    return "".join(f"M{number(x1)} {number(y)}H{number(x2)}" for y in ys)


def verticals(y1: float, y2: float, xs: Iterable[float]) -> str:
    """Path data of vertical lines from ``y1`` to ``y2``."""
    return "".join(f"M{number(x)} {number(y1)}V{number(y2)}" for x in xs)


def hatching(x: float, y: float, width: float, height: float) -> str:
    """Path data of lines rising at 45 degrees, every 5 units, clipped to the rectangle."""
    lines = []
    for index in range(1, int((width + height) / _HATCH_STEP) + 1):
        reach = index * _HATCH_STEP
        start = (x + max(0.0, reach - height), y + min(reach, height))
        end = (x + min(reach, width), y + max(0.0, reach - width))
        lines.append(polyline([start, end]))
    return "".join(lines)


class Canvas:
    """Collects the elements of one drawing of ``width`` by ``height`` user units."""

    def __init__(self, width: float, height: float, theme: Theme) -> None:
        self.width, self.height, self.theme = width, height, theme
        self._parts: list[str] = []

    def path(self, style: str, data: str) -> None:
        """Add a path; empty data adds nothing."""
        if data:
            self._add("path", style, {"d": data})

    def rect(self, style: str, x: float, y: float, width: float, height: float) -> None:
        """Add a rectangle."""
        box = {"x": number(x), "y": number(y), "width": number(width), "height": number(height)}
        self._add("rect", style, box)

    def circle(self, style: str, x: float, y: float, radius: float) -> None:
        """Add a circle around ``(x, y)``."""
        self._add("circle", style, {"cx": number(x), "cy": number(y), "r": number(radius)})

    def text(self, style: str, x: float, y: float, text: str, anchor: str = "start") -> None:
        """Add one line of text with its baseline at ``y``; an empty text adds nothing."""
        if not text:
            return
        place = {"x": number(x), "y": number(y)}
        if anchor != "start":
            place["text-anchor"] = anchor
        self._parts.append(f"<text{self._attributes(style, place)}>{clean(text)}</text>")

    def hatch(self, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle with the hatching that means hidden."""
        self.rect("c-hbg", x, y, width, height)
        self.path("c-hatch", hatching(x, y, width, height))

    def svg(self, alt: str) -> Markup:
        """The drawing as an image; its alternative text stands in ``aria-label`` and in the first child ``<title>``."""
        label = clean(alt)
        head = f'role="img" {self._size()} aria-label={quoteattr(_plain(alt))}'
        return _safe(f"<svg {head}><title>{label}</title>{''.join(self._parts)}</svg>")

    def ornament(self, css_class: str = "b-chart") -> Markup:
        """The drawing as an ornament, hidden from screen readers; for the web only (print has CSS backgrounds)."""
        return _safe(f'<svg aria-hidden="true" {self._size(css_class)}>{"".join(self._parts)}</svg>')

    def _size(self, css_class: str = "b-chart") -> str:
        width, height = number(self.width), number(self.height)
        return (
            f'class="{css_class}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}"'
        )

    def _attributes(self, style: str, place: dict[str, str]) -> str:
        return "".join(f' {name}="{value}"' for name, value in (attributes(self.theme, style) | place).items())

    def _add(self, tag: str, style: str, place: dict[str, str]) -> None:
        self._parts.append(f"<{tag}{self._attributes(style, place)}/>")


def clean(text: str) -> str:
    """Escape a text for an element; characters that XML cannot hold are dropped."""
    return escape(_plain(text))


def _safe(text: str) -> Markup:
    """Mark a drawing as safe to place: every text in it went through :func:`clean`, every number through code."""
    return Markup(text)  # noqa: S704 - escaped above


def _plain(text: str) -> str:
    return text.translate(_CONTROL)
