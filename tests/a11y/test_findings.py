"""The page of findings over all units with changes, alerts and joint rows, in a real browser."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.factory import create_app
from app.web.ports import Reports
from reports.services.analysis import make_analysis
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.store import accounts
from tests.a11y.test_pages import Eye, eye
from tests.integration.cli.served import no_report
from tests.support import journey
from tests.support.filled import World, fill, team

__all__ = ["eye"]

HR = "hr@x.example"
WORLD = World(teams=34, waves=10, scales=6, seed=3, falls={5: 2.0, 30: 2.0}, joint=frozenset({30}), covariance=0.4)


@pytest.mark.slow
def test_findings_have_no_findings_of_axe(tmp_path: Path, eye: Eye) -> None:
    inst = journey.installation(tmp_path)
    fill(inst, WORLD)
    make_analysis(inst.database.reading, inst.database.transaction, wave="pulse-10", now=journey.START)
    account = Account(id=new_id(), email=HR, name="HR", language="en")
    with inst.database.transaction() as session:
        accounts.add_account(session, account)
        accounts.add_grant(session, account_id=account.id, role="hr", team_key="")
    mails: list[str] = []
    app = create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=lambda: journey.START,
        send_link=lambda _email, url, _language: mails.append(url),
        reports=Reports(get=no_report, render=lambda _report: b""),
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        app.test_client().post("/sign-in", data={"email": HR}).close()
        eye.page.goto(f"{address}/sign-in/{mails[-1].rpartition('/')[2]}")
        eye.page.get_by_role("button", name="Sign in").click()
        eye.page.goto(f"{address}/hr/findings")
        eye.look("hr-findings")
        eye.page.get_by_label("Units to show").select_option("all")
        eye.page.get_by_role("button", name="Show").last.click()
        eye.look("hr-findings-all")
        assert eye.page.get_by_role("rowheader", name=f"Team {team(5)}").is_visible()
        eye.page.goto(f"{address}/hr/findings?wave=pulse-1")
        eye.look("hr-findings-none")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        inst.database.dispose()
