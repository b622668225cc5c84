"""The way of a roadmap in a real browser, wide and narrow: no finding of axe-core, no sideways scrolling, no script."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.a11y.test_pages import Eye, eye
from tests.integration.web.test_roadmap_sources import ITEMS, jira
from tests.integration.web.world import World

__all__ = ["eye"]


def sign_in(world: World, eye: Eye) -> None:
    world.app.test_client().post("/sign-in", data={"email": "steward@larkfield.example"}).close()
    eye.page.goto(f"{world.address}/sign-in/{world.mails[-1][1].rpartition('/')[2]}")
    eye.page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
def test_an_upload_gets_its_teams_and_is_imported(served: World, eye: Eye, tmp_path: Path) -> None:
    sign_in(served, eye)
    labels = ["gates" if number % 3 else "fares" for number in range(60)] + [f"label{n}" for n in range(80)]
    file, bad = tmp_path / "export.json", tmp_path / "features.csv"
    file.write_text(jira(*labels))
    bad.write_text("Feature,Squad,Begun\nF-1,ticketing,05/06/2026\n")
    page = eye.page
    page.goto(served.address + "/setup/roadmap")
    page.get_by_label("File", exact=True).set_input_files(bad)
    page.get_by_role("button", name="Upload and look").click()
    assert page.get_by_role("alert").get_by_text("There are").is_visible()
    eye.look("roadmap-fault")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Format").select_option("")
    page.get_by_role("button", name="Upload and look").click()
    assert page.get_by_text("140 (100 %)").is_visible()
    eye.look("roadmap-draft")
    page.get_by_label("Team of gates", exact=True).select_option("payments")
    page.get_by_label("Class of Under way").select_option("doing")
    page.get_by_label("Team of all that no rule fits").select_option("ticketing")
    page.get_by_role("button", name="Check, import nothing").click()
    assert page.get_by_text("0 (0 %)").is_visible()
    eye.look("roadmap-draft-checked")
    page.get_by_role("button", name="Import 140 items").click()
    assert page.get_by_role("status").get_by_text("140 work items").is_visible()
    eye.look("roadmap-done")
    page.get_by_role("link", name="Map of roadmap").click()
    eye.look("roadmap-map")


@pytest.mark.slow
def test_anchors_are_set(served: World, eye: Eye, tmp_path: Path) -> None:
    file = tmp_path / "roadmap.csv"
    file.write_text(ITEMS)
    sign_in(served, eye)
    page = eye.page
    page.goto(served.address + "/setup/anchors")
    eye.look("anchors")
    page.get_by_label("Required run rate: Weight").fill("much")
    page.get_by_label("Why").fill("Our sprints are short")
    page.get_by_role("button", name="Let these hold").click()
    assert page.get_by_role("alert").get_by_text("R.weight must be a number.").is_visible()
    eye.look("anchors-fault")
    page.get_by_label("Required run rate: Weight").fill("30")
    page.get_by_role("button", name="Let these hold").click()
    assert page.get_by_text("Version 101 holds now;").is_visible()
    served.now += dt.timedelta(minutes=1)
    eye.look("anchors-done")
