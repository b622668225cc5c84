"""Turns the text of a manifest that nobody vouches for into rules, or into the sentence that says what is wrong.

Both respondents and trustees read with it: every value has its type, no crowd is small, and no team is listed in a way
by which the people of one link could be told from others.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from surveys.ballots import manifest
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.i18n import LANGUAGES

_HEX = re.compile(r"[0-9a-f]{64}")
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,63}")
SEGMENT_CODES = ("role_family", "site", "tenure_band")
SEGMENT_OPTIONS = range(2, 13)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class Untrusted(Refused):
    """What the server shows or returned is not what the link and the published rules say; nothing must be sent."""


@dataclass(frozen=True, kw_only=True)
class OfferedCrowd:
    """A crowd as the manifest lists it: its label, how many are invited, and the names of its teams in their order."""

    label: str
    invited: int
    units: tuple[str, ...]
    is_whole_company: bool


@dataclass(frozen=True, kw_only=True)
class OfferedSegment:
    """A question about the person who answers, as the manifest lists it: its code and its options in their order."""

    code: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a manifest promises, as far as those who trust nobody need it; keys are 32 bytes.

    ``language`` is the one in which the options of the segments are listed.
    """

    wave: str
    organisation: str
    mode: BallotMode
    k: int
    crowds: tuple[OfferedCrowd, ...]
    installation: bytes
    wave_key: bytes
    second_lock: bytes | None
    questions_sha256: str
    closes_at: str
    comments: bool
    segments: tuple[OfferedSegment, ...]
    language: str


def read(text: str) -> Rules:
    """Read a manifest.

    Args:
        text: exactly as it was sent.

    Raises:
        Untrusted: it is of another protocol, is not written as this protocol writes, lacks a value or has one too many,
            has a value that cannot be, or lists a crowd or team by which single people could be marked.
    """
    try:
        document = manifest.parse(text)
    except ValueError as error:
        raise incomplete() from error
    if document.get("protocol") != manifest.PROTOCOL:
        raise Untrusted("This wave uses a protocol that this program does not know. Please update the program.")
    if set(document) != set(_SHAPES) or not all(is_right(document[name]) for name, is_right in _SHAPES.items()):
        raise incomplete()
    opens_at, closes_at = cast("str", document["opens_at"]), cast("str", document["closes_at"])
    if not opens_at < closes_at:  # both are written alike, so that their texts sort as they do
        raise incomplete()
    k, lock = cast("int", document["k"]), cast("str | None", document["second_lock"])
    crowds = tuple(_crowd(entry) for entry in cast("list[Mapping[str, object]]", document["crowds"]))
    _check_crowds(crowds, k)
    comments = document["comments"] is True
    if comments and lock is not None:
        raise Untrusted("The rules of the wave take comments beside a second lock, which this program does not know.")
    return Rules(
        wave=cast("str", document["wave"]),
        organisation=cast("str", document["organisation"]),
        mode=BallotMode(cast("str", document["mode"])),
        k=k,
        crowds=crowds,
        installation=_key(document["installation"]),
        wave_key=_key(document["wave_key"]),
        second_lock=None if lock is None else _key(lock),
        questions_sha256=cast("Mapping[str, str]", document["instrument"])["sha256"],
        closes_at=closes_at,
        comments=comments,
        segments=tuple(
            OfferedSegment(code=cast("str", entry["code"]), options=tuple(cast("list[str]", entry["options"])))
            for entry in cast("list[Mapping[str, object]]", document["segments"])
        ),
        language=cast("list[str]", document["languages"])[0],
    )


def incomplete() -> Untrusted:
    """Return the refusal of rules that cannot be read."""
    return Untrusted("The rules of the wave are not complete or cannot be read.")


def _check_crowds(crowds: tuple[OfferedCrowd, ...], k: int) -> None:
    if len({crowd.label for crowd in crowds}) != len(crowds):
        raise _listed_twice()
    names = [name for crowd in crowds for name in crowd.units]
    for name in names:
        if not manifest.is_plain_name(name):
            raise Untrusted(
                "The rules of the wave list a team “{team}” with signs that are not what they look like. "
                "A single person could be marked that way.",
                team=name,
            )
    if len(set(map(manifest.likeness, names))) != len(names):
        raise _listed_twice()
    if len(crowds) > 1 and any(crowd.is_whole_company for crowd in crowds):
        raise Untrusted(
            "The rules of the wave list a crowd of all people beside other crowds. "
            "A single person could be marked that way."
        )
    for crowd in crowds:
        if crowd.invited < k:
            raise Untrusted(
                "The crowd {crowd} has {invited} invited people. The rules of the wave ask for at least {k}.",
                crowd=crowd.label,
                invited=crowd.invited,
                k=k,
            )


def _listed_twice() -> Untrusted:
    return Untrusted(
        "The rules of the wave list the same crowd or team twice. A single person could be marked that way."
    )


def _crowd(entry: Mapping[str, object]) -> OfferedCrowd:
    return OfferedCrowd(
        label=cast("str", entry["label"]),
        invited=cast("int", entry["invited"]),
        units=tuple(cast("list[str]", entry["units"])),
        is_whole_company=entry["is_whole_company"] is True,
    )


def _key(value: object) -> bytes:
    return bytes.fromhex(cast("str", value))


def _is_line(value: object) -> bool:
    """Tell whether a value is a text that fits on one line and holds nothing unseen."""
    return isinstance(value, str) and value != "" and value == manifest.plain_name(value)


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_whole(value) and cast("int", value) > 0


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_key(value: object) -> bool:
    return _is_hex(value) and any(bytes.fromhex(cast("str", value)))


def _is_instant(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.datetime.strptime(value, _INSTANT).strftime(_INSTANT) == value  # noqa: DTZ007 - only its form is looked at
    except ValueError:
        return False


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and ZoneInfo(value).key == value
    except (ValueError, KeyError, OSError):
        return False


def _is_mapping_of(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, dict) and all(map(is_right, value.values()))


def _is_plain_value(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_list_of(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and value != [] and all(map(is_right, value))


def _is_shape(shapes: Mapping[str, Callable[[object], bool]]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(shapes)
        and all(is_right(value[name]) for name, is_right in shapes.items())
    )


def _is_list_of_crowds(value: object) -> bool:
    is_right = _is_list_of(
        _is_shape(
            {
                "label": _is_line,
                "invited": _is_count,
                "units": _is_list_of(lambda name: isinstance(name, str) and name != ""),
                "is_whole_company": _is_flag,
            }
        )
    )
    return is_right(value) and _is_sorted(cast("list[dict[str, str]]", value))


def _is_list_of_segments(value: object) -> bool:
    is_right = _is_shape(
        {
            "code": lambda code: code in SEGMENT_CODES,
            "options": _is_list_of(lambda option: isinstance(option, str) and option.strip() != ""),
        }
    )
    if not isinstance(value, list) or not all(map(is_right, value)):
        return False
    codes = [entry["code"] for entry in value]
    return codes == sorted(set(codes)) and all(
        len(entry["options"]) in SEGMENT_OPTIONS and len(set(entry["options"])) == len(entry["options"])
        for entry in value
    )


def _is_sorted(crowds: Iterable[Mapping[str, str]]) -> bool:
    labels = [crowd["label"] for crowd in crowds]
    return labels == sorted(labels)


def _or_none(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or is_right(value)


_SHAPES: Mapping[str, Callable[[object], bool]] = {
    "protocol": _is_line,
    "wave": _is_slug,
    "programme": _is_slug,
    "organisation": _is_line,
    "timezone": _is_zone,
    "mode": lambda value: value in tuple(BallotMode),
    "k": _is_count,
    "thresholds": _is_mapping_of(_is_plain_value),
    "installation": _is_key,
    "wave_key": _is_key,
    "second_lock": _or_none(_is_key),
    "keys_apart": _is_flag,
    "instrument": _is_shape({"code": _is_line, "sha256": _is_hex}),
    "seconds": _is_mapping_of(_is_count),
    "page_sha256": _or_none(_is_hex),
    "script_sha256": _or_none(_is_hex),
    "languages": _is_list_of(lambda value: value in LANGUAGES),
    "crowds": _is_list_of_crowds,
    "structure_sha256": _is_hex,
    "moments": _is_mapping_of(_is_plain_value),
    "opens_at": _is_instant,
    "closes_at": _is_instant,
    "previous": _is_hex,
    "comments": _is_flag,
    "segments": _is_list_of_segments,
}
"""What each value of a manifest must be; those of :func:`surveys.ballots.manifest.build` and no others."""
