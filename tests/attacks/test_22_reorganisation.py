"""Attack 22: move one person to another team and look at an old wave again: two cuts of it differ by that person."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.installation import Installation
from reports.document import to_json
from reports.services import leader_report
from reports.services.hr_export import FORMATS, ExportOrder, write_export
from surveys.enums import BallotMode
from surveys.importers.organisation import read_organisation
from surveys.services.organisation import import_organisation
from tests.attacks import account
from tests.support import journey
from tests.support.journey import HeldWave

ATTACK = "22 reorganisation"
TEAMS: journey.Teams = {journey.ROOT: (None, 1), "ant": (journey.ROOT, 11), "bee": (journey.ROOT, 11)}
MOVER = journey.member("ant", 10)


@pytest.fixture
def held(inst: Installation) -> HeldWave:
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    journey.hold_wave(inst, journey.varied())
    return journey.hold_wave(inst, journey.varied(shift=1))


def move(inst: Installation, held: HeldWave) -> None:
    """Import the organisation again with one person in another team and another name of that team."""
    teams, people = journey.csv_files(TEAMS)
    moved = people.replace(f"{MOVER},Name of {MOVER},ant,".encode(), f"{MOVER},Name of {MOVER},bee,".encode())
    assert moved != people
    today = (held.wave.releases_at + dt.timedelta(days=3)).date()
    renamed = teams.replace(b"Team bee", b"Team bumblebee")
    with inst.database.transaction() as session:
        import_organisation(session, read_organisation(renamed, moved), today=today)


def everything(inst: Installation, folder: Path) -> dict[str, bytes]:
    """Make every report of every released wave anew, in both languages, and every export file; bytes by name."""
    made: dict[str, bytes] = {}
    with inst.database.reading() as session:
        for wave in ("pulse-1", "pulse-2"):
            batch = leader_report.load_batch(session, wave=wave)
            as_of = batch.history.last.released_at.date()
            for unit in leader_report.list_units(batch):
                for language in ("en", "es"):
                    report = leader_report.build_report(session, batch=batch, unit=unit, language=language, as_of=as_of)
                    made[f"{wave} {unit} {language}"] = to_json(report)
    for kind in FORMATS:
        place = folder / kind
        place.mkdir(parents=True)
        export = write_export(inst.database.reading, ExportOrder(file_format=kind, language="en"), place)
        made.update({f"{kind} {path.name}": path.read_bytes() for path in export.files})
    return made


def test_the_usual_rule_cuts_the_old_wave_again_and_gives_the_mover_away(held: HeldWave) -> None:
    item = held.wave.instrument.item_codes[0]
    before = journey.members("ant", 11)[1:]
    after = [email for email in before if email != MOVER]
    sums = [sum(int(held.answers[email][item] or 0) for email in people) for people in (before, after)]
    assert len(after) >= 5
    assert sums[0] - sums[1] == held.answers[MOVER][item]
    account.weakened(ATTACK, "hide n<5, old wave cut by today's teams: the exact answer of the one who moved")


def test_nothing_about_an_old_wave_changes_by_a_single_byte(inst: Installation, held: HeldWave, tmp_path: Path) -> None:
    before = everything(inst, tmp_path / "before")
    move(inst, held)
    after = everything(inst, tmp_path / "after")
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []
    account.product(ATTACK, f"{len(before)} reports and files made again after a move: the same bytes")


def test_the_next_wave_shows_a_mean_and_no_difference_for_both_teams(inst: Installation, held: HeldWave) -> None:
    move(inst, held)
    journey.hold_wave(inst, journey.varied(shift=2))
    with inst.database.reading() as session:
        batch = leader_report.load_batch(session)
        for unit in ("ant", "bee"):
            report = leader_report.build_report(
                session, batch=batch, unit=unit, language="en", as_of=dt.date(2025, 12, 31)
            )
            changes = [section.change for section in report.scales]
            assert changes
            assert all(change is not None and change.text.startswith("mean of 3 waves: ") for change in changes)
            assert "Fewer than 5 people joined or left since the wave before." in report.trace_note
