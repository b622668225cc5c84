from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from reports.codec import decode, encode
from reports.stats import link
from reports.stats.fixed_effects import Effects
from reports.stats.link import find_link, judge_link, link_pair, worth_a_look
from reports.stats.link_results import (
    CompanyLink,
    FlagSlope,
    LinkFit,
    LinkGate,
    LinkPanel,
    LinkSlope,
    LinkVerdict,
    NoIdentification,
    NotIdentifiable,
    PairLink,
    SwapTest,
    TeamLink,
)
from reports.stats.results import Interval, NeverHere, TooEarly


def panel(
    teams: int = 6,
    waves: int = 12,
    *,
    slope: float = 0.0,
    seed: int = 1,
    shared: float = 0.0,
    flags: Mapping[str, np.ndarray] | None = None,
    lags: int = 0,
) -> LinkPanel:
    """Pressure with an SD of 10 within teams, sentiment on 1 to 5 that follows it by ``slope`` points per SD."""
    rng = np.random.default_rng(seed)
    moved = (1 - shared) * rng.normal(size=(teams, waves)) + shared * rng.normal(size=(1, waves))
    sentiment = 3 + rng.normal(size=(teams, 1)) * 0.5 + slope * moved + 0.2 * rng.normal(size=(teams, waves))
    pressure = 40 + rng.normal(size=(teams, 1)) * 15 + 10 * moved
    full = np.ones((teams, waves))
    return LinkPanel(
        keys=tuple(f"team-{g}" for g in range(teams)),
        days=np.arange(waves) * 14.0,
        pressure=pressure,
        sentiment=sentiment,
        mask=full.astype(bool),
        coverage=full * 0.85,
        response=full * 0.7,
        segments=np.zeros((teams, waves), dtype=np.int64),
        flags=flags or {},
        lagged=np.array([pressure, *rng.normal(size=(lags - 1, teams, waves))]) if lags else None,
    )


def team_of(fit: LinkFit) -> TeamLink:
    assert isinstance(fit.team, TeamLink)
    return fit.team


def with_(source: LinkPanel, **changes: object) -> LinkPanel:
    return dataclasses.replace(source, **changes)  # type: ignore[arg-type]


def test_three_teams_never_get_a_link_however_long_they_wait() -> None:
    fit = find_link(panel(3, 60))
    assert (fit.team, fit.company) == (NeverHere(reason="teams"), NeverHere(reason="teams"))
    assert (fit.verdict, fit.power) == (LinkVerdict.NEVER_HERE, None)


def test_teams_that_never_had_a_value_do_not_count_after_a_year() -> None:
    source = panel(6, 12)
    sentiment = source.sentiment.copy()
    sentiment[:2] = np.nan
    assert isinstance(find_link(with_(source, sentiment=sentiment)).team, NeverHere)
    short = with_(panel(6, 8), sentiment=sentiment[:, :8])
    assert isinstance(find_link(short).team, TooEarly)


@pytest.mark.parametrize(
    ("teams", "waves", "left"),
    [(5, 3, 9), (9, 8, 4), (20, 11, 1)],
)
def test_too_early_says_how_many_waves_the_gates_still_need(teams: int, waves: int, left: int) -> None:
    fit = find_link(panel(teams, waves))
    assert fit.team == TooEarly(waves_left=left)
    assert fit.company == TooEarly(waves_left=26 - waves)
    assert fit.verdict is LinkVerdict.TOO_EARLY


def test_sixty_team_waves_are_needed_beside_twelve_waves() -> None:
    source = panel(5, 12)
    mask = source.mask.copy()
    mask[0, :7] = False
    fit = find_link(with_(source, mask=mask))
    assert fit.team == TooEarly(waves_left=2)  # 53 of 60, five more with each wave
    states = {state.gate: state for state in fit.gates}
    assert not states[LinkGate.TEAM_WAVES].is_met
    assert states[LinkGate.WAVES].is_met


def test_an_index_without_enough_parts_waits_for_weeks_that_have_them() -> None:
    source = panel(6, 20)
    coverage = source.coverage.copy()
    coverage[:, :5] = np.nan
    fit = find_link(with_(source, coverage=coverage))
    assert fit.team == TooEarly(waves_left=5)  # 90 of 120 team-waves now, 120 of 150 then
    assert next(s for s in fit.gates if s.gate is LinkGate.COVERAGE).found == pytest.approx(0.75)


def test_a_strong_link_is_called_and_everything_around_it_is_there() -> None:
    fit = find_link(panel(8, 20, slope=0.3, lags=3), pairings=199)
    team = team_of(fit)
    assert fit.verdict is LinkVerdict.HIGHER_TOGETHER
    assert team.pair.slope.interval.low < 0.3 < team.pair.slope.interval.high
    assert team.pair.pressure_sd == pytest.approx(10, abs=1.5)
    assert team.pair.rank_correlation > 0.5
    assert team.leave_one_out[0] < team.pair.slope.interval.estimate < team.leave_one_out[1]
    assert not isinstance(team.team_slopes, TooEarly)
    assert (team.team_slopes.same_direction, team.team_slopes.teams) == (8, 8)
    assert team.scan is not None
    assert (team.scan.strongest, team.scan.p) == (0, 1 / 200)
    assert find_link(panel(8, 20, slope=-0.3), pairings=199).verdict is LinkVerdict.LOWER_TOGETHER


def test_the_slope_does_not_know_in_which_points_pressure_is_measured() -> None:
    source = panel(6, 14, slope=0.2)
    plain, scaled = (link_pair(each) for each in (source, with_(source, pressure=source.pressure * 7 - 100)))
    assert isinstance(plain, PairLink)
    assert isinstance(scaled, PairLink)
    assert scaled.slope.interval.estimate == pytest.approx(plain.slope.interval.estimate)
    assert scaled.swap.p == plain.swap.p
    assert scaled.pressure_sd == pytest.approx(7 * plain.pressure_sd)


def test_the_standardised_slope_is_the_correlation_of_the_residuals_where_teams_swing_alike() -> None:
    source = panel(6, 14, slope=0.2)
    effects = Effects.of(source.mask, days=source.days)
    alike = with_(
        source, pressure=link._even(effects, source.pressure), sentiment=link._even(effects, source.sentiment)
    )
    pair = link_pair(alike)
    assert isinstance(pair, PairLink)
    assert pair.slope.standardised.estimate == pytest.approx(pair.swap.observed)


def test_a_team_that_swings_more_than_the_others_does_not_decide_the_deals() -> None:
    source = panel(6, 14, slope=0.1)
    swing = np.array([[1.6], *[[1.0]] * 5])
    plain = link_pair(source)
    wild = link_pair(with_(source, pressure=source.pressure * swing, sentiment=source.sentiment * swing))
    assert isinstance(plain, PairLink)
    assert isinstance(wild, PairLink)
    assert wild.swap.dealt == pytest.approx(plain.swap.dealt)
    assert wild.slope != plain.slope


def test_one_team_that_moves_is_not_six_that_do() -> None:
    source = panel(6, 26)
    pressure = source.pressure.copy()
    pressure[1:] = 50
    fit = find_link(with_(source, pressure=pressure), pairings=19)
    assert fit.verdict is LinkVerdict.ONE_TEAM_MOVES
    assert isinstance(fit.team, NotIdentifiable)
    assert fit.team.reason is NoIdentification.ONE_TEAM


def test_leaving_out_the_only_team_of_its_own_calendar_gives_no_slope() -> None:
    source = panel(9, 26, shared=1.0)
    pressure = source.pressure - source.pressure.mean(axis=1, keepdims=True) + 50
    rng = np.random.default_rng(2)
    for row in range(4):
        pressure[row] = 50 + 10 * rng.normal(size=26)
    pressure[4:] += 1e-7 * rng.normal(size=(5, 26))
    frame = link._Frame.of(with_(source, pressure=pressure), source.mask)
    assert len(link._leave_one_out(frame, 10.0)) == 2
    pressure[1:4] = pressure[4:7]
    frame = link._Frame.of(with_(source, pressure=pressure), source.mask)
    least, most = link._leave_one_out(frame, 10.0) or (0.0, 0.0)
    assert max(abs(least), abs(most)) < 1, "without the first team the slope would be one of rounding"


def test_the_gates_hold_for_the_cells_that_are_used() -> None:
    source = panel(10, 12)
    mask = source.mask.copy()
    mask[:5, 9:] = False
    mask[5:, :9] = False  # three waves each: these teams are in no estimate
    fit = find_link(with_(source, mask=mask), pairings=19)
    assert isinstance(fit.team, TooEarly)
    states = {state.gate: state for state in fit.gates}
    assert (states[LinkGate.TEAMS].found, states[LinkGate.WAVES].found) == (5, 9)
    assert (states[LinkGate.TEAM_WAVES].found, states[LinkGate.TEAM_WAVES].is_met) == (45, False)


def test_a_new_panel_counts_its_teams_and_says_when_a_link_would_show() -> None:
    fit = find_link(panel(9, 2))
    assert next(state for state in fit.gates if state.gate is LinkGate.TEAMS).found == 9
    assert fit.power is not None
    assert (fit.power.teams, fit.power.detectable_r, fit.power.waves_needed) == (9, None, 28)


def test_two_teams_are_no_company() -> None:
    source = panel(5, 30)
    sentiment = source.sentiment.copy()
    sentiment[2:, 3:] = np.nan
    assert isinstance(find_link(with_(source, sentiment=sentiment), pairings=19).company, TooEarly)


def test_one_calendar_for_all_gives_no_number_between_teams_but_one_for_the_company() -> None:
    fit = find_link(panel(6, 30, shared=0.98, slope=0.5))
    assert isinstance(fit.team, NotIdentifiable)
    assert fit.team.reason is NoIdentification.SHARED_CALENDAR
    assert fit.team.share_left < 0.05
    assert fit.verdict is LinkVerdict.SHARED_CALENDAR
    assert isinstance(fit.company, CompanyLink)
    assert fit.company.correlation.estimate > 0.8
    assert fit.company.p == 1 / 30


@pytest.mark.parametrize("which", ["pressure", "sentiment"])
def test_what_stands_still_has_no_link(which: str) -> None:
    source = panel(6, 14)
    fit = find_link(with_(source, **{which: np.full((6, 14), 3.3)}))
    assert fit.verdict is LinkVerdict.NOTHING_MOVES


def test_exactly_the_same_calendar_does_not_divide_by_nothing() -> None:
    source = panel(6, 14)
    same = np.tile(source.pressure[0], (6, 1))
    fit = find_link(with_(source, pressure=same))
    assert isinstance(fit.team, NotIdentifiable)
    assert fit.team.share_left == pytest.approx(0.0, abs=1e-12)


def test_waves_of_low_response_stay_out_and_come_back_in_a_line_of_their_own() -> None:
    source = panel(6, 16, slope=0.2)
    response, sentiment = source.response.copy(), source.sentiment.copy()
    response[1, 3], sentiment[1, 3] = 0.4, 9.0
    odd = team_of(find_link(with_(source, response=response, sentiment=sentiment)))
    mask = source.mask.copy()
    mask[1, 3] = False
    assert odd.pair.slope == team_of(find_link(with_(source, mask=mask))).pair.slope
    assert odd.low_response_cells == 1
    assert isinstance(odd.all_responses, LinkSlope)
    assert odd.all_responses.team_waves == odd.pair.slope.team_waves + 1
    assert odd.all_responses.interval != odd.pair.slope.interval


def test_unknown_response_is_not_low() -> None:
    source = panel(6, 14)
    unknown = with_(source, response=np.full((6, 14), np.nan))
    assert team_of(find_link(unknown)).low_response_cells == 0


def test_events_of_the_calendar_are_dropped_and_added_as_columns() -> None:
    flag = np.zeros((6, 16), dtype=bool)
    flag[2, 5:8] = True
    source = panel(6, 16, slope=0.2, flags={"layoff": flag, "incident": np.zeros_like(flag)})
    shaken = with_(source, sentiment=source.sentiment + 3.0 * flag, pressure=source.pressure + 40 * flag)
    shown = team_of(find_link(shaken)).flags
    assert isinstance(shown, FlagSlope)
    assert (shown.cells, shown.names) == (3, ("layoff",))
    clean = team_of(find_link(with_(source, mask=~flag))).pair.slope
    assert shown.dropped == clean or isinstance(shown.dropped, LinkSlope)
    assert isinstance(shown.adjusted, LinkSlope)
    raw = team_of(find_link(shaken)).pair.slope.interval.estimate
    assert abs(shown.adjusted.interval.estimate - 0.2) < abs(raw - 0.2)


def test_without_events_both_lines_are_the_primary_one() -> None:
    team = team_of(find_link(panel(6, 14)))
    assert team.flags == FlagSlope(dropped=team.pair.slope, adjusted=team.pair.slope, cells=0, names=())


def test_a_mean_starts_anew_where_the_team_changed() -> None:
    source = panel(6, 16, slope=0.2)
    segments = source.segments.copy()
    segments[3, 8:] = 1
    jumped = source.sentiment.copy()
    jumped[3, 8:] += 2.0
    anew = team_of(find_link(with_(source, sentiment=jumped, segments=segments))).pair.slope
    calm = team_of(find_link(with_(source, segments=segments))).pair.slope
    assert anew.interval.estimate == pytest.approx(calm.interval.estimate)


def test_the_reverse_direction_is_found_and_forbids_a_word() -> None:
    source = panel(8, 24, seed=3)
    led = np.roll(source.sentiment - source.sentiment.mean(axis=1, keepdims=True), 1, axis=1) * 40 + 50
    backwards = team_of(find_link(with_(source, pressure=led), pairings=99))
    assert isinstance(backwards.reverse, PairLink)
    assert backwards.reverse.slope.interval.excludes_zero
    assert not backwards.may_say_followed
    plain = team_of(find_link(source, pairings=99))
    assert plain.may_say_followed


def test_pressure_is_swapped_in_waves_where_only_sentiment_is_missing() -> None:
    source = panel(7, 16, slope=0.2)
    sentiment = source.sentiment.copy()
    sentiment[0, :5] = np.nan
    pair = link_pair(with_(source, sentiment=sentiment), pairings=99)
    assert isinstance(pair, PairLink)
    assert pair.slope.team_waves == 7 * 16 - 5


def slope_of(low: float, high: float, sd: float = 1.0) -> LinkSlope:
    middle = (low + high) / 2
    return LinkSlope(
        interval=Interval(estimate=middle, low=low, high=high, level=0.9),
        standardised=Interval(estimate=middle / sd, low=low / sd, high=high / sd, level=0.9),
        df=5,
        teams=6,
        waves=20,
        team_waves=120,
    )


@pytest.mark.parametrize(
    ("low", "high", "p", "sd", "verdict"),
    [
        (0.07, 0.35, 0.03, 1, LinkVerdict.HIGHER_TOGETHER),
        (-0.35, -0.07, 0.05, 1, LinkVerdict.LOWER_TOGETHER),
        (0.07, 0.35, 0.051, 1, LinkVerdict.NOT_CONFIRMED),
        (-0.01, 0.35, 0.03, 1, LinkVerdict.NOT_CONFIRMED),
        (-0.1, 0.19, 0.4, 1, LinkVerdict.NO_LARGER_LINK),
        (-0.1, 0.19, 0.4, 0.3, LinkVerdict.UNCERTAIN),
        (-0.2, 0.4, 0.4, 1, LinkVerdict.UNCERTAIN),
    ],
)
def test_the_rule_of_the_verdict(low: float, high: float, p: float, sd: float, verdict: LinkVerdict) -> None:
    team = team_of(find_link(panel(6, 14)))
    swap = SwapTest(observed=0.2, p=p, as_strong=1, pairings=119, is_full=True, dealt=())
    pair = dataclasses.replace(team.pair, slope=slope_of(low, high, sd), swap=swap)
    assert judge_link(dataclasses.replace(team, pair=pair)) is verdict


def test_other_pairs_are_one_family_of_ten_percent() -> None:
    pair = link_pair(panel(6, 14))
    assert isinstance(pair, PairLink)
    p = {"a": 0.01, "b": 0.06, "c": 0.2, "d": 0.9}
    family = {key: dataclasses.replace(pair, swap=dataclasses.replace(pair.swap, p=value)) for key, value in p.items()}
    decided = worth_a_look(family)
    theirs = stats.false_discovery_control(list(p.values()))
    assert [decision.p_adjusted for decision in decided.values()] == pytest.approx(theirs.tolist())
    assert [key for key, decision in decided.items() if decision.selected] == ["a"]
    assert worth_a_look({}) == {}


def test_the_same_seed_gives_the_same_result_and_it_survives_storage() -> None:
    source = panel(8, 28, slope=0.1, lags=3)
    fit = find_link(source, pairings=50, seed=7)
    assert fit == find_link(source, pairings=50, seed=7)
    stored = encode(fit, LinkFit)
    assert encode(decode(stored, LinkFit), LinkFit) == stored


def test_nothing_in_a_panel_is_changed() -> None:
    source = panel(6, 14, lags=2)
    before = [source.pressure.copy(), source.sentiment.copy()]
    find_link(source)
    np.testing.assert_array_equal(source.pressure, before[0])
    np.testing.assert_array_equal(source.sentiment, before[1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"coverage": np.ones((2, 2))}, "one row per team"),
        ({"days": np.zeros(12)}, "order of their days"),
        ({"keys": ("a",) * 6}, "key of its own"),
        ({"lagged": np.ones((2, 3, 3))}, "lags, teams, waves"),
    ],
)
def test_what_does_not_fit_together_is_no_panel(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_(panel(6, 12), **change)


def test_power_is_reported_for_the_panel_in_hand() -> None:
    fit = find_link(panel(9, 12))
    assert fit.power is not None
    assert 26 <= fit.power.waves_needed <= 30  # the note says about 26
    assert fit.power.waves_left == fit.power.waves_needed - 12
    assert fit.pairings == link.PAIRINGS
