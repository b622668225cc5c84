"""The page of anchors: what holds, new ones with a reason, faults in words, and the way back to the product's."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from reports.store.anchors import current_anchors, list_anchor_changes
from surveys.store import accounts
from tests.integration.web.world import World, token


@pytest.fixture
def steward(world: World) -> FlaskClient:
    return world.signed_in("steward@larkfield.example")


def form_of(page: TestResponse) -> dict[str, str]:
    """The fields of the form as the page fills them."""
    return dict(
        re.findall(r'<input (?:class="short" )?type="text"[^>]*? name="([^"]+)"[^>]* value="([^"]*)"', page.text)
    )


def post(client: FlaskClient, **changes: str) -> TestResponse:
    page = client.get("/setup/anchors")
    return client.post("/setup/anchors", data={"csrf_token": token(page), **form_of(page), **changes})


def test_new_anchors_hold_under_a_number_of_their_own_and_keep_the_reason(world: World, steward: FlaskClient) -> None:
    assert "Version 1 holds now" in steward.get("/setup/anchors").text
    page = post(steward, note="Our sprints <b>are</b> short", **{"R.weight": "30", "R.full": "2,5", "split": "yes"})
    assert page.status_code == 200
    assert "Version 101 holds now" in page.text
    with world.inst.database.reading() as session:
        found, changes = current_anchors(session), list_anchor_changes(session)
        events = [event.subject for event in accounts.list_audit_events(session) if event.action == "anchors.set"]
    scale = next(iter(found.scales.values()))
    assert (found.version, scale.weight, scale.full, found.split) == (101, 30, 2.5, True)
    assert (changes[0].note, changes[0].made_by) == ("Our sprints <b>are</b> short", "steward@larkfield.example")
    assert events == ["101"]
    page = steward.get("/setup/anchors")
    assert "Our sprints &lt;b&gt;are" in page.text
    assert "Version 1, which does not hold now" in steward.get("/setup/anchors?version=1").text
    assert steward.get("/setup/anchors?version=77").status_code == 404
    page = post(steward, note="Back", go="reset")
    assert "Version 1 holds now" in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"R.weight": "30"}, "Write why the anchors change."),
        ({"note": "same"}, "Version 1 holds already."),
        ({"note": "x", "R.zero": "3"}, "The numbers of R.anchors must rise, from 0 on, by at least"),
        ({"note": "x", "M.half": "much"}, "P.must must be three numbers"),
        ({"note": "x", "U.weight": "nan"}, "U.weight must be a number."),
        ({"note": "x", "min_coverage": "0.2"}, "min_coverage must be between 0.5 and 1."),
    ],
)
def test_anchors_that_cannot_be_change_nothing_and_what_was_typed_stays(
    world: World, steward: FlaskClient, changes: dict[str, str], sentence: str
) -> None:
    page = post(steward, **changes)
    assert page.status_code == 409
    assert sentence in page.text
    for name, value in changes.items():
        assert form_of(page)[name] == value
    with world.inst.database.reading() as session:
        assert list_anchor_changes(session) == ()
