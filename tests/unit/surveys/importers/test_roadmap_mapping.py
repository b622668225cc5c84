"""Checks what the map makes of raw items: teams, classes, ends, zones, and which words are a mistake of the row."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_mapping import map_raw
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawChange, RawFile, RawItem

AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
RULES = RoadmapMap(rules=(TeamRule(team="blue", project="pay"),))


def item(key="PAY-1", **facts):
    return RawItem(**({"key": key, "created_at": AT, "places": Places(project="PAY"), "offset": 0} | facts))


def raw(*items, **facts):
    fields = {"kind": SourceKind.JIRA_JSON, "items": lambda: iter(items), "history": frozenset({EventField.STATUS})}
    return RawFile(**(fields | facts))


def mapped(*items, mapping=RULES, zones=None, teams=("blue",), **facts):
    return map_raw(raw(*items, **facts), mapping, teams=teams, zones=zones, source="x").file()


def status(days, old, new, **more):
    return RawChange(AT + days * DAY, EventField.STATUS, old, new, **({"offset": 0} | more))


def test_a_team_word_that_is_the_key_of_a_team_needs_no_rule():
    found = mapped(item(places=Places(team="Blue")), mapping=RoadmapMap())
    assert found.items[0].team == "blue"


def test_rules_come_before_the_team_word():
    mapping = RoadmapMap(rules=(TeamRule(team="red", word="blue"),))
    assert mapped(item(places=Places(team="Blue")), mapping=mapping, teams=("blue", "red")).items[0].team == "red"


@pytest.mark.parametrize(
    ("word", "category", "statuses", "expected"),
    [
        ("Baking", None, {"baking": StatusClass.DOING}, StatusClass.DOING),
        ("Done", StatusClass.TODO, {}, StatusClass.TODO),
        ("Done", StatusClass.TODO, {"done": StatusClass.DOING}, StatusClass.DOING),
        ("In Progress", None, {}, StatusClass.DOING),
        ("Volunteer Needed", None, {}, StatusClass.TODO),
        ("", None, {}, StatusClass.TODO),
    ],
)
def test_a_status_means_what_the_map_says_then_the_tool_then_common_names(word, category, statuses, expected):
    mapping = RoadmapMap(rules=RULES.rules, statuses=statuses)
    assert mapped(item(status=word, category=category), mapping=mapping).items[0].status_class is expected


def test_words_of_the_past_take_the_class_that_the_tool_gives_them():
    changes = (status(1, "Queue", "Bench"),)
    found = mapped(item(changes=changes), categories={"bench": StatusClass.DOING})
    assert [(event.old, event.new) for event in found.events] == [("todo", "doing")]


def test_a_start_is_a_change_of_status_unless_the_item_has_its_own():
    assert [event.new for event in mapped(item(started_at=AT + DAY)).events] == ["doing"]
    own = mapped(item(started_at=AT + DAY, changes=(status(2, "Open", "In Progress"),)))
    assert [event.at for event in own.events] == [AT + 2 * DAY]


@pytest.mark.parametrize(
    ("facts", "done_at", "remark"),
    [
        ({"done_at": AT + DAY, "status": "Done"}, AT + DAY, ""),
        ({"done_at": AT + DAY, "status": "Open"}, AT + DAY, "counts as done"),
        ({"status": "Done", "changes": (status(3, "Open", "Done"),)}, AT + 3 * DAY, ""),
        ({"status": "Done", "updated_at": AT + 4 * DAY}, AT + 4 * DAY, "last update stands in"),
        ({"status": "Done"}, AT, "its creation stands in"),
        ({"done_at": AT - DAY, "status": "Done"}, AT, "done at once"),
        ({"status": "Open"}, None, ""),
    ],
)
def test_when_an_item_was_done(facts, done_at, remark):
    found = mapped(item(**facts))
    assert found.items[0].done_at == done_at
    assert remark in " ".join(map(str, found.problems))


def test_bare_times_are_the_clock_of_the_item_s_team_and_written_offsets_stay():
    zones = {"blue": ZoneInfo("Europe/Madrid")}
    changes = (status(1, "Open", "In Progress", offset=None), status(2, "In Progress", "Open", offset=120))
    found = mapped(item(offset=None, done_at=None, changes=changes), zones=zones)
    assert found.items[0].created_at == AT - dt.timedelta(hours=1)
    assert [event.at for event in found.events] == [AT + DAY - dt.timedelta(hours=1), AT + 2 * DAY]
    assert mapped(item(offset=60), zones=zones).items[0].created_at == AT


def test_in_our_template_unknown_words_are_bad_rows_and_in_tools_they_are_remarks():
    rows = (
        item("A-1", places=Places(team="green"), line=2),
        item("A-2", places=Places(team="blue"), status="Baking", line=3),
        item("A-3", places=Places(team="blue"), priority="Hot", line=4),
        item("A-4", places=Places(team="blue"), status="Done", line=5),
    )
    with pytest.raises(InvalidInput) as refused:
        mapped(*rows, mapping=RoadmapMap(), kind=SourceKind.CSV)
    assert [problem.line for problem in sorted(refused.value.problems, key=lambda p: p.line or 0)] == [2, 3, 4, 5]
    tolerated = mapped(*rows, mapping=RoadmapMap(columns={"key": "Id"}), kind=SourceKind.CSV)
    assert (tolerated.unmapped, len(tolerated.items)) == (1, 4)
    assert len(tolerated.problems) >= 2


def test_the_days_covered_are_said_by_the_map_then_the_source_then_the_items():
    last = AT + 9 * DAY
    found = mapped(item(), item("PAY-2", updated_at=last))
    assert (found.covered_from, found.covered_to) == (AT.date(), last.date())
    assert mapped(item(), covered_to=dt.date(2026, 5, 1)).covered_to == dt.date(2026, 5, 1)
    told = RoadmapMap(rules=RULES.rules, covered_from=dt.date(2026, 1, 1), covered_to=dt.date(2026, 6, 1))
    found = mapped(item(), mapping=told, covered_to=dt.date(2026, 5, 1))
    assert (found.covered_from, found.covered_to) == (dt.date(2026, 1, 1), dt.date(2026, 6, 1))


def test_a_plan_s_date_was_seen_on_the_last_covered_day_unless_the_source_dates_it():
    due, seen = dt.date(2026, 4, 1), dt.date(2026, 2, 1)
    plans = (
        PlanFact(name="a", kind=PlanKind.VERSION, due=due),
        PlanFact(name="b", kind=PlanKind.VERSION, due=due, dates_seen=((seen, due),)),
        PlanFact(name="c", kind=PlanKind.VERSION),
    )
    found = mapped(item(), plans=plans)
    assert [plan.dates_seen for plan in found.plans] == [((AT.date(), due),), ((seen, due),), ()]
    assert "Plans without a date: c." in " ".join(map(str, found.problems))


def test_a_stream_is_read_again_from_the_start_and_counts_without_being_asked_twice():
    stream = map_raw(raw(item(), item("WEB-1", places=Places(project="WEB"))), RULES, teams=("blue",), source="x")
    assert (stream.counts.items, stream.counts.unmapped) == (2, 1)
    assert [fact.key for fact, _ in stream.items()] == [fact.key for fact, _ in stream.items()] == ["PAY-1", "WEB-1"]


def test_a_file_without_items_and_days_is_refused():
    with pytest.raises(InvalidInput, match="not imported"):
        mapped()


def test_an_item_without_a_component_has_its_project_as_area():
    found = mapped(item(), item("PAY-2", places=Places(project="PAY", components=("b", "a"))))
    assert [fact.areas for fact in found.items] == [("PAY",), ("a", "b")]


def test_a_label_is_a_priority_or_a_fault_where_the_map_says_so():
    labelled = Places(project="PAY", labels=("backend", "Later", "Now", "Regression"))
    mapping = RoadmapMap(rules=RULES.rules, priorities=("now", "later"), fault_kinds=frozenset({"regression"}))
    found = mapped(item(places=labelled, kind="Task"), mapping=mapping).items[0]
    assert (found.priority_rank, found.kind) == (2, "bug")
    assert mapped(item(places=labelled, priority="Now"), mapping=mapping).items[0].priority_rank == 1
    assert mapped(item(places=labelled, priority_rank=5), mapping=mapping).items[0].priority_rank == 5
    plain = mapped(item(places=Places(project="PAY", labels=("high", "bug")), kind="Task")).items[0]
    assert (plain.priority_rank, plain.kind) == (None, "task")


def test_every_bad_row_of_our_template_is_told():
    rows = [item(f"A-{n}", places=Places(team="green"), line=n) for n in range(2, 102)]
    with pytest.raises(InvalidInput) as refused:
        mapped(*rows, mapping=RoadmapMap(), kind=SourceKind.CSV)
    assert [problem.line for problem in refused.value.problems] == list(range(2, 102))


TODAY = dt.date(2026, 3, 9)


def stream(*items, kind=SourceKind.JIRA_JSON, mapping=RULES, today=TODAY, **facts):
    return map_raw(raw(*items, kind=kind, **facts), mapping, teams=("blue",), source="x", today=today)


def test_a_mistyped_year_does_not_stretch_the_covered_time():
    typed = item(done_at=dt.datetime(2062, 3, 4, tzinfo=dt.UTC), status="done")
    found = stream(typed, last_seen=typed.done_at).file()
    assert (found.covered_from, found.covered_to) == (AT.date(), TODAY)
    assert "PAY-1 has a time in the future: 4 Mar 2062." in [str(problem.reason) for problem in found.problems]
    assert stream(typed, today=None).covered_to == dt.date(2062, 3, 4)


def test_a_mistyped_year_in_our_own_template_is_a_bad_row():
    typed = item(done_at=dt.datetime(2062, 3, 4, tzinfo=dt.UTC), status="done", line=7, places=Places(team="blue"))
    with pytest.raises(InvalidInput) as refused:
        stream(typed, kind=SourceKind.CSV, mapping=RoadmapMap()).file()
    assert [str(problem) for problem in refused.value.problems] == ["x:7: PAY-1 has a time in the future: 4 Mar 2062."]


def test_tomorrow_is_no_future_because_zones_run_ahead():
    assert stream(item(updated_at=dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC))).file().problems == ()


def test_names_of_plans_lose_addresses_of_people_everywhere():
    moved = RawChange(AT + DAY, EventField.PLAN, None, "Fit ana@x.example", 0)
    plan = PlanFact(name="Fit ana@x.example", kind=PlanKind.SPRINT, due=TODAY)
    found = mapped(item(plans=("Fit ana@x.example",), changes=(moved,)), plans=(plan,))
    assert (found.items[0].plans, found.events[0].new, [each.name for each in found.plans]) == (
        ("Fit",),
        "Fit",
        ["Fit"],
    )


def test_a_parent_that_is_a_title_is_kept_as_a_mark_of_it():
    parents = ("PAY-9", "o/r#3", "&12", "Exit of Ana", "exit of ana")
    kept = [mapped(item(parent=parent)).items[0].parent for parent in parents]
    assert kept[:3] == ["PAY-9", "o/r#3", "&12"]
    assert kept[3] == kept[4]
    assert "Ana" not in kept[3]
