"""The second lock: nobody opens with one key, order and crowd tell nothing, and every changed file is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from surveys.ballots import manifest, sealing, trustee
from surveys.ballots.manifest import ManifestCrowd, ManifestFacts
from surveys.ballots.sealing import Opener, UnreadableBallot, new_wave_key, pad, seal, unpad
from surveys.ballots.trustee import OpenedBallots
from surveys.ballots.wire import decode64, encode64
from surveys.errors import Refused

WAVE_PRIVATE, WAVE_PUBLIC = new_wave_key()
PRIVATE_TEXT, PUBLIC_TEXT = trustee.new_key()
PRIVATE, PUBLIC = trustee.parse_private(PRIVATE_TEXT), trustee.parse_public(PUBLIC_TEXT)
OTHER_PRIVATE, OTHER_PUBLIC = new_wave_key()
K = 5
INVITED = {"ant": 9, "bee": 8, "cat": 7}
MIXES = (("ant",), ("bee", "cat"))
FACTS = ManifestFacts(
    wave="pulse-1",
    programme="pulse",
    organisation="Acme",
    timezone="Europe/Madrid",
    mode="sealed",
    k=K,
    thresholds={"policy": "1"},
    installation="ab" * 32,
    wave_key=WAVE_PUBLIC.hex(),
    second_lock=PUBLIC.hex(),
    keys_apart=True,
    instrument="core-1",
    instrument_sha256="cd" * 32,
    seconds={"en": 60},
    page_sha256="ef" * 32,
    script_sha256="ef" * 32,
    languages=("en",),
    crowds=[
        ManifestCrowd(label=label, invited=invited, units=(f"Team {label}",), is_whole_company=False)
        for label, invited in INVITED.items()
    ],
    structure_sha256="dd" * 32,
    moments={"variance_from": 50},
    opens_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    closes_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
    previous=None,
)
Ballots = Sequence[tuple[str, bytes]]
Document = dict[str, object]


def rules(**changes: object) -> str:
    plain = json.loads(manifest.build(FACTS))
    return json.dumps({**plain, **changes}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


RULES = rules()
PRINT = manifest.fingerprint(RULES)


def stripped(crowd: str, plaintext: bytes, *, public: bytes = PUBLIC, fingerprint: str = PRINT) -> tuple[str, bytes]:
    """A ballot as its sender seals it, with the outer lock taken off."""
    sealed = seal(plaintext, public_key=WAVE_PUBLIC, fingerprint=fingerprint, crowd=crowd, second_lock=public)
    return crowd, Opener(WAVE_PRIVATE, fingerprint).open(sealed, crowd)


def answers(number: int) -> bytes:
    return pad({"item": 1 + number % 5, "other": number})


# Five of ant, two of cat and three of bee; bee and cat are counted together, and cat's answers come first by content.
CAST = [(crowd, answers(number)) for number, crowd in enumerate(["ant"] * 5 + ["cat"] * 2 + ["bee"] * 3)]
BALLOTS = [stripped(crowd, plaintext) for crowd, plaintext in CAST]


def handover(
    ballots: Ballots = BALLOTS, *, text: str = RULES, fingerprint: str | None = None, **changes: object
) -> bytes:
    values: Document = {"wave": "pulse-1", "wave_key": WAVE_PUBLIC, "mixes": MIXES, **changes}
    return trustee.build_handover(
        ballots=ballots, manifest=text, fingerprint=fingerprint or manifest.fingerprint(text), **values  # type: ignore[arg-type]
    ).file  # fmt: skip


def opened(given: bytes, private: bytes = PRIVATE) -> trustee.Opening:
    return trustee.open_handover(trustee.parse_handover(given), private)


HANDOVER = handover()
OPENED = opened(HANDOVER)


def read(file: bytes = OPENED.file, *, given: bytes = HANDOVER, private: bytes = WAVE_PRIVATE) -> OpenedBallots:
    return trustee.read_opened(file, handover=trustee.parse_handover(given), private=private, trustee=PUBLIC)


def changed(data: bytes, change: Callable[[Document], None]) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_key_is_written_and_read_back() -> None:
    assert f"barograph-trustee-private-1\n{PRIVATE.hex()}\n" == PRIVATE_TEXT
    assert f"barograph-trustee-public-1\n{PUBLIC.hex()}\n" == PUBLIC_TEXT
    assert trustee.public_of(PRIVATE) == PUBLIC
    assert trustee.parse_public(PUBLIC_TEXT.replace("\n", "\r\n").rstrip()) == PUBLIC


def test_the_words_of_a_key_are_those_of_its_hash_so_that_a_browser_finds_them_too() -> None:
    assert trustee.key_words(PUBLIC) == manifest.words(hashlib.sha256(b"barograph/trustee/1" + PUBLIC).hexdigest())
    assert trustee.key_words(PUBLIC) != trustee.key_words(OTHER_PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        PUBLIC.hex(),
        PUBLIC_TEXT[:-3],
        PUBLIC_TEXT + "00\n",
        PUBLIC_TEXT.replace("-1\n", "-2\n"),
        "barograph-trustee-public-1\nzz\n",
    ],
    ids=["empty", "word", "hex alone", "cut", "a third line", "another version", "no hex"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="not a key file"):
        trustee.parse_public(text)


def test_the_two_halves_are_not_mistaken_for_each_other() -> None:
    with pytest.raises(Refused, match="never be given"):
        trustee.parse_public(PRIVATE_TEXT)
    with pytest.raises(Refused, match="This is the public key"):
        trustee.parse_private(PUBLIC_TEXT)


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)], ids=["zero", "one"])
def test_a_key_that_locks_nothing_is_refused(point: bytes) -> None:
    with pytest.raises(Refused, match="cannot lock"):
        trustee.parse_public(f"barograph-trustee-public-1\n{point.hex()}\n")


def test_neither_key_alone_reads_a_ballot() -> None:
    crowd, inner = BALLOTS[0]
    assert len(inner) == trustee.INNER_BYTES
    with pytest.raises(UnreadableBallot):
        unpad(inner)
    with pytest.raises(UnreadableBallot):
        sealing.open_inner(WAVE_PRIVATE, inner, PRINT, crowd)
    whole = seal(CAST[0][1], public_key=WAVE_PUBLIC, fingerprint=PRINT, crowd=crowd, second_lock=PUBLIC)
    with pytest.raises(UnreadableBallot):
        sealing.open_inner(PRIVATE, whole, PRINT, crowd)
    with pytest.raises(UnreadableBallot):
        Opener(PRIVATE, PRINT).open(whole, crowd)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_arrival_does_not_reach_the_handover(seed: int) -> None:
    ballots = list(BALLOTS)
    random.Random(seed).shuffle(ballots)
    assert handover(ballots) == HANDOVER


def test_a_handover_holds_crowds_and_ciphertexts_and_nothing_else() -> None:
    document = json.loads(HANDOVER)
    assert sorted(document) == ["ballots", "fingerprint", "format", "manifest", "mixes", "wave", "wave_key"]
    assert {tuple(each) for each in document["ballots"]} == {("crowd", "sealed")}
    rows = [(each["crowd"], decode64(each["sealed"])) for each in document["ballots"]]
    assert rows == sorted(BALLOTS)
    assert trustee.parse_handover(HANDOVER).ballots == tuple(sorted(BALLOTS))


def test_what_is_said_before_opening() -> None:
    promise = trustee.check_handover(trustee.parse_handover(HANDOVER), PUBLIC)
    assert (promise.wave, promise.organisation, promise.fingerprint) == ("pulse-1", "Acme", PRINT)
    assert (promise.k, promise.ballots, promise.invited, promise.groups) == (K, 10, 24, 2)
    assert promise.words == manifest.words(PRINT)
    assert (promise.fewest, promise.full_groups) == (5, 0)
    assert promise.crowds_above_invited == ()
    assert promise.handover_sha256 == hashlib.sha256(HANDOVER).hexdigest()


def test_groups_in_which_everybody_answered_are_counted() -> None:
    """It is honest in a keen team, and what it looks like when made-up ballots fill a group around one true one."""
    ballots = [*BALLOTS, *(stripped("ant", answers(number)) for number in range(4))]
    promise = trustee.check_handover(trustee.parse_handover(handover(ballots)), PUBLIC)
    assert (promise.fewest, promise.full_groups) == (5, 1)


def test_more_ballots_than_invited_are_told() -> None:
    ballots = [*BALLOTS, *(stripped("cat", answers(number)) for number in range(6))]
    assert trustee.check_handover(trustee.parse_handover(handover(ballots)), PUBLIC).crowds_above_invited == ("cat",)


def test_the_opened_file_brings_every_answer_back_and_is_readable_to_nobody_on_its_way() -> None:
    assert (OPENED.opened, OPENED.unreadable) == (10, 0)
    found = read()
    assert found.handover_sha256 == hashlib.sha256(HANDOVER).hexdigest()
    assert sorted(plaintext for _, plaintext in found.ballots) == sorted(plaintext for _, plaintext in CAST)
    for bytes_of_file in (OPENED.file, decode64(json.loads(OPENED.file)["sealed"])):
        assert b"answers" not in bytes_of_file
        assert b"item" not in bytes_of_file
    with pytest.raises(Refused):
        read(private=PRIVATE)


def test_crowds_that_are_counted_together_are_mixed_and_keep_their_numbers() -> None:
    found = read().ballots
    assert [crowd for crowd, _ in found] == ["ant"] * 5 + ["bee"] * 3 + ["cat"] * 2
    assert [(crowd, text) for crowd, text in found if crowd == "ant"] == sorted(CAST[:5])
    mixed = [text for crowd, text in found if crowd != "ant"]
    assert mixed == sorted(text for _, text in CAST[5:])
    assert set(found).isdisjoint({("cat", text) for crowd, text in CAST if crowd == "cat"})


def test_unreadable_ballots_are_left_out_and_counted() -> None:
    nested = b"[" * sealing.PLAINTEXT_BYTES
    bad = [
        stripped("ant", nested),
        stripped("ant", pad({"item": 1})[:-1]),
        stripped("ant", b"x" * sealing.PLAINTEXT_BYTES),
        stripped("ant", pad({"item": 1}), public=OTHER_PUBLIC),
        stripped("ant", pad({"item": 1}), fingerprint="0" * 64),
        ("ant", b"short"),
    ]
    given = handover([*BALLOTS, *bad])
    opening = opened(given)
    assert (opening.opened, opening.unreadable) == (10, len(bad))
    assert read(opening.file, given=given).ballots == read().ballots


def test_nothing_but_answers_passes_the_trustee() -> None:
    marked = b'{"v":2, "mark":"it was me", "topics":["marked"], "answers":{"item":3}}'.ljust(sealing.PLAINTEXT_BYTES)
    given = handover([*BALLOTS, stripped("ant", marked)])
    found = read(opened(given).file, given=given)
    assert ("ant", pad({"item": 3})) in found.ballots
    assert not any(b"mark" in plaintext for _, plaintext in found.ballots)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (b"", "not a handover file"),
        (b"{}", "not a handover file"),
        (b"[" * 5000, "not a handover file"),
        (HANDOVER[:-1], "not a handover file"),
        (HANDOVER + b"\n", "not a handover file"),
        (changed(HANDOVER, lambda file: file.update(extra=1)), "not a handover file"),
        (changed(HANDOVER, lambda file: file["ballots"].reverse()), "not a handover file"),  # type: ignore[attr-defined]
        (HANDOVER.replace(b'"pulse-1"', b'"\\ud800"'), "not a handover file"),
        (handover(mixes=[["ant"], ["bee"]]), "not a handover file"),
        (handover(mixes=[["ant", "bee"], ["bee", "cat"]]), "not a handover file"),
        (handover(fingerprint="0" * 64), "not those of its fingerprint"),
        (handover(text=rules(second_lock=OTHER_PUBLIC.hex())), "not locked with this key"),
        (handover(text=rules(second_lock=None)), "not locked with this key"),
        (handover(wave="pulse-2"), "another wave or another key"),
        (handover(wave_key=OTHER_PUBLIC), "another wave or another key"),
        (handover(text=rules(k=2)), "fewer than 5 people"),
        (handover(text=RULES + " "), "not complete"),
        (handover(text=rules(organisation="Acme\nFingerprint in words  otter")), "not complete"),
        (handover(text=rules(organisation="Acme\x1b[8m")), "not complete"),
        (handover(text=rules(extra=1)), "not complete"),
        (handover(text=RULES.replace("Team bee", "Team bee\u202e")), "not what they look like"),
        (handover(text=RULES.replace("Team bee", "team  ant")), "not what they look like"),
        (handover(text=RULES.replace("Team bee", "TEAM ANT")), "crowd or team twice"),
        (handover(text=rules(k=6)), "fewer than 6 people at once"),
        (handover(mixes=[["ant"], ["bee"], ["cat"]]), "fewer than 5 people at once"),
        (handover([]), "fewer than 5 people at once"),
        (handover(BALLOTS[:4]), "fewer than 5 people at once"),
        (handover([*BALLOTS[:4], BALLOTS[0]]), "same ballot twice"),
        (handover(mixes=[*MIXES, ["dog"]]), "does not know|do not know"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "file",
)
def test_a_handover_that_is_not_honest_is_not_opened(given: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        opened(given)


def test_the_same_ciphertext_under_another_crowd_is_left_out_and_takes_nobody_s_place() -> None:
    crowd, sealed = BALLOTS[0]
    other = next(label for label, _ in BALLOTS if label != crowd)
    plain, twice = opened(handover(BALLOTS)), opened(handover([*BALLOTS, (other, sealed)]))
    assert (twice.opened, twice.unreadable) == (plain.opened, plain.unreadable + 1)


def test_another_trustee_cannot_open_it() -> None:
    with pytest.raises(Refused, match="not locked with this key"):
        opened(HANDOVER, OTHER_PRIVATE)


def sealed_by_hand(body: Document, *, private: bytes = PRIVATE) -> bytes:
    """An opened file with any content, made by whoever has a private key."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    proof = trustee._proof(private, WAVE_PUBLIC, PRINT, text)
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    info = b"barograph/opened/1\x1f" + PRINT.encode()
    sealed = suite.encrypt(proof + text, X25519PublicKey.from_public_bytes(WAVE_PUBLIC), info=info)
    return changed(OPENED.file, lambda file: file.update(sealed=encode64(sealed)))


def body(**changes: object) -> Document:
    plain: Document = {
        "wave": "pulse-1",
        "fingerprint": PRINT,
        "handover": OPENED.promise.handover_sha256,
        "ballots": [{"crowd": crowd, "answers": encode64(plaintext)} for crowd, plaintext in CAST],
    }
    return {**plain, **changes}


OLDER = handover([*BALLOTS, stripped("ant", answers(1))])


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "not an opened file"),
        (HANDOVER, "not an opened file"),
        (OPENED.file[:-9], "not an opened file"),
        (changed(OPENED.file, lambda file: file.update(sealed="AAAA")), "not an opened file"),
        (changed(OPENED.file, lambda file: file.update(wave="pulse-2")), "another wave"),
        (changed(OPENED.file, lambda file: file.update(fingerprint="0" * 64)), "another wave"),
        (changed(OPENED.file, lambda file: file.update(handover="0" * 64)), "another handover"),
        (opened(OLDER).file, "another handover"),
        (sealed_by_hand(body(), private=OTHER_PRIVATE), "not made with the key"),
        (sealed_by_hand(body(wave="pulse-2")), "not an opened file"),
        (sealed_by_hand(body(handover="0" * 64)), "not an opened file"),
        (sealed_by_hand(body(ballots=None)), "not an opened file"),
        (sealed_by_hand(body(ballots=[{"crowd": "ant", "answers": encode64(answers(0))}] * 6)), "not an opened file"),
        (sealed_by_hand(body(ballots=[{"crowd": "dog", "answers": encode64(answers(0))}])), "not an opened file"),
        (sealed_by_hand(body(ballots=[{"crowd": "ant", "answers": encode64(b"{}")}])), "not an opened file"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "file",
)
def test_an_opened_file_that_does_not_belong_is_refused(file: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read(file)


def test_a_file_by_hand_is_read_where_nothing_is_wrong_with_it() -> None:
    """So that the refusals above are refused for what is wrong in them."""
    assert read(sealed_by_hand(body())).ballots == tuple(sorted(CAST))
    assert read(sealed_by_hand(body(ballots=[]))).ballots == ()


def test_the_length_of_the_opened_file_tells_nothing_of_the_answers() -> None:
    given = handover([stripped(crowd, pad({"item": None})) for crowd, _ in CAST])
    assert len(opened(given).file) == len(OPENED.file)
