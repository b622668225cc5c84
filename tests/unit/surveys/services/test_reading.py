"""The read key opens the page of its own crowd and wave, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.ballots import links
from surveys.ballots.wire import encode64
from surveys.services.reading import may_read
from surveys.store.keys import KeyStore


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys")
    store.prepare()
    return store


def claim(keys: KeyStore, wave: str = "pulse-2", crowd: str = "ant") -> str:
    return encode64(links.read_key(keys.installation_key(), wave=wave, crowd=crowd))


def test_the_key_of_a_link_opens_its_page(keys: KeyStore) -> None:
    assert may_read(keys, wave="pulse-2", crowd="ant", claim=claim(keys))


@pytest.mark.parametrize(("wave", "crowd"), [("pulse-2", "bee"), ("pulse-1", "ant"), ("", ""), ("\ud800", "ant")])
def test_it_opens_no_other_page(keys: KeyStore, wave: str, crowd: str) -> None:
    assert not may_read(keys, wave=wave, crowd=crowd, claim=claim(keys))


@pytest.mark.parametrize("ending", ["=", "A", " ", "\n", "\ud800"])
def test_a_second_spelling_of_the_key_opens_nothing(keys: KeyStore, ending: str) -> None:
    assert not may_read(keys, wave="pulse-2", crowd="ant", claim=claim(keys) + ending)


@pytest.mark.parametrize("wrong", ["", "ä", encode64(bytes(16)), encode64(bytes(32))])
def test_what_is_no_key_opens_nothing(keys: KeyStore, wrong: str) -> None:
    assert not may_read(keys, wave="pulse-2", crowd="ant", claim=wrong)


def test_the_key_of_another_installation_opens_nothing(keys: KeyStore, tmp_path: Path) -> None:
    other = KeyStore(tmp_path / "other")
    other.prepare()
    assert not may_read(keys, wave="pulse-2", crowd="ant", claim=claim(other))


def test_the_shortest_beginning_of_the_key_is_not_enough(keys: KeyStore) -> None:
    key = links.read_key(keys.installation_key(), wave="pulse-2", crowd="ant")
    assert not any(may_read(keys, wave="pulse-2", crowd="ant", claim=encode64(key[:length])) for length in range(16))
