"""The respondent's client against a real server: what it does, what it tells the server, and what makes it stop."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat
import tomllib
from collections.abc import Callable

import pytest
from sqlalchemy import text
from werkzeug.wrappers import Response

from app.cli import ballot_server
from surveys.ballots import manifest
from surveys.ballots.wire import decode64
from tests.integration.cli.served import ANT, OTHER, Survey, change, replaced
from tests.support import journey


def test_somebody_answers_changes_the_answer_and_is_told_that_it_was_counted(survey: Survey) -> None:
    link, form = survey.link(ANT), survey.folder / "form.toml"
    survey.ok("questions", link, "--out", form)
    assert stat.S_IMODE(form.stat().st_mode) == 0o600
    filled = re.sub(r'^([a-z-]+) = ""$', r"\1 = 4", form.read_text(), flags=re.MULTILINE)
    form.write_text(filled.replace(" = 4", ' = "none"', 1))
    assert set(tomllib.loads(form.read_text()).values()) == {4, "none"}
    told = survey.ok("answer", link, "--answers", form)
    with survey.inst.database.reading() as session:
        print_of_wave = session.execute(text("SELECT fingerprint FROM wave")).scalar_one()
    assert f"{manifest.words(print_of_wave)}. Your colleagues must see the same; compare." in told
    assert print_of_wave in told
    assert "20 invited people: Team ant" in told
    assert "Your ballot is in the box" in told
    assert survey.ballots() == 1
    assert "replace the earlier ones" in survey.ok("answer", link, "--answers", survey.answers(2))
    assert survey.ballots() == 1
    assert survey.posts() == ["/papers", "/ballots", "/ballots"]
    survey.ok("answer", survey.link(OTHER), "--answers", survey.answers(5))
    assert survey.ballots() == 2
    assert "still open" in survey.ok("check", link)
    survey.let_others_answer()
    survey.now = survey.wave.closes_at
    journey.close_wave(survey.inst, survey.wave)
    survey.seen.clear()
    for email in (ANT, OTHER):  # their invitations are gone from the database by now
        assert survey.ok("check", survey.link(email)).startswith("Yes.")
    assert json.loads(survey.ok("check", link, "--json"))["counted"] is True
    assert {each.method for each in survey.seen} == {"GET"}
    assert {each.path for each in survey.seen} == {"/waves/pulse-1/account.json", "/waves/pulse-1/counted.txt"}


def test_a_ballot_that_is_not_in_the_list_is_told_with_exit_code_1(survey: Survey) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    survey.let_others_answer()
    survey.now = survey.wave.closes_at
    journey.close_wave(survey.inst, survey.wave)
    survey.lies["/waves/pulse-1/counted.txt"] = lambda honest: replaced(
        honest, "".join(f"{number:064x}\n" for number in range(50)).encode()
    )
    result = survey.run("check", survey.link(ANT))
    assert (result.exit_code, result.stdout[:3]) == (1, "No.")
    survey.lies["/waves/pulse-1/counted.txt"] = lambda honest: replaced(honest, b"hello")
    assert "cannot be read" in survey.refused("check", survey.link(ANT))


def test_the_server_is_told_nothing_beside_the_protocol(survey: Survey) -> None:
    link = survey.link(ANT)
    survey.ok("answer", link, "--answers", survey.answers())
    secret = link.rpartition("#")[2].split("/")[5]
    assert len({each.port for each in survey.seen}) == len(survey.seen) == 4
    for each in survey.seen:
        assert set(each.headers) <= {
            "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
        }  # fmt: skip
        assert each.headers["user-agent"] == "barograph-ballot"
        assert secret not in each.path
    paper, ballot = (json.loads(each.body) for each in survey.seen if each.method == "POST")
    assert set(paper) == {"wave", "code", "blinded"}
    assert set(ballot) == {"wave", "crowd", "nonce", "token", "sealed"}
    assert secret not in ballot.values()
    assert len(decode64(ballot["sealed"])) == 2096


def test_two_people_send_the_same_headers(survey: Survey) -> None:
    for email in (ANT, OTHER):
        survey.ok("answer", survey.link(email), "--answers", survey.answers())
    headers = [{**each.headers, "content-length": ""} for each in survey.seen if each.path == "/ballots"]
    assert headers[0] == headers[1]


def test_a_lost_reply_costs_nobody_the_ballot(survey: Survey) -> None:
    link = survey.link(ANT)
    for path in ("/papers", "/ballots"):
        survey.lies[path] = lambda honest: replaced(honest, b"", 503)
        survey.refused("answer", link, "--answers", survey.answers())
        survey.lies.clear()
    assert survey.ballots() == 1
    assert "Your ballot is in the box" in survey.ok("answer", link, "--answers", survey.answers(4))
    assert survey.ballots() == 1
    blinded = {json.loads(each.body)["blinded"] for each in survey.seen if each.path == "/papers"}
    assert survey.posts().count("/papers") == 4
    assert len(blinded) == 1


def test_a_server_that_is_busy_once_is_asked_again(survey: Survey) -> None:
    def busy_once(honest: Response) -> Response:
        survey.lies.clear()
        return replaced(honest, b"", 503)

    survey.lies["/ballots"] = busy_once
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    assert survey.posts() == ["/papers", "/ballots", "/ballots"]


def test_a_paper_that_was_taken_elsewhere_is_told(survey: Survey) -> None:
    link = survey.link(ANT)
    survey.ok("answer", link, "--answers", survey.answers(), "--state", survey.folder / "one")
    said = survey.refused("answer", link, "--answers", survey.answers(), "--state", survey.folder / "two")
    assert "taken already" in said
    assert survey.ballots() == 1


def test_what_is_kept_is_readable_by_its_owner_only_and_can_be_dropped(survey: Survey) -> None:
    link = survey.link(ANT)
    survey.ok("answer", link, "--answers", survey.answers())
    folder = survey.folder / "state" / "barograph"
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert link.rpartition("#")[2].split("/")[5] not in kept.name + kept.read_text()
    survey.seen.clear()
    assert "nothing about this ballot any more" in survey.ok("check", link, "--forget")
    assert "kept nothing" in survey.ok("check", link, "--forget")
    assert not list(folder.iterdir())
    assert not survey.seen
    assert "keeps nothing" in survey.ok("check", link)


def test_what_is_kept_goes_seven_days_after_the_close(survey: Survey) -> None:
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    folder = survey.folder / "state" / "barograph"
    survey.now = survey.wave.closes_at + dt.timedelta(days=7)
    survey.run("check", survey.link(OTHER))
    assert len(list(folder.iterdir())) == 1
    survey.now += dt.timedelta(seconds=1)
    survey.run("check", survey.link(OTHER))
    assert not list(folder.iterdir())


def test_a_damaged_file_is_told_and_not_overwritten(survey: Survey) -> None:
    link = survey.link(ANT)
    survey.ok("answer", link, "--answers", survey.answers())
    (kept,) = (survey.folder / "state" / "barograph").iterdir()
    kept.write_text("{")
    assert "is damaged" in survey.refused("answer", link, "--answers", survey.answers())
    assert kept.read_text() == "{"


@pytest.mark.parametrize(
    ("path", "lie", "sentence"),
    [
        (
            "/waves/pulse-1/manifest.json",
            change("wave_key", "ab" * 32),
            "other rules than those your link was made for",
        ),
        ("/waves/pulse-1/manifest.json", change("mode", "promise"), "other rules than those your link was made for"),
        ("/waves/pulse-1/questionnaire.json", change("version", 9), "not those of the wave"),
    ],
)
def test_what_was_made_for_one_person_stops_everything(
    survey: Survey, path: str, lie: Callable[[Response], Response], sentence: str
) -> None:
    survey.lies[path] = lie
    assert sentence in survey.refused("answer", survey.link(ANT), "--answers", survey.answers())
    assert sentence in survey.refused("questions", survey.link(ANT))
    assert survey.posts() == []


def test_a_paper_that_may_be_marked_is_not_used(survey: Survey) -> None:
    survey.lies["/papers"] = change("proof", "A" * 86)
    assert "It may be marked" in survey.refused("answer", survey.link(ANT), "--answers", survey.answers())
    assert survey.posts() == ["/papers"]
    assert survey.ballots() == 0


def test_every_fault_of_an_answers_file_is_named_with_its_line(survey: Survey) -> None:
    link, path = survey.link(ANT), survey.folder / "faults.toml"
    codes = survey.wave.instrument.item_codes
    rows = [f"{codes[0]} = 6", f'{codes[1]} = ""', f"{codes[2]} = true", f'{codes[3]} = "none"', "wrong = 1"]
    path.write_text("\n".join([*rows, f"{codes[4]} = 2.0"]))
    said = survey.refused("answer", link, "--answers", path)
    for line, code in ((1, codes[0]), (2, codes[1]), (3, codes[2]), (6, codes[4])):
        assert f"faults.toml:{line}: The item “{code}” needs a whole number from 1 to 5" in said
    assert "faults.toml:5: There is no item “wrong”" in said
    assert f"The item “{codes[5]}” is missing" in said
    assert codes[3] not in said
    for name, content in (("a.toml", "x = "), ("a.json", '{"a": 1,\n'), ("b.json", "[]"), ("c.json", "\xff")):
        (survey.folder / name).write_bytes(content.encode("latin-1"))
        assert f"{name}" in survey.refused("answer", link, "--answers", survey.folder / name)
    assert "no file" in survey.refused("answer", link, "--answers", survey.folder / "nope.toml")
    assert survey.posts() == []


def test_null_and_none_pass_an_item_in_json(survey: Survey) -> None:
    path = survey.answers("none")
    path.write_text(path.read_text().replace('"none"', "null", 1))
    told = json.loads(survey.ok("answer", survey.link(ANT), "--answers", path, "--json"))
    assert told["accepted"] is True
    assert told["replaced"] is False
    assert told["crowd"] == "ant"


def test_a_file_of_questions_is_never_overwritten_and_follows_the_language_of_the_link(survey: Survey) -> None:
    link = survey.link(ANT)
    spanish = link.replace("/en/", "/es/")
    assert "My workload is reasonable." in survey.ok("questions", link)
    assert "Mi carga de trabajo es razonable." in survey.ok("questions", spanish)
    path = survey.folder / "form.toml"
    path.write_text("mine")
    assert "exists already" in survey.refused("questions", link, "--out", path)
    assert path.read_text() == "mine"


def test_only_whole_links_to_safe_addresses_are_used(survey: Survey) -> None:
    whole = survey.link(ANT)
    fragment = whole.rpartition("#")[2]
    for address, sentence in (
        ("", "not a whole link"),
        ("http://survey.example/answer", "does not begin with https"),
        ("ftp://127.0.0.1/answer", "does not begin with https"),
        ("https://survey.example/other", "not a whole link"),
        ("https://survey.example/answer?x=1", "not a whole link"),
        ("https://me:secret@survey.example/answer", "user name or a password"),
    ):
        assert sentence in survey.refused("questions", f"{address}#{fragment}")
    assert "not a complete link" in survey.refused("questions", whole[:-30].rpartition("/")[0])
    assert "damaged" in survey.refused("questions", whole.replace("#pulse-1/", "#..%2Fpulse-1/"))
    assert survey.seen == []
    assert "does not have" in survey.refused("questions", whole.replace("#pulse-1/", "#pulse-9/"))


def test_a_redirect_is_not_followed(survey: Survey) -> None:
    survey.lies["/waves/pulse-1/manifest.json"] = lambda _: Response(
        status=302, headers={"Location": "http://127.0.0.1:9/"}
    )
    assert "did not follow" in survey.refused("questions", survey.link(ANT))


def test_a_server_that_is_not_there_or_sends_too_much_is_told(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    link = survey.link(ANT)
    nowhere = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", link)
    assert "cannot be reached" in survey.refused("questions", nowhere)
    monkeypatch.setattr(ballot_server, "LARGEST_REPLY", 100)
    assert "more than this program takes" in survey.refused("questions", link)


def test_no_password_and_no_proxy_of_the_system_is_used(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name from a password file would tell the server who answers; a proxy would see it."""
    secrets_file = survey.folder / "netrc"
    secrets_file.write_text("machine 127.0.0.1 login ana password secret\n")
    secrets_file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(secrets_file))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    survey.ok("answer", survey.link(ANT), "--answers", survey.answers())
    assert not any("authorization" in each.headers for each in survey.seen)
