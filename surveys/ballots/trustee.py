"""The second lock: keys of a trustee, the handover of sealed ballots to them, and the sealed file they give back.

The operator knows which ciphertext came when, the trustee sees what the ciphertexts hold; only both together could
link an answer to a person. The trustee mixes the answers of each group of at least k before giving them back, so that
the operator learns no more from the answers of a small crowd than from those of the group it is counted in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from surveys.ballots import manifest as manifests
from surveys.ballots import rules
from surveys.ballots.rules import Rules
from surveys.ballots.sealing import (
    OVERHEAD_BYTES,
    PLAINTEXT_BYTES,
    UnreadableBallot,
    context,
    open_inner,
    open_with,
    pad,
    seal_to,
    unpad,
)
from surveys.ballots.wire import decode64, encode64
from surveys.errors import Refused
from surveys.i18n import mark

K_FLOOR = 5
"""No wave may promise groups of fewer people; the trustee's program holds it against a server that was changed."""

INNER_BYTES = PLAINTEXT_BYTES + OVERHEAD_BYTES
"""What is left of a ballot once its outer lock is off."""

PRIVATE_HEADER = "barograph-trustee-private-1"
PUBLIC_HEADER = "barograph-trustee-public-1"
HANDOVER_FORMAT = "barograph-handover-1"
OPENED_FORMAT = "barograph-opened-1"

_KEY_BYTES = 32
_PROOF_BYTES = 32
_KEY_NAME = b"barograph/trustee/1"
_OPENED = b"barograph/opened/1"
_PROOF = b"barograph/opened-proof/1"
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a file of foreign making may raise."""

NO_HANDOVER = mark("This is not a handover file of Barograph, or it was damaged on the way.")
NO_OPENED = mark(
    "This is not an opened file of Barograph for wave {wave}, or it was damaged on the way. Nothing was changed."
)


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What the operator hands over: inner ciphertexts by crowd, and which crowds are counted together, all sorted."""

    wave: str
    fingerprint: str
    manifest: str
    wave_key: bytes
    mixes: tuple[tuple[str, ...], ...]
    ballots: tuple[tuple[str, bytes], ...]

    @cached_property
    def file(self) -> bytes:
        """The bytes of the handover file."""
        return _canonical(
            {
                "format": HANDOVER_FORMAT,
                "wave": self.wave,
                "fingerprint": self.fingerprint,
                "manifest": self.manifest,
                "wave_key": self.wave_key.hex(),
                "mixes": self.mixes,
                "ballots": [{"crowd": crowd, "sealed": encode64(sealed)} for crowd, sealed in self.ballots],
            }
        )

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, hex."""
        return hashlib.sha256(self.file).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a handover says about its wave, once it was checked against the fingerprint and the key.

    ``fewest`` is the number of ballots in the smallest group, ``full_groups`` how many groups have exactly as many
    ballots as people invited. Both are honest in small organisations, and both are what made-up ballots look like.
    """

    wave: str
    organisation: str
    fingerprint: str
    words: str
    k: int
    ballots: int
    invited: int
    groups: int
    fewest: int
    full_groups: int
    handover_sha256: str
    crowds_above_invited: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The file that goes back to the operator, and how many ballots it holds and lacks."""

    promise: Promise
    file: bytes
    opened: int
    unreadable: int


@dataclass(frozen=True, kw_only=True)
class OpenedBallots:
    """Padded answers by crowd, sorted, as the trustee gave them back for the handover of this hash.

    Crowds that are counted together were mixed: a crowd has as many answers as it sent, not the very same ones.
    """

    handover_sha256: str
    ballots: tuple[tuple[str, bytes], ...]


def new_key() -> tuple[str, str]:
    """Make a key of a trustee; returns the text of the private and of the public key file."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return _key_text(PRIVATE_HEADER, private.private_bytes_raw()), _key_text(PUBLIC_HEADER, public)


def public_of(private: bytes) -> bytes:
    """Return the 32 bytes of the public key that belongs to a private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def parse_private(text: str) -> bytes:
    """Read the 32 bytes of a private key file.

    Raises:
        Refused: the text is none, or a public key.
    """
    if text.startswith(PUBLIC_HEADER):
        raise Refused("This is the public key. To open ballots, the private key file is needed.")
    return _parse(text, PRIVATE_HEADER)


def parse_public(text: str) -> bytes:
    """Read the 32 bytes of a public key file.

    Raises:
        Refused: the text is none, a private key, or a number that can lock nothing.
    """
    if text.startswith(PRIVATE_HEADER):
        raise Refused(
            "This is the private key of a trustee, which must never be given to anybody. "
            "Its public key is in the file beside it whose name ends in .pub."
        )
    public = _parse(text, PUBLIC_HEADER)
    try:
        X25519PrivateKey.from_private_bytes(b"\x01" * _KEY_BYTES).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:  # a point of small order: every shared secret would be zero
        raise Refused("This key cannot lock anything. Make a new one with: barograph trustee keygen") from error
    return public


def key_words(public: bytes) -> str:
    """Return the words by which people compare a public key (32 bytes).

    They are what :func:`surveys.ballots.manifest.words` makes of the SHA-256 of "barograph/trustee/1" followed by the
    key, so that a browser, which has the key in the manifest, shows the same ones.
    """
    return manifests.words(hashlib.sha256(_KEY_NAME + public).hexdigest())


def build_handover(
    *,
    wave: str,
    fingerprint: str,
    manifest: str,
    wave_key: bytes,
    mixes: Iterable[Sequence[str]],
    ballots: Iterable[tuple[str, bytes]],
) -> Handover:
    """Return a handover: ballots sorted by crowd and ciphertext, which hang on neither nonce nor arrival.

    ``mixes`` are the crowds that are counted together. The same ballots in any order give the same file.
    """
    return Handover(
        wave=wave,
        fingerprint=fingerprint,
        manifest=manifest,
        wave_key=wave_key,
        mixes=tuple(sorted(tuple(sorted(mix)) for mix in mixes)),
        ballots=tuple(sorted(ballots)),
    )


def parse_handover(data: bytes) -> Handover:
    """Read a handover file.

    Raises:
        Refused: it is none; everything that is not exactly as written is refused alike.
    """
    try:
        document = json.loads(data)
        if document["format"] != HANDOVER_FORMAT:
            raise Refused(NO_HANDOVER)
        handover = build_handover(
            wave=_text(document["wave"]),
            fingerprint=_text(document["fingerprint"]),
            manifest=_text(document["manifest"]),
            wave_key=bytes.fromhex(document["wave_key"]),
            mixes=[[_text(crowd) for crowd in mix] for mix in document["mixes"]],
            ballots=[(_text(each["crowd"]), decode64(each["sealed"])) for each in document["ballots"]],
        )
        is_canonical = handover.file == data
    except _BROKEN as error:
        raise Refused(NO_HANDOVER) from error
    if not is_canonical:
        raise Refused(NO_HANDOVER)
    return handover


def check_handover(handover: Handover, public: bytes) -> Promise:
    """Return what a handover promises, before anything is opened.

    Raises:
        Refused: the manifest is not that of the fingerprint, another key locks the wave, or what is asked would show
            the answers of fewer than k people.
    """
    promised = _rules(handover)
    if promised.second_lock != public:
        raise Refused(
            "The ballots of wave {wave} are not locked with this key. Use the key whose words were shown at its "
            "opening.",
            wave=handover.wave,
        )
    if promised.k < K_FLOOR:
        raise Refused("This wave promises groups of fewer than {k} people. Do not open it.", k=K_FLOOR)
    invited = {crowd.label: crowd.invited for crowd in promised.crowds}
    _check_groups(handover, promised.k, invited)
    cast = Counter(crowd for crowd, _ in handover.ballots)
    sizes = {mix: sum(cast[crowd] for crowd in mix) for mix in handover.mixes}
    filled = [mix for mix, size in sizes.items() if size]
    return Promise(
        wave=handover.wave,
        organisation=promised.organisation,
        fingerprint=handover.fingerprint,
        words=manifests.words(handover.fingerprint),
        k=promised.k,
        ballots=len(handover.ballots),
        invited=sum(invited.values()),
        groups=len(filled),
        fewest=min(sizes[mix] for mix in filled),
        full_groups=sum(sizes[mix] == sum(invited[crowd] for crowd in mix) for mix in filled),
        handover_sha256=handover.sha256,
        crowds_above_invited=tuple(sorted(crowd for crowd in cast if cast[crowd] > invited[crowd])),
    )


def open_handover(handover: Handover, private: bytes) -> Opening:
    """Open every ballot of a handover and seal the mixed answers to the wave; no readable answer leaves this function.

    Unreadable ballots are left out and counted. Answers are written anew, so that nothing but answers passes, mixed
    and sorted within each group of crowds that are counted together, then sealed as one.

    Raises:
        Refused: as :func:`check_handover`.
    """
    promise = check_handover(handover, public_of(private))
    readable: list[tuple[str, bytes]] = []
    for crowd, sealed in handover.ballots:
        try:
            readable.append((crowd, _answers_alone(open_inner(private, sealed, handover.fingerprint, crowd))))
        except UnreadableBallot:
            continue
    mixed = _mix(readable, handover.mixes)
    body = _canonical(
        {
            "wave": handover.wave,
            "fingerprint": handover.fingerprint,
            "handover": handover.sha256,
            "ballots": [{"crowd": crowd, "answers": encode64(plaintext)} for crowd, plaintext in mixed],
        }
    )
    proof = _proof(private, handover.wave_key, handover.fingerprint, body)
    sealed = seal_to(handover.wave_key, proof + body, context(_OPENED, handover.fingerprint))
    document = {
        "format": OPENED_FORMAT,
        "wave": handover.wave,
        "fingerprint": handover.fingerprint,
        "handover": handover.sha256,
        "sealed": encode64(sealed),
    }
    unreadable = len(handover.ballots) - len(mixed)
    return Opening(promise=promise, file=_canonical(document), opened=len(mixed), unreadable=unreadable)


def read_opened(data: bytes, *, handover: Handover, private: bytes, trustee: bytes) -> OpenedBallots:
    """Return the answers of an opened file, given the handover as it is now and the private key of the wave.

    Raises:
        Refused: the file is damaged, of another wave or an older handover, was not made with the trustee's key, or
            holds more answers of a crowd than were handed over.
    """
    try:
        document = json.loads(data)
        is_ours = document["format"] == OPENED_FORMAT
        names = (document["wave"], document["fingerprint"])
        answered, sealed = document["handover"], decode64(document["sealed"])
    except _BROKEN as error:
        raise Refused(NO_OPENED, wave=handover.wave) from error
    if not is_ours:
        raise Refused(NO_OPENED, wave=handover.wave)
    if names != (handover.wave, handover.fingerprint):
        raise Refused(
            "This opened file belongs to another wave, not to {wave}. Nothing was changed.", wave=handover.wave
        )
    if answered != handover.sha256:
        raise Refused(
            "This opened file answers another handover of wave {wave}. Write the handover again, and let the trustee "
            "open that one. Nothing was changed.",
            wave=handover.wave,
        )
    try:
        plain = open_with(private, sealed, context(_OPENED, handover.fingerprint))
    except UnreadableBallot as error:
        raise Refused(NO_OPENED, wave=handover.wave) from error
    proof, body = plain[:_PROOF_BYTES], plain[_PROOF_BYTES:]
    if not hmac.compare_digest(proof, _proof(private, trustee, handover.fingerprint, body)):
        raise Refused(
            "This opened file was not made with the key of the trustee of wave {wave}. Nothing was changed.",
            wave=handover.wave,
        )
    return OpenedBallots(handover_sha256=handover.sha256, ballots=_answers(body, handover))


def _answers(body: bytes, expected: Handover) -> tuple[tuple[str, bytes], ...]:
    """Read the answers of an authentic opened file; whoever holds both keys could still have written nonsense."""
    try:
        document = json.loads(body)
        if (document["wave"], document["fingerprint"], document["handover"]) != (
            expected.wave,
            expected.fingerprint,
            expected.sha256,
        ):
            raise Refused(NO_OPENED, wave=expected.wave)
        ballots = tuple((_text(each["crowd"]), decode64(each["answers"])) for each in document["ballots"])
    except _BROKEN as error:
        raise Refused(NO_OPENED, wave=expected.wave) from error
    cast = Counter(crowd for crowd, _ in expected.ballots)
    given = Counter(crowd for crowd, _ in ballots)
    if any(given[crowd] > cast[crowd] for crowd in given) or any(len(text) != PLAINTEXT_BYTES for _, text in ballots):
        raise Refused(NO_OPENED, wave=expected.wave)
    return tuple(sorted(ballots))


def _rules(handover: Handover) -> Rules:
    """Return the rules of a handover after checking that they are the published ones and speak of this handover."""
    if manifests.fingerprint(handover.manifest) != handover.fingerprint:
        raise Refused(
            "The rules in this handover are not those of its fingerprint. Do not open it; ask who changed it."
        )
    promised = rules.read(handover.manifest)
    if promised.wave != handover.wave or promised.wave_key != handover.wave_key:
        raise Refused(
            "This handover names another wave or another key than its rules do. Do not open it; ask who changed it."
        )
    return promised


def _check_groups(handover: Handover, k: int, invited: Mapping[str, int]) -> None:
    """Refuse a handover that would show the answers of fewer than k people."""
    mix_of = {crowd: place for place, mix in enumerate(handover.mixes) for crowd in mix}
    if sum(map(len, handover.mixes)) != len(mix_of) or not {crowd for crowd, _ in handover.ballots} <= set(mix_of):
        raise Refused(NO_HANDOVER)
    if not set(mix_of) <= set(invited):
        raise Refused(
            "This handover has groups of people that its rules do not know. Do not open it; ask who changed it."
        )
    # The same ciphertext under two crowds opens under one of them only, so that it counts once in any case.
    if len(set(handover.ballots)) != len(handover.ballots):
        raise Refused("This handover holds the same ballot twice. Do not open it; ask who changed it.")
    sizes = Counter(mix_of[crowd] for crowd, _ in handover.ballots)
    if not sizes or min(sizes.values()) < k:
        raise Refused("This handover asks for the answers of fewer than {k} people at once. Do not open it.", k=k)


def _answers_alone(plaintext: bytes) -> bytes:
    """Write padded answers anew, without whatever else a changed browser may have put beside them."""
    if len(plaintext) != PLAINTEXT_BYTES:
        raise UnreadableBallot
    try:
        return pad(unpad(plaintext).answers)  # no topics: a wave with a second lock has none to tick
    except (Refused, RecursionError) as error:  # too long once written plainly, or nested without end
        raise UnreadableBallot from error


def _mix(readable: Sequence[tuple[str, bytes]], mixes: Sequence[Sequence[str]]) -> list[tuple[str, bytes]]:
    """Hand the answers of each group of crowds round, so that a crowd keeps its number of answers and nothing else."""
    mix_of = {crowd: place for place, mix in enumerate(mixes) for crowd in mix}
    crowds: dict[int, list[str]] = {}
    answers: dict[int, list[bytes]] = {}
    for crowd, plaintext in readable:
        crowds.setdefault(mix_of[crowd], []).append(crowd)
        answers.setdefault(mix_of[crowd], []).append(plaintext)
    return sorted(
        pair for place, members in crowds.items() for pair in zip(sorted(members), sorted(answers[place]), strict=True)
    )


def _proof(private: bytes, public: bytes, fingerprint: str, body: bytes) -> bytes:
    """Return what only the holder of one of two keys can make: a MAC under the secret that both keys share."""
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Refused("This key cannot lock anything. Make a new one with: barograph trustee keygen") from error
    return hmac.new(shared, context(_PROOF, fingerprint, hashlib.sha256(body).hexdigest()), hashlib.sha256).digest()


def _key_text(header: str, key: bytes) -> str:
    return f"{header}\n{key.hex()}\n"


def _parse(text: str, header: str) -> bytes:
    lines = text.replace("\r\n", "\n").strip().split("\n")
    try:
        key = bytes.fromhex(lines[1]) if len(lines) == 2 and lines[0] == header else b""
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise Refused(
            "This is not a key file of a trustee, or it is damaged. It has two lines; the first one is: {header}",
            header=header,
        )
    return key


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _canonical(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
