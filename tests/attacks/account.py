"""Collects what each attack achieved against its weakened variant and against the product, for the table at the end."""

from __future__ import annotations

_ROWS: dict[str, dict[str, list[str]]] = {}


def weakened(attack: str, result: str) -> None:
    """Note what an attack achieved against a variant that was weakened on purpose."""
    _note(attack, "weakened", result)


def product(attack: str, result: str) -> None:
    """Note what the same attack achieved against the product."""
    _note(attack, "product", result)


def table() -> list[str]:
    """Return the lines of the table: attack, weakened variant, product; empty where no attack was run."""
    lines = []
    for attack in sorted(_ROWS):
        lines.append(f"attack {attack}")
        for column in ("weakened", "product"):
            lines += [f"    {column:9} {result}" for result in _ROWS[attack].get(column, [])]
    return lines


def _note(attack: str, column: str, result: str) -> None:
    found = _ROWS.setdefault(attack, {}).setdefault(column, [])
    if result not in found:
        found.append(result)
