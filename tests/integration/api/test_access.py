"""Who may read: valid tokens of open accounts with the role of the scope, and nobody else."""

from __future__ import annotations

import datetime as dt

from app.api.endpoints import ENDPOINTS
from surveys.models.accounts import Account, AccountGrant, ApiToken
from surveys.services import tokens
from surveys.services.tokens import Scope
from surveys.store import accounts
from tests.integration.api.conftest import AUDITOR, HR, Program, program
from tests.integration.web.world import World

HEADERS = (
    "Basic aHI6eA==", "Bearer", "Bearer  ", "Bearer bgr_x", "bearer " + "a" * 56, "Bearer bgr_" + "a" * 52,
    "Bearer bgr_" + "\N{LATIN SMALL LETTER SHARP S}" * 52, "Bearer " + "x" * 5000,
)  # fmt: skip


def test_nothing_is_read_without_a_token(stranger: Program) -> None:
    for endpoint in ENDPOINTS:
        answer = stranger.get(endpoint.path)
        assert (answer.status_code, answer.json["code"]) == (401, "no_token"), endpoint.name
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_header_opens_nothing(stranger: Program) -> None:
    for header in HEADERS:
        answer = stranger.get("waves", Authorization=header)
        assert answer.status_code == 401, header
        assert answer.json["code"] in {"no_token", "wrong_token"}


def test_a_browser_that_is_signed_in_has_no_right_here_and_gets_no_cookie(released: World) -> None:
    browser = released.signed_in(HR)
    answer = browser.get("/api/v1/waves")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_no_answer_sets_a_cookie_or_depends_on_one(analyst: Program) -> None:
    answer = analyst.get("cells", Cookie="barograph=x")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


def test_a_token_ends_with_its_time(analyst: Program, later: dt.datetime) -> None:
    analyst.world.now = later - dt.timedelta(seconds=1)
    assert analyst.get("waves").status_code == 200
    analyst.world.now = later
    answer = analyst.get("waves")
    assert (answer.status_code, answer.json["code"]) == (401, "wrong_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_revoked_token_is_refused_at_once(analyst: Program) -> None:
    world = analyst.world
    with world.inst.database.transaction() as session:
        assert tokens.revoke_token(session, token=analyst.token, now=world.now, actor="test")
        assert not tokens.revoke_token(session, token=analyst.token, now=world.now, actor="test")
    assert analyst.get("waves").status_code == 401


def test_a_closed_account_is_refused_at_once(analyst: Program) -> None:
    with analyst.world.inst.database.transaction() as session:
        session.query(Account).filter_by(email=HR).update({"is_active": False})
    assert analyst.get("waves").status_code == 401


def test_a_role_that_was_taken_away_takes_the_scope_with_it(analyst: Program) -> None:
    with analyst.world.inst.database.transaction() as session:
        session.query(AccountGrant).filter_by(role="hr").delete()
    answer = analyst.get("cells")
    assert (answer.status_code, answer.json["code"]) == (403, "missing_scope")
    assert 'scope="results:read"' in answer.headers["WWW-Authenticate"]


def test_every_list_opens_to_its_scope_only(released: World) -> None:
    for scope in Scope:
        reader = program(released, scope, email=AUDITOR if scope is Scope.LEDGER else HR)
        found = {endpoint.name: reader.get(endpoint.path).status_code for endpoint in ENDPOINTS}
        assert found == {endpoint.name: 200 if scope is endpoint.scope else 403 for endpoint in ENDPOINTS}


def test_the_auditor_reads_the_ledger_and_finds_this_reading_in_it(analyst: Program) -> None:
    cells = analyst.get("cells?wave=pulse-1")
    assert cells.status_code == 200
    rows = program(analyst.world, Scope.LEDGER, email=AUDITOR).rows("ledger?limit=1")
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    last = rows[-1]
    assert (last["kind"], last["actor"], last["cells"]) == ("api", f"{HR} (Power BI)", len(cells.json["data"]))
    assert cells.headers["ETag"].strip('"') == last["sha256"]
    assert isinstance(last["detail"], dict)
    assert last["detail"]["waves"] == ["pulse-1"]


def test_the_secret_is_stored_nowhere(analyst: Program) -> None:
    with analyst.world.inst.database.reading() as session:
        row = session.query(ApiToken).one()
        events = accounts.list_audit_events(session)
        kept = f"{row.token_hash} {row.name} {[(event.action, event.subject, event.detail) for event in events]}"
        assert events[-1].action == "token.add"
    assert analyst.secret not in kept
    assert len(analyst.secret) == 56
