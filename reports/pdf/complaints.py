"""Turns what the renderer logs while it draws into one error, because a warning means that something is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from weasyprint.urls import FatalURLFetchingError

from reports.pdf.errors import RenderError

_SHOWN = 5


@contextmanager
def complaints_refused() -> Iterator[None]:
    """Run a drawing and refuse it afterwards if the renderer complained.

    Raises:
        RenderError: a warning was logged, or the document asked for something outside itself.
    """
    found: list[str] = []
    handler = _Collector(found)
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield
    except FatalURLFetchingError as error:
        raise RenderError(str(error)) from error
    finally:
        logger.removeHandler(handler)
    if found:
        raise RenderError("; ".join(sorted(set(found))[:_SHOWN]))


class _Collector(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(level=logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record.getMessage())
