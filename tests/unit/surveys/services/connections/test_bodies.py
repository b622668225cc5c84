"""Answers are unpacked no further than to their limit, and become JSON that a database can store."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator

import httpx
import pytest

from surveys.services.connections.bodies import read_body, read_json
from surveys.services.connections.failures import SyncFailed

LIMIT = 4 * 1024 * 1024


def packed(content: bytes, packing: str = "gzip") -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": packing}, stream=httpx.ByteStream(content))


def read(response: httpx.Response, *, limit: int = LIMIT) -> bytes:
    return read_body(response, host="api.example.org", limit=limit, check=lambda: None)


@pytest.mark.parametrize("packing", ["gzip", "X-GZIP", "identity", ""])
def test_what_was_packed_comes_back(packing: str) -> None:
    plain = json.dumps(list(range(2_000))).encode()
    assert read(packed(gzip.compress(plain) if "gzip" in packing.lower() else plain, packing)) == plain


def test_a_body_that_unpacks_to_much_more_is_refused_before_it_is_in_memory() -> None:
    engine = zlib.compressobj(1, wbits=31)
    bomb = engine.compress(bytes(4 << 20)) + engine.flush()
    tracemalloc.start()
    with pytest.raises(SyncFailed, match="larger than 0 MB"):
        read(packed(bomb), limit=1 << 16)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1 << 20


@pytest.mark.parametrize("packing", ["deflate", "br", "zstd", "gzip, gzip"])
def test_a_packing_that_was_not_asked_for_is_not_unpacked(packing: str) -> None:
    with pytest.raises(SyncFailed, match="a way that was not asked for"):
        read(packed(zlib.compress(b"[]"), packing))


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"[1]" * 100)[:-20], b""])
def test_a_damaged_body_is_told(content: bytes) -> None:
    with pytest.raises(SyncFailed, match="cannot be read"):
        read(packed(content))


def test_the_time_is_looked_at_between_parts() -> None:
    def parts() -> Iterator[bytes]:
        yield from [b"x"] * 10

    def check() -> None:
        raise SyncFailed("Late.")

    with pytest.raises(SyncFailed, match="Late"):
        read_body(httpx.Response(200, content=parts()), host="h", limit=LIMIT, check=check)


def test_many_small_parts_of_json_are_refused() -> None:
    with pytest.raises(SyncFailed, match="more than a million parts"):
        read_json(b"[" + b"{}," * 1_000_000 + b"{}]", host="h", path="/x")


@pytest.mark.parametrize("content", [b"<html>", b"", b"[" * 200_000, b"[" + b"9" * 5000 + b"]", b"\xff"])
def test_what_is_not_json_is_told(content: bytes) -> None:
    with pytest.raises(SyncFailed, match="is not JSON"):
        read_json(content, host="h", path="/x")


def test_half_characters_and_zeros_are_replaced_and_whole_ones_stay() -> None:
    found = read_json(b'[{"a\\uD800": "b\\u0000"}, "\\ud83d\\ude00", 1.5, null]', host="h", path="/x")
    assert found == [{"a?": "b?"}, "\U0001f600", 1.5, None]
