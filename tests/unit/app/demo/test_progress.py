"""Progress is a line at the start and one at the end where no terminal watches."""

from __future__ import annotations

import io

from app.demo.progress import Shown, Silent


def test_without_a_terminal_there_is_a_line_when_it_begins_and_one_when_it_ends() -> None:
    stream = io.StringIO()
    assert list(Shown(stream=stream).track([1, 2, 3], "Waves")) == [1, 2, 3]
    first, last = stream.getvalue().splitlines()
    assert first == "Waves …"
    assert last.startswith("Waves: 3, ")


def test_silent_progress_returns_the_steps() -> None:
    assert list(Silent().track(["a"], "Waves")) == ["a"]
