"""A released wave that was withdrawn later is a gap for what is made afterwards, and keeps nothing from being made."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from reports.errors import ReleaseRefused
from reports.services.leader_report import freeze_report, load_batch
from reports.services.ledger import entries_of
from reports.services.own_calibration import own_scales
from tests.support import journey


def test_reports_and_own_calibration_of_a_later_wave_are_made(inst: Installation) -> None:
    journey.company(inst)
    for _ in range(2):
        held = journey.hold_wave(inst, journey.varied())
    now = held.wave.releases_at
    lifecycle.withdraw_wave(inst, wave="pulse-1", reason="Wrong list.", now=now, actor="test")
    with inst.database.transaction() as session:
        assert own_scales(session)
        freeze_report(session, batch=load_batch(session), unit="ant", language="en", now=now)
        (entry,) = [entry for entry in entries_of(session) if entry.row.kind == "report"]
        assert entry.waves == ("pulse-2",)


def test_the_own_organisation_is_not_simulated_from_figures_that_were_changed(inst: Installation) -> None:
    journey.company(inst)
    journey.hold_wave(inst, journey.varied())
    with inst.database.transaction() as session:
        session.execute(text("UPDATE released_crowd SET n_low = n_low - 1"))
    with inst.database.reading() as session, pytest.raises(ReleaseRefused, match="not those that were released"):
        own_scales(session)
