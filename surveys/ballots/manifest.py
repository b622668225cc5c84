"""Turns what a wave fixed at opening into one canonical document, its fingerprint and four readable words."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PROTOCOL = "barograph-ballot-1"
NO_PREVIOUS = "0" * 64

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeio"


@dataclass(frozen=True, kw_only=True)
class ManifestFacts:
    """Everything a wave promises; changing any of it changes the fingerprint."""

    wave: str
    programme: str
    mode: str
    k: int
    thresholds: Mapping[str, object]
    installation: str
    wave_key: str
    second_lock: str | None
    instrument: str
    instrument_sha256: str
    script_sha256: str | None
    languages: Sequence[str]
    crowds: Mapping[str, int]
    moments: Mapping[str, int]
    opens_at: dt.datetime
    closes_at: dt.datetime
    previous: str | None


def build(facts: ManifestFacts) -> str:
    """Return the manifest as canonical JSON: sorted keys, no blanks, UTF-8 text."""
    document = {
        "protocol": PROTOCOL,
        "wave": facts.wave,
        "programme": facts.programme,
        "mode": facts.mode,
        "k": facts.k,
        "thresholds": dict(facts.thresholds),
        "installation": facts.installation,
        "wave_key": facts.wave_key,
        "second_lock": facts.second_lock,
        "instrument": {"code": facts.instrument, "sha256": facts.instrument_sha256},
        "script_sha256": facts.script_sha256,
        "languages": list(facts.languages),
        "crowds": [{"label": label, "invited": facts.crowds[label]} for label in sorted(facts.crowds)],
        "moments": dict(facts.moments),
        "opens_at": instant(facts.opens_at),
        "closes_at": instant(facts.closes_at),
        "previous": facts.previous or NO_PREVIOUS,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(manifest: str) -> str:
    """Return the SHA-256 of a manifest as 64 hex digits."""
    return hashlib.sha256(manifest.encode()).hexdigest()


def words(fingerprint_hex: str, count: int = 4) -> str:
    """Write the first digits of a fingerprint as words that can be read aloud in English and Spanish.

    Each word is two syllables and stands for two bytes reduced to its 3,136 spellings.
    """
    raw = bytes.fromhex(fingerprint_hex)
    return " ".join(_word(int.from_bytes(raw[2 * place : 2 * place + 2], "big")) for place in range(count))


def _word(number: int) -> str:
    number %= (len(_CONSONANTS) * len(_VOWELS)) ** 2
    syllables = []
    for _ in range(2):
        number, consonant = divmod(number, len(_CONSONANTS))
        number, vowel = divmod(number, len(_VOWELS))
        syllables.append(_CONSONANTS[consonant] + _VOWELS[vowel])
    return "".join(syllables)


def instant(value: dt.datetime) -> str:
    """Write an instant as the manifest does: UTC to the second."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
