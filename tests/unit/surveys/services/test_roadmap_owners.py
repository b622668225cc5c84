"""Checks which teams a plan without items belongs to."""

import pytest

from surveys.services.roadmap_owners import owners_of, project_of


@pytest.mark.parametrize(
    ("key", "project"),
    [("PAY-12", "PAY"), ("acme/web#3", "acme/web"), ("#3", ""), ("abc-1", ""), ("R2_D2-7", "R2_D2")],
)
def test_the_key_of_an_item_begins_with_its_project(key, project):
    assert project_of(key) == project


def test_a_plan_belongs_to_the_teams_of_the_project_its_name_starts_with():
    items = [("PAY-1", "blue"), ("PAY-2", "red"), ("acme/web#1", "green"), ("#4", "grey"), ("x", "grey")]
    plans = ["PAY/4.2", "PAY/4/2", "acme/web/v1", "acme/web/v1/rc", "acme/app/v1", "PAY", "Sprint 1", "/odd"]
    assert owners_of(plans, items) == {
        "PAY/4.2": {"blue", "red"},
        "PAY/4/2": {"blue", "red"},
        "acme/web/v1": {"green"},
        "acme/web/v1/rc": {"green"},
    }
