"""What a wave publishes: the manifest, its questions by hash, how far it has come, and the list of counted ballots."""

from __future__ import annotations

import hashlib
import json

import pytest
from flask.testing import FlaskClient

from tests.integration.web.world import World

DOCUMENTS = ("manifest.json", "questionnaire.json", "account.json", "counted.txt")


def test_the_documents_of_an_open_wave_fit_together(world: World, client: FlaskClient) -> None:
    manifest = client.get("/waves/pulse-1/manifest.json")
    questions = client.get("/waves/pulse-1/questionnaire.json")
    account = client.get("/waves/pulse-1/account.json")
    promised = json.loads(manifest.data)
    assert hashlib.sha256(questions.data).hexdigest() == promised["instrument"]["sha256"]
    assert account.json == {
        "wave": "pulse-1",
        "status": "open",
        "fingerprint": hashlib.sha256(manifest.data).hexdigest(),
        "closes_at": promised["closes_at"],
        "is_none": False,
        "is_waiting": False,
        "is_within_papers": None,
        "key_destroyed_at": None,
        "has_counted_list": False,
    }
    for each in (manifest, questions, account):
        assert each.headers["Cache-Control"] == "no-store"
        assert not {"ETag", "Last-Modified", "Set-Cookie"} & set(each.headers.keys())
    assert client.get("/waves/pulse-1/counted.txt").status_code == 404


def test_a_counted_wave_says_that_its_key_is_gone_and_its_ballots_fit_its_papers(released: World) -> None:
    account = released.app.test_client().get("/waves/pulse-1/account.json").json
    assert account is not None
    assert (account["status"], account["is_within_papers"]) == ("released", True)
    assert (account["is_none"], account["is_waiting"]) == (False, False)
    assert account["key_destroyed_at"] == "2026-12-02T09:00:00Z"
    assert account["has_counted_list"] is False  # twenty-one people are too few for a list


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("wave", ["pulse-2", "nothing", "%00", "pulse-1%00", "%ED%A0%80", "PULSE-1", "x" * 200])
def test_what_was_never_opened_publishes_nothing(client: FlaskClient, world: World, wave: str, document: str) -> None:
    assert world.app is not None
    assert client.get(f"/waves/{wave}/{document}").status_code == 404
