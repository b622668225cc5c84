"""The commands of earlier results: import all or nothing, show, remove, and what the audit log notes."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.conftest import Shell
from tests.support.earlier import SMALL_MAP

ROWS = "unit,day,strain,answers\n" + "".join(
    f"{unit},{year}-03-01,{30 + place},{20 + place}\n" for place, unit in enumerate("ABCD") for year in (2024, 2025)
)


def files(shell: Shell, rows: str = ROWS, text: str = SMALL_MAP) -> tuple[object, ...]:
    return shell.write("old.csv", rows), "--map", shell.write("map.toml", text)


def test_an_import_is_told_listed_shown_and_removed(organised: Shell) -> None:
    printed = organised.ok("history", "import", *files(organised, text=SMALL_MAP + '[units]\nA = "a"\n'))
    assert "old-tool from Old Tool: 8 results of 4 units, 2 waves, 1 measures." in printed
    assert "Units that are a team of yours: 1." in printed
    assert "old-tool  Old Tool  1 Mar 2024 to 1 Mar 2025  8" in organised.ok("history", "show")
    shown = organised.ok("history", "show", "old-tool")
    assert shown.startswith("Imported from Old Tool (old-tool, 1 Mar 2024 to 1 Mar 2025)")
    assert "the mean of 4 units did not move detectably from Mar 2024 to Mar 2025" in shown
    assert "never in line with them" in shown
    assert organised.ok("history", "remove", "old-tool").startswith("The import old-tool was deleted")
    assert "Nothing has been imported" in organised.ok("history", "show")
    assert "There is no import old-tool" in organised.refused("history", "remove", "old-tool")
    assert "There is no import old-tool" in organised.refused("history", "show", "old-tool")


def test_json_says_that_it_is_imported(organised: Shell) -> None:
    made = organised.json("history", "import", *files(organised))
    assert isinstance(made, dict)
    assert (made["name"], made["cells"], made["remarks"]) == ("old-tool", 8, [])
    shown = organised.json("history", "show", "old-tool", "--measure", "strain")
    assert isinstance(shown, dict)
    assert shown["origin"] == "imported"
    assert shown["measures"][0]["statements"][0]["heading"] == "Mar 2024 to Mar 2025"
    listed = organised.json("history", "show")
    assert isinstance(listed, dict)
    assert listed["imports"][0]["tool"] == "Old Tool"


def test_one_bad_row_and_nothing_is_imported(organised: Shell) -> None:
    said = organised.refused("history", "import", *files(organised, ROWS + "E,2025-03-01,40,4\nF,2025-03-01,x,9\n"))
    assert "old.csv:10: strain: fewer than 5 answers of E" in said
    assert "old.csv:11: strain: “x” is not a number" in said
    assert "Nothing has been imported" in organised.ok("history", "show")


def test_what_is_left_out_on_demand_is_listed(organised: Shell) -> None:
    text = 'small = "skip"\n' + SMALL_MAP
    result = organised.run("history", "import", *files(organised, ROWS + "E,2025-03-01,40,4\n", text))
    assert result.exit_code == 0
    assert "Left out, fewer than 5 answers: 1 results." in result.stdout
    assert "Totals in the file stay in, and nobody has audited its groups" in result.stdout
    assert "old.csv:10: Left out: strain of E on 2025-03-01" in result.stderr


def test_an_unknown_team_and_an_unknown_programme_are_refused(organised: Shell) -> None:
    said = organised.refused("history", "import", *files(organised, text=SMALL_MAP + '[units]\nA = "nobody"\n'))
    assert "The unit A names the unknown team nobody" in said
    named = 'programme = "other"\n' + SMALL_MAP
    assert "There is no programme other" in organised.refused("history", "import", *files(organised, text=named))


def test_the_audit_log_notes_import_and_removal(organised: Shell, dump: Callable[[], list[str]]) -> None:
    organised.ok("history", "import", *files(organised))
    organised.ok("history", "remove", "old-tool")
    noted = [row for row in dump() if row.startswith('INSERT INTO "audit_event"')]
    assert "'history.import','old-tool'" in noted[-2]
    assert "'history.remove','old-tool'" in noted[-1]
    assert not [row for row in dump() if row.startswith('INSERT INTO "imported_')]
