"""Sign-in by one-time link, sessions that end, and who may open what."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient

from surveys.models.accounts import SignInLink, StaffSession
from surveys.store import accounts
from tests.integration.web.world import World, token
from tests.support import journey

ROLES = {"leader": "lena", "hr": "hr", "steward": "steward", "auditor": "auditor", "redactor": "redactor"}
EVERYBODY = frozenset({"nobody", *ROLES})

MATRIX: dict[str, tuple[str, str, frozenset[str]]] = {
    # endpoint: method, address, who gets an answer below 400 that is not the way to sign-in
    "public.home": ("GET", "/", EVERYBODY),
    "public.manifest": ("GET", "/waves/pulse-1/manifest.json", EVERYBODY),
    "public.questionnaire": ("GET", "/waves/pulse-1/questionnaire.json", EVERYBODY),
    "public.account": ("GET", "/waves/pulse-1/account.json", EVERYBODY),
    "public.alive": ("GET", "/healthz", EVERYBODY),
    "public.ready": ("GET", "/readyz", EVERYBODY),
    "shell.answer": ("GET", "/answer", EVERYBODY),
    "respond.card": ("GET", "/card", EVERYBODY),
    "respond.thanks": ("GET", "/thanks", EVERYBODY),
    "sign_in.ask": ("GET", "/sign-in", EVERYBODY),
    "sign_in.open_link": ("GET", "/sign-in/x", EVERYBODY),
    "leader.overview": ("GET", "/leader/", frozenset({"leader"})),
    "leader.report": ("GET", "/leader/ticketing", frozenset({"leader"})),
    "leader.plan": ("GET", "/leader/ticketing/plan", frozenset({"leader"})),
    "leader.pdf": ("GET", "/leader/ticketing/report.pdf", frozenset({"leader"})),
    "hr.table": ("GET", "/hr/", frozenset({"hr"})),
    "hr.export": ("POST", "/hr/export", frozenset({"hr"})),
    "manage.overview": ("GET", "/setup/", frozenset({"steward"})),
    "manage.wave": ("GET", "/setup/waves/pulse-1", frozenset({"steward"})),
    "manage.organisation": ("GET", "/setup/organisation", frozenset({"steward"})),
    "manage.upload_organisation": ("POST", "/setup/organisation", frozenset({"steward"})),
    "manage.roadmap": ("GET", "/setup/roadmap", frozenset({"steward"})),
    "manage.upload_roadmap": ("POST", "/setup/roadmap", frozenset({"steward"})),
    "manage.calendar": ("GET", "/setup/calendar", frozenset({"steward"})),
    "manage.add_days": ("POST", "/setup/calendar/days", frozenset({"steward"})),
    "manage.remove_days": ("POST", "/setup/calendar/remove", frozenset({"steward"})),
    "manage.fetch_holidays": ("POST", "/setup/calendar/holidays", frozenset({"steward"})),
    "manage.upload_calendar": ("POST", "/setup/calendar/file", frozenset({"steward"})),
    "manage.connections": ("GET", "/setup/connections", frozenset({"steward"})),
    "manage.add_connection": ("POST", "/setup/connections", frozenset({"steward"})),
    "manage.anchors": ("GET", "/setup/anchors", frozenset({"steward"})),
    "manage.plan": ("POST", "/setup/programmes/pulse/plan", frozenset({"steward"})),
    "manage.close_wave": ("POST", "/setup/waves/pulse-1/close", frozenset({"steward"})),
    "audit.overview": ("GET", "/audit/", frozenset({"auditor"})),
    "audit.entries": ("GET", "/audit/ledger", frozenset({"auditor"})),
    "audit.download": ("GET", "/audit/ledger.csv", frozenset({"auditor"})),
    "audit.evidence": ("GET", "/audit/waves/pulse-1/evidence.zip", frozenset({"auditor"})),
    "hr.query": ("GET", "/hr/barograph.pq", frozenset({"hr"})),
    "tokens.overview": ("GET", "/tokens/", frozenset({"hr"})),
    "redact.overview": ("GET", "/redact/", frozenset({"redactor"})),
    "hr.link": ("GET", "/hr/link", frozenset({"hr"})),
    "hr.findings": ("GET", "/hr/findings", frozenset({"hr"})),
    "earlier.overview": ("GET", "/hr/earlier/", frozenset({"hr"})),
    "remarks.overview": ("GET", "/hr/comments/", frozenset({"hr"})),
}
ELSEWHERE = {
    "static", "shell.file", "respond.step", "papers.take", "ballots.put", "results.results", "public.counted",
    "sign_in.send", "sign_in.use_link", "sign_in.leave", "manage.open_wave", "redact.wave", "redact.decide",
    "redact.release", "remarks.download", "earlier.download", "api.document", "api.rows", "tokens.add", "tokens.revoke",
    "manage.draft", "manage.draft_map", "manage.source_map", "manage.check_draft", "manage.type_draft_map",
    "manage.apply_draft", "manage.discard_draft", "manage.remove_source", "manage.save_source_map",
    "manage.set_anchors", "manage.check_connection", "manage.sync_connection", "manage.remove_connection",
}  # fmt: skip
"""Routes with tests of their own."""


def browsers(world: World) -> dict[str, FlaskClient]:
    found = {role: world.signed_in(f"{person}@larkfield.example") for role, person in ROLES.items()}
    return {"nobody": world.app.test_client(), **found}


def form_token(client: FlaskClient) -> str:
    page = next(each for each in (client.get(path) for path in ("/leader/", "/hr/", "/setup/", "/audit/", "/redact/"))
                if each.status_code == 200)  # fmt: skip
    return token(page)


def test_every_route_is_in_the_matrix(world: World) -> None:
    assert {rule.endpoint for rule in world.app.url_map.iter_rules()} == set(MATRIX) | ELSEWHERE


def test_every_route_opens_to_its_roles_only(released: World) -> None:
    clients = browsers(released)
    tokens = {role: form_token(client) for role, client in clients.items() if role != "nobody"}
    for endpoint, (method, address, allowed) in MATRIX.items():
        for role, client in clients.items():
            data = {"csrf_token": tokens.get(role, ""), "format": "csv"} if method == "POST" else None
            answer = client.open(address, method=method, data=data)
            to_sign_in = answer.status_code == 303 and answer.headers["Location"] == "/sign-in"
            is_in = (answer.status_code < 400 or answer.status_code == 409) and not to_sign_in
            assert is_in == (role in allowed), (endpoint, role, answer.status_code)
            if role == "nobody" and not allowed & {role} and method == "GET":
                assert to_sign_in


STEWARDS_ONLY = {
    "manage.draft": ("GET", "/setup/roadmap/drafts/x"),
    "manage.draft_map": ("GET", "/setup/roadmap/drafts/x/map.toml"),
    "manage.source_map": ("GET", "/setup/roadmap/map?name=x"),
    "manage.check_draft": ("POST", "/setup/roadmap/drafts/x"),
    "manage.type_draft_map": ("POST", "/setup/roadmap/drafts/x/map"),
    "manage.apply_draft": ("POST", "/setup/roadmap/drafts/x/apply"),
    "manage.discard_draft": ("POST", "/setup/roadmap/drafts/x/discard"),
    "manage.remove_source": ("POST", "/setup/roadmap/remove"),
    "manage.save_source_map": ("POST", "/setup/roadmap/map"),
    "manage.set_anchors": ("POST", "/setup/anchors"),
    "manage.check_connection": ("POST", "/setup/connections/tracker/check"),
    "manage.sync_connection": ("POST", "/setup/connections/tracker/sync"),
    "manage.remove_connection": ("POST", "/setup/connections/tracker/remove"),
}
"""Routes about one thing, here one that does not exist: a steward may hear so, nobody else gets that far."""


def test_what_is_about_one_thing_opens_to_stewards_only(released: World) -> None:
    clients = browsers(released)
    tokens = {role: form_token(client) for role, client in clients.items() if role != "nobody"}
    for endpoint, (method, address) in STEWARDS_ONLY.items():
        for role, client in clients.items():
            data = {"csrf_token": tokens.get(role, "")} if method == "POST" else None
            answer = client.open(address, method=method, data=data)
            is_refused = answer.status_code == 403 or answer.headers.get("Location") == "/sign-in"
            assert is_refused == (role != "steward") or answer.status_code == 400, (endpoint, role, answer.status_code)


@pytest.mark.parametrize("suffix", ["", "/report.pdf", "?wave=pulse-1"])
def test_a_foreign_team_and_one_that_does_not_exist_read_the_same(released: World, suffix: str) -> None:
    lena = released.signed_in("lena@larkfield.example")
    foreign = lena.get(f"/leader/payments{suffix}")
    above = lena.get(f"/leader/larkfield{suffix}")
    absent = lena.get(f"/leader/no-such-team{suffix}")
    assert {foreign.status_code, above.status_code, absent.status_code} == {404}
    assert foreign.data == above.data == absent.data


def test_an_explicit_grant_opens_one_more_team(released: World) -> None:
    lena = released.signed_in("lena@larkfield.example")
    with released.inst.database.transaction() as session:
        account = accounts.find_account(session, "lena@larkfield.example")
        assert account is not None
        accounts.add_grant(session, account_id=account.id, role="leader", team_key="payments")
    assert "Payments" in lena.get("/leader/").text


def test_the_same_answer_for_known_and_unknown_addresses(world: World, client: FlaskClient) -> None:
    known = client.post("/sign-in", data={"email": "lena@larkfield.example"})
    unknown = client.post("/sign-in", data={"email": "stranger@elsewhere.example"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert world.mails == []  # the work begins when the answer has left
    known.close()
    unknown.close()
    assert [mail[0] for mail in world.mails] == ["lena@larkfield.example"]


def test_looking_at_a_link_uses_nothing_up(world: World, client: FlaskClient) -> None:
    client.post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    path = world.mails[-1][1].removeprefix("http://127.0.0.1:8000")
    for _ in range(20):
        assert client.get(path).status_code == 200
        client.head(path)
    used = client.post(path)
    assert (used.status_code, used.headers["Location"]) == (303, "/hr/")
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(("minutes", "status"), [(9, 303), (10, 404), (60, 404)])
def test_a_link_works_for_ten_minutes(world: World, client: FlaskClient, minutes: int, status: int) -> None:
    client.post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    world.now += dt.timedelta(minutes=minutes)
    assert client.post(world.mails[-1][1].removeprefix("http://127.0.0.1:8000")).status_code == status


def test_at_most_five_links_an_hour_are_mailed(world: World, client: FlaskClient) -> None:
    for _ in range(9):
        client.post("/sign-in", data={"email": "HR@larkfield.example "}).close()
    assert len(world.mails) == 5
    world.now += dt.timedelta(minutes=61)
    client.post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    assert len(world.mails) == 6


def test_the_link_has_the_configured_address_whatever_the_host_says(world: World, client: FlaskClient) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    client.post("/sign-in", data={"email": "hr@larkfield.example"}, headers=headers).close()
    assert world.mails[-1][1].startswith("http://127.0.0.1:8000/sign-in/")


def test_a_session_ends_after_an_hour_idle_and_twelve_in_all(world: World) -> None:
    hr = world.signed_in("hr@larkfield.example")
    for _ in range(14):
        world.now += dt.timedelta(minutes=50)
        assert hr.get("/hr/").status_code == 200
    world.now += dt.timedelta(minutes=50)
    assert hr.get("/hr/").status_code == 303
    again = world.signed_in("hr@larkfield.example")
    world.now += dt.timedelta(minutes=61)
    assert again.get("/hr/").status_code == 303


def test_signing_out_and_losing_the_account_act_on_the_next_request(world: World) -> None:
    first, second = world.signed_in("hr@larkfield.example"), world.signed_in("hr@larkfield.example")
    assert first.post("/sign-out", data={"csrf_token": token(first.get("/hr/"))}).status_code == 303
    assert first.get("/hr/").status_code == 303
    assert second.get("/hr/").status_code == 200
    with world.inst.database.transaction() as session:
        account = accounts.find_account(session, "hr@larkfield.example")
        assert account is not None
        account.is_active = False
    assert second.get("/hr/").status_code == 303


def test_the_database_keeps_no_secret_of_link_or_session(world: World) -> None:
    hr = world.signed_in("hr@larkfield.example")
    cookie = hr.get_cookie("barograph")
    assert cookie is not None
    link = world.mails[-1][1].rpartition("/")[2]
    with world.inst.database.reading() as session:
        kept = [row.token_hash for row in [*session.query(SignInLink), *session.query(StaffSession)]]
    assert len(kept) == 2
    assert not {cookie.value, link} & set(kept)
    assert min(len(cookie.value), len(link)) >= 43  # 256 bits


def test_the_cookie_is_bound_to_host_and_https(make_world, world: World) -> None:  # type: ignore[no-untyped-def]
    secure = make_world(base_url="https://pulse.larkfield.example")
    client = secure.app.test_client()
    client.post("/sign-in", data={"email": "hr@larkfield.example"}).close()
    answer = client.post(secure.mails[-1][1].removeprefix("https://pulse.larkfield.example"))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-barograph=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert len(answer.headers.getlist("Set-Cookie")) == 1


def test_a_leader_without_an_account_gets_one_and_a_member_does_not(world: World, client: FlaskClient) -> None:
    for person in ("pau", "ticketing2"):
        client.post("/sign-in", data={"email": f"{person}@larkfield.example"}).close()
    assert [mail[0] for mail in world.mails] == ["pau@larkfield.example"]


def test_a_steward_sees_no_results_and_no_counts_while_a_wave_is_open(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    before = [steward.get(path).data for path in ("/setup/", "/setup/waves/pulse-1")]
    journey.cast(world.inst, world.code(), {}, now=world.now)
    after = [steward.get(path).data for path in ("/setup/", "/setup/waves/pulse-1")]
    assert [without_token(page) for page in before] == [without_token(page) for page in after]


def without_token(page: bytes) -> list[str]:
    return [line for line in page.decode().splitlines() if "csrf_token" not in line]
