"""Links of sealed waves: everything comes back, nothing damaged is accepted, and no refusal repeats a secret."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import codes, links
from surveys.ballots.links import Link
from surveys.errors import Refused

KEY = bytes(range(32))
LINK = Link(
    wave="pulse-2026-03",
    crowd="Zürich/Süd & Nord",
    language="en",
    read_key=links.read_key(KEY, wave="pulse-2026-03", crowd="Zürich/Süd & Nord"),
    code=codes.encode(bytes(range(16))),
    mark=links.mark_of("ab" * 32),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=8)
@given(NAMES, NAMES)
def test_every_link_survives_writing_and_reading(wave: str, crowd: str) -> None:
    link = dataclasses.replace(LINK, wave=wave, crowd=crowd)
    written = links.fragment(link)
    assert written.count("/") == 5
    assert written.isascii()
    assert links.parse(written) == link


def test_a_part_is_written_as_the_browser_writes_it() -> None:
    # encodeURIComponent("Zürich/Süd & Nord!(a)'*~") in any browser
    link = dataclasses.replace(LINK, crowd="Zürich/Süd & Nord!(a)'*~")
    assert links.fragment(link).split("/")[1] == "Z%C3%BCrich%2FS%C3%BCd%20%26%20Nord!(a)'*~"


@pytest.mark.parametrize("before", ["", "#", "https://survey.example/answer#", "  https://a.example/x/answer#"])
def test_a_whole_address_and_its_last_part_are_the_same_link(before: str) -> None:
    assert links.parse(f"{before}{links.fragment(LINK)}\n") == LINK


def damaged() -> list[str]:
    parts = links.fragment(LINK).split("/")
    found = ["", "#", "https://survey.example/answer", codes.encode(bytes(16)), "/".join(parts[:5]), "/////"]
    found += ["/".join([*parts, ""])]
    for place, value in [(0, ""), (1, ""), (2, ""), (3, parts[3][:-2]), (3, parts[3] + "AA"), (3, "="), (0, "%FF")]:
        found.append("/".join([*parts[:place], value, *parts[place + 1 :]]))
    for place, value in [(4, parts[4][:-1]), (4, "0" * 26), (5, parts[5][:-1]), (5, parts[5] + "A")]:
        found.append("/".join([*parts[:place], value, *parts[place + 1 :]]))
    return found


@pytest.mark.parametrize("text", damaged())
def test_a_damaged_link_is_refused_in_a_sentence_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(Refused) as refused:
        links.parse(text)
    assert LINK.code not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_the_read_key_belongs_to_a_crowd_and_a_wave_of_one_installation() -> None:
    keys = {
        links.read_key(key, wave=wave, crowd=crowd)
        for key, wave, crowd in ((KEY, "a", "b"), (bytes(32), "a", "b"), (KEY, "a", "c"), (KEY, "c", "b"))
    }
    assert len(keys) == 4
    assert all(len(key) == links.READ_KEY_BYTES for key in keys)


def test_the_mark_is_the_beginning_of_the_fingerprint() -> None:
    assert links.mark_of("00112233445566778899aabbccddeeff" + "99" * 16).hex() == "00112233445566778899aabbccddeeff"
