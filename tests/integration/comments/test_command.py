"""The commands ``barograph comments``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from app.cli import frame
from app.cli.main import main
from surveys.store import accounts
from tests.integration.comments.conftest import REMOVED, TEXTS, Written


@pytest.fixture
def run(released: Written, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(frame, "now", lambda: released.releases_at)
    settings = released.inst.settings
    environment = {
        "BAROGRAPH_DATA_DIR": str(settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(settings.key_dir),
        "BAROGRAPH_DATABASE_URL": settings.database_url,
        "BAROGRAPH_LANGUAGE": "en",
    }

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["comments", *words], env=environment)

    return invoke


def test_comments_are_listed_decided_and_released(released: Written, run) -> None:  # type: ignore[no-untyped-def]
    listed = json.loads(run("list", released.wave, "--json").stdout)["comments"]
    assert {each["text"] for each in listed} == {text for texts in TEXTS.values() for text in texts}
    kept = [str(each["number"]) for each in listed if each["text"] not in REMOVED]
    removed = [str(each["number"]) for each in listed if each["text"] in REMOVED]
    assert "2 comments are still open." in run("keep", released.wave, *kept).stdout
    early = run("release", released.wave)
    assert (early.exit_code, "still open: 2" in early.stderr) == (1, True)
    assert json.loads(run("remove", released.wave, *removed, "--json").stdout)["open"] == 0
    assert "removed" in run("list", released.wave).stdout
    assert json.loads(run("release", released.wave, "--json").stdout)["shown"] == 8
    assert json.loads(run("release", released.wave, "--json").stdout) == {
        "wave": released.wave, "shown": 0, "held_back": 0, "already": True,
    }  # fmt: skip
    assert run("list", released.wave).exit_code == 1
    with released.inst.database.reading() as session:
        actions = [event.action for event in accounts.list_audit_events(session)]
    assert actions[-4:] == ["comments.read", "comments.read", "comments.settle", "comments.release"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(("keep", "pulse-1", "11"), 1), (("keep", "pulse-1", "0"), 2), (("keep", "pulse-1"), 2), (("list", "pulse-9"), 1)],
)
def test_what_does_not_exist_is_refused(run, words: tuple[str, ...], code: int) -> None:  # type: ignore[no-untyped-def]
    assert run(*words).exit_code == code
