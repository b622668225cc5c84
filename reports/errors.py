"""The errors of the findings side."""

from __future__ import annotations

from surveys.errors import Refused, SurveyError


class ReleaseRefused(Refused):
    """The auditors found a group that is too small; nothing of the release is visible."""


class RenderFailed(SurveyError):
    """A report could not be turned into a PDF; other reports are not affected."""
