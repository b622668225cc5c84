"""What the faces need from below and the factory wires: each a callable with a named shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reports.document import LeaderReport


class StoredReport(Protocol):
    """A frozen leader report as the service returns it."""

    @property
    def document(self) -> LeaderReport:
        """The report as data."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of its canonical JSON, 64 hex digits."""
        ...

    @property
    def wave(self) -> str:
        """The wave it is about."""
        ...


class GetReport(Protocol):
    """Returns the frozen report of a unit, of the latest released wave where none is named; raises NotFound."""

    def __call__(self, *, unit: str, wave: str | None, language: str) -> StoredReport:
        """Return the report."""
        ...


class RenderReport(Protocol):
    """Returns the PDF of a report."""

    def __call__(self, report: LeaderReport) -> bytes:
        """Return the bytes of the PDF."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Where leader reports come from and how they become a PDF."""

    get: GetReport
    render: RenderReport
