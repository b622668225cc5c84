"""The oblivious function: every vector of RFC 9497, appendix A.1, in three modes; what must be refused is refused."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import poprf, ristretto
from surveys.ballots.poprf import Batch, Blinded, Evaluation, KeyPair, Mode, ProtocolError

PAIR = poprf.derive_key_pair(bytes(range(32)), b"test", Mode.POPRF)
OTHER = poprf.derive_key_pair(bytes(32), b"test", Mode.POPRF)
INFO = b"wave and crowd"
INPUT = b"nonce"

IDENTITY = bytes(32)
NOT_CANONICAL = bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")  # p, which is 0
NEGATIVE = bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000")  # RFC 9496, A.3
NO_SQUARE = bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371")  # RFC 9496, A.3
ORDER = (2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little")
BAD_ELEMENTS = [b"", b"x", bytes(31), bytes(33), IDENTITY, NOT_CANONICAL, NEGATIVE, NO_SQUARE, b"\xff" * 32]
BAD_SCALARS = [bytes(32), ORDER, b"\xff" * 32, (int.from_bytes(ORDER, "little") + 1).to_bytes(32, "little")]


def vectors(shared_dir: Path, mode: Mode) -> tuple[dict[str, str], list[dict[str, str]]]:
    suites = json.loads((shared_dir / "vectors" / "rfc9497_ristretto255.json").read_text())
    suite = next(each for each in suites if each["mode"] == mode)
    return suite, suite["vectors"]


def parts(text: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(each) for each in text.split(","))


@pytest.mark.shared
@pytest.mark.parametrize("mode", list(Mode))
def test_the_keys_are_those_of_the_rfc(shared_dir: Path, mode: Mode) -> None:
    suite, _ = vectors(shared_dir, mode)
    pair = poprf.derive_key_pair(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]), mode)
    assert pair.private.hex() == suite["skSm"]
    assert pair.public.hex() == suite.get("pkSm", ristretto.base(pair.private).hex())
    assert bytes.fromhex(suite["groupDST"]) == b"HashToGroup-" + poprf._context(mode)


@pytest.mark.shared
@pytest.mark.parametrize("mode", [Mode.OPRF, Mode.VOPRF])
def test_every_vector_of_the_plain_modes_holds(shared_dir: Path, mode: Mode) -> None:
    suite, found = vectors(shared_dir, mode)
    keys = poprf.derive_key_pair(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]), mode)
    for vector in found:
        inputs = parts(vector["Input"])
        blinded = [
            poprf.blind_plain(each, mode, public=keys.public, scalar=scalar)
            for each, scalar in zip(inputs, parts(vector["Blind"]), strict=True)
        ]
        assert tuple(each.element for each in blinded) == parts(vector["BlindedElement"])
        proof = vector.get("Proof")
        batch = poprf.evaluate_plain(
            keys,
            [each.element for each in blinded],
            mode,
            proof_scalar=bytes.fromhex(proof["r"]) if proof else None,  # type: ignore[index]
        )
        assert batch.elements == parts(vector["EvaluationElement"])
        assert batch.proof.hex() == (proof["proof"] if proof else "")  # type: ignore[index]
        assert poprf.finalize_plain(inputs, blinded, batch, mode) == parts(vector["Output"])


@pytest.mark.shared
def test_every_vector_of_the_mode_in_use_holds(shared_dir: Path) -> None:
    suite, found = vectors(shared_dir, Mode.POPRF)
    keys = poprf.derive_key_pair(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["keyInfo"]), Mode.POPRF)
    sizes = []
    for vector in found:
        info, inputs = bytes.fromhex(vector["Info"]), parts(vector["Input"])
        blinded = [
            poprf.blind(each, keys.public, info, scalar=scalar)
            for each, scalar in zip(inputs, parts(vector["Blind"]), strict=True)
        ]
        assert tuple(each.element for each in blinded) == parts(vector["BlindedElement"])
        nonce = bytes.fromhex(vector["Proof"]["r"])  # type: ignore[index]
        sent = [each.element for each in blinded]
        batch = poprf.blind_evaluate_batch(keys.private, sent, info, proof_scalar=nonce)
        assert batch.elements == parts(vector["EvaluationElement"])
        assert batch.proof.hex() == vector["Proof"]["proof"]  # type: ignore[index]
        assert poprf.finalize_batch(inputs, blinded, batch, info) == parts(vector["Output"])
        assert tuple(poprf.evaluate(keys.private, each, info) for each in inputs) == parts(vector["Output"])
        if len(inputs) == 1:
            single = poprf.blind_evaluate(keys.private, sent[0], info, proof_scalar=nonce)
            assert (single.element, single.proof) == (batch.elements[0], batch.proof)
            assert poprf.finalize(inputs[0], blinded[0], single, info) == parts(vector["Output"])[0]
        sizes.append(len(inputs))
    assert sizes == [1, 1, 2]


@settings(max_examples=4, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(min_size=32, max_size=32))
def test_both_ends_reach_the_same_output_by_different_ways(private_input: bytes, info: bytes, seed: bytes) -> None:
    pair = poprf.derive_key_pair(seed, b"any", Mode.POPRF)
    blinded = poprf.blind(private_input, pair.public, info)
    evaluation = poprf.blind_evaluate(pair.private, blinded.element, info)
    output = poprf.finalize(private_input, blinded, evaluation, info)
    assert output == poprf.evaluate(pair.private, private_input, info)
    assert len(output) == poprf.OUTPUT_BYTES


def test_what_the_server_sees_differs_each_time_and_its_proofs_too() -> None:
    seen = [poprf.blind(INPUT, PAIR.public, INFO).element for _ in range(4)]
    assert len(set(seen)) == 4
    proofs = {poprf.blind_evaluate(PAIR.private, seen[0], INFO).proof for _ in range(4)}
    assert len(proofs) == 4


def test_the_same_blind_gives_the_same_element_again() -> None:
    first = poprf.blind(INPUT, PAIR.public, INFO)
    assert poprf.blind(INPUT, PAIR.public, INFO, scalar=first.blind) == first


def exchanged(server: KeyPair = PAIR, info: bytes = INFO) -> tuple[Blinded, Evaluation]:
    blinded = poprf.blind(INPUT, PAIR.public, INFO)
    return blinded, poprf.blind_evaluate(server.private, blinded.element, info)


def test_another_key_or_other_metadata_at_the_server_is_refused_by_the_client() -> None:
    for blinded, evaluation in (exchanged(server=OTHER), exchanged(info=b"another crowd")):
        with pytest.raises(ProtocolError):
            poprf.finalize(INPUT, blinded, evaluation, INFO)


def test_outputs_depend_on_input_metadata_and_key() -> None:
    outputs = {
        poprf.evaluate(PAIR.private, INPUT, INFO),
        poprf.evaluate(PAIR.private, b"other", INFO),
        poprf.evaluate(PAIR.private, INPUT, b"other"),
        poprf.evaluate(OTHER.private, INPUT, INFO),
        poprf.evaluate(PAIR.private, INPUT + b"w", INFO[1:]),
    }
    assert len(outputs) == 5


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 8 * poprf.PROOF_BYTES - 1))
def test_one_changed_bit_of_a_proof_is_refused(place: int) -> None:
    blinded, evaluation = exchanged()
    proof = bytearray(evaluation.proof)
    proof[place // 8] ^= 1 << place % 8
    with pytest.raises(ProtocolError):
        poprf.finalize(INPUT, blinded, dataclasses.replace(evaluation, proof=bytes(proof)), INFO)


@pytest.mark.parametrize("element", BAD_ELEMENTS, ids=lambda raw: raw.hex()[:8] or "none")
def test_what_is_no_element_is_refused_on_both_sides(element: bytes) -> None:
    with pytest.raises(ProtocolError):
        poprf.blind_evaluate(PAIR.private, element, INFO)
    blinded, evaluation = exchanged()
    with pytest.raises(ProtocolError):
        poprf.finalize(INPUT, blinded, dataclasses.replace(evaluation, element=element), INFO)
    with pytest.raises(ProtocolError):
        poprf.blind(INPUT, element, INFO)
    with pytest.raises(ProtocolError):
        poprf.evaluate_plain(PAIR, [element], Mode.OPRF)


def test_an_exchanged_element_of_another_person_is_refused() -> None:
    blinded, evaluation = exchanged()
    _, other = exchanged()
    for wrong in (
        Evaluation(element=other.element, proof=evaluation.proof),
        Evaluation(element=evaluation.element, proof=other.proof),
        other,
    ):
        with pytest.raises(ProtocolError):
            poprf.finalize(INPUT, blinded, wrong, INFO)


@pytest.mark.parametrize(
    "scalar", [b"", bytes(31), bytes(33), *BAD_SCALARS], ids=lambda raw: f"{len(raw)}-{raw.hex()[:6]}"
)
def test_what_is_no_scalar_is_refused(scalar: bytes) -> None:
    with pytest.raises(ProtocolError):
        poprf.blind(INPUT, PAIR.public, INFO, scalar=scalar)
    with pytest.raises(ProtocolError):
        poprf.blind_evaluate(PAIR.private, exchanged()[0].element, INFO, proof_scalar=scalar)


@pytest.mark.parametrize("scalar", BAD_SCALARS, ids=lambda raw: raw.hex()[:6])
def test_a_scalar_of_a_proof_that_is_zero_or_not_canonical_is_refused(scalar: bytes) -> None:
    blinded, evaluation = exchanged()
    for proof in (scalar + evaluation.proof[32:], evaluation.proof[:32] + scalar):
        with pytest.raises(ProtocolError):
            poprf.finalize(INPUT, blinded, dataclasses.replace(evaluation, proof=proof), INFO)


@pytest.mark.parametrize("proof", [b"", bytes(63), bytes(64), bytes(65), bytes(128)], ids=len)
def test_a_proof_of_another_length_or_of_zeros_is_refused(proof: bytes) -> None:
    blinded, evaluation = exchanged()
    with pytest.raises(ProtocolError):
        poprf.finalize(INPUT, blinded, dataclasses.replace(evaluation, proof=proof), INFO)


def test_a_second_spelling_of_a_proof_is_refused() -> None:
    blinded, evaluation = exchanged()
    response = int.from_bytes(evaluation.proof[32:], "little") + int.from_bytes(ORDER, "little")
    proof = evaluation.proof[:32] + response.to_bytes(32, "little")
    with pytest.raises(ProtocolError):
        poprf.finalize(INPUT, blinded, dataclasses.replace(evaluation, proof=proof), INFO)


def test_metadata_that_cancels_the_key_is_refused() -> None:
    factor, _ = poprf._tweak(INFO)
    hostile = ristretto.scalar_subtract(bytes(32), factor)
    with pytest.raises(ProtocolError):
        poprf.blind(INPUT, ristretto.base(hostile), INFO)
    with pytest.raises(ProtocolError):
        poprf.evaluate(hostile, INPUT, INFO)


def test_seeds_and_inputs_have_their_lengths() -> None:
    with pytest.raises(ProtocolError):
        poprf.derive_key_pair(bytes(31), b"", Mode.POPRF)
    with pytest.raises(ProtocolError):
        poprf.evaluate(PAIR.private, bytes(65_536), INFO)
    with pytest.raises(ProtocolError):
        poprf.blind(INPUT, PAIR.public, bytes(65_536))


def test_a_batch_is_about_one_key_and_as_many_elements_as_were_sent() -> None:
    one, other = poprf.blind(INPUT, PAIR.public, INFO), poprf.blind(INPUT, PAIR.public, b"other")
    batch = poprf.blind_evaluate_batch(PAIR.private, [one.element, other.element], INFO)
    with pytest.raises(ProtocolError):
        poprf.finalize_batch([INPUT, INPUT], [one, other], batch, INFO)
    with pytest.raises(ProtocolError):
        poprf.finalize_batch([INPUT], [one], batch, INFO)
    with pytest.raises(ProtocolError):
        poprf.finalize_batch([], [], Batch(elements=(), proof=bytes(64)), INFO)


def test_keys_and_blinds_are_never_printed() -> None:
    blinded, _ = exchanged()
    assert PAIR.private.hex() not in repr(PAIR) + str(PAIR)
    assert str(PAIR.private) not in repr(PAIR)
    assert str(blinded.blind) not in repr(blinded)


def test_the_library_leaves_no_copy_of_itself_behind() -> None:
    assert not Path(sys.modules["rbcl._sodium"].lib_path).exists()
