"""Turns what a wave fixed at opening into one canonical document, its fingerprint and eight readable words."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from surveys.errors import Refused

PROTOCOL = "barograph-ballot-3"
NO_PREVIOUS = "0" * 64

WORDS = tuple((Path(__file__).parent / "words.txt").read_text(encoding="ascii").split())
"""512 words that are spelled the same in English and Spanish; their order is published and never changes."""

UNIT_FIELDS = ("unit", "name", "parent", "crowd", "invited", "joined", "left_count")
CROWD_FIELDS = ("label", "home", "invited", "units", "leads", "receiving", "is_whole_company")
"""What :func:`structure_sha256` covers of a frozen team and of a planned crowd."""

WORD_COUNT = 8
_WORD_BITS = 9
_WORD_BYTES = WORD_COUNT * _WORD_BITS // 8
_WORD_SALT = b"barograph/words/1"
_WORD_ROUNDS = 65_536

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
"""General categories (Unicode, chapter 4) of what a name must not hold: it is not seen, or acts on what is."""

_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Signs of other categories that are usually drawn as nothing; two names that differ in them look the same."""

_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Scripts with letters of one look; inside one word nobody mixes them who does not want to be misread."""


@dataclass(frozen=True, kw_only=True)
class ManifestCrowd:
    """People whose answers are counted together: how many are invited, and the names of their teams as frozen."""

    label: str
    invited: int
    units: Sequence[str]
    is_whole_company: bool


@dataclass(frozen=True, kw_only=True)
class ManifestSegment:
    """A question about the person who answers: its code and its options in the first language, in their order."""

    code: str
    options: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ManifestFacts:
    """Everything a wave promises; changing any of it changes the fingerprint.

    Keys and hashes are hex. ``installation`` is the public key that proves papers, ``wave_key`` the one ballots are
    sealed to, ``second_lock`` that of a trustee. ``page_sha256`` and ``script_sha256`` are those of the answer page
    and None where a wave is answered without it. ``keys_apart`` tells whether key folder and database lie on
    different devices, ``seconds`` the estimated time to answer by language, ``structure_sha256`` what
    :func:`structure_sha256` returns for the frozen teams and crowds. ``comments`` tells whether each ballot carries a
    comment beside its answers.
    """

    wave: str
    programme: str
    organisation: str
    timezone: str
    mode: str
    k: int
    thresholds: Mapping[str, object]
    installation: str
    wave_key: str
    second_lock: str | None
    keys_apart: bool
    instrument: str
    instrument_sha256: str
    seconds: Mapping[str, int]
    page_sha256: str | None
    script_sha256: str | None
    languages: Sequence[str]
    crowds: Sequence[ManifestCrowd]
    structure_sha256: str
    moments: Mapping[str, int]
    opens_at: dt.datetime
    closes_at: dt.datetime
    previous: str | None
    comments: bool = False
    segments: Sequence[ManifestSegment] = ()


def build(facts: ManifestFacts) -> str:
    """Return the manifest as canonical JSON: sorted keys, no blanks, UTF-8 text, crowds by label."""
    document = {
        "protocol": PROTOCOL,
        "wave": facts.wave,
        "programme": facts.programme,
        "organisation": plain_name(facts.organisation),
        "timezone": facts.timezone,
        "mode": facts.mode,
        "k": facts.k,
        "thresholds": dict(facts.thresholds),
        "installation": facts.installation,
        "wave_key": facts.wave_key,
        "second_lock": facts.second_lock,
        "keys_apart": facts.keys_apart,
        "instrument": {"code": facts.instrument, "sha256": facts.instrument_sha256},
        "seconds": dict(facts.seconds),
        "page_sha256": facts.page_sha256,
        "script_sha256": facts.script_sha256,
        "languages": list(facts.languages),
        "crowds": crowd_list(facts.crowds),
        "structure_sha256": facts.structure_sha256,
        "moments": dict(facts.moments),
        "opens_at": instant(facts.opens_at),
        "closes_at": instant(facts.closes_at),
        "previous": facts.previous or NO_PREVIOUS,
        "comments": facts.comments,
        "segments": segment_list(facts.segments),
    }
    return _canonical(document)


def crowd_list(crowds: Sequence[ManifestCrowd]) -> list[dict[str, object]]:
    """Return crowds as the manifest lists them: by label, in the order of code points."""
    return [
        {
            "label": crowd.label,
            "invited": crowd.invited,
            "units": list(crowd.units),
            "is_whole_company": crowd.is_whole_company,
        }
        for crowd in sorted(crowds, key=lambda each: each.label)
    ]


def segment_list(segments: Sequence[ManifestSegment]) -> list[dict[str, object]]:
    """Return segments as the manifest lists them: by code, which is the order in which their tables are admitted."""
    return [
        {"code": segment.code, "options": list(segment.options)}
        for segment in sorted(segments, key=lambda each: each.code)
    ]


def structure_sha256(units: Iterable[Mapping[str, object]], crowds: Iterable[Mapping[str, object]]) -> str:
    """Return one hash over what decides from whom figures are hidden and which of them are shown.

    Args:
        units: the frozen teams; of each the values that :data:`UNIT_FIELDS` names are read, in any order of teams.
        crowds: the planned crowds, in the same way by :data:`CROWD_FIELDS`; the order inside a list counts.

    Returns:
        64 hex digits. The manifest need not tell who leads where, and still nobody can change it unnoticed.
    """
    document = {
        "units": sorted(([unit[field] for field in UNIT_FIELDS] for unit in units), key=lambda row: str(row[0])),
        "crowds": sorted(([crowd[field] for field in CROWD_FIELDS] for crowd in crowds), key=lambda row: str(row[0])),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def distinct_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names of teams by key as a manifest lists them: on one line, nothing unseen, no two alike.

    Names that look the same get their keys behind them: a respondent's program refuses a manifest in which two teams
    look the same, because a crowd under the name of another one could hold a single person.
    """
    told = {key: plain_name(name) or plain_name(key) for key, name in names.items()}
    behind = {key: plain_name(key) for key in names}
    while True:
        often = Counter(map(likeness, told.values()))
        alike = [key for key, name in told.items() if often[likeness(name)] > 1]
        if not alike:
            return told
        told.update({key: f"{told[key]} ({behind[key]})" for key in alike})
        # Where even that gives a name twice, places tell them apart: no two teams have the same one.
        behind = {key: str(place) for place, key in enumerate(sorted(names), start=1)}


def check_names(names: Iterable[str]) -> None:
    """Refuse names of teams that respondents' programs would refuse.

    Args:
        names: as :func:`distinct_names` returns them.

    Raises:
        Refused: a name mixes letters that look alike; the sentence names it.
    """
    for name in names:
        if not is_plain_name(name):
            raise Refused(
                "The name of the team {team} mixes Latin, Greek or Cyrillic letters in one word. Two names could look "
                "the same that way, so the programs of those who answer refuse it. Write the word in one alphabet.",
                team=name,
            )


def plain_name(text: str) -> str:
    """Return a text on one line with single blanks, without signs that are not seen."""
    return " ".join("".join(sign for sign in " ".join(text.split()) if _is_seen(sign)).split())


def is_plain_name(name: str) -> bool:
    """Tell whether a name is what it looks like: not empty, as :func:`plain_name` writes it, one alphabet a word."""
    return bool(name) and name == plain_name(name) and all(map(_is_of_one_alphabet, name.split()))


def likeness(name: str) -> str:
    """Return what is left of a name once everything is gone that a reader does not see; for comparing only."""
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", plain_name(name)))
    return " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())


def fingerprint(manifest: str) -> str:
    """Return the SHA-256 of a manifest as 64 hex digits."""
    return hashlib.sha256(manifest.encode()).hexdigest()


def parse(manifest: str) -> dict[str, object]:
    """Read a manifest that is written exactly as :func:`build` writes; no two programs can read two things out of it.

    Raises:
        ValueError: it is no JSON object, or the same object would be written in another way: blanks, another order, a
            name twice, another spelling of a number.
    """
    try:
        document = json.loads(manifest)
        is_canonical = isinstance(document, dict) and _canonical(document) == manifest
    except RecursionError as error:
        raise ValueError from error
    if not is_canonical:
        raise ValueError
    return dict(document)


@lru_cache(maxsize=1024)
def words(fingerprint_hex: str) -> str:
    """Write a fingerprint (64 hex digits) as eight words for people to compare, joined by blanks.

    They are the first 72 bits, nine each, of PBKDF2-HMAC-SHA256 (RFC 8018) over the 32 bytes of the fingerprint, salt
    "barograph/words/1", 65,536 rounds. Whoever makes two manifests at will until their words agree needs about 2^36
    tries, each of them as dear as 65,536 HMACs. All digits are exact.
    """
    found = hashlib.pbkdf2_hmac("sha256", bytes.fromhex(fingerprint_hex), _WORD_SALT, _WORD_ROUNDS, _WORD_BYTES)
    number = int.from_bytes(found, "big")
    places = ((number >> shift) % len(WORDS) for shift in range((WORD_COUNT - 1) * _WORD_BITS, -1, -_WORD_BITS))
    return " ".join(WORDS[place] for place in places)


def instant(value: dt.datetime) -> str:
    """Write an instant as the manifest does: UTC to the second."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _canonical(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in _UNSEEN


def _is_of_one_alphabet(word: str) -> bool:
    letters = (sign for sign in unicodedata.normalize("NFKC", word) if sign.isalpha())
    return len({unicodedata.name(letter, "").split(" ")[0] for letter in letters} & _ALIKE) <= 1
