"""Turns frozen dataclasses into plain JSON values and back, led by their type hints alone.

A dataclass becomes an object of its fields. Where a field may hold one of several kinds, the object names its kind.
Decimals are rounded to four places, so that the last bit of a computation never changes a document.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Union, get_args, get_origin, get_type_hints

KIND = "kind"
LATER = {"later": True}
"""Marks a field that came after documents had been stored: it has a default, is not written where it holds that
default, and may be missing when read. So a document from before keeps its bytes and its hash."""
DECIMALS = 4
_SCALARS: tuple[type, ...] = (str, bool, int)


class DecodeError(ValueError):
    """The plain value does not fit the type; the text names the field."""


def encode(value: object, hint: object) -> object:
    """Turn ``value``, which is of the type ``hint``, into objects, arrays, texts, numbers, booleans and null.

    Raises ``TypeError`` for a value that is not of that type and ``ValueError`` for NaN or infinity.
    """
    if _is_union(hint):
        return _encode_member(value, hint)
    if hint is float:
        return _encode_float(value)
    if get_origin(hint) is tuple:
        if not isinstance(value, tuple):
            raise TypeError(f"expected a tuple, got {type(value).__name__}")
        return [encode(item, get_args(hint)[0]) for item in value]
    if not isinstance(hint, type) or not isinstance(value, hint):
        raise TypeError(f"expected {hint}, got {type(value).__name__}")
    return _encode_plain(value, hint)


def decode(plain: object, hint: object) -> object:
    """Turn a plain value back into the type ``hint``; the inverse of :func:`encode`. Raises :class:`DecodeError`."""
    if _is_union(hint):
        return _decode_member(plain, hint)
    if hint is float:
        if isinstance(plain, bool) or not isinstance(plain, int | float):
            raise DecodeError(f"expected a number, got {plain!r}")
        return float(plain)
    if get_origin(hint) is tuple:
        if not isinstance(plain, list):
            raise DecodeError(f"expected an array, got {plain!r}")
        return tuple(decode(item, get_args(hint)[0]) for item in plain)
    if not isinstance(hint, type):
        raise DecodeError(f"no rule for {hint}")
    if dataclasses.is_dataclass(hint):
        return _decode_object(plain, hint)
    return _decode_plain(plain, hint)


def _encode_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError("a document holds finite numbers only")
    return round(float(value), DECIMALS) + 0.0  # adding zero turns -0.0 into 0.0


def _encode_plain(value: object, hint: type) -> object:
    if dataclasses.is_dataclass(value):
        left_out = {name for name, default in _later(hint).items() if getattr(value, name) == default}
        return {
            name: encode(getattr(value, name), kind) for name, kind in _fields(hint).items() if name not in left_out
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("a document holds instants with a time zone only")
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if type(value) in _SCALARS:
        return value
    raise TypeError(f"no rule for {type(value).__name__}")


def _decode_plain(plain: object, hint: type) -> object:
    try:
        if issubclass(hint, Enum):
            return hint(plain)
        if issubclass(hint, dt.datetime | dt.date):
            return hint.fromisoformat(str(plain))
    except ValueError as error:
        raise DecodeError(f"{plain!r} is no {hint.__name__}") from error
    if hint in _SCALARS and type(plain) is hint:
        return plain
    raise DecodeError(f"expected {hint.__name__}, got {plain!r}")


def _decode_object(plain: object, hint: type) -> object:
    if not isinstance(plain, Mapping):
        raise DecodeError(f"expected an object for {hint.__name__}")
    fields = _fields(hint)
    if unknown := sorted(set(plain) - set(fields) - {KIND}):
        raise DecodeError(f"{hint.__name__} has no field {unknown[0]}")
    if missing := sorted(set(fields) - set(plain) - set(_later(hint))):
        raise DecodeError(f"{hint.__name__} lacks {missing[0]}")
    return hint(**{name: decode(plain[name], kind) for name, kind in fields.items() if name in plain})


def _encode_member(value: object, hint: object) -> object:
    if value is None:
        return None
    for member in get_args(hint):
        if member is type(value) or (member is float and isinstance(value, int | float)):
            plain = encode(value, member)
            return {KIND: member.__name__, **plain} if isinstance(plain, dict) else plain
    raise TypeError(f"{type(value).__name__} is not one of {hint}")


def _decode_member(plain: object, hint: object) -> object:
    members = get_args(hint)
    if plain is None:
        if type(None) in members:
            return None
        raise DecodeError("a value is missing")
    if isinstance(plain, Mapping):
        for member in members:
            if dataclasses.is_dataclass(member) and isinstance(member, type) and member.__name__ == plain.get(KIND):
                return decode(plain, member)
        raise DecodeError(f"{plain.get(KIND)!r} is not one of the kinds expected")
    rest = [member for member in members if member is not type(None) and not dataclasses.is_dataclass(member)]
    if len(rest) != 1:
        raise DecodeError(f"{plain!r} is not one of the kinds expected")
    return decode(plain, rest[0])


def _is_union(hint: object) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


@cache
def _fields(kind: type) -> dict[str, object]:
    hints: dict[str, object] = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _later(kind: type) -> dict[str, object]:
    return {field.name: field.default for field in dataclasses.fields(kind) if field.metadata.get("later")}
