"""The errors of the findings side."""

from __future__ import annotations

from surveys.errors import Refused


class ReleaseRefused(Refused):
    """The auditors found a group that is too small; nothing of the release is visible."""
