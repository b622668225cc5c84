"""The constants of the statistics in, one list of settings with their meanings out."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from reports.stats import (
    agreement,
    alerts,
    covariance,
    drivers,
    estimate,
    event_study,
    link,
    link_power,
    link_results,
    local_level,
    looks,
    moderation,
    multiplicity,
    nonresponse,
    paired,
    pooling,
    quiet_years,
    reliability,
    shifts,
    shrinkage,
    team_swap,
    trend,
    verdicts,
)
from reports.stats.methods_form import Setting, SettingValue
from reports.stats.results import Interval

Row = tuple[str, SettingValue, str, str]


def all_settings() -> tuple[Setting, ...]:
    """Every number that decides something, read from where it stands in the source."""
    rows = (*_levels(), *_trends(), *_watching(), *_families(), *_links())
    return tuple(Setting(code=code, value=value, place=place, meaning=meaning) for code, value, place, meaning in rows)


def _default(function: Callable[..., object], name: str) -> int:
    """The default of a parameter: the number stands in one place, at the function."""
    return int(inspect.signature(function).parameters[name].default)


def _levels() -> tuple[Row, ...]:
    return (
        ("interval_level", Interval.level, "results.Interval", "level of every likely range"),
        (
            "prior_scale_variance",
            estimate.PRIOR_SCALE_VARIANCE,
            "estimate.PRIOR_SCALE_VARIANCE",
            "within-crowd variance of a scale before 50 answers, squared points",
        ),
        (
            "prior_item_variance",
            estimate.PRIOR_ITEM_VARIANCE,
            "estimate.PRIOR_ITEM_VARIANCE",
            "within-crowd variance of a single question before 50 answers, squared points",
        ),
        (
            "silent_at_least",
            estimate.SILENT_AT_LEAST,
            "estimate.SILENT_AT_LEAST",
            "people who count as silent at least, so that a full response has a width",
        ),
        (
            "null_slight_skew",
            agreement.SLIGHT_SKEW_5,
            "agreement.SLIGHT_SKEW_5",
            "variance of the slightly skewed null",
        ),
        ("omega_items", reliability.LEAST_ITEMS_OMEGA, "reliability.LEAST_ITEMS_OMEGA", "questions that omega needs"),
        ("omega_bound", reliability.LEAST_UNIQUE, "reliability.LEAST_UNIQUE", "least uniqueness of a question"),
        ("level_waves", shrinkage.RECENT_WAVES, "shrinkage.RECENT_WAVES", "recent waves that make a unit's level"),
        ("level_units", shrinkage.LEAST_UNITS, "shrinkage.LEAST_UNITS", "units that a comparison of levels needs"),
        (
            "level_false_discovery_rate",
            shrinkage.LEVEL_FALSE_DISCOVERY_RATE,
            "shrinkage.LEVEL_FALSE_DISCOVERY_RATE",
            "share of false words among units called clearly below or above",
        ),
    )


def _trends() -> tuple[Row, ...]:
    return (
        ("window_waves", _default(trend.fit, "window_waves"), "trend.fit", "waves of the window, counted back"),
        ("least_waves", trend.LEAST_WAVES, "trend.LEAST_WAVES", "released waves that a trend needs"),
        (
            "rest_level",
            trend.REST_LEVEL,
            "trend.REST_LEVEL",
            "series whose trend has a smaller p do not tell the alerts what is normal",
        ),
        ("trend_level", verdicts.TREND_LEVEL, "verdicts.TREND_LEVEL", "level of one cell's own test"),
        ("power", verdicts.POWER, "verdicts.POWER", "power of the detectable change that is printed"),
        ("phi_grid", tuple(covariance.PHI.tolist()), "covariance.PHI", "autocorrelations per wave"),
        (
            "lambda_grid",
            tuple(covariance.LAMBDA.tolist()),
            "covariance.LAMBDA",
            "mood variances in units of the white variance",
        ),
        (
            "negligible_weight",
            pooling.NEGLIGIBLE,
            "pooling.NEGLIGIBLE",
            "grid points below this share of the best one are left out",
        ),
        (
            "teams_for_a_prior",
            pooling.ENOUGH_TEAMS,
            "pooling.ENOUGH_TEAMS",
            "series from which on the prior of the variances is estimated",
        ),
        (
            "small_prior_df",
            pooling.SMALL_PRIOR_DF,
            "pooling.SMALL_PRIOR_DF",
            "prior degrees of freedom with fewer series",
        ),
        (
            "small_prior_share",
            pooling.SMALL_PRIOR_SHARE,
            "pooling.SMALL_PRIOR_SHARE",
            "prior variance with fewer series, as a share of within-crowd variance over n",
        ),
        (
            "tiny_variance",
            moderation.TINY_SHARE,
            "moderation.TINY_SHARE",
            "variances below this share of the median are lifted to it",
        ),
        ("step_side", shifts.SIDE, "shifts.SIDE", "waves that a step needs on each side"),
        ("step_weight", shifts.CLEAR, "shifts.CLEAR", "weight from which a shape is named"),
        ("step_range", shifts.STEP_RANGE, "shifts.STEP_RANGE", "weight of the days within which a step lies"),
    )


def _watching() -> tuple[Row, ...]:
    return (
        ("contrast_recent", shifts.RECENT, "shifts.RECENT", "recent waves of an alert's contrast"),
        ("contrast_earlier", shifts.EARLIER, "shifts.EARLIER", "earlier waves of it, at most"),
        (
            "alert_rate",
            quiet_years.ALERT_RATE,
            "quiet_years.ALERT_RATE",
            "share of unchanged units flagged in 26 waves",
        ),
        (
            "alert_waves",
            _default(alerts.find_alerts, "window_waves"),
            "alerts.find_alerts",
            "waves of the year that the rate is about",
        ),
        ("alert_years", quiet_years.YEARS, "quiet_years.YEARS", "simulated quiet years behind the threshold"),
        ("alert_seed", quiet_years.ALERT_SEED, "quiet_years.ALERT_SEED", "seed of these years"),
        (
            "alert_few_teams",
            quiet_years.FEW_TEAMS,
            "quiet_years.FEW_TEAMS",
            "units up to which simulated quiet years are fitted as the real ones are",
        ),
        (
            "alert_few_share",
            quiet_years.FEW_SHARE,
            "quiet_years.FEW_SHARE",
            "share of the rate at which such few units are watched",
        ),
        (
            "alert_profiles",
            quiet_years.PROFILES,
            "quiet_years.PROFILES",
            "units whose calendars and numbers of answers the simulated years take",
        ),
        ("alert_silence", looks.SILENCE, "looks.SILENCE", "looks of silence after an alert"),
        ("alert_least_waves", looks.LEAST_LOOK, "looks.LEAST_LOOK", "released waves that a look needs"),
        (
            "smoothing_grid",
            tuple(local_level.SIGNALS.tolist()),
            "local_level.SIGNALS",
            "variances of the level's step in units of the white variance",
        ),
        (
            "response_points",
            verdicts.RESPONSE_POINTS,
            "verdicts.RESPONSE_POINTS",
            "movement of the response rate that forbids the word improving",
        ),
        ("silent_gaps", nonresponse.GAPS, "nonresponse.GAPS", "points by which the silent may have felt lower"),
    )


def _families() -> tuple[Row, ...]:
    return (
        (
            "false_discovery_rate",
            multiplicity.FALSE_DISCOVERY_RATE,
            "multiplicity.FALSE_DISCOVERY_RATE",
            "share of false verdicts that a family may have",
        ),
        ("driver_teams", drivers.MIN_TEAMS, "drivers.MIN_TEAMS", "teams that a table of drivers needs"),
        ("driver_names", drivers.MAX_NAMES, "drivers.MAX_NAMES", "scales beside the outcome, at most"),
        ("driver_draws", drivers.DRAWS, "drivers.DRAWS", "bootstrap samples of teams"),
        (
            "driver_sheet_correlation",
            drivers.SHEET_CORRELATION,
            "drivers.SHEET_CORRELATION",
            "correlation within persons between two scales of one sheet that is taken into account",
        ),
        (
            "driver_seed",
            _default(drivers.find_drivers, "seed"),
            "drivers.find_drivers",
            "seed of these samples",
        ),
        ("paired_units", paired.MIN_UNITS, "paired.MIN_UNITS", "units that a common change needs"),
    )


def _links() -> tuple[Row, ...]:
    return (
        ("link_level", link_results.LINK_LEVEL, "link_results.LINK_LEVEL", "level of the ranges of a link"),
        ("link_pairings", link.PAIRINGS, "link.PAIRINGS", "deals of pressure among teams"),
        ("link_seed", link.LINK_SEED, "link.LINK_SEED", "seed of these deals"),
        (
            "link_full_list",
            team_swap.FULL_LIST_TEAMS,
            "team_swap.FULL_LIST_TEAMS",
            "teams up to which every possible deal is looked at",
        ),
        ("link_teams", link.LEAST_LINK_TEAMS, "link.LEAST_LINK_TEAMS", "teams that a link needs; fewer never get one"),
        ("link_waves", link.LEAST_LINK_WAVES, "link.LEAST_LINK_WAVES", "waves that a link between teams needs"),
        ("link_team_waves", link.LEAST_TEAM_WAVES, "link.LEAST_TEAM_WAVES", "team-waves that it needs"),
        ("link_own_waves", link.LEAST_OWN_WAVES, "link.LEAST_OWN_WAVES", "waves that a team needs to count"),
        ("link_coverage", link.LEAST_COVERAGE, "link.LEAST_COVERAGE", "coverage of the index that is enough"),
        ("link_covered", link.COVERED_SHARE, "link.COVERED_SHARE", "share of team-waves that need it"),
        ("link_response", link.LEAST_RESPONSE, "link.LEAST_RESPONSE", "response under which a team-wave is left out"),
        (
            "link_company_waves",
            link.LEAST_COMPANY_WAVES,
            "link.LEAST_COMPANY_WAVES",
            "waves that the link of the whole company needs",
        ),
        (
            "link_share_left",
            link.LEAST_SHARE_LEFT,
            "link.LEAST_SHARE_LEFT",
            "share of the variance of pressure that must be left after wave means",
        ),
        ("link_test_level", link.SWAP_LEVEL, "link.SWAP_LEVEL", "level of the re-dealt test"),
        ("link_narrow", link.NARROW, "link.NARROW", "width of a standardised range that excludes a larger link"),
        ("link_power", link_power.LINK_POWER, "link_power.LINK_POWER", "power of the detectable link"),
        ("link_wanted", link_power.WANTED_R, "link_power.WANTED_R", "correlation whose waves are counted"),
        (
            "link_run_up",
            event_study.RUN_UP_DAYS,
            "event_study.RUN_UP_DAYS",
            "days before a release that are its run-up",
        ),
        ("link_releases", event_study.LEAST_RELEASES, "event_study.LEAST_RELEASES", "releases that their mean needs"),
    )
