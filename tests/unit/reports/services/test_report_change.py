"""The arrow against the wave before: released values, the same teams, no small roster change; else a longer mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.policy import FavourableBand, n_band
from reports.disclosure.reasons import Reason, Withheld
from reports.document import Change, Step
from reports.services.history import FrozenUnit, History, WaveRecord
from reports.services.report_change import Compared, change_of, notes
from reports.store.releases import CrowdRecord
from surveys.enums import BallotMode
from surveys.i18n import translator
from surveys.instruments.library import load

PULSE = load("pulse-1")
SCALE = PULSE.scales[0].code
START = dt.datetime(2025, 1, 6, 8, tzinfo=dt.UTC)
EN = translator("en")
Figure = ReleasedCell | Withheld


def figure(value: float, qualifier: Qualifier = Qualifier.EXACT, answers: int = 9) -> ReleasedCell:
    return ReleasedCell(
        crowd="a", measure=SCALE, value=value, qualifier=qualifier, low=value - 0.05, high=value + 0.05, step=0.1,
        rounding_variance=0.01 / 12, n_band=n_band(answers), favourable=FavourableBand(low=0.2, high=0.6),
    )  # fmt: skip


def crowd(units: str, cell: Figure, invited: int = 12) -> CrowdRecord:
    return CrowdRecord(
        wave="p", crowd=units, home="a", units=tuple(units), invited=invited, response=ResponseBand.HALF_OR_MORE,
        n_low=8, n_high=11, is_whole_company=False, hidden_from=frozenset(), cells={SCALE: cell},
    )  # fmt: skip


def wave(
    number: int, crowds: Mapping[str, Figure], *, joined: int = 0, left: int = 0, grew: int = 0, **other: object
) -> WaveRecord:
    opened = START + number * dt.timedelta(days=14)
    facts: dict[str, object] = {
        "slug": f"p-{number}", "number": number, "opened_on": opened.date(), "closed_on": opened.date(),
        "closed_at": opened, "released_at": opened, "mode": BallotMode.PROMISE, "k": 5, "fingerprint": "",
        "policy_version": "2", "is_none": not crowds, "is_withdrawn": False, "instrument": PULSE,
        "units": {
            key: FrozenUnit(
                key=key, parent=None if key == "r" else "r", name=key, leader_name="", timezone="UTC",
                invited=12 + number * grew + (joined - left if key == "a" else 0),
                joined=joined if key == "a" else 0, left=left if key == "a" else 0,
            )
            for key in "rab"
        },
        "crowds": tuple(crowd(units, cell) for units, cell in crowds.items()),
    }  # fmt: skip
    return WaveRecord(**(facts | other))  # type: ignore[arg-type]


def found(*waves: WaveRecord, units: str = "a", scales: int = 5, without: str = "") -> Change | None:
    history = History(organisation="o", programme="p", timezone="UTC", waves=waves, variances={})
    return change_of(
        Compared(
            history=history,
            unit="a",
            units=frozenset(units),
            scales=scales,
            without=frozenset([without] if without else []),
        ),
        SCALE,
        EN,
    )


def series(*values: float, **last: int) -> list[WaveRecord]:
    places = range(1, len(values) + 1)
    return [
        wave(place, {"a": figure(value)}, **(last if place == len(values) else {}))
        for place, value in zip(places, values, strict=True)
    ]


@pytest.mark.parametrize(
    ("then", "now", "step", "text"),
    [
        (3.4, 3.4, Step.SAME, "about the same"),
        (3.4, 3.5, Step.SAME, "about the same"),
        (3.5, 3.4, Step.SAME, "about the same"),
        (3.1, 3.4, Step.UP, "up 0.3, within what chance gives"),
        (3.4, 3.2, Step.DOWN, "down 0.2, within what chance gives"),
        (2.0, 4.0, Step.UP, "up 2.0, more than the likely ranges allow"),
        (4.0, 2.0, Step.DOWN, "down 2.0, more than the likely ranges allow"),
    ],
)
def test_the_change_is_an_arrow_with_words(then: float, now: float, step: Step, text: str) -> None:
    assert found(*series(then, now)) == Change(step=step, text=text)


def test_more_scales_need_a_larger_change_to_stand_out() -> None:
    alone = [step for step in range(2, 12) if "likely ranges" in said(3.0, 3.0 + step / 10, scales=1)]
    among = [step for step in range(2, 12) if "likely ranges" in said(3.0, 3.0 + step / 10, scales=12)]
    assert min(alone) < min(among)


def said(then: float, now: float, *, scales: int) -> str:
    change = found(*series(then, now), scales=scales)
    assert change is not None
    return change.text


@pytest.mark.parametrize(("joined", "left"), [(1, 0), (0, 4), (5, 1)])
def test_few_who_joined_or_left_put_the_mean_of_four_waves_in_its_place(joined: int, left: int) -> None:
    change = found(*series(1.0, 3.0, 3.2, 3.4, 3.6, joined=joined, left=left))
    assert change is not None
    assert (change.step, change.text) == (Step.HIDDEN, "mean of 4 waves: 3.3")
    assert change.why.startswith("Fewer than 5 people joined or left since the wave before.")
    assert "Only" not in change.why


def test_five_and_more_or_nobody_leave_the_arrow() -> None:
    for joined, left in ((0, 0), (5, 0), (6, 7)):
        change = found(*series(3.0, 3.4, joined=joined, left=left))
        assert change is not None
        assert change.step is Step.UP


def test_fewer_waves_than_four_are_said() -> None:
    change = found(*series(3.0, 3.4, joined=1))
    assert change is not None
    assert change.text == "mean of 2 waves: 3.2"
    assert change.why.endswith("Only 2 of the last 4 waves have figures of the same teams.")


def test_the_mean_leaves_out_waves_of_other_teams() -> None:
    waves = series(3.0, 3.4, 3.6, joined=1)
    waves[0] = wave(1, {"ab": figure(5.0)})
    change = found(*waves)
    assert change is not None
    assert change.text == "mean of 2 waves: 3.5"


def test_a_mean_of_clipped_values_says_or_more() -> None:
    waves = [
        wave(1, {"a": figure(4.4, Qualifier.AT_LEAST)}),
        wave(2, {"a": figure(4.0)}, left=1),
    ]
    change = found(*waves)
    assert change is not None
    assert change.text == "mean of 2 waves: 4.2 or more"


@pytest.mark.parametrize("before", ["ab", "b"])
def test_other_teams_before_are_no_comparison(before: str) -> None:
    change = found(wave(1, {before: figure(3.0)}), wave(2, {"a": figure(3.6)}))
    assert change == Change(step=Step.NONE, text="no comparison: other teams were counted together in the wave before")


def test_a_team_that_was_not_in_the_set_before_is_no_comparison() -> None:
    waves = [wave(1, {"a": figure(3.0)}), wave(2, {"a": figure(3.0), "b": figure(3.6)})]
    change = found(*waves, units="ab")
    assert change is not None
    assert change.step is Step.NONE


def test_waves_without_figures_are_no_comparison() -> None:
    none = found(wave(1, {}), wave(2, {"a": figure(3.6)}))
    assert none is not None
    assert none.text == "no comparison: too few answered in the wave before"
    few = found(wave(1, {"a": Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=5)}), wave(2, {"a": figure(3.6)}))
    assert few is not None
    assert few.text == "no comparison: no figure in the wave before"
    own = found(*series(3.0, 3.4), without="p-1")
    assert own is not None
    assert own.text == "no comparison: the wave before holds the leader's own answer"


def test_a_withheld_figure_and_a_first_wave_have_no_change() -> None:
    assert found(*series(3.0)) is None
    assert found(wave(1, {"a": figure(3.0)}), wave(2, {"a": Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=5)})) is None
    assert found(wave(1, {"a": figure(3.0)}), wave(2, {"ab": figure(3.0)})) is None


def test_a_withdrawn_wave_is_passed_over_and_its_roster_counted() -> None:
    lost = wave(2, {}, joined=1, is_withdrawn=True, is_none=False)
    change = found(wave(1, {"a": figure(3.0)}), lost, wave(3, {"a": figure(3.4)}))
    assert change is not None
    assert change.step is Step.HIDDEN
    quiet = wave(2, {}, is_withdrawn=True, is_none=False)
    change = found(wave(1, {"a": figure(3.0)}), quiet, wave(3, {"a": figure(3.4)}))
    assert change is not None
    assert change.step is Step.UP


def test_a_wave_in_between_that_was_never_released_leaves_no_arrow() -> None:
    change = found(wave(1, {"a": figure(3.0)}), wave(3, {"a": figure(3.4)}))
    assert change is not None
    assert change.step is Step.HIDDEN
    assert change.why.startswith("A wave in between was not released")


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [
        ((4.4, Qualifier.AT_LEAST), (4.4, Qualifier.AT_LEAST), "as before at the end of what is shown"),
        ((4.4, Qualifier.AT_LEAST), (3.8, Qualifier.EXACT), "down 0.6 or more, more than the likely ranges allow"),
        ((3.8, Qualifier.EXACT), (4.4, Qualifier.AT_LEAST), "up 0.6 or more, more than the likely ranges allow"),
        ((1.6, Qualifier.AT_MOST), (2.0, Qualifier.EXACT), "up 0.4 or more, within what chance gives"),
    ],
)
def test_a_clipped_value_bounds_the_change(
    then: tuple[float, Qualifier], now: tuple[float, Qualifier], text: str
) -> None:
    change = found(wave(1, {"a": figure(*then)}), wave(2, {"a": figure(*now)}))
    assert change is not None
    assert change.text == text


def test_reasons_are_told_once() -> None:
    one = Change(step=Step.HIDDEN, text="mean", why="Because.")
    assert notes([one, None, one, Change(step=Step.UP, text="up")]) == "Because."


def test_more_people_invited_than_joined_count_as_joined() -> None:
    """A file may name a first day in the past; then nobody seems to have joined."""
    change = found(wave(1, {"a": figure(3.0)}, grew=1), wave(2, {"a": figure(3.4)}, grew=1))
    assert change is not None
    assert change.step is Step.HIDDEN


def test_leaders_who_were_asked_elsewhere_before_count_as_joined() -> None:
    leads = {"leads": {"a": ("b",)}}
    change = found(wave(1, {"a": figure(3.0)}), wave(2, {"a": figure(3.4)}, **leads))
    assert change is not None
    assert change.step is Step.HIDDEN
    change = found(wave(1, {"a": figure(3.0)}, **leads), wave(2, {"a": figure(3.4)}, **leads))
    assert change is not None
    assert change.step is Step.UP
