"""Says what every method of the statistics answers, assumes and cannot say, with all settings and closed lists.

``docs/methods.md`` is made from this registry by ``tools.docs``; reports print the version and the settings.
"""

from __future__ import annotations

from reports.stats import methods_change, methods_levels, methods_link, methods_many
from reports.stats.methods_form import Method, Setting, SettingValue, Table, VerdictList
from reports.stats.methods_settings import all_settings
from reports.stats.methods_verdicts import VERDICTS

METHOD_VERSION = "3"
"""Raised with every change that may give another figure or verdict for the same released values."""

METHODS: tuple[Method, ...] = (
    *methods_levels.METHODS,
    *methods_change.METHODS,
    *methods_many.METHODS,
    *methods_link.METHODS,
)
"""Every method, in the order in which a reader meets them."""

__all__ = [
    "METHODS",
    "METHOD_VERSION",
    "VERDICTS",
    "Method",
    "Setting",
    "SettingValue",
    "Table",
    "VerdictList",
    "settings",
]


def settings() -> dict[str, SettingValue]:
    """All numbers that decide something, by code, in the order of the methods.

    Levels and rates are shares (0 to 1), variances squared scale points, windows numbers of waves.
    """
    return {setting.code: setting.value for setting in all_settings()}
