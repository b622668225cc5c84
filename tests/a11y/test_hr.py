"""The page of HR analysts with hidden cells and scales that were not asked, in a real browser."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy.orm import Session

from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import ExportRow
from reports.services import hr_export
from tests.a11y.test_pages import Eye, eye
from tests.integration.web.world import World

__all__ = ["eye"]


@pytest.fixture
def gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides one scale of the first group and takes another one away from all."""
    whole = hr_export.heat_rows

    def rows(session: Session, wave: str, *, language: str) -> list[ExportRow]:
        made = whole(session, wave, language=language)
        hidden, missing = Withheld(reason=Reason.TOO_FEW_FOR_CUT), Withheld(reason=Reason.NOT_ASKED)
        return [
            dataclasses.replace(row, outcome=missing)
            if row.measure == made[1].measure
            else dataclasses.replace(row, outcome=hidden)
            if row is made[0]
            else row
            for row in made
        ]

    monkeypatch.setattr(hr_export, "heat_rows", rows)


@pytest.mark.slow
def test_hidden_and_not_asked_look_and_read_differently(served: World, eye: Eye, gaps: None) -> None:
    served.app.test_client().post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    eye.page.goto(f"{served.address}/sign-in/{served.mails[-1][1].rpartition('/')[2]}")
    eye.page.get_by_role("button", name="Sign in").click()
    eye.page.goto(served.address + "/hr/")
    eye.look("hr-gaps")
    hidden = eye.page.locator("td.hidden-cell").first
    missing = eye.page.locator("td.muted", has_text="not asked").first
    assert "Fewer than 5 people gave an opinion" in hidden.inner_text()
    assert missing.inner_text().startswith("–")
    patterns = [cell.evaluate("e => getComputedStyle(e).backgroundImage") for cell in (hidden, missing)]
    assert patterns[0].startswith("repeating-linear-gradient")
    assert patterns[1] == "none"
    assert eye.page.get_by_label("Unit with all below it").is_visible()
    for name in ("CSV", "XLSX", "Parquet", "JSON"):
        assert eye.page.get_by_role("button", name=name, exact=True).is_visible()
