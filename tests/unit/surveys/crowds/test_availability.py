"""What an organisation of a given size is told before anything is configured."""

from surveys.crowds.availability import Availability, Reach, availability


def reaches(entries: tuple[Availability, ...]) -> dict[str, Reach]:
    return {entry.key: entry.reach for entry in entries}


def test_four_people_are_told_that_a_wave_cannot_open() -> None:
    (only,) = availability([2, 2])
    assert only.reach is Reach.NEVER
    assert str(only.message) == "A wave cannot open: it needs at least 5 people invited, and there are 4."


def test_twelve_people_in_two_teams_get_one_report_for_all() -> None:
    entries = availability([5, 5, 2])
    found = reaches(entries)
    assert found["report"] is Reach.AVAILABLE
    assert [key for key, reach in found.items() if reach is Reach.NEVER] == [
        "own_figures", "groups", "comments", "spread", "own_noise", "segments", "reliability", "rate", "team_link"
    ]  # fmt: skip
    groups = next(entry for entry in entries if entry.key == "groups")
    assert str(groups.message).startswith("Your organisation is reported as a whole, leaders included.")


def test_forty_people_in_six_teams_get_some_figures_of_their_own() -> None:
    entries = availability([3, 4, 5, 5, 7, 9, 7])
    found = reaches(entries)
    assert found["own_figures"] is Reach.AVAILABLE
    assert found["joint_figures"] is Reach.AVAILABLE
    assert found["comments"] is Reach.AVAILABLE
    assert found["own_noise"] is Reach.NEVER
    own = next(entry for entry in entries if entry.key == "own_figures")
    assert str(own.message) == "Teams with figures of their own: 1 of 7. A team needs 8 people invited."
    noise = next(entry for entry in entries if entry.key == "own_noise")
    assert str(noise.message) == (
        "Intervals from your own data: not with your size. It needs 50 answers, you can expect 30."
    )


def test_a_large_company_misses_nothing() -> None:
    found = reaches(availability([30] * 20))
    assert Reach.NEVER not in found.values()
    assert [key for key, reach in found.items() if reach is Reach.LATER] == ["trend", "team_link"]


def test_everybody_is_told_what_happens_with_too_few_answers() -> None:
    for sizes in ([5], [5, 5, 2], [30] * 20):
        rule = next(entry for entry in availability(sizes) if entry.key == "none")
        assert rule.reach is Reach.RULE
        assert str(rule.message).startswith("If fewer than 5 people answer in all, nothing is shown of that wave")
