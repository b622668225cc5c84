"""Imports of earlier results on a real database: replaced as a whole, read back, judged, kept before our own waves."""

from __future__ import annotations

import datetime as dt

import pytest

from app.extensions import Database
from reports.services import earlier, earlier_export
from reports.services.ledger import entries_of
from surveys.enums import WaveStatus
from surveys.errors import NotFound, Refused
from surveys.i18n import translator
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from surveys.models.waves import InstrumentVersion, Programme, Wave
from surveys.services.history_import import HistoryAccount, import_history, remove_history
from surveys.store import imported as store
from tests.support.earlier import SMALL_MAP

NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
EN = translator("en")
ROWS = "unit,day,strain,answers\n" + "".join(
    f"{unit},{year}-03-01,{30 + 3 * place + year - 2021},{6 + 10 * place}\n"
    for place, unit in enumerate("ABCD") for year in (2022, 2023, 2024, 2025)
)  # fmt: skip
TEAMS = '[units]\nA = "pay"\nB = "web"\n'


def bring_in(database: Database, text: str = SMALL_MAP + TEAMS, rows: str = ROWS) -> HistoryAccount:
    mapping = read_history_map(text.encode(), source="map.toml")
    file = read_history(rows.encode(), source="old.csv", mapping=mapping, today=NOW.date())
    with database.transaction() as session:
        return import_history(session, file, file_sha256="0" * 64, now=NOW)


def add_waves(database: Database, *opened: dt.date, status: WaveStatus = WaveStatus.RELEASED, k: int = 5) -> None:
    with database.transaction() as session:
        session.add(
            Programme(
                slug="pulse", name="Pulse", organisation="Acme", audience="root", instruments=[], rrule="FREQ=WEEKLY",
                starts_on=opened[0], opens_time="09:00", timezone="Europe/Madrid", open_days=7, release_delay_hours=24,
                k=k, languages=["en"], mode="promise", retention_days=90,
            )
        )  # fmt: skip
        session.add(InstrumentVersion(sha256="a" * 64, code="pulse-1", document={}))
        session.flush()
        for number, day in enumerate(opened, start=1):
            at = dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC)
            session.add(
                Wave(
                    slug=f"pulse-{number}", programme_slug="pulse", number=number, status=status.value,
                    mode="promise", k=5, instrument_sha256="a" * 64, opens_at=at, closes_at=at, releases_at=at,
                    opened_at=at, fingerprint=f"{number:064}",
                )
            )  # fmt: skip


def test_what_was_imported_is_read_back_and_accounted_for(database: Database) -> None:
    account = bring_in(database)
    assert (account.cells, account.units, account.teams, account.waves, account.measures) == (16, 4, 2, 4, 1)
    assert "16 results of 4 units, 4 waves, 1 measures" in str(account.lines[0])
    with database.reading() as session:
        (source,) = earlier.list_sources(session, EN)
        cells = store.list_cells(session, "old-tool", "strain")
    assert (source.tool, source.cells, source.units) == ("Old Tool", 16, 4)
    assert (source.first_on, source.last_on) == (dt.date(2022, 3, 1), dt.date(2025, 3, 1))
    assert [(cell.unit, cell.team, cell.value, cell.n) for cell in cells[:1]] == [("A", "pay", 31.0, 6)]


def test_the_same_name_again_replaces_everything(database: Database) -> None:
    bring_in(database)
    fewer = "\n".join(ROWS.splitlines()[:5]) + "\n"
    bring_in(database, SMALL_MAP.replace('code = "strain"', 'code = "stress"'), fewer)
    with database.reading() as session:
        (source,) = earlier.list_sources(session, EN)
    assert source.cells == 4
    assert [measure.code for measure in source.measures] == ["stress"]


def test_an_import_that_was_removed_is_gone_and_another_one_stays(database: Database) -> None:
    bring_in(database)
    bring_in(database, SMALL_MAP.replace("old-tool", "other"))
    with database.transaction() as session:
        remove_history(session, "old-tool")
    with database.transaction() as session, pytest.raises(NotFound):
        remove_history(session, "old-tool")
    with database.reading() as session:
        assert [source.name for source in earlier.list_sources(session, EN)] == ["other"]
        assert len(store.list_cells(session, "other", "strain")) == 16
        assert store.list_cells(session, "old-tool", "strain") == []


def test_a_programme_has_to_exist_and_its_smallest_group_holds(database: Database) -> None:
    named = 'programme = "pulse"\n' + SMALL_MAP
    with pytest.raises(NotFound):
        bring_in(database, named)
    add_waves(database, dt.date(2026, 1, 5), k=8)
    with pytest.raises(Refused, match="smallest group"):
        bring_in(database, named)
    with database.reading() as session:
        assert not earlier.list_sources(session, EN)


def test_findings_and_table_are_made_from_what_is_stored(database: Database) -> None:
    bring_in(database)
    with database.reading() as session:
        found = earlier.findings(session, "old-tool", EN)
        table = earlier.unit_table(session, "old-tool", "strain", EN)
        with pytest.raises(NotFound):
            earlier.findings(session, "old-tool", EN, measure="mood")
        with pytest.raises(NotFound):
            earlier.findings(session, "nothing", EN)
    assert [each.heading for each in found.measures[0].statements] == [
        "Mar 2022 to Mar 2023",
        "Mar 2023 to Mar 2024",
        "Mar 2024 to Mar 2025",
    ]
    assert table.waves == ("Mar 2022", "Mar 2023", "Mar 2024", "Mar 2025")
    assert [(row.unit, row.team) for row in table.rows] == [("A", "pay"), ("B", "web"), ("C", None), ("D", None)]
    assert table.rows[0].cells[0] is not None
    assert (table.rows[0].cells[0].value, table.rows[0].cells[0].answers) == ("under half", "5 to 7")


def test_a_leader_sees_the_waves_before_our_own_of_the_own_team_only(database: Database) -> None:
    add_waves(database, dt.date(2024, 1, 8), dt.date(2025, 1, 8))
    bring_in(database, 'programme = "pulse"\n' + SMALL_MAP + TEAMS)
    with database.reading() as session:
        table = earlier.for_team(session, "web", EN, wave="pulse-2")
        nobody = earlier.for_team(session, "ops", EN, wave="pulse-2")
    assert nobody is None
    assert table is not None
    (group,) = table.groups
    assert group.marked == "Imported from Old Tool"
    assert [(row.wave, row.answers) for row in group.rows] == [("Mar 2022", "12 to 19"), ("Mar 2023", "12 to 19")]
    assert "never in line with them" in table.sentence
    assert group.is_lower_better


def test_a_wave_on_the_day_of_our_first_one_is_ours_alone(database: Database) -> None:
    add_waves(database, dt.date(2022, 3, 1))
    bring_in(database, 'programme = "pulse"\n' + SMALL_MAP + TEAMS)
    with database.reading() as session:
        assert earlier.for_team(session, "web", EN, wave="pulse-1") is None


def test_before_anything_is_released_all_earlier_waves_stand(database: Database) -> None:
    add_waves(database, dt.date(2022, 3, 1), status=WaveStatus.OPEN)
    bring_in(database, 'programme = "pulse"\n' + SMALL_MAP + TEAMS)
    with database.reading() as session:
        table = earlier.for_team(session, "web", EN, wave="pulse-1")
    assert table is not None
    assert len(table.groups[0].rows) == 4


def test_an_import_that_names_no_programme_is_in_no_leader_report(database: Database) -> None:
    add_waves(database, dt.date(2026, 1, 5))
    bring_in(database)
    with database.reading() as session:
        assert earlier.for_team(session, "web", EN, wave="pulse-1") is None


def test_an_export_marks_every_row_and_stands_in_the_ledger_without_a_wave_of_ours(database: Database) -> None:
    bring_in(database)
    with database.reading() as session:
        made = earlier_export.write_earlier(session, "old-tool", EN)
    with database.transaction() as session:
        earlier_export.note_earlier(session, made, actor="hr@x.example", now=NOW)
    lines = made.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 17
    assert all(line.startswith('"imported","old-tool","Old Tool"') for line in lines[1:])
    with database.reading() as session:
        (entry,) = entries_of(session)
    assert (entry.row.kind, entry.row.cells, entry.waves) == ("export", 16, ())
    assert entry.row.subject == "imported: old-tool csv"
    assert entry.measures == ("imported:strain",)


def test_a_file_of_an_import_that_was_removed_meanwhile_is_not_handed_out(database: Database) -> None:
    bring_in(database)
    with database.reading() as session:
        made = earlier_export.write_earlier(session, "old-tool", EN)
    with database.transaction() as session:
        remove_history(session, "old-tool")
    with database.transaction() as session, pytest.raises(NotFound):
        earlier_export.note_earlier(session, made, actor="hr@x.example", now=NOW)
