"""Every text a person reads can be found and is translated, with the same {named} places."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tools.messages import (
    LANGUAGES,
    Text,
    Unreadable,
    catalogue_path,
    extract,
    fields,
    is_translated,
    python_texts,
    template_texts,
    untranslated,
    updated,
)


def test_texts_of_python_are_found() -> None:
    code = """
tr.t("One {x}", x=1); translator("es").n("{count} team", "{count} teams", 3); mark("Two"); Message("Three")
raise Refused("Long "
              "sentence.")
tr.t("yes" if a else "no"); tr.t(item.text); session.n()
"""
    texts = {(text.singular, text.plural) for text in python_texts(code, "x.py")}
    assert texts == {
        ("One {x}", ""), ("{count} team", "{count} teams"), ("Two", ""), ("Three", ""), ("Long sentence.", ""),
        ("yes", ""), ("no", ""),
    }  # fmt: skip


def test_texts_of_templates_are_found() -> None:
    code = '{% set a = t("One") %}{{ tr.t("Two {x}", x=1) }}{{ tr.n("{count} a", "{count} b", 2) }}{{ tr.t(name) }}'
    texts = {(text.singular, text.plural) for text in template_texts(code, "x.html")}
    assert texts == {("One", ""), ("Two {x}", ""), ("{count} a", "{count} b")}


@pytest.mark.parametrize("code", ['t(f"a {b}")', 't("a" + b)', 't("a {}".format(b))', 'Refused("a %s" % b)'])
def test_a_text_put_together_at_run_time_is_refused(code: str) -> None:
    with pytest.raises(Unreadable, match=r"x\.py:1"):
        list(python_texts(code, "x.py"))


@pytest.mark.parametrize(
    ("text", "string", "is_right"),
    [
        (Text("{a} in {b}", "", ""), "en {b}, {a}", True),
        (Text("{a} in {b}", "", ""), "en {b}", False),
        (Text("{count} rows", "", ""), "filas", False),
        (Text("{count} row", "{count} rows", ""), ("una fila", "{count} filas"), True),
        (Text("{count} row", "{count} rows", ""), ("", "{count} filas"), False),
    ],
)
def test_a_translation_keeps_the_named_places(text: Text, string: str | tuple[str, str], *, is_right: bool) -> None:
    catalogue = Catalog(locale="es")
    catalogue.add((text.singular, text.plural) if text.plural else text.singular, string)
    assert is_translated(catalogue, text) is is_right


def test_fields_are_the_names_in_braces() -> None:
    assert fields("{a} and {b:.1f}") == {"a", "b"}


def test_the_product_has_texts_and_all_can_be_found() -> None:
    assert len(extract()) > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_in_step_with_the_source(language: str) -> None:
    assert catalogue_path(language).read_bytes() == updated(language, extract()), "run make messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert [text.singular for text in untranslated(language, extract())] == []
