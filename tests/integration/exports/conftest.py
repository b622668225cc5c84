"""An organisation of three levels after three waves: two with answers, one with too few, and an export of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.installation import Installation
from reports.services.hr_export import Export, ExportOrder, write_export
from tests.integration.waves.conftest import inst, module_inst
from tests.support import exported, journey
from tests.support.exported import Records

__all__ = ["inst", "module_inst"]

TEAMS: journey.Teams = {
    journey.ROOT: (None, 2),
    "north": (journey.ROOT, 9),
    "ant": ("north", 10),
    "bee": ("north", 4),
    "south": (journey.ROOT, 9),
    "cat": ("south", 8),
    "dog": ("south", 9),
    "elk": (journey.ROOT, 4),
}
"""``bee`` has too few people and is counted with a neighbour, ``elk`` with others beside it."""

Exporting = Callable[..., tuple[Export, Records]]


@pytest.fixture(scope="module")
def company(module_inst: Installation) -> Installation:
    """Three waves: the pulse, the pulse with levers, and one in which nobody but two took part."""
    modules = ({"code": "pulse-1", "every": 1, "offset": 0}, {"code": "burnout-1", "every": 3, "offset": 1})
    journey.company(module_inst, TEAMS, instruments=modules, has_comments=True)
    journey.hold_wave(module_inst, journey.varied())
    journey.hold_wave(module_inst, journey.varied(shift=1))
    few = [journey.leader("ant"), journey.leader("cat")]
    journey.hold_wave(module_inst, lambda email, asked: dict.fromkeys(asked.item_codes, 4) if email in few else None)
    return module_inst


@pytest.fixture
def exporting(company: Installation, tmp_path: Path) -> Exporting:
    """Writes an export and reads it back."""
    made = 0

    def write(file_format: str = "json", **chosen: object) -> tuple[Export, Records]:
        nonlocal made
        made += 1
        folder = tmp_path / str(made)
        folder.mkdir()
        order = ExportOrder(file_format=file_format, language="en", **chosen)  # type: ignore[arg-type]
        export = write_export(company.database.reading, order, folder)
        return export, exported.read(folder, file_format, order.stem)

    return write
