"""Sealing: only the right key, wave and crowd open a ballot, all ballots are equally long, the scheme is RFC 9180's.

The library's single-shot calls take no associated data, which all vectors of the RFC have. So a second implementation,
written here from the text of the RFC, is held against the vector of its appendix A.1.1, and the library against it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import sealing
from surveys.ballots.sealing import (
    COMMENT_BYTES,
    COMMENT_LENGTH,
    PLAINTEXT_BYTES,
    Opener,
    Sheet,
    UnreadableBallot,
    new_wave_key,
    open_inner,
    pad,
    pad_comment,
    seal,
    seal_ballot,
    seal_comment,
    sealed_length,
    split,
    unpad,
    unpad_comment,
)
from surveys.errors import Refused

PRIVATE, PUBLIC = new_wave_key()
PRINT = "ab" * 32
ANSWERS = st.dictionaries(st.sampled_from([f"item-{n}" for n in range(9)]), st.none() | st.integers(1, 7))

# RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
RFC_INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
RFC_EPHEMERAL = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
RFC_ENCAPSULATED = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
RFC_RECIPIENT = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
RFC_KEY = bytes.fromhex("4531685d41d65f03dc48f6b8302c05b0")
RFC_NONCE = bytes.fromhex("56d890e5accaaf011cff4b7d")
RFC_PLAINTEXT = b"Beauty is truth, truth beauty"
RFC_DATA = b"Count-0"
RFC_CIPHERTEXT = bytes.fromhex(
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
)

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (0x0001).to_bytes(2, "big")


def extract(salt: bytes, suite: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract, section 4."""
    return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256).digest()


def expand(secret: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand, section 4, for at most one block of the hash."""
    text = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.new(secret, text + b"\1", hashlib.sha256).digest()[:length]


def schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """KeySchedule in base mode, section 5.1: the key and the base nonce."""
    ids = extract(b"", HPKE_SUITE, b"psk_id_hash", b"")
    context = b"\0" + ids + extract(b"", HPKE_SUITE, b"info_hash", info)
    secret = extract(shared, HPKE_SUITE, b"secret", b"")
    return expand(secret, HPKE_SUITE, b"key", context, 16), expand(secret, HPKE_SUITE, b"base_nonce", context, 12)


def shared_secret(exchanged: bytes, encapsulated: bytes, recipient: bytes) -> bytes:
    """ExtractAndExpand, section 4.1."""
    inner = extract(b"", KEM_SUITE, b"eae_prk", exchanged)
    return expand(inner, KEM_SUITE, b"shared_secret", encapsulated + recipient, 32)


def public_of(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def own_seal(plaintext: bytes, recipient: bytes, info: bytes, ephemeral: bytes, data: bytes = b"") -> bytes:
    exchanged = X25519PrivateKey.from_private_bytes(ephemeral).exchange(X25519PublicKey.from_public_bytes(recipient))
    encapsulated = public_of(ephemeral)
    key, nonce = schedule(shared_secret(exchanged, encapsulated, recipient), info)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, data)


def own_open(message: bytes, private: bytes, info: bytes) -> bytes:
    exchanged = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(message[:32]))
    key, nonce = schedule(shared_secret(exchanged, message[:32], public_of(private)), info)
    return AESGCM(key).decrypt(nonce, message[32:], b"")


def test_our_second_implementation_gives_the_vector_of_the_rfc() -> None:
    recipient = public_of(RFC_RECIPIENT)
    private = X25519PrivateKey.from_private_bytes(RFC_EPHEMERAL)
    exchanged = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    assert public_of(RFC_EPHEMERAL) == RFC_ENCAPSULATED
    assert schedule(shared_secret(exchanged, RFC_ENCAPSULATED, recipient), RFC_INFO) == (RFC_KEY, RFC_NONCE)
    sealed = own_seal(RFC_PLAINTEXT, recipient, RFC_INFO, RFC_EPHEMERAL, RFC_DATA)
    assert sealed == RFC_ENCAPSULATED + RFC_CIPHERTEXT


def test_what_we_seal_opens_by_the_rfc_and_the_other_way_round() -> None:
    info = b"barograph/ballot/1\x1f" + PRINT.encode() + b"\x1fant"
    plain = pad({"a": 4})
    assert own_open(seal(plain, public_key=PUBLIC, fingerprint=PRINT, crowd="ant"), PRIVATE, info) == plain
    assert Opener(PRIVATE, PRINT).open(own_seal(plain, PUBLIC, info, RFC_EPHEMERAL), "ant") == plain


@settings(max_examples=25)
@given(ANSWERS, st.sets(st.sampled_from(["tools", "change", "growth"])))
def test_answers_and_topics_survive_padding_sealing_and_opening(
    answers: dict[str, int | None], topics: set[str]
) -> None:
    sealed = seal(pad(answers, topics), public_key=PUBLIC, fingerprint=PRINT, crowd="ant")
    assert len(sealed) == 32 + PLAINTEXT_BYTES + 16
    opened = unpad(Opener(PRIVATE, PRINT).open(sealed, "ant"))
    assert opened == Sheet(answers=answers, topics=tuple(sorted(topics)))


def test_padded_answers_are_written_as_the_browser_writes_them() -> None:
    plain = pad({"b": None, "a": 5, "site": 2}, ["tools", "change"])
    assert plain.rstrip() == b'{"answers":{"a":5,"b":null,"site":2},"topics":["change","tools"],"v":2}'
    assert pad_comment('Señal\n"ok"').rstrip() == '{"comment":"Señal\\n\\"ok\\"","v":2}'.encode()


def test_the_same_answers_are_never_the_same_bytes() -> None:
    plain = pad({"a": 4})
    assert len({seal(plain, public_key=PUBLIC, fingerprint=PRINT, crowd="ant") for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("private", "fingerprint", "crowd"),
    [
        (PRIVATE, PRINT, "bee"),
        (PRIVATE, PRINT, ""),
        (PRIVATE, "cd" * 32, "ant"),
        (new_wave_key()[0], PRINT, "ant"),
        (PRIVATE, PRINT + "\x1fant", ""),
    ],
    ids=["crowd", "no crowd", "wave", "key", "shifted"],
)
def test_another_crowd_wave_or_key_opens_nothing(private: bytes, fingerprint: str, crowd: str) -> None:
    sealed = seal(pad({"a": 4}), public_key=PUBLIC, fingerprint=PRINT, crowd="ant")
    with pytest.raises(UnreadableBallot):
        Opener(private, fingerprint).open(sealed, crowd)


@pytest.mark.parametrize("place", [0, 31, 32, 500, 2079, 2095])
def test_one_changed_bit_is_noticed(place: int) -> None:
    sealed = bytearray(seal(pad({"a": 4}), public_key=PUBLIC, fingerprint=PRINT, crowd="ant"))
    sealed[place] ^= 1
    with pytest.raises(UnreadableBallot):
        Opener(PRIVATE, PRINT).open(bytes(sealed), "ant")


@pytest.mark.parametrize("ciphertext", [b"", b"x", bytes(31), bytes(32), bytes(48), bytes(2096)])
def test_rubbish_is_an_unreadable_ballot_and_no_crash(ciphertext: bytes) -> None:
    with pytest.raises(UnreadableBallot):
        Opener(PRIVATE, PRINT).open(ciphertext, "ant")


def test_answers_that_do_not_fit_are_refused() -> None:
    room = PLAINTEXT_BYTES - len('{"answers":{"":4},"topics":[],"v":2}')
    assert len(pad({"x" * room: 4})) == PLAINTEXT_BYTES
    with pytest.raises(Refused, match="too long"):
        pad({"x" * PLAINTEXT_BYTES: 4})


@pytest.mark.parametrize(
    "document",
    [
        {"answers": {"a": 4}, "topics": []},
        {"answers": {"a": 4}, "topics": [], "v": 1},
        {"answers": {"a": 4}, "topics": [], "v": 2.0},
        {"answers": {"a": 4}, "topics": [], "v": "2"},
        {"answers": {"a": 4}, "v": 2},
        {"topics": [], "v": 2},
        {"answers": [4], "topics": [], "v": 2},
        {"answers": {"a": True}, "topics": [], "v": 2},
        {"answers": {"a": 4.0}, "topics": [], "v": 2},
        {"answers": {"a": "4"}, "topics": [], "v": 2},
        {"answers": {"a": [4]}, "topics": [], "v": 2},
        {"answers": {"a": 4}, "topics": {}, "v": 2},
        {"answers": {"a": 4}, "topics": "tools", "v": 2},
        {"answers": {"a": 4}, "topics": [1], "v": 2},
        {"answers": {"a": 4}, "topics": ["tools", "change"], "v": 2},
        {"answers": {"a": 4}, "topics": ["tools", "tools"], "v": 2},
        {"answers": {"a": 4}, "topics": ["It was me"], "v": 2},
        {"answers": {"a": 4}, "topics": ["x" * 41], "v": 2},
        {"answers": {"a": 4}, "topics": [f"x{number}" for number in range(10, 31)], "v": 2},
        [],
        None,
        7,
    ],
    ids=str,
)
def test_what_pad_does_not_write_is_unreadable(document: object) -> None:
    with pytest.raises(UnreadableBallot):
        unpad(json.dumps(document).encode())


@pytest.mark.parametrize("plaintext", [b"", b" " * 2048, b"\xff\xfe", b"{", b'{"answers":{"a":NaN},"v":2}'])
def test_what_is_no_json_is_unreadable(plaintext: bytes) -> None:
    with pytest.raises(UnreadableBallot):
        unpad(plaintext)


def test_the_nonce_of_promise_mode_depends_on_link_and_wave_and_is_stored_as_a_hash() -> None:
    nonces = {sealing.promise_nonce(secret, mark) for secret in (b"a" * 16, b"b" * 16) for mark in (PRINT, "cd" * 32)}
    assert len(nonces) == 4
    nonce = sealing.promise_nonce(b"a" * 16, PRINT)
    assert sealing.nonce_hash(nonce) == hashlib.sha256(b"barograph/nonce/1" + nonce).digest()
    assert nonce == sealing.promise_nonce(b"a" * 16, PRINT)


def test_every_wave_has_a_key_of_its_own() -> None:
    pairs = [new_wave_key() for _ in range(3)]
    assert len({private for private, _ in pairs}) == 3
    assert all(public == public_of(private) for private, public in pairs)


TRUSTEE, TRUSTEE_PUBLIC = new_wave_key()


def test_a_second_lock_is_inside_the_first_and_each_key_alone_opens_nothing() -> None:
    plain = pad({"a": 4})
    sealed = seal(plain, public_key=PUBLIC, fingerprint=PRINT, crowd="ant", second_lock=TRUSTEE_PUBLIC)
    assert (len(sealed), sealed_length(True), sealed_length(False)) == (2144, 2144, 2096)
    assert sealed_length(False, True) == 4192
    inner = Opener(PRIVATE, PRINT).open(sealed, "ant")
    assert plain.rstrip() not in inner
    assert own_open(inner, TRUSTEE, b"barograph/second/1\x1f" + PRINT.encode() + b"\x1fant") == plain
    assert open_inner(TRUSTEE, inner, PRINT, "ant") == plain
    with pytest.raises(UnreadableBallot):
        open_inner(TRUSTEE, sealed, PRINT, "ant")
    with pytest.raises(UnreadableBallot):
        Opener(TRUSTEE, PRINT).open(inner, "ant")


@pytest.mark.parametrize(("fingerprint", "crowd"), [(PRINT, "bee"), ("cd" * 32, "ant")], ids=["crowd", "wave"])
def test_the_second_lock_binds_wave_and_crowd_too(fingerprint: str, crowd: str) -> None:
    sealed = seal(pad({"a": 4}), public_key=PUBLIC, fingerprint=PRINT, crowd="ant", second_lock=TRUSTEE_PUBLIC)
    with pytest.raises(UnreadableBallot):
        open_inner(TRUSTEE, Opener(PRIVATE, PRINT).open(sealed, "ant"), fingerprint, crowd)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), (1).to_bytes(32, "little")], ids=["0", "31", "zero", "one"])
def test_a_key_that_is_no_key_or_of_small_order_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        seal(pad({}), public_key=key, fingerprint=PRINT, crowd="ant")
    with pytest.raises(ValueError, match=r"."):
        seal(pad({}), public_key=PUBLIC, fingerprint=PRINT, crowd="ant", second_lock=key)


def test_brackets_without_end_are_an_unreadable_ballot() -> None:
    with pytest.raises(sealing.UnreadableBallot):
        sealing.unpad(b"[" * sealing.PLAINTEXT_BYTES)


COMMENTS = ["", "Fine.", "¿Qué pasará con el equipo?", "x" * 400, '"' * 400, "\\" * 400, "字" * 400, "\U0001f600" * 400]


def whole(comment: str, answers: dict[str, int | None] | None = None, topics: tuple[str, ...] = ()) -> bytes:
    return seal_ballot(
        answers=pad(answers or {"a": 4}, topics),
        comment=pad_comment(comment),
        public_key=PUBLIC,
        fingerprint=PRINT,
        crowd="ant",
    )


@pytest.mark.parametrize("comment", COMMENTS, ids=range(len(COMMENTS)))
def test_a_ballot_is_as_long_whatever_was_written_or_ticked(comment: str) -> None:
    for topics in ((), ("change", "direction", "tools")):
        sealed = whole(comment, topics=topics)
        assert len(sealed) == sealed_length(has_second_lock=False, has_comments=True) == 4192
        answers, remark = split(sealed, has_comments=True)
        assert (len(answers), len(remark or b"")) == (2096, COMMENT_BYTES)
        opener = Opener(PRIVATE, PRINT)
        assert unpad(opener.open(answers, "ant")) == Sheet(answers={"a": 4}, topics=topics)
        assert unpad_comment(opener.open_comment(remark or b"", "ant")) == comment


@settings(max_examples=25)
@given(st.text(max_size=COMMENT_LENGTH))
def test_any_comment_comes_back_without_signs_that_say_nothing(comment: str) -> None:
    found = unpad_comment(pad_comment(comment))
    spoken = comment.replace("\r\n", "\n")
    hidden = {sign for sign in spoken if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cs"}}
    assert found == "".join(" " if sign in hidden else sign for sign in spoken)


def test_a_comment_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="at most 400 characters"):
        pad_comment("x" * 401)
    with pytest.raises(UnreadableBallot):
        unpad_comment(json.dumps({"comment": "x" * 401, "v": 2}).encode())


@pytest.mark.parametrize(
    "document",
    [
        {"comment": "x"},
        {"comment": "x", "v": 1},
        {"comment": None, "v": 2},
        {"comment": ["x"], "v": 2},
        {"comment": "\ud800", "v": 2},
        {"v": 2},
        ["x"],
    ],
    ids=str,
)
def test_what_is_no_comment_is_unreadable(document: object) -> None:
    with pytest.raises(UnreadableBallot):
        unpad_comment(json.dumps(document).encode())


def test_a_comment_never_stands_in_the_part_with_the_answers() -> None:
    answers, remark = split(whole("Nobody asked us about the move."), has_comments=True)
    opener = Opener(PRIVATE, PRINT)
    assert b"move" not in opener.open(answers, "ant")
    assert b"answers" not in opener.open_comment(remark or b"", "ant")
    assert split(answers, has_comments=False) == (answers, None)


def test_one_part_never_opens_as_the_other_nor_in_another_crowd_wave_or_with_another_key() -> None:
    answers, remark = split(whole("x"), has_comments=True)
    assert remark is not None
    opener = Opener(PRIVATE, PRINT)
    info = b"barograph/comment/1\x1f" + PRINT.encode() + b"\x1fant"
    assert own_open(remark, PRIVATE, info) == pad_comment("x")
    attempts: list[Callable[[], bytes]] = [
        lambda: opener.open(remark, "ant"),
        lambda: opener.open_comment(answers, "ant"),
        lambda: opener.open_comment(remark, "bee"),
        lambda: Opener(PRIVATE, "cd" * 32).open_comment(remark, "ant"),
        lambda: Opener(new_wave_key()[0], PRINT).open_comment(remark, "ant"),
        lambda: opener.open_comment(b"", "ant"),
    ]
    for attempt in attempts:
        with pytest.raises(UnreadableBallot):
            attempt()


def test_parts_of_two_ballots_open_part_by_part_because_nothing_links_them() -> None:
    first, second = whole("one", {"a": 1}), whole("two", {"a": 2})
    mixed = split(first, has_comments=True)[0] + (split(second, has_comments=True)[1] or b"")
    answers, remark = split(mixed, has_comments=True)
    opener = Opener(PRIVATE, PRINT)
    assert unpad(opener.open(answers, "ant")).answers == {"a": 1}
    assert unpad_comment(opener.open_comment(remark or b"", "ant")) == "two"


def test_a_part_that_does_not_open_leaves_the_other_one_readable() -> None:
    opener, spoiled = Opener(PRIVATE, PRINT), whole("x")[:-COMMENT_BYTES] + bytes(COMMENT_BYTES)
    answers, remark = split(spoiled, has_comments=True)
    assert unpad(opener.open(answers, "ant")).answers == {"a": 4}
    with pytest.raises(UnreadableBallot):
        opener.open_comment(remark or b"", "ant")


@pytest.mark.parametrize("length", [0, 1, 2095, 2096, 2097, 4191, 4193])
def test_a_ballot_of_another_length_gives_no_answers(length: int) -> None:
    answers, _ = split((whole("x") + b"x")[:length], has_comments=True)
    with pytest.raises(UnreadableBallot):
        Opener(PRIVATE, PRINT).open(answers, "ant")


def test_a_comment_beside_a_second_lock_is_never_sealed() -> None:
    with pytest.raises(ValueError, match="second lock"):
        seal_ballot(
            answers=pad({}),
            comment=pad_comment(""),
            public_key=PUBLIC,
            fingerprint=PRINT,
            crowd="ant",
            second_lock=TRUSTEE_PUBLIC,
        )
    with pytest.raises(ValueError, match=r"."):
        seal_comment(pad_comment(""), public_key=bytes(32), fingerprint=PRINT, crowd="ant")
