"""The commands for tokens: the secret is printed once, lists hold none, and what is refused says why."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.integration.cli.conftest import Shell


@pytest.fixture
def staffed(shell: Shell) -> Shell:
    """An installation with an HR analyst."""
    shell.ok("account", "add", "eva@x.example", "--role", "hr")
    return shell


def test_a_token_is_made_listed_and_revoked(staffed: Shell, dump: Callable[[], list[str]]) -> None:
    assert "no token" in staffed.ok("token", "list")
    made = staffed.run("token", "add", "eva@x.example", "--name", "Power BI", "--scope", "results:read")
    secret = made.stdout.strip()
    assert secret.startswith("bgr_")
    assert "only time" in made.stderr
    (row,) = json.loads(staffed.ok("token", "list", "--json"))
    assert (row["email"], row["name"], row["scopes"], row["state"]) == (
        "eva@x.example", "Power BI", ["results:read"], "active",
    )  # fmt: skip
    assert row["id"] in staffed.ok("token", "list")
    assert "refused from now on" in staffed.ok("token", "revoke", row["id"])
    assert "revoked already" in staffed.ok("token", "revoke", row["id"])
    assert "revoked" in staffed.ok("token", "list")
    kept = "\n".join(dump())
    assert secret not in kept
    assert "token.add" in kept
    assert "token.revoke" in kept


@pytest.mark.parametrize(
    ("words", "said"),
    [(("add", "eva@x.example", "--name", "x", "--scope", "ledger:read"), "needs the role auditor"),
     (("add", "nobody@x.example", "--name", "x", "--scope", "results:read"), "no account"),
     (("add", "eva@x.example", "--name", "x", "--scope", "results:read", "--days", "367"), "1 to 366 days"),
     (("revoke", "nothing"), "no token nothing")],
)  # fmt: skip
def test_what_is_refused_says_why(staffed: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in staffed.refused("token", *words)


def test_an_unknown_scope_is_wrong_usage(staffed: Shell) -> None:
    assert staffed.run("token", "add", "eva@x.example", "--name", "x", "--scope", "all").exit_code == 2
