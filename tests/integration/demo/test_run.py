"""A demonstration leaves database, reports and exports, prints ways in that work, and can be made again."""

from __future__ import annotations

import datetime as dt
import hashlib
import io

import pytest

from app import auth, installation
from app.demo.progress import Shown
from app.demo.remarks import TELLING, tells_too_much
from app.demo.run import DemoAccount, lines, run, sign_ins
from app.demo.shapes import ROOT
from reports.disclosure.comments import TOGETHER
from reports.services import remarks
from reports.services.remarks import Standing
from reports.store.comments import list_comments
from reports.store.releases import list_ledger
from surveys.enums import Role
from surveys.services import redaction
from surveys.store import waves

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> DemoAccount:
    folder = tmp_path_factory.mktemp("run") / "demo"
    folder.mkdir()
    (folder / ".barograph-demo").touch()
    (folder / "barograph.db").write_bytes(b"left by a run that was broken off")
    return run(folder=folder, size="small", seed=6, today=NOW.date(), report=Shown(stream=io.StringIO()))


def test_every_team_has_a_report_and_the_export_fits_its_checksums(account: DemoAccount) -> None:
    assert [path.name for path in account.reports] == ["company.pdf", "ticketing.pdf", "mobile.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in account.reports)
    sums = (account.places.exports / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    named = {name.lstrip("*"): digest for digest, name in (line.split(maxsplit=1) for line in sums)}
    assert {path.name for path in account.exports} == {*named, "SHA256SUMS"}
    for name, digest in named.items():
        assert hashlib.sha256((account.places.exports / name).read_bytes()).hexdigest() == digest


def test_the_printed_links_sign_their_holders_in(account: DemoAccount) -> None:
    links = sign_ins(account, now=NOW)
    staff = [Role.HR, Role.STEWARD, Role.AUDITOR, Role.REDACTOR]
    assert [link.role for link in links] == [Role.LEADER, Role.LEADER, *staff]
    assert [link.team for link in links] == ["Ticketing", "Almena Studio", *[""] * len(staff)]
    inst = installation.open_existing(account.settings)
    for link in links:
        with inst.database.transaction() as session:
            secret = auth.consume(session, link.link.rsplit("/", 1)[1], NOW)
            assert secret is not None
            found = auth.find_signed_in(session, secret, NOW)
        assert found is not None
        assert found.has(link.role)
    inst.database.dispose()


def test_what_is_printed_names_every_place_and_link(account: DemoAccount) -> None:
    links = sign_ins(account, now=NOW)
    text = "\n".join(lines(account, links, language="en"))
    for part in (account.places.database, account.places.reports, account.places.exports, *(x.link for x in links)):
        assert str(part) in text
    assert "12 people in 3 teams, 26 waves" in text


def test_keys_lie_beside_the_data_and_not_in_it(account: DemoAccount) -> None:
    assert (account.places.keys / "installation.key").is_file()
    assert not list(account.places.data.rglob("*.key"))


def test_the_comments_of_the_last_wave_are_released_before_today_without_those_that_tell_too_much(
    account: DemoAccount,
) -> None:
    inst = installation.open_existing(account.settings)
    last = account.waves[-1]
    with inst.database.reading() as session:
        released_at = waves.get_wave(session, last.slug).comments_released_at
        shown = [row.text for row in list_comments(session, last.slug)]
        waiting = redaction.list_waiting(session)
        entries = [(entry.kind, entry.at) for entry in list_ledger(session)]
    inst.database.dispose()
    assert not waiting
    assert len(shown) >= TOGETHER
    assert not any(tells_too_much(text) for text in shown)
    assert released_at is not None
    assert last.released_at < released_at
    assert released_at.date() < NOW.date()
    assert entries[-1] == ("comments", released_at)
    assert [at for _kind, at in entries] == sorted(at for _kind, at in entries)
    content = b"".join(path.read_bytes() for path in account.places.data.glob("barograph.db*"))
    assert all(text.encode() in content for text in shown)
    assert not any(text.encode() in content for texts in TELLING.values() for text in texts)


def test_the_page_of_a_leader_shows_topics_and_comments_and_hr_reads_the_same_comments(account: DemoAccount) -> None:
    inst = installation.open_existing(account.settings)
    last = account.waves[-1].slug
    with inst.database.reading() as session:
        own = remarks.of_unit(session, wave=last, unit=ROOT, language="en")
        found = remarks.of_wave(session, wave=last)
    inst.database.dispose()
    assert own.standing is Standing.SHOWN
    assert own.topics
    assert [(unit.unit, unit.texts) for unit in found.units] == [(ROOT, own.texts)]
