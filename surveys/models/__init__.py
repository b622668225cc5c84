"""The tables of the facts side, listed here for the migrations; import a table from its own module."""

from surveys.models import accounts, ballots, comments, imported, invitations, organisation, roadmap, totals, waves
from surveys.models.base import Base

__all__ = [
    "Base",
    "accounts",
    "ballots",
    "comments",
    "imported",
    "invitations",
    "organisation",
    "roadmap",
    "totals",
    "waves",
]
