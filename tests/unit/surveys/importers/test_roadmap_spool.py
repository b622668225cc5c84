"""Checks that of two versions of an item the fresher one stays, whatever came first."""

import itertools

from surveys.importers.roadmap_spool import Spool


def test_drafts_come_in_the_order_of_keys():
    spool = Spool()
    for key in ("B-2", "A-1", "B-10"):
        assert not spool.add(key, 1, (key, None, 2.5, ("x",)))
    assert list(spool.drafts()) == [(key, None, 2.5, ("x",)) for key in ("A-1", "B-10", "B-2")]
    assert list(spool.drafts()) == list(spool.drafts())
    assert len(spool) == 3


def test_the_fresher_version_stays_and_content_decides_where_both_are_as_fresh():
    versions = [(5, ("old",)), (7, ("b",)), (7, ("a",))]
    kept = set()
    for order in itertools.permutations(versions):
        spool = Spool()
        met = [spool.add("A-1", freshness, draft) for freshness, draft in order]
        assert met == [False, True, True]
        kept.add(tuple(spool.drafts()))
    assert kept == {(("b",),)}


def test_a_spool_that_outgrows_memory_reads_the_same(monkeypatch):
    monkeypatch.setattr("surveys.importers.roadmap_spool._IN_MEMORY", 100)
    spool = Spool()
    for number in range(50):
        spool.add(f"A-{number:02}", 0, (number, "x" * 20))
    assert [draft[0] for draft in spool.drafts()] == list(range(50))
