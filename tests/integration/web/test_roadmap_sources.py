"""The steward's way of a roadmap: upload, see what the words mean, choose teams, import; and the list of sources."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.jobs import due, perform
from app.web.manage.drafts import SHOWN
from reports.models import PressureWeek
from surveys.models.roadmap import RoadmapDraft, RoadmapSource, WorkItem
from surveys.store import accounts
from surveys.store.roadmap_writing import load_map
from tests.integration.web.world import World, token

HEADER = "key,team,kind,created,started,done,due,plan,priority,size,status\n"
ITEMS = HEADER + "".join(
    f"T-{number},ticketing,story,2026-0{1 + number % 9}-05,2026-0{1 + number % 9}-07,,,R1,high,3,doing\n"
    for number in range(1, 20)
)


def issue(number: int, label: str = "fares") -> dict[str, object]:
    day = f"2026-0{1 + number % 9}-0{1 + number % 7}"
    fields = {
        "summary": f"Secret title {number}",
        "created": f"{day}T09:00:00.000+0200",
        "updated": "2026-11-20T10:00:00.000+0200",
        "status": {"name": "Under way"},
        "issuetype": {"name": "Story"},
        "priority": {"name": "Rather soon"},
        "project": {"key": "PAY"},
        "labels": [label],
        "components": [{"name": "Gates"}],
        "assignee": {"accountId": f"person-{number % 4}", "displayName": "Ana Secret"},
    }
    return {"key": f"PAY-{number}", "fields": fields, "changelog": {"histories": []}}


def jira(*labels: str) -> str:
    return json.dumps({"issues": [issue(number, label) for number, label in enumerate(labels, start=1)]})


@pytest.fixture
def steward(world: World) -> FlaskClient:
    return world.signed_in("steward@larkfield.example")


def upload(client: FlaskClient, text: str | bytes, file_name: str = "x.csv", **form: object) -> TestResponse:
    content = text.encode() if isinstance(text, str) else text
    data = {"csrf_token": token(client.get("/setup/roadmap")), "file": (io.BytesIO(content), file_name), **form}
    return client.post("/setup/roadmap", data=data, content_type="multipart/form-data")


def drafted(client: FlaskClient, text: str | bytes, file_name: str = "x.csv", **form: object) -> str:
    answer = upload(client, text, file_name, **form)
    assert answer.status_code == 303, re.findall(r"<li>(.*?)</li>", answer.text)[:20]
    return answer.headers["Location"]


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client.get("/setup/roadmap")), **form})


def field_of(page: str, word: str) -> str:
    """The name of the field whose label names a word."""
    found = re.search(rf'name="([^"]+)"[^>]*aria-label="[^"]*\b{re.escape(word)}"', page)
    assert found, word
    return found.group(1)


def digest_of(page: str) -> str:
    return page.partition('name="map" value="')[2].partition('"')[0]


def apply(client: FlaskClient, place: str) -> TestResponse:
    return post(client, f"{place}/apply", map=digest_of(client.get(place).text))


def sources(world: World) -> list[str]:
    with world.inst.database.reading() as session:
        return [source.name for source in session.query(RoadmapSource)]


def count(world: World, table: type[RoadmapDraft | WorkItem | PressureWeek]) -> int:
    with world.inst.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_template_is_looked_at_and_then_imported(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, ITEMS)
    page = steward.get(place).text
    assert "Nothing was imported yet" in page
    assert "Import 19 items" in page
    assert sources(world) == []
    applied = apply(steward, place)
    assert "19 work items" in applied.text
    assert sources(world) == ["roadmap"]
    assert count(world, RoadmapDraft) == 0
    assert count(world, PressureWeek) > 10
    assert steward.get(place).status_code == 404
    with world.inst.database.reading() as session:
        assert {"roadmap.upload", "roadmap.import"} <= {e.action for e in accounts.list_audit_events(session)}


def test_every_bad_row_of_an_upload_is_shown_and_nothing_waits(world: World, steward: FlaskClient) -> None:
    page = upload(
        steward, ITEMS + "T-98,ticketing,story,never,,,,,,,doing\n<b>,ticketing,story,2026-13-01,,,,,,,doing\n"
    )
    assert page.status_code == 409
    assert "x.csv:21" in page.text
    assert "x.csv:22" in page.text
    assert "<b>" not in page.text.partition('role="alert"')[2].partition("</ul>")[0]
    assert count(world, RoadmapDraft) == 0


def test_a_row_that_only_a_map_can_explain_stops_the_import_until_it_does(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, ITEMS + "T-98,nowhere,story,2026-01-05,,,,,,,doing\n")
    page = steward.get(place).text
    assert "x.csv:21" in page
    assert "/apply" not in page
    refused = post(steward, f"{place}/apply", map="")
    assert refused.status_code == 409
    assert sources(world) == []
    kept = post(steward, place, **{field_of(page, "nowhere"): "payments"})
    assert kept.status_code == 303
    assert "Import 20 items" in steward.get(place).text


def test_words_of_a_tool_get_teams_classes_and_ranks(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, gzip.compress(jira("fares", "fares", "gates").encode()), "export.json.gz", name="board")
    page = steward.get(place).text
    assert "Secret" not in page
    assert "Jira, JSON with change log" in page
    assert "3 (100 %)" in page
    assert "nothing tells, so it counts as to do" in page
    assert "/apply" not in page
    form = {
        field_of(page, "fares"): "ticketing",
        field_of(page, "gates"): "payments",
        field_of(page, "Under way"): "doing",
        field_of(page, "Rather soon"): "2",
        "covered_from": "2026-01-01",
    }
    assert post(steward, place, **form).status_code == 303
    page = steward.get(place).text
    assert "0 (0 %)" in page
    assert "you chose it" in page
    assert "1 Jan 2026" in page
    text = steward.get(f"{place}/map.toml").text
    assert 'label = "fares"' in text
    applied = apply(steward, place)
    assert "3 work items" in applied.text
    with world.inst.database.reading() as session:
        assert load_map(session, "board") == text
        assert {item.team for item in session.query(WorkItem)} == {"ticketing", "payments"}
    again = drafted(steward, jira("fares", "gates", "gates"), "export.json", name="board")
    assert "0 (0 %)" in steward.get(again).text


def test_only_the_map_that_was_checked_is_applied(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, jira("fares", "gates"), "export.json")
    page = steward.get(place).text
    post(steward, place, **{field_of(page, "fares"): "ticketing"})
    old = digest_of(steward.get(place).text)
    post(steward, place, others="payments")
    refused = post(steward, f"{place}/apply", map=old)
    assert refused.status_code == 409
    assert "changed in another window" in refused.text
    assert sources(world) == []
    none = drafted(steward, jira("fares"), "export.json")
    digest = hashlib.sha256(steward.get(f"{none}/map.toml").data).hexdigest()[:32]
    assert "No item belongs to a team yet." in post(steward, f"{none}/apply", map=digest).text
    assert sources(world) == []


def test_hundreds_of_labels_stay_a_page_and_are_found_by_their_beginning(world: World, steward: FlaskClient) -> None:
    labels = [f"label{number:03}" for number in range(500)]
    place = drafted(steward, jira(*labels), "export.json")
    page = steward.get(place)
    assert page.text.count('name="team.label.') == SHOWN
    assert "The 50 most used of 500 words are shown." in page.text
    assert len(gzip.compress(page.data)) < 60_000
    found = steward.get(f"{place}?find=LABEL49").text
    assert found.count('name="team.label.') == 10
    assert post(steward, place, **{field_of(found, "label499"): "payments"}).status_code == 303
    assert "499 (100 %)" in steward.get(place).text
    post(steward, place, **{"new.condition": "label", "new.word": "label333", "new.team": "ticketing"})
    shown = steward.get(place).text
    assert "498 (100 %)" in shown
    assert "Take out: Label label333 belongs to Ticketing" in shown
    post(steward, place, **{"drop.0": "yes"})
    assert "499 (100 %)" in steward.get(place).text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"others": "ops"}, "There is no team ops."),
        ({"new.condition": "label", "new.word": "x"}, "Choose the team of x."),
        ({"rank.0": "0"}, "must be between 1 and 99"),
        ({"covered_from": "31.3.2026"}, "is not a date"),
        ({"covered_from": "2026-03-31", "covered_to": "2026-03-01"}, "The last day lies before the first."),
    ],
)
def test_a_choice_that_cannot_be_is_answered_with_a_sentence(
    steward: FlaskClient, form: dict[str, str], sentence: str
) -> None:
    place = drafted(steward, jira("fares"), "export.json")
    page = post(steward, place, **form)
    assert page.status_code == 409
    assert sentence in page.text


def test_a_table_in_foreign_words_asks_which_column_is_which(world: World, steward: FlaskClient) -> None:
    table = "Feature,Squad,Begun,Ended,Prio\nF-1,ticketing,2026-01-05,2026-02-01,high\n"
    page = upload(steward, table, "features.csv")
    assert page.status_code == 409
    assert '<option value="Squad">' in page.text
    columns = {"column.key": "Feature", "column.team": "Squad", "column.created": "Begun", "column.done": "Ended"}
    place = drafted(steward, table, "features.csv", **columns)
    assert "Import one item" in steward.get(place).text
    assert "Squad" in steward.get(f"{place}/map.toml").text


def test_the_order_of_days_is_asked_for_only_where_the_file_leaves_it_open(steward: FlaskClient) -> None:
    table = "key,team,created,done\nT-1,ticketing,05/06/2026,06/06/2026\n"
    assert 'name="dates"' not in steward.get("/setup/roadmap").text
    page = upload(steward, table)
    assert 'name="dates"' in page.text
    place = drafted(steward, table, dates="mdy", zone="UTC")
    assert "6 May 2026" in steward.get(place).text


@pytest.mark.parametrize(
    ("text", "name", "form", "sentence"),
    [
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "x.ics", {}, "This is a calendar"),
        ('{"a": 1}', "x.json", {}, "The format cannot be told from the file."),
        (ITEMS, "x.csv", {"name": "My roadmap!"}, "small letters, digits and hyphens"),
        (ITEMS, "x.csv", {"zone": "Mars"}, "Unknown time zone"),
        ("", "", {}, "Choose a file."),
        (b"\x1f\x8b broken", "x.csv.gz", {}, "gzip"),
    ],
)
def test_an_upload_that_cannot_be_is_answered_with_a_sentence(
    steward: FlaskClient, text: str, name: str, form: dict[str, str], sentence: str
) -> None:
    page = upload(steward, text, name, **form)
    assert page.status_code == 409
    assert sentence in page.text


def test_a_draft_is_of_one_account_and_of_one_hour(world: World, steward: FlaskClient) -> None:
    first = drafted(steward, ITEMS)
    second = drafted(steward, ITEMS)
    assert count(world, RoadmapDraft) == 1
    assert steward.get(first).status_code == 404
    with world.inst.database.transaction() as session:
        account = accounts.find_account(session, "hr@larkfield.example")
        assert account is not None
        accounts.add_grant(session, account_id=account.id, role="steward", team_key="")
    other = world.signed_in("hr@larkfield.example")
    assert other.get(second).status_code == 404
    assert steward.get(second).status_code == 200
    assert ("drafts", "old") not in due_jobs(world)
    world.now += dt.timedelta(hours=1)
    steward = world.signed_in("steward@larkfield.example")
    assert steward.get(second).status_code == 404
    assert ("drafts", "old") in due_jobs(world)
    context = perform.Context(inst=world.inst, clock=lambda: world.now, make_report=None)
    assert perform.perform(context, "drafts", "old", "") == perform.DONE
    assert count(world, RoadmapDraft) == 0
    assert ("drafts", "old") not in due_jobs(world)


def due_jobs(world: World) -> set[tuple[str, str]]:
    with world.inst.database.reading() as session:
        return {(job.kind, job.subject) for job in due.due_jobs(session, world.now)}


def test_a_draft_that_is_thrown_away_is_gone(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, ITEMS)
    assert post(steward, f"{place}/discard").status_code == 303
    assert count(world, RoadmapDraft) == 0
    assert sources(world) == []


def test_the_map_of_a_draft_can_be_typed_but_not_its_fields(world: World, steward: FlaskClient) -> None:
    place = drafted(steward, jira("fares", "gates"), "export.json")
    rules = '[[team]]\nteam = "payments"\nproject = "PAY"\nlabel = "gates"\n'
    assert post(steward, f"{place}/map", map=rules).status_code == 303
    assert "1 (50 %)" in steward.get(place).text
    page = post(steward, f"{place}/map", map=rules + '[points]\nfield = "Weight"\n')
    assert page.status_code == 409
    assert "Upload the file again with this map." in page.text
    assert "unknown team" in post(steward, f"{place}/map", map=rules.replace("payments", "ops")).text


def test_a_source_is_listed_its_map_is_edited_and_it_is_deleted_with_its_weeks(
    world: World, steward: FlaskClient
) -> None:
    apply(steward, drafted(steward, ITEMS))
    page = steward.get("/setup/roadmap").text
    assert "It does not feed" in page
    assert "Scope churn" in page
    page = post(steward, "/setup/roadmap/map", name="roadmap", map='[[team]]\nteam = "ops"\nany = true\n').text
    assert "unknown team" in page
    assert "was kept" in post(steward, "/setup/roadmap/map", name="roadmap", map='[kinds]\nfault = ["snag"]\n').text
    assert "snag" in steward.get("/setup/roadmap/map?name=roadmap&download=yes").text
    assert steward.get("/setup/roadmap/map?name=nothing").status_code == 404
    assert "Tick the box" in post(steward, "/setup/roadmap/remove", name="roadmap").text
    assert sources(world) == ["roadmap"]
    assert "was deleted" in post(steward, "/setup/roadmap/remove", name="roadmap", sure="yes").text
    assert sources(world) == []
    assert count(world, WorkItem) == 0
    assert count(world, PressureWeek) == 0
    assert "There is no source" in post(steward, "/setup/roadmap/remove", name="roadmap", sure="yes").text


@pytest.mark.shared
@pytest.mark.parametrize("name", ["jira_duraspace_3teams.json.gz", "github_ietf_7teams.json.gz"])
def test_a_real_export_is_told_mapped_and_imported(
    world: World, steward: FlaskClient, shared_dir: Path, name: str
) -> None:
    place = drafted(steward, (shared_dir / "roadmap_data" / name).read_bytes(), name)
    page = steward.get(place).text
    form = dict(zip(project_fields(page), ("payments", "ticketing"), strict=False))
    post(steward, place, others="larkfield", **form)
    page = steward.get(place).text
    assert "0 (0 %)" in page
    assert "stop the import" not in page
    assert "work items" in apply(steward, place).text
    assert count(world, PressureWeek) > 100


def project_fields(page: str) -> list[str]:
    return re.findall(r'name="(team\.project\.[0-9]+)"', page)


def test_others_than_stewards_are_kept_out(world: World) -> None:
    hr = world.signed_in("hr@larkfield.example")
    for path in ("/setup/roadmap", "/setup/roadmap/map?name=roadmap", "/setup/roadmap/drafts/x", "/setup/anchors"):
        assert hr.get(path).status_code in {403, 404}
