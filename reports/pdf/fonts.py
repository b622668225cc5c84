"""Turns the folder of report fonts into a font configuration, without changing the settings of the process for good."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from weasyprint.text.fonts import FontConfiguration

CONFIGURATION = Path(__file__).with_name("fonts.conf")
_VARIABLE = "FONTCONFIG_FILE"


@cache
def font_configuration() -> FontConfiguration:
    """The fonts of the reports; the machine's own stand in where the folder is empty. Loaded once per process."""
    with _environment(_VARIABLE, str(CONFIGURATION)):
        return FontConfiguration()


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
