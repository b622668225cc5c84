"""The commands of anchors: show as a file, set under a new version with a reason, go back, and what is noted."""

from __future__ import annotations

from tests.integration.cli.conftest import Shell


def test_anchors_are_shown_as_a_file_that_sets_them(organised: Shell) -> None:
    file = organised.ok("anchors", "show")
    assert file.startswith("# version 1 of the anchors\n")
    path = organised.write("anchors.toml", file.replace("busy_from = 35", "busy_from = 30"))
    assert "Version 101 holds now; 0 weeks stand on it." in organised.ok(
        "anchors", "set", path, "--note", "We are calm."
    )
    shown = organised.run("anchors", "show")
    assert "busy_from = 30" in shown.stdout
    assert "We are calm." in shown.stderr
    assert "busy_from = 35" in organised.ok("anchors", "show", "1")
    found = organised.json("anchors", "show", "101")
    assert isinstance(found, dict)
    assert (found["version"], found["busy_from"], found["changes"][0]["note"]) == (101, 30.0, "We are calm.")


def test_going_back_keeps_every_version_readable(organised: Shell) -> None:
    assert "Version 1 holds already." in organised.refused("anchors", "reset", "--note", "for nothing")
    path = organised.write("anchors.toml", organised.ok("anchors", "show").replace("busy_from = 35", "busy_from = 30"))
    organised.ok("anchors", "set", path, "--note", "a try")
    organised.ok("anchors", "reset", "--note", "it did not help")
    assert organised.ok("anchors", "show").startswith("# version 1 of")
    organised.ok("anchors", "set", path, "--note", "again")
    assert organised.ok("anchors", "show").startswith("# version 103 of")
    assert "There are no anchors of version 102." in organised.refused("anchors", "show", "102")


def test_a_file_with_faults_sets_nothing(organised: Shell) -> None:
    path = organised.write("anchors.toml", "min_coverage = 2\n")
    said = organised.refused("anchors", "set", path, "--note", "oops")
    assert "min_coverage must be between 0.5 and 1." in said
    assert "R is missing." in said
    assert organised.ok("anchors", "show").startswith("# version 1 of")
