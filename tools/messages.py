"""Collects every text that a person reads from source and templates, and keeps the catalogues in step.

``python -m tools.messages`` rewrites ``surveys/locale/*.po``: it adds new texts, drops gone ones, keeps translations
and lists what has none. ``--check`` changes nothing and returns 1 if a catalogue is not in step or incomplete.
"""

from __future__ import annotations

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "reports", "surveys")
LANGUAGES = ("es",)
SINGULAR = frozenset(
    {
        "t",
        "mark",
        "Untrusted",
        "Message",
        "SurveyError",
        "NotFound",
        "Refused",
        "NotPermitted",
        "InvalidInput",
        "MailRefused",
        "MailDeferred",
        "ReleaseRefused",
    }
)
PLURAL = frozenset({"n"})
TEMPLATES = frozenset({".html", ".txt", ".svg", ".xml", ".j2"})
_HEADER = "Texts of Barograph in {language}; English is the source. Made by tools/messages.py, translated by people."


@dataclass(frozen=True, order=True)
class Text:
    """One text of the source language, with its plural where it has one, and the file it stands in."""

    singular: str
    plural: str
    source: str


class Unreadable(Exception):
    """A text is not a literal, so it cannot be translated; the message names file and line."""


def extract() -> list[Text]:
    """Return every text of the product, sorted.

    Raises:
        Unreadable: a text is put together at run time instead of having {named} places.
    """
    found: set[Text] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix == ".py":
                found.update(python_texts(path.read_text(), name))
            elif path.suffix in TEMPLATES and "templates" in path.parts:
                found.update(template_texts(path.read_text(), name))
    return sorted(found)


def python_texts(code: str, name: str) -> Iterator[Text]:
    """Yield the texts of one Python file."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        count = 1 if called in SINGULAR else 2 if called in PLURAL else 0
        if not count or len(node.args) < count:
            continue
        places = [list(_literals(argument, f"{name}:{node.lineno}")) for argument in node.args[:count]]
        if count == 1:
            yield from (Text(text, "", name) for text in places[0])
        else:
            yield from (Text(one, many, name) for one, many in zip(*places, strict=True))


def _literals(node: ast.expr, place: str) -> Iterator[str]:
    """Yield the texts an argument may stand for: a literal, or either side of a choice between literals."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body, place)
        yield from _literals(node.orelse, place)
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        raise Unreadable(f"{place}: a text must be one literal with {{named}} places.")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        raise Unreadable(f"{place}: values are given to t(), not to format().")


def template_texts(code: str, name: str) -> Iterator[Text]:
    """Yield the texts of one Jinja template."""
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for node in environment.parse(code, filename=name).find_all(nodes.Call):
        called = getattr(node.node, "attr", None) or getattr(node.node, "name", "")
        count = 1 if called in SINGULAR else 2 if called in PLURAL else 0
        if not count or len(node.args) < count:
            continue
        texts = [list(_template_literals(argument, f"{name}:{node.lineno}")) for argument in node.args[:count]]
        if count == 1:
            yield from (Text(text, "", name) for text in texts[0])
        else:
            yield from (Text(one, many, name) for one, many in zip(*texts, strict=True))


def _template_literals(node: nodes.Expr, place: str) -> Iterator[str]:
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from _template_literals(node.expr1, place)
        if node.expr2 is not None:
            yield from _template_literals(node.expr2, place)
    elif isinstance(node, nodes.Concat | nodes.Add | nodes.Mod):
        raise Unreadable(f"{place}: a text must be one literal with {{named}} places.")


def catalogue_path(language: str) -> Path:
    """Where the texts of a language are kept."""
    return ROOT / "surveys" / "locale" / f"{language}.po"


def read_catalogue(language: str) -> Catalog:
    """Read the catalogue of a language; an empty one where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def updated(language: str, texts: Sequence[Text]) -> bytes:
    """Return the catalogue file of a language with exactly ``texts``, keeping the translations it has."""
    old = read_catalogue(language)
    new = Catalog(locale=language, header_comment="# " + _HEADER.format(language=language), fuzzy=False)
    for text in texts:
        key = (text.singular, text.plural) if text.plural else text.singular
        known = old.get(text.singular)
        is_same_kind = known is not None and known.pluralizable == bool(text.plural)
        new.add(key, known.string if known is not None and is_same_kind else None, locations=[(text.source, 1)])
    stream = io.BytesIO()
    write_po(stream, new, width=120, sort_output=True, include_lineno=False, omit_header=True)
    return _head(language).encode() + stream.getvalue()


def _head(language: str) -> str:
    """The header of a catalogue without the times babel would put there, so that equal texts are equal bytes."""
    plural = Catalog(locale=language).plural_forms
    lines = [f"Language: {language}", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
             "Content-Transfer-Encoding: 8bit", f"Plural-Forms: {plural}"]  # fmt: skip
    quoted = "".join(f'"{line}\\n"\n' for line in lines)
    return f'# {_HEADER.format(language=language)}\nmsgid ""\nmsgstr ""\n{quoted}\n'


def untranslated(language: str, texts: Sequence[Text]) -> list[Text]:
    """Return the texts that have no translation in a language, or one whose {named} places are not the same."""
    catalogue = read_catalogue(language)
    return [text for text in texts if not is_translated(catalogue, text)]


def is_translated(catalogue: Catalog, text: Text) -> bool:
    """Return whether one text has a whole translation with the same {named} places."""
    entry = catalogue.get(text.singular)
    if entry is None or entry.fuzzy:
        return False
    strings = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
    if not strings or not all(strings) or (len(strings) > 1) != bool(text.plural):
        return False
    wanted = fields(text.singular) | fields(text.plural)
    # "{count}" may be left out where the form says it in words: "one answer".
    allowed = wanted | {"count"} if text.plural else wanted
    return all((wanted - {"count"} if text.plural else wanted) <= fields(one) <= allowed for one in strings)


def fields(text: str) -> set[str]:
    """Return the names of the {named} places of a text."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Update or check the catalogues; return 0 when every text is there and translated."""
    parser = argparse.ArgumentParser(prog="tools.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, only say what is missing")
    options = parser.parse_args(arguments)
    try:
        texts = extract()
    except Unreadable as problem:
        print(problem, file=sys.stderr)
        return 1
    is_right = True
    for language in LANGUAGES:
        path, content = catalogue_path(language), updated(language, texts)
        if not path.exists() or path.read_bytes() != content:
            is_right = not options.check
            if options.check:
                print(f"{path.relative_to(ROOT)} is not in step with the source; run make messages.")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        open_texts = untranslated(language, texts)
        for text in open_texts:
            print(f"{text.source}: {text.singular!r}")
        print(f"{language}: {len(texts)} texts, {len(open_texts)} without translation.")
        is_right = is_right and not open_texts
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
