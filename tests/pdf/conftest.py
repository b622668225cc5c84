"""Draws each sample report once for all tests of the PDF."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from reports.pdf.render import render
from tests.pdf import samples


@pytest.fixture(scope="session")
def drawn() -> Callable[[str], bytes]:
    """The PDF of a sample, by the name of its function."""

    @cache
    def of(name: str) -> bytes:
        return render(getattr(samples, name)(), released_on=samples.RELEASED)

    return of
