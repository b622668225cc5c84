"""Only names of repositories become part of a question to GitHub."""

from __future__ import annotations

import pytest

from surveys.errors import Refused
from surveys.importers.roadmap_github_api import check_repositories


def test_repositories_are_named_by_owner_and_name() -> None:
    check_repositories(["acme/web", "A-1/.github", "acme/a..b"])


@pytest.mark.parametrize(
    "name", ["", "acme", "acme/", "acme/..", "acme/.", "acme/web\n", "acme/web/x", "acme/we b", "/x"]
)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="is none"):
        check_repositories(["acme/web", name])
