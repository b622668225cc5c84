"""Checks the words that the mapping screen shows: how often each is used, what it would mean, what stays unmapped."""

import datetime as dt

from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_mapping import Why
from surveys.importers.roadmap_model import EventField, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Places, RawChange, RawFile, RawItem
from surveys.importers.roadmap_words import found_words

AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def test_words_are_counted_with_what_they_would_mean():
    items = (
        RawItem(
            key="PAY-1",
            created_at=AT,
            status="Bench",
            category=StatusClass.DOING,
            priority="Major",
            size=3.0,
            places=Places(project="PAY", components=("api",), labels=("x", "y")),
            changes=(RawChange(AT, EventField.STATUS, "Queue", "Bench"),),
        ),
        RawItem(key="PAY-2", created_at=AT, status="Bench", priority="Hot", places=Places(project="PAY")),
        RawItem(key="WEB-1", created_at=AT, status="Done", places=Places(project="WEB", area_path="A\\B")),
    )
    raw = RawFile(kind=SourceKind.JIRA_JSON, items=lambda: iter(items), categories={"bench": StatusClass.DOING})
    found = found_words(raw, RoadmapMap(rules=(TeamRule(team="blue", project="pay"),)), teams=("blue",))
    assert [(w.word, w.items) for w in found.places["project"]] == [("PAY", 2), ("WEB", 1)]
    assert [w.word for w in found.places["label"]] == ["x", "y"]
    assert [w.word for w in found.places["area_path"]] == ["A\\B"]
    assert [(s.word, s.items, s.status_class, s.why) for s in found.statuses] == [
        ("Bench", 2, StatusClass.DOING, Why.TOOL),
        ("Done", 1, StatusClass.DONE, Why.COMMON),
        ("Queue", 0, StatusClass.TODO, Why.UNKNOWN),
    ]
    assert [(p.word, p.rank) for p in found.priorities] == [("Hot", None), ("Major", 3)]
    assert (found.with_size, found.with_plan, found.unmapped, found.unmapped_keys) == (1, 0, 1, ("WEB-1",))
    assert [(team.word, team.items) for team in found.teams] == [("blue", 2)]
    assert round(found.unmapped_share, 2) == 0.33
