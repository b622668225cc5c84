"""Topics and segments of a wave: all of them, once each, in pages of any size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from reports.exports.table import SEGMENTS, TOPICS
from reports.models import ReleasedCrowd, ReleasedSegment, ReleasedSegmentCell, ReleasedTopic
from reports.services import api_rows, export_extras
from reports.services.api_pages import Page, Selection
from reports.services.export_wave import Pick, load_wave
from surveys.instruments.parts import ResponseOption, Segment, Text, Topic
from surveys.instruments.schema import content_hash, document
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store
from tests.integration.web.world import World

FIGURE = {
    "value": 3.2, "qualifier": "exact", "low": 3.1, "high": 3.3, "step": 0.2, "rounding_variance": 0.0033,
    "n": [8, 11], "favourable": [0.0, 0.5],
}  # fmt: skip


def text(words: str) -> Text:
    return Text(en=words, es=words)


@pytest.fixture
def divided(released: World) -> World:
    """The released wave as if it had asked for topics and a segment; no auditor has seen these rows."""
    with released.inst.database.transaction() as session:
        wave = session.get(Wave, "pulse-1")
        assert wave is not None
        choices = tuple(ResponseOption(code=code, label=text(f"Site {code}")) for code in range(1, 12))
        asked = replace(
            instrument_of(session, wave.instrument_sha256),
            segments=(Segment(code="site", text=text("Where?"), choices=choices),),
            topics=(Topic(code="tools", label=text("Tools")), Topic(code="growth", label=text("Growth"))),
        )
        sha256 = content_hash(asked)
        wave_store.add_instrument_version(session, sha256=sha256, code="pulse-1", document=document(asked))
        wave.instrument_sha256 = sha256
        for crowd in session.query(ReleasedCrowd).all():
            session.add(ReleasedTopic(wave="pulse-1", crowd=crowd.crowd, topic="tools", low=0.0, high=0.5))
        for cell, options in (("0-1", [0, 1]), ("2", [2]), ("10-11", [10, 11])):
            key = {"wave": "pulse-1", "unit": "ticketing", "segment": "site", "cell": cell}
            session.add(ReleasedSegment(**key, options=options, n_low=8, n_high=11))
            session.add(ReleasedSegmentCell(**key, measure="workload", figure=FIGURE))
    return released


def everything(session: Session, read, limit: int) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    found: list[dict[str, object]] = []
    page = Page(rows=(), after=("", ""))
    selection = Selection(language="en", limit=limit)
    while page.after is not None:
        page = read(session, selection)
        found += page.rows
        selection = replace(selection, after=page.after)
    return found


def test_pages_hold_what_the_export_holds(divided: World) -> None:
    with divided.inst.database.reading() as session:
        wave = load_wave(session, "pulse-1", language="en")
        topics = [dict(TOPICS.record(row)) for row in export_extras.topic_rows(session, wave, Pick())]
        segments = [dict(SEGMENTS.record(row)) for row in export_extras.segment_rows(session, wave, Pick())]
        assert len(topics) == 4
        for limit in (1, 2, 7, 1000):
            assert everything(session, api_rows.read_topics, limit) == topics
            found = everything(session, api_rows.read_segments, limit)
            assert sorted(map(str, found)) == sorted(map(str, segments))
    assert len(segments) > 3
    assert {row["value"] for row in found} >= {3.2, None}
    assert all(row["reason_code"] for row in found if row["value"] is None)
