from __future__ import annotations

import re

from reports.stats.methods import METHODS, VERDICTS, settings
from tools.methods_page import page

PAGE = page("<!-- made -->\n\n")


def test_the_page_answers_seven_questions_about_each_method() -> None:
    for method in METHODS:
        section = PAGE.split(f"\n## {method.name}\n")[1].split("\n## ")[0]
        heads = re.findall(r"^- \*\*([a-z ]+)\*\*:", section, re.MULTILINE)
        assert heads[:7] == ["question", "is about", "method", "assumes", "source", "checked against", "cannot say"]


def test_every_verdict_and_every_setting_stands_on_the_page() -> None:
    values = {member.value for verdicts in VERDICTS for member in verdicts.verdicts}
    assert [value for value in values if f"`{value}`" not in PAGE] == []
    assert [code for code in settings() if f"| `{code}` |" not in PAGE] == []


def test_no_name_of_the_source_is_left_in_a_rule() -> None:
    names = {member.name for verdicts in VERDICTS for member in verdicts.verdicts}
    lists = PAGE.split("## Closed lists")[1].split("## Settings")[0]
    assert [name for name in names if re.search(rf"\b{name}\b", lists)] == []


def test_each_link_of_the_contents_has_its_heading() -> None:
    anchors = re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE)
    headings = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"\n## (.+)", PAGE)}
    assert len(anchors) == len(METHODS)
    assert set(anchors) <= headings


def test_rows_of_tables_have_one_cell_per_head() -> None:
    for block in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1
