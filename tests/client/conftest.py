"""Runs the modules of the answer page in Node, bundled with the flags of the real bundle."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tools.assets import bundle, node

Client = Callable[..., object]


class Trouble(Exception):
    """The client stopped; the message is the name of its sentence."""


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Call one deed of the harness with named values; raises :class:`Trouble` where the client stops."""
    script = tmp_path_factory.mktemp("client") / "harness.mjs"
    bundle(script, entry="tests/client/harness.js")

    def call(deed: str, **values: object) -> object:
        asked = json.dumps({"deed": deed, **values})
        result = subprocess.run([node(), str(script)], check=False, input=asked, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        reply = json.loads(result.stdout)
        if "trouble" in reply:
            raise Trouble(reply["trouble"])
        return reply["value"]

    return call
