"""Names the error of a report that could not be drawn."""

from __future__ import annotations


class RenderError(RuntimeError):
    """No PDF was made: the renderer complained, the document asked for something outside itself, or a limit was met."""
