"""Turns a link, a wave's manifest and a person's answers into the messages of a sealed ballot, trusting nobody.

The respondent's half of the protocol without any network: it checks what the server shows against the link, makes the
blinded nonce, checks the server's proof against metadata that it computed itself, and seals the answers. Every refusal
is a sentence of its own, and none of them falls back to anything.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from surveys.ballots import links, manifest, poprf, ristretto, rules, sealing, tokens
from surveys.ballots.links import Link
from surveys.ballots.poprf import Blinded, Evaluation, ProtocolError
from surveys.ballots.rules import OfferedCrowd, OfferedSegment, Untrusted
from surveys.ballots.wire import NotOnWire, decode64, encode64
from surveys.enums import BallotMode
from surveys.errors import Refused

SMALLEST_CROWD = 5
"""Whatever a manifest says, a paper for fewer invited people than this is not taken."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A wave that was checked against a link, with everything the next steps need.

    ``crowd`` is the member's own, ``crowds`` the number of all, ``invited`` how many people are in all of them.
    ``choices`` gives each item and then each segment, in the order of the questionnaire, the number of its last option
    (the first is 1); ``topics`` are the codes that may be ticked; ``has_comments`` tells whether a ballot carries a
    comment. ``questionnaire`` is the document that the manifest names. Keys are 32 bytes.
    """

    link: Link
    fingerprint: str
    organisation: str
    k: int
    crowd: OfferedCrowd
    crowds: int
    invited: int
    installation: bytes
    wave_key: bytes
    second_lock: bytes | None
    closes_at: str
    choices: Mapping[str, int]
    topics: tuple[str, ...]
    has_comments: bool
    questionnaire: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft:
    """A paper that was not received yet: the nonce (32 bytes) and its blinded form. Keep it until the reply is here."""

    nonce: bytes
    blinded: Blinded


@dataclass(frozen=True, kw_only=True, repr=False)
class Paper:
    """A ballot paper: the nonce and the token (64 bytes) that only this installation can make for it."""

    nonce: bytes
    token: bytes


def check_offer(link: Link, manifest_text: str, questionnaire: bytes) -> Offer:
    """Check a wave as a careful respondent would, and return what the ballot needs.

    Args:
        link: the member's link.
        manifest_text: the manifest exactly as the server sent it.
        questionnaire: the questionnaire exactly as the server sent it.

    Raises:
        Untrusted: the manifest is not the one of the link, is none that :func:`surveys.ballots.rules.read` takes, is of
            another wave or mode, does not list the link's crowd, or names another questionnaire, other segments or
            comments where there are none.
    """
    fingerprint = manifest.fingerprint(manifest_text)
    if not hmac.compare_digest(links.mark_of(fingerprint), link.mark):
        raise Untrusted(
            "The server shows other rules than those your link was made for. "
            "Nothing was sent. Compare the words of the wave with a colleague."
        )
    promised = rules.read(manifest_text)
    if promised.mode is not BallotMode.SEALED:
        raise Untrusted(
            "Your link is for sealed ballots, and the rules of the wave name another mode. Nothing was sent."
        )
    if promised.wave != link.wave:
        raise Untrusted("The rules that the server shows belong to another wave. Nothing was sent.")
    if promised.k < SMALLEST_CROWD:
        raise Untrusted(
            "This wave would show figures of {k} people. This program sends nothing below {smallest}.",
            k=promised.k,
            smallest=SMALLEST_CROWD,
        )
    own = [crowd for crowd in promised.crowds if crowd.label == link.crowd]
    if len(own) != 1:
        raise Untrusted("Your link names a crowd that the rules of the wave do not list. Nothing was sent.")
    asked = _questionnaire(promised.questions_sha256, questionnaire)
    if (("comment" in asked), _segments(asked, promised.language)) != (promised.comments, promised.segments):
        raise Untrusted(
            "The rules of the wave and its questions do not agree on comments or on the questions about yourself. "
            "Nothing was sent."
        )
    return Offer(
        link=link,
        fingerprint=fingerprint,
        organisation=promised.organisation,
        k=promised.k,
        crowd=own[0],
        crowds=len(promised.crowds),
        invited=sum(crowd.invited for crowd in promised.crowds),
        installation=promised.installation,
        wave_key=promised.wave_key,
        second_lock=promised.second_lock,
        closes_at=promised.closes_at,
        choices=_choices(asked, promised.segments),
        topics=tuple(_text(entry, "code") for entry in _entries(asked, "topics", is_optional=True)),
        has_comments=promised.comments,
        questionnaire=asked,
    )


def draw(offer: Offer, *, nonce: bytes | None = None, scalar: bytes | None = None) -> Draft:
    """Make the nonce of a ballot and hide it from the server.

    The nonce is random, never derived: whoever holds the link later must not be able to compute it. Pass the nonce and
    the blind of an earlier draft to get the very same element again, which the server answers as it did before.

    Raises:
        Untrusted: the installation key in the manifest is no element of the group.
    """
    own_nonce = secrets.token_bytes(tokens.NONCE_BYTES) if nonce is None else nonce
    try:
        blinded = poprf.blind(own_nonce, offer.installation, _info(offer), scalar=scalar)
    except ProtocolError as error:
        raise Untrusted("The key of this installation is not a valid key. Nothing was sent.") from error
    return Draft(nonce=own_nonce, blinded=blinded)


def paper_request(link: Link, draft: Draft) -> dict[str, str]:
    """Return the JSON of a request for a paper: wave, code and the blinded element. The nonce is not in it."""
    return {"wave": link.wave, "code": link.code, "blinded": encode64(draft.blinded.element)}


def take_paper(offer: Offer, draft: Draft, element: object, proof: object) -> Paper:
    """Check the server's reply and turn it into a paper.

    Args:
        offer: the checked wave.
        draft: what the request was made from.
        element: the reply's element, base64url text of 32 bytes.
        proof: the reply's proof, base64url text of 64 bytes.

    Raises:
        Untrusted: the reply was not made with the installation key of the manifest for exactly this wave and crowd.
    """
    try:
        evaluation = Evaluation(
            element=decode64(element, ristretto.ELEMENT_BYTES), proof=decode64(proof, poprf.PROOF_BYTES)
        )
        token = poprf.finalize(draft.nonce, draft.blinded, evaluation, _info(offer))
    except (NotOnWire, ProtocolError) as error:
        raise Untrusted(
            "The server could not prove that your ballot paper is like those of your colleagues. "
            "It may be marked. Your answers were not sent."
        ) from error
    return Paper(nonce=draft.nonce, token=token)


def ballot(
    offer: Offer,
    paper: Paper,
    answers: Mapping[str, int | None],
    topics: Collection[str] = (),
    comment: str = "",
) -> dict[str, str]:
    """Seal answers and return the JSON of a ballot.

    Args:
        offer: the checked wave.
        paper: the paper of this wave; used again, it replaces the ballot sent before.
        answers: option number per item and segment, None where it was passed over; every one must be present.
        topics: the codes of the topics that were ticked.
        comment: what was written; where the wave takes comments, an empty one is sealed as well.

    Raises:
        Refused: an item is missing or unknown, a number is none of its options, a topic is unknown, the comment is too
            long, or the wave takes none.
        Untrusted: a key of the manifest is not a valid key.
    """
    if set(answers) != set(offer.choices):
        raise Refused("The answers are not those of this questionnaire. Every item must be there once.")
    for code, value in answers.items():
        if value is not None and (isinstance(value, bool) or not 1 <= value <= offer.choices[code]):
            raise Refused("{value} is not an option of the item {item}.", value=value, item=code)
    for topic in sorted(set(topics) - set(offer.topics)):
        raise Refused("This questionnaire has no topic “{topic}”.", topic=topic[:60])
    if comment and not offer.has_comments:
        raise Refused("This wave takes no comments. Nothing was sent.")
    try:
        sealed = sealing.seal_ballot(
            answers=sealing.pad(answers, topics),
            comment=sealing.pad_comment(comment) if offer.has_comments else None,
            public_key=offer.wave_key,
            fingerprint=offer.fingerprint,
            crowd=offer.crowd.label,
            second_lock=offer.second_lock,
        )
    except ValueError as error:
        raise Untrusted("A key that locks the answers of this wave is not a valid key. Nothing was sent.") from error
    return {
        "wave": offer.link.wave,
        "crowd": offer.crowd.label,
        "nonce": encode64(paper.nonce),
        "token": encode64(paper.token),
        "sealed": encode64(sealed),
    }


def _info(offer: Offer) -> bytes:
    """The metadata as this program computes it: from the manifest it checked and the crowd of the link."""
    return tokens.paper_info(offer.fingerprint, offer.crowd.label)


def _questionnaire(sha256: str, raw: bytes) -> Mapping[str, object]:
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise Untrusted("The questions that the server shows are not those of the wave. Nothing was sent.")
    try:
        document = json.loads(raw.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise rules.incomplete() from error
    if not isinstance(document, dict):
        raise rules.incomplete()
    return document


def _segments(asked: Mapping[str, object], language: str) -> tuple[OfferedSegment, ...]:
    """The segments as the questionnaire document has them, in the language in which the manifest lists them."""
    return tuple(
        OfferedSegment(
            code=_text(entry, "code"),
            options=tuple(_label(choice, language) for choice in _entries(entry, "choices")),
        )
        for entry in _entries(asked, "segments", is_optional=True)
    )


def _label(choice: Mapping[str, object], language: str) -> str:
    label = choice.get("label")
    if not isinstance(label, dict):
        raise rules.incomplete()
    return _text(label, language)


def _choices(asked: Mapping[str, object], segments: Sequence[OfferedSegment]) -> dict[str, int]:
    """The number of options of each item and segment, read from the questionnaire document."""
    counts = {
        _text(entry, "code"): len(cast("Sequence[object]", entry["choices"]))
        for entry in _entries(asked, "options")
        if isinstance(entry.get("choices"), list)
    }
    items = {_text(entry, "code"): counts.get(_text(entry, "options"), 0) for entry in _entries(asked, "items")}
    if not items or not all(items.values()) or any(segment.code in items for segment in segments):
        raise rules.incomplete()
    return items | {segment.code: len(segment.options) for segment in segments}


def _entries(document: Mapping[str, object], name: str, *, is_optional: bool = False) -> list[Mapping[str, object]]:
    found = document.get(name, [] if is_optional else None)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise rules.incomplete()
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a name that stands twice: two programs could read two different documents out of it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _text(document: Mapping[str, object], name: str) -> str:
    found = document.get(name)
    if not isinstance(found, str) or not found:
        raise rules.incomplete()
    return found
