"""Turns a secret input and a private key into a pseudorandom output that neither side could make alone (RFC 9497).

Suite ristretto255-SHA512, modes OPRF, VOPRF and POPRF. The product uses POPRF alone: the server evaluates an input that
it cannot see under public metadata (``info``), and proves that it used exactly its one key and exactly that metadata.
The other modes share every step and are here so that all vectors of the RFC can be run.

Python only frames public bytes and hashes; every secret scalar is handled by libsodium in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from surveys.ballots import ristretto
from surveys.ballots.ristretto import ProtocolError

__all__ = [
    "OUTPUT_BYTES",
    "PROOF_BYTES",
    "Batch",
    "Blinded",
    "Evaluation",
    "KeyPair",
    "Mode",
    "ProtocolError",
    "blind",
    "blind_evaluate",
    "blind_evaluate_batch",
    "blind_plain",
    "derive_key_pair",
    "evaluate",
    "evaluate_plain",
    "finalize",
    "finalize_batch",
    "finalize_plain",
]

OUTPUT_BYTES = 64
PROOF_BYTES = 2 * ristretto.SCALAR_BYTES

_KEPT = 16_384
"""Metadata whose key is kept: one for each crowd of the waves that are open at the same time."""


class Mode(IntEnum):
    """The modes of RFC 9497, section 3.1, with their identifiers."""

    OPRF = 0
    VOPRF = 1
    POPRF = 2


@dataclass(frozen=True, kw_only=True, repr=False)
class KeyPair:
    """A private scalar and its public element, 32 bytes each; never printed."""

    private: bytes
    public: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class Blinded:
    """What the client keeps (``blind``) and sends (``element``).

    ``tweaked_key`` is the public key that the proof must be about: in POPRF the server's key moved by the metadata, in
    VOPRF the server's key itself, in OPRF empty.
    """

    blind: bytes
    element: bytes
    tweaked_key: bytes


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The server's reply: the evaluated element (32 bytes) and the proof (64 bytes; empty in OPRF)."""

    element: bytes
    proof: bytes


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The server's reply to several elements at once, with one proof for all of them."""

    elements: tuple[bytes, ...]
    proof: bytes


@dataclass(frozen=True, kw_only=True)
class _Statement:
    """What a proof says: each of ``after`` is its partner of ``before`` times the private key behind ``public``."""

    mode: Mode
    public: bytes
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class _Tweaked:
    scalar: bytes
    inverse: bytes
    public: bytes


def derive_key_pair(seed: bytes, info: bytes, mode: Mode) -> KeyPair:
    """Derive a key pair from a seed of 32 bytes (section 3.2.1, DeriveKeyPair).

    Raises:
        ProtocolError: the seed has another length, or no key was found in 256 attempts.
    """
    if len(seed) != ristretto.SCALAR_BYTES:
        raise ProtocolError("a seed has 32 bytes")
    material = seed + _framed(info)
    for counter in range(256):
        private = ristretto.hash_to_scalar(material + bytes([counter]), b"DeriveKeyPair" + _context(mode))
        if not hmac.compare_digest(private, bytes(ristretto.SCALAR_BYTES)):
            return KeyPair(private=private, public=ristretto.base(private))
    raise ProtocolError("no key can be derived from this seed")


def blind(private_input: bytes, public: bytes, info: bytes, *, scalar: bytes | None = None) -> Blinded:
    """Hide an input from the server (POPRF, section 3.3.3, Blind).

    Args:
        private_input: at most 65,535 bytes.
        public: the server's public key, 32 bytes, as the client knows it.
        info: the public metadata, at most 65,535 bytes, as the client computed it itself.
        scalar: the blind; a random one where it is None. The same blind gives the same element.

    Raises:
        ProtocolError: the key is no element, the blind no scalar, or the tweaked key is the identity.
    """
    tweaked_key = ristretto.add(_tweak(info)[1], ristretto.element(public))
    return _blinded(private_input, Mode.POPRF, scalar, tweaked_key)


def blind_evaluate(private: bytes, element: bytes, info: bytes, *, proof_scalar: bytes | None = None) -> Evaluation:
    """Evaluate a blinded element under metadata and prove it (POPRF, section 3.3.3, BlindEvaluate).

    Args:
        private: the server's private key.
        element: what the client sent.
        info: the public metadata.
        proof_scalar: the random scalar of the proof; for the vectors of the RFC only, it must never repeat.

    Raises:
        ProtocolError: ``element`` is not a canonical element, or is the identity.
    """
    batch = blind_evaluate_batch(private, (element,), info, proof_scalar=proof_scalar)
    return Evaluation(element=batch.elements[0], proof=batch.proof)


def blind_evaluate_batch(
    private: bytes, elements: Sequence[bytes], info: bytes, *, proof_scalar: bytes | None = None
) -> Batch:
    """Evaluate several blinded elements with one proof (section 3.3.3; the batch of section 2.2.1)."""
    key = _tweaked(private, info)
    evaluated = tuple(ristretto.multiply(key.inverse, each) for each in elements)
    # The key stands on the other side than in VOPRF: the blinded elements are the evaluated ones times the key.
    statement = _Statement(mode=Mode.POPRF, public=key.public, before=evaluated, after=tuple(elements))
    return Batch(elements=evaluated, proof=_prove(statement, key.scalar, proof_scalar))


def finalize(private_input: bytes, blinded: Blinded, evaluation: Evaluation, info: bytes) -> bytes:
    """Check the proof and return the output, 64 bytes (POPRF, section 3.3.3, Finalize).

    Raises:
        ProtocolError: the element or the proof is malformed, or the proof is about another key, other metadata or
            another element.
    """
    batch = Batch(elements=(evaluation.element,), proof=evaluation.proof)
    return finalize_batch((private_input,), (blinded,), batch, info)[0]


def finalize_batch(
    private_inputs: Sequence[bytes], blinded: Sequence[Blinded], batch: Batch, info: bytes
) -> tuple[bytes, ...]:
    """Check the one proof of several evaluations and return the outputs (section 3.3.3, Finalize).

    All of ``blinded`` were made for the same key and metadata.
    """
    if len({each.tweaked_key for each in blinded}) != 1:
        raise ProtocolError("a batch is about one key")
    sent = tuple(each.element for each in blinded)
    statement = _Statement(mode=Mode.POPRF, public=blinded[0].tweaked_key, before=batch.elements, after=sent)
    _verify(statement, batch.proof)
    return tuple(
        _output(private_input, _unblinded(each, element), info)
        for private_input, each, element in zip(private_inputs, blinded, batch.elements, strict=True)
    )


def evaluate(private: bytes, private_input: bytes, info: bytes) -> bytes:
    """Compute the output from an input in the clear, 64 bytes (POPRF, section 3.3.3, Evaluate)."""
    point = ristretto.hash_to_group(private_input, b"HashToGroup-" + _context(Mode.POPRF))
    return _output(private_input, ristretto.multiply(_tweaked(private, info).inverse, point), info)


def blind_plain(private_input: bytes, mode: Mode, *, public: bytes = b"", scalar: bytes | None = None) -> Blinded:
    """Hide an input in OPRF, or in VOPRF where ``public`` is the server's key (section 3.3.1, Blind)."""
    return _blinded(private_input, mode, scalar, ristretto.element(public) if mode is Mode.VOPRF else b"")


def evaluate_plain(keys: KeyPair, elements: Sequence[bytes], mode: Mode, *, proof_scalar: bytes | None = None) -> Batch:
    """Evaluate blinded elements in OPRF or VOPRF (sections 3.3.1 and 3.3.2, BlindEvaluate)."""
    evaluated = tuple(ristretto.multiply(keys.private, each) for each in elements)
    if mode is Mode.OPRF:
        return Batch(elements=evaluated, proof=b"")
    statement = _Statement(mode=mode, public=keys.public, before=tuple(elements), after=evaluated)
    return Batch(elements=evaluated, proof=_prove(statement, keys.private, proof_scalar))


def finalize_plain(
    private_inputs: Sequence[bytes], blinded: Sequence[Blinded], batch: Batch, mode: Mode
) -> tuple[bytes, ...]:
    """Return the outputs of OPRF or VOPRF, in VOPRF after the proof held (sections 3.3.1 and 3.3.2, Finalize)."""
    if mode is Mode.VOPRF:
        sent = tuple(each.element for each in blinded)
        statement = _Statement(mode=mode, public=blinded[0].tweaked_key, before=sent, after=batch.elements)
        _verify(statement, batch.proof)
    return tuple(
        _output(private_input, _unblinded(each, element), None)
        for private_input, each, element in zip(private_inputs, blinded, batch.elements, strict=True)
    )


def _context(mode: Mode) -> bytes:
    """CreateContextString, section 3.1."""
    return b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"


def _framed(part: bytes) -> bytes:
    if len(part) > 0xFFFF:
        raise ProtocolError("an input is too long")
    return len(part).to_bytes(2, "big") + part


@lru_cache(maxsize=_KEPT)
def _tweak(info: bytes) -> tuple[bytes, bytes]:
    """The scalar m of some metadata and the element that it moves the public key by (section 3.3.3)."""
    factor = ristretto.hash_to_scalar(b"Info" + _framed(info), b"HashToScalar-" + _context(Mode.POPRF))
    return factor, ristretto.base(factor)


@lru_cache(maxsize=_KEPT)
def _tweaked(private: bytes, info: bytes) -> _Tweaked:
    """The private key moved by some metadata, its inverse and its public key (section 3.3.3)."""
    moved = ristretto.scalar_add(private, _tweak(info)[0])
    return _Tweaked(scalar=moved, inverse=ristretto.scalar_invert(moved), public=ristretto.base(moved))


def _blinded(private_input: bytes, mode: Mode, scalar: bytes | None, tweaked_key: bytes) -> Blinded:
    point = ristretto.hash_to_group(private_input, b"HashToGroup-" + _context(mode))
    factor = ristretto.random_scalar() if scalar is None else ristretto.scalar(scalar)
    return Blinded(blind=factor, element=ristretto.multiply(factor, point), tweaked_key=tweaked_key)


def _unblinded(blinded: Blinded, evaluated: bytes) -> bytes:
    return ristretto.multiply(ristretto.scalar_invert(blinded.blind), evaluated)


def _output(private_input: bytes, unblinded: bytes, info: bytes | None) -> bytes:
    middle = b"" if info is None else _framed(info)
    return hashlib.sha512(_framed(private_input) + middle + _framed(unblinded) + b"Finalize").digest()


def _prove(statement: _Statement, private: bytes, proof_scalar: bytes | None) -> bytes:
    """Prove a statement with the private key it is about (section 2.2.1, GenerateProof).

    The composite Z is the key times M (ComputeCompositesFast).
    """
    composite = _combination(_factors(statement), statement.before)
    image = ristretto.multiply(private, composite)
    nonce = ristretto.random_scalar() if proof_scalar is None else ristretto.scalar(proof_scalar)
    challenge = _challenge(statement, composite, image, ristretto.base(nonce), ristretto.multiply(nonce, composite))
    return challenge + ristretto.scalar_subtract(nonce, ristretto.scalar_multiply(challenge, private))


def _verify(statement: _Statement, proof: bytes) -> None:
    """Check the proof of a statement (section 2.2.2, VerifyProof)."""
    if len(proof) != PROOF_BYTES or len(statement.before) != len(statement.after):
        raise ProtocolError("a proof has 64 bytes and is about pairs of elements")
    for each in (*statement.before, *statement.after):
        ristretto.element(each)
    challenge = ristretto.scalar(proof[: ristretto.SCALAR_BYTES])
    response = ristretto.scalar(proof[ristretto.SCALAR_BYTES :])
    factors = _factors(statement)
    composite, image = _combination(factors, statement.before), _combination(factors, statement.after)
    from_base = ristretto.add(ristretto.base(response), ristretto.multiply(challenge, statement.public))
    from_composite = ristretto.add(ristretto.multiply(response, composite), ristretto.multiply(challenge, image))
    expected = _challenge(statement, composite, image, from_base, from_composite)
    if not hmac.compare_digest(expected, challenge):
        raise ProtocolError("the proof does not hold")


def _factors(statement: _Statement) -> list[bytes]:
    """The factors of the composites (section 2.2.1, ComputeComposites)."""
    context = _context(statement.mode)
    seed = hashlib.sha512(_framed(statement.public) + _framed(b"Seed-" + context)).digest()
    return [
        ristretto.hash_to_scalar(
            _framed(seed) + place.to_bytes(2, "big") + _framed(one) + _framed(other) + b"Composite",
            b"HashToScalar-" + context,
        )
        for place, (one, other) in enumerate(zip(statement.before, statement.after, strict=True))
    ]


def _combination(factors: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    total = ristretto.multiply(factors[0], elements[0])
    for factor, each in zip(factors[1:], elements[1:], strict=True):
        total = ristretto.add(total, ristretto.multiply(factor, each))
    return total


def _challenge(statement: _Statement, *elements: bytes) -> bytes:
    transcript = b"".join(_framed(each) for each in (statement.public, *elements)) + b"Challenge"
    return ristretto.hash_to_scalar(transcript, b"HashToScalar-" + _context(statement.mode))
