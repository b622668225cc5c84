"""The reason of a segment figure that is withheld: too few in the cell, or declined for the whole table."""

from __future__ import annotations

import pytest

from reports.disclosure.reasons import Reason, Withheld
from reports.services.release_extras import _reasoned
from surveys.instruments.library import load

CORE = load("core-1")
SCALE = CORE.scales[0]
FEW = Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=7)


@pytest.mark.parametrize("measure", [SCALE.items[0], SCALE.code])
def test_what_a_whole_table_lacks_was_declined_by_the_ledger_and_what_one_cell_lacks_has_too_few(measure: str) -> None:
    whole = set(CORE.item_codes)
    assert _reasoned(FEW, measure, CORE, whole) == FEW
    declined = _reasoned(FEW, measure, CORE, whole - {SCALE.items[0]})
    assert declined == Withheld(reason=Reason.DECLINED_BY_LEDGER, k=7)
