"""The page of the link: who may see it, what it says first, and what it never says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.installation import Installation
from app.web.ports import Reports
from reports.services.link import remake_link
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.store import accounts
from tests.integration.cli.served import no_report
from tests.support import journey
from tests.support.filled import World
from tests.support.linked import fill_linked

NOW = journey.START


@pytest.fixture(scope="module")
def inst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = journey.installation(tmp_path_factory.mktemp("page"))
    fill_linked(made, World(teams=7, waves=14, scales=3, seed=5), slope=0.9)
    remake_link(made.database.reading, made.database.transaction, wave="pulse-14", now=NOW)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def browsers(inst: Installation) -> dict[str, FlaskClient]:
    """Browsers of an HR analyst, a leader and a steward, who went through their mail."""
    mails: list[tuple[str, str]] = []
    app = create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=lambda: NOW,
        send_link=lambda email, url, _language: mails.append((email, url)),
        reports=Reports(get=no_report, render=lambda _report: b""),
    )
    made = {}
    for role in ("hr", "leader", "steward"):
        account = Account(id=new_id(), email=f"{role}@x.example", name=role.title(), language="en")
        with inst.database.transaction() as session:
            accounts.add_account(session, account)
            accounts.add_grant(session, account_id=account.id, role=role, team_key="root" if role == "leader" else "")
        made[role] = app.test_client()
        made[role].post("/sign-in", data={"email": f"{role}@x.example"}).close()
        made[role].post(mails[-1][1].removeprefix(inst.settings.base_url))
    return made


@pytest.mark.parametrize("role", ["leader", "steward"])
def test_others_do_not_see_it(browsers: dict[str, FlaskClient], role: str) -> None:
    assert browsers[role].get("/hr/link").status_code == 403


def test_it_says_the_finding_with_its_range_and_what_must_not_be_concluded(browsers: dict[str, FlaskClient]) -> None:
    page = browsers["hr"].get("/hr/link").text
    assert "More pressure goes with more strain" in page
    assert "likely range" in page
    assert page.index("Slopes by team") < page.index("What must not be concluded")
    assert "That pressure caused the strain" in page


def test_a_wave_that_was_not_looked_at_says_so_and_an_unknown_one_is_not_found(
    browsers: dict[str, FlaskClient],
) -> None:
    assert "have not been compared" in browsers["hr"].get("/hr/link?wave=pulse-2").text
    assert browsers["hr"].get("/hr/link?wave=nothing").status_code == 404
