"""Decides which whole crowds each unit's page shows, with the leaders' own crowds taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from surveys.crowds.pages import unit_pages
from surveys.crowds.shapes import Crowd


def hidden_from(
    crowds: Sequence[Crowd], parents: Mapping[str, str | None], *, is_told: bool
) -> dict[str, frozenset[str]]:
    """Return by crowd the units whose leader answered in it and who therefore do not get its figures.

    The leader of the root gets every figure, and everybody does where one crowd for all was planned (``is_told``);
    both are told before answering. Any other leader can only end in a crowd of the own report by a merge at the count,
    also by one that joins everybody.
    """
    if not crowds:
        return {}
    pages = unit_pages(crowds, parents)
    hidden: dict[str, frozenset[str]] = {}
    for crowd in crowds:
        caught = {
            unit
            for unit in crowd.leads
            if parents.get(unit) is not None and (crowd.label in pages[unit].whole or crowd.label == pages[unit].joint)
        }
        hidden[crowd.label] = frozenset() if is_told else frozenset(caught)
    return hidden


def published(
    crowds: Sequence[Crowd], parents: Mapping[str, str | None], hidden: Mapping[str, Collection[str]]
) -> dict[str, tuple[str, ...]]:
    """Return by unit the labels of the crowds its page is about; a unit without any is left out."""
    pages: dict[str, tuple[str, ...]] = {}
    for unit, page in unit_pages(crowds, parents).items():
        labels = page.whole or ((page.joint,) if page.joint else ())
        shown = tuple(label for label in labels if unit not in hidden.get(label, ()))
        if shown:
            pages[unit] = shown
    return pages
