"""Turns a text into a form that no spreadsheet program reads as a formula, and back."""

from __future__ import annotations

import unicodedata

_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_CONTROL = frozenset("\t\r\n\0")
_QUOTE = "'"


def neutralise(text: str) -> str:
    """Return ``text`` with a leading quote where a spreadsheet program could take it for a formula.

    Covered are ``= + - @`` and their full-width and small variants as the first visible character, and texts that
    begin with TAB, CR, LF or NUL [OWASP ASVS 5.0, 1.2.10]. Text that begins with quotes before such a character gets
    one more, so that :func:`restore` is exact.
    """
    return _QUOTE + text if _is_dangerous(text) else text


def restore(text: str) -> str:
    """Return what was given to :func:`neutralise`."""
    return text[1:] if text.startswith(_QUOTE) and _is_dangerous(text[1:]) else text


def _is_dangerous(text: str) -> bool:
    bare = text.lstrip(_QUOTE)
    if bare and bare[0] in _CONTROL:
        return True
    for character in bare:
        if character.isspace() or unicodedata.category(character) in {"Cf", "Cc", "Zs"}:
            continue  # programs drop blanks and invisible signs before they look
        return unicodedata.normalize("NFKC", character)[0] in _FORMULA
    return False
