"""Prints what a respondent's browser loads for ``/answer``: page, style sheets and script, plain and compressed.

python -m tests.perf.weight
"""

from __future__ import annotations

import datetime as dt
import gzip
import re
import tempfile
from pathlib import Path

from app.factory import create_app
from app.web.ports import Reports
from tests.support import journey


def main() -> None:
    """Ask the program itself for the page and everything it names, fonts apart."""
    with tempfile.TemporaryDirectory() as folder:
        inst = journey.installation(Path(folder))
        app = create_app(
            inst.settings,
            database=inst.database,
            keys=inst.keys,
            clock=lambda: dt.datetime.now(dt.UTC),
            send_link=lambda *_: None,
            reports=Reports(get=_nothing, render=_nothing),
        )
        client = app.test_client()
        page = client.get("/answer").get_data()
        names = re.findall(r'(?:href|src)="(/(?:static|answer)/[^"]+)"', page.decode())
        parts = {"/answer": page} | {name: client.get(name).get_data() for name in names}
        total = 0
        for name, content in parts.items():
            packed = len(gzip.compress(content, 9, mtime=0))
            total += packed
            print(f"{name[:40]}: {len(content)} bytes, compressed {packed}")
        print(f"together compressed: {total / 1024:.1f} KiB (limit 60)")


def _nothing(*_: object, **__: object) -> bytes:
    return b""


if __name__ == "__main__":
    main()
