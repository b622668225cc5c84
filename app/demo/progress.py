"""Turns steps of work into progress bars on a terminal, and into one line each anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO, TypeVar

from tqdm import tqdm

Step = TypeVar("Step")


class Progress(Protocol):
    """Is told what is going on; never changes what is done."""

    def track(self, steps: Sequence[Step], label: str) -> Iterable[Step]:
        """Return the steps again and show how far they have come."""
        ...


@dataclass(frozen=True)
class Silent:
    """Shows nothing."""

    def track(self, steps: Sequence[Step], label: str) -> Iterable[Step]:  # noqa: ARG002 - shows nothing
        """Return the steps again."""
        return steps


@dataclass(frozen=True)
class Shown:
    """Shows bars on a terminal; a stream that is none gets a line when a piece of work begins and one when it ends."""

    stream: TextIO

    def track(self, steps: Sequence[Step], label: str) -> Iterator[Step]:
        """Yield the steps and show how far they have come."""
        if self.stream.isatty():
            yield from tqdm(steps, desc=label, file=self.stream, dynamic_ncols=True)
            return
        began = time.monotonic()
        self.stream.write(f"{label} …\n")
        self.stream.flush()
        yield from steps
        self.stream.write(f"{label}: {len(steps)}, {time.monotonic() - began:.1f} s\n")
        self.stream.flush()
