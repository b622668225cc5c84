"""The page of imported results in a real browser, wide and narrow: no finding of axe-core, no sideways scrolling."""

from __future__ import annotations

import pytest

from tests.a11y.test_pages import Eye, eye
from tests.integration.web.test_earlier import imported
from tests.integration.web.world import World

__all__ = ["eye", "imported"]


@pytest.mark.slow
def test_imported_results_fit_a_phone(imported: World, served: World, eye: Eye) -> None:
    served.app.test_client().post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    eye.page.goto(f"{served.address}/sign-in/{served.mails[-1][1].rpartition('/')[2]}")
    eye.page.get_by_role("button", name="Sign in").click()
    eye.page.goto(served.address + "/hr/earlier/")
    eye.look("hr-earlier")
    assert eye.page.get_by_role("heading", name="Feels strained").is_visible()
    assert eye.page.get_by_text("Imported from Old Tool").count() >= 2
