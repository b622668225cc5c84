"""One small export for the tests of its writers."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from reports.disclosure.cells import RawCell, protect
from reports.disclosure.participation import response_band
from reports.disclosure.policy import POLICY_VERSION
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import BridgeRow, ExportRow, ExportTable
from surveys.enums import BallotMode, MeasureKind


@pytest.fixture
def row() -> ExportRow:
    return ExportRow(
        wave="2026-03",
        wave_closed_on=dt.date(2026, 2, 6),
        crowd="c-pay",
        crowd_name="Payments and Billing",
        units=("Payments", "Billing"),
        measure="workload.pace",
        measure_kind=MeasureKind.ITEM,
        measure_name="Pace",
        item_text='"My workload is sustainable", says who?',
        source="own",
        licence="AGPL-3.0-or-later",
        outcome=protect(RawCell(crowd="c-pay", measure="workload.pace", n=8, total=37, favourable=7)),
        invited=12,
        response=response_band(8, 12),
        policy_version=POLICY_VERSION,
        fingerprint="ab" * 32,
        mode=BallotMode.PROMISE,
    )


@pytest.fixture
def table(row: ExportRow) -> ExportTable:
    withheld = dataclasses.replace(row, measure="burnout", outcome=Withheld(reason=Reason.NOT_ASKED))
    earlier = dataclasses.replace(row, wave="2026-02", wave_closed_on=dt.date(2026, 1, 23))
    return ExportTable(
        rows=(row, withheld, earlier),
        bridge=(
            BridgeRow(wave="2026-03", unit="pay", unit_name="Payments", crowd="c-pay"),
            BridgeRow(wave="2026-03", unit="bill", unit_name="Billing", crowd="c-pay"),
        ),
    )
