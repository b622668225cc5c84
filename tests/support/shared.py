"""Fixture ``shared_dir``: the reference data beside the repository, which is not part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.requirements import missing

ROOT = Path(__file__).resolve().parents[2]


def _locate() -> Path:
    folder = Path(os.environ.get("BAROGRAPH_SHARED") or ROOT.parent / "shared")
    if not (folder / "reference").is_dir():
        missing(f"The reference data are not at {folder}.", "BAROGRAPH_REQUIRE_SHARED")
    return folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("shared"):
        _locate()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder ``../shared``, or the one that BAROGRAPH_SHARED names."""
    return _locate()
