"""Turns a language into the fixed words of the roadmap pages, the same for PDF and web page."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.i18n import Translator


@dataclass(frozen=True, kw_only=True)
class RoadmapWords:
    """The fixed words of the roadmap pages."""

    marked: str
    by_week: str
    items: str
    item: str
    why: str
    feeds: str
    indicator: str
    state: str
    reason: str
    remedy: str
    what_if: str
    priorities: str
    sure: str
    forest: str
    strip: str
    whole: str
    releases: str
    gates: str
    condition: str
    found: str
    needed: str
    is_met: str
    met: str
    not_met: str
    facts: str
    must_not: str


def roadmap_words(tr: Translator) -> RoadmapWords:
    """The words of the roadmap pages, the same for PDF and web page."""
    return RoadmapWords(
        marked=tr.t("Dashed lines"),
        by_week=tr.t("Its parts week by week, in index points"),
        items=tr.t("Items behind it"),
        item=tr.t("Item"),
        why=tr.t("Why it is named"),
        feeds=tr.t("What the delivery data cannot tell"),
        indicator=tr.t("Part"),
        state=tr.t("Standing"),
        reason=tr.t("Why"),
        remedy=tr.t("What would feed it"),
        what_if=tr.t("What a change of the plan would do"),
        priorities=tr.t("Priorities"),
        sure=tr.t("How sure are we?"),
        forest=tr.t("The estimate and its likely range"),
        strip=tr.t("Could it be chance?"),
        whole=tr.t("All teams together"),
        releases=tr.t("Releases one by one"),
        gates=tr.t("What must be there before anything is said"),
        condition=tr.t("Condition"),
        found=tr.t("Found"),
        needed=tr.t("Needed"),
        is_met=tr.t("Met"),
        met=tr.t("met"),
        not_met=tr.t("not met"),
        facts=tr.t("What was compared"),
        must_not=tr.t("What must not be concluded"),
    )
