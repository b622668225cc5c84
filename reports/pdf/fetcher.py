"""Turns an address in a document into its bytes if it is a data address, and into a fatal error otherwise."""

from __future__ import annotations

from weasyprint.urls import URLFetcher, URLFetcherResponse

ALLOWED = ("data",)


class ForbiddenAddress(ValueError):
    """The document asks for something outside itself."""


class DataOnlyFetcher(URLFetcher):  # type: ignore[misc]  # the renderer ships no types
    """Reads ``data:`` addresses and nothing else; a refusal ends the rendering instead of leaving a hole in the page.

    The scheme is checked here once more, so that the guard does not rest on the parent's option alone.
    """

    def __init__(self) -> None:
        super().__init__(timeout=1, allowed_protocols=ALLOWED, allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the content of a data address; raises :class:`ForbiddenAddress` for every other scheme."""
        if url.partition(":")[0].strip().lower() not in ALLOWED:
            raise ForbiddenAddress(f"a report may not fetch {url[:80]}")
        return super().fetch(url, headers)
