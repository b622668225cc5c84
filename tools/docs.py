"""Writes the documents that are made from the source: settings, states of a wave, data dictionary, methods.

``--check`` changes nothing and returns 1 where a document is not what the source says.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Column

import reports.models  # noqa: F401 - registers the tables of the findings side
from app.config import Settings
from surveys.enums import WAVE_TRANSITIONS, WaveStatus
from surveys.models import Base
from tools.methods_page import page

ROOT = Path(__file__).resolve().parent.parent
_NOTE = "<!-- Made by make docs from the source; edit {source} instead. -->\n\n"


def settings() -> str:
    """The settings of an installation as a table."""
    lines = [
        "# Settings\n\n",
        _NOTE.format(source="app/config.py"),
        "Every setting is an environment variable; there is no settings file.\n\n",
        "| variable | default | what it decides |\n|---|---|---|\n",
    ]
    for item in dataclasses.fields(Settings):
        default = f"`{item.default}`" if str(item.default) else "empty"
        lines.append(f"| `BAROGRAPH_{item.name.upper()}` | {default} | {item.metadata['help']} |\n")
    return "".join(lines)


def states() -> str:
    """The states of a wave and the legal moves between them."""
    lines = [
        "# States of a wave\n\n",
        _NOTE.format(source="surveys/enums.py"),
        "Any other move is refused with a sentence.\n\n",
        "| from | to |\n|---|---|\n",
    ]
    for status in WaveStatus:
        following = sorted(WAVE_TRANSITIONS[status], key=list(WaveStatus).index)
        lines.append(f"| {status.value} | {', '.join(target.value for target in following) or 'nowhere'} |\n")
    return "".join(lines)


def data_dictionary() -> str:
    """Every table and column with the comment that stands in the schema."""
    lines = ["# Data dictionary\n\n", _NOTE.format(source="the comments of the columns in the models")]
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
        lines.append(f"## {table.name}\n\n| column | type | may be empty | meaning |\n|---|---|---|---|\n")
        lines += [_row(column) for column in table.columns]
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"


def _row(column: Column[object]) -> str:
    key = " (key)" if column.primary_key else ""
    empty = "yes" if column.nullable else "no"
    return f"| `{column.name}`{key} | {type(column.type).__name__} | {empty} | {column.comment or ''} |\n"


def methods() -> str:
    """Every statistical method with its settings and closed lists."""
    return page(_NOTE.format(source="reports/stats/methods*.py"))


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings,
    "docs/states.md": states,
    "docs/data-dictionary.md": data_dictionary,
    "docs/methods.md": methods,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare the documents; return 1 where a comparison fails."""
    parser = argparse.ArgumentParser(prog="tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    is_check = parser.parse_args(arguments).check
    is_right = True
    for name, make in DOCUMENTS.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text() == text:
            continue
        is_right = not is_check and is_right
        if is_check:
            print(f"{name} is not what the source says; run make docs.")
        else:
            path.write_text(text)
            print(f"Wrote {name}.")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
