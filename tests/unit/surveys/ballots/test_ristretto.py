"""The group: multiples of the generator as in RFC 9496, appendix A.1; no error of the library gets out."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import ristretto
from surveys.ballots.ristretto import ProtocolError

# RFC 9496, appendix A.1: B[1] to B[3].
MULTIPLES = [
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
]
ORDER = 2**252 + 27742317777372353535851937790883648493
SCALARS = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "little"))


def small(number: int) -> bytes:
    return number.to_bytes(32, "little")


def test_the_first_multiples_of_the_generator_are_those_of_the_rfc() -> None:
    assert [ristretto.base(small(number)).hex() for number in (1, 2, 3)] == MULTIPLES
    one, two, three = (bytes.fromhex(each) for each in MULTIPLES)
    assert ristretto.add(one, two) == three
    assert ristretto.multiply(small(3), one) == three


@settings(max_examples=5, deadline=None)
@given(SCALARS, SCALARS)
def test_scalars_add_multiply_and_invert_as_numbers_do(first: bytes, second: bytes) -> None:
    one, other = (int.from_bytes(each, "little") for each in (first, second))
    assert ristretto.scalar_multiply(first, second) == small(one * other % ORDER)
    assert ristretto.scalar_subtract(first, second) == small((one - other) % ORDER)
    assert ristretto.scalar_invert(first) == small(pow(one, -1, ORDER))
    if (one + other) % ORDER:
        assert ristretto.scalar_add(first, second) == small((one + other) % ORDER)


def test_whatever_would_be_the_identity_or_zero_is_refused() -> None:
    point = ristretto.base(small(5))
    opposite = ristretto.base(small(ORDER - 5))
    for attempt in (
        lambda: ristretto.add(point, opposite),
        lambda: ristretto.base(bytes(32)),
        lambda: ristretto.multiply(bytes(32), point),
        lambda: ristretto.multiply(small(5), bytes(32)),
        lambda: ristretto.scalar_add(small(5), small(ORDER - 5)),
        lambda: ristretto.element(bytes(32)),
        lambda: ristretto.scalar(bytes(32)),
        lambda: ristretto.scalar(small(ORDER)),
    ):
        with pytest.raises(ProtocolError):
            attempt()


def test_the_greatest_scalar_and_a_true_element_pass() -> None:
    assert ristretto.scalar(small(ORDER - 1)) == small(ORDER - 1)
    assert ristretto.element(ristretto.base(small(7))) == ristretto.base(small(7))


def test_random_scalars_are_canonical_and_differ() -> None:
    drawn = [ristretto.scalar(ristretto.random_scalar()) for _ in range(5)]
    assert len(set(drawn)) == 5


def test_hashing_depends_on_message_and_tag_and_is_expand_message_xmd() -> None:
    # RFC 9380, section 5.3.1, written out for one block: b_0, then b_1.
    tag = b"tag\x03"
    first = hashlib.sha512(bytes(128) + b"text" + b"\x00\x40\x00" + tag).digest()
    uniform = hashlib.sha512(first + b"\x01" + tag).digest()
    assert ristretto.hash_to_scalar(b"text", b"tag") == small(int.from_bytes(uniform, "little") % ORDER)
    points = {ristretto.hash_to_group(*each) for each in ((b"text", b"tag"), (b"tex", b"ttag"), (b"text", b"gat"))}
    assert len(points) == 3
