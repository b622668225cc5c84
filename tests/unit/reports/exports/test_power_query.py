"""The script for Excel and Power BI: it names the columns of the export and balances its brackets."""

from __future__ import annotations

import re

from reports.exports.power_query import power_query
from reports.exports.table import CELLS

SCRIPT = power_query("https://pulse.example/")


def test_every_column_has_its_type() -> None:
    found = re.findall(r'^ +\{"(\w+)", (type \w+|Int64\.Type)\}', SCRIPT, re.MULTILINE)
    assert tuple(name for name, _ in found) == CELLS.names
    kinds = dict(found)
    assert (kinds["value"], kinds["n_low"], kinds["wave_closed_on"]) == ("type number", "Int64.Type", "type date")
    assert kinds["crowd"] == "type text"


def test_it_reads_pages_with_a_bearer_token_from_the_address() -> None:
    assert 'Address = "https://pulse.example",' in SCRIPT
    assert 'Path = "api/v1/cells",' in SCRIPT
    assert 'Authorization = "Bearer " & Token' in SCRIPT
    assert "page[next]" in SCRIPT


def test_brackets_and_quotes_are_in_pairs() -> None:
    code = re.sub(r'"(?:[^"]|"")*"', '""', re.sub(r"//[^\n]*\n(?=//|let)", "\n", SCRIPT))
    for opening, closing in ("()", "[]", "{}"):
        assert code.count(opening) == code.count(closing)
    assert len(re.findall(r"\blet\b", code)) == len(re.findall(r"\bin\b", code))


def test_an_address_cannot_leave_its_quotes() -> None:
    assert 'Address = "https://x.example/"" & Evil & ""#(#)(lf)",' in power_query('https://x.example/" & Evil & "#(lf)')
