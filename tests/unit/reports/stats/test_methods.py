from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from enum import StrEnum

import pytest

from reports import stats
from reports.stats.estimate import PRIOR_SCALE_VARIANCE
from reports.stats.methods import METHOD_VERSION, METHODS, VERDICTS, settings
from reports.stats.methods_form import Table, VerdictList
from reports.stats.methods_settings import all_settings
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE
from reports.stats.paired import ValueKind
from reports.stats.results import Estimand
from reports.stats.verdicts import CLOSED_LISTS, RESPONSE_POINTS, TREND_LEVEL, Verdict

MODULES = sorted(
    module.name for module in pkgutil.iter_modules(stats.__path__) if not module.name.startswith("methods")
)
# What a value is, not what is said.
KINDS = {Estimand, ValueKind}


def members(name: str) -> dict[str, object]:
    """What a module defines by itself, by name."""
    module = importlib.import_module(f"reports.stats.{name}")
    return {
        key: value
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_belongs_to_a_method(name: str) -> None:
    known = {function for method in METHODS for function in method.functions}
    # A cached function is an object that wraps it.
    own = {key for key, value in members(name).items() if callable(value) and not inspect.isclass(value)}
    assert sorted(f"{name}.{key}" for key in own if f"{name}.{key}" not in known) == []


@pytest.mark.parametrize("function", [function for method in METHODS for function in method.functions])
def test_a_method_names_functions_that_exist(function: str) -> None:
    module, name = function.split(".")
    assert callable(members(module).get(name)), function


def test_a_function_belongs_to_one_method() -> None:
    all_functions = [function for method in METHODS for function in method.functions]
    assert len(all_functions) == len(set(all_functions))
    assert len({method.code for method in METHODS}) == len(METHODS)


@pytest.mark.parametrize("method", METHODS, ids=[method.code for method in METHODS])
def test_every_promise_about_a_method_is_made(method: object) -> None:
    for field in ("name", "question", "source", "checked_against", "cannot_say"):
        assert len(getattr(method, field)) > 3, field
    assert method.formula  # type: ignore[attr-defined]
    assert method.assumptions  # type: ignore[attr-defined]
    assert method.question.endswith("?")  # type: ignore[attr-defined]
    assert method.cannot_say.endswith(".")  # type: ignore[attr-defined]


def test_no_text_shouts_or_names_a_confidence() -> None:
    texts = [str(value) for method in METHODS for value in vars(method).values()] + [v.rule for v in VERDICTS]
    assert [text for text in texts if re.search(r"!|confidence interval", text)] == []


def test_every_enumeration_of_the_statistics_is_a_closed_list() -> None:
    found = {
        value
        for name in MODULES
        for value in members(name).values()
        if inspect.isclass(value) and issubclass(value, StrEnum)
    }
    assert {verdicts.verdicts for verdicts in VERDICTS} == found - KINDS
    assert set(CLOSED_LISTS) <= found


@pytest.mark.parametrize("verdicts", VERDICTS, ids=[v.verdicts.__name__ for v in VERDICTS])
def test_the_rule_of_a_closed_list_names_every_member_and_who_decides(verdicts: VerdictList) -> None:
    _, clauses = verdicts.clauses()
    assert all(re.search(rf"\b{member.name}\b", verdicts.rule) for member in verdicts.verdicts)
    assert all(rule for _, rule in clauses)
    for function in verdicts.said_in.split(", "):
        module, name = function.split(".")
        assert name in members(module)


def test_a_rule_that_leaves_a_member_out_is_refused() -> None:
    with pytest.raises(ValueError, match="NEVER_HERE"):
        VerdictList(
            title="x", verdicts=Verdict, said_in="x", own_rule="RISING, FALLING, NO_DETECTABLE_CHANGE: TOO_EARLY"
        )


def test_a_table_has_a_cell_for_each_head() -> None:
    with pytest.raises(ValueError, match="one cell per head"):
        Table(title="x", heads=("a", "b"), rows=(("1",),))


def test_the_rules_say_the_numbers_that_decide() -> None:
    rule = next(verdicts.rule for verdicts in VERDICTS if verdicts.verdicts is Verdict)
    assert f"{TREND_LEVEL:.0%}".replace("%", " %") in rule
    assert f"{FALSE_DISCOVERY_RATE:.0%}".replace("%", " %") in rule


def test_settings_are_those_of_the_source() -> None:
    found = settings()
    assert found["prior_scale_variance"] == PRIOR_SCALE_VARIANCE
    assert found["response_points"] == RESPONSE_POINTS
    assert found["window_waves"] == 26
    assert found["alert_rate"] == 0.1
    assert len(found) == len(all_settings())


@pytest.mark.parametrize("setting", all_settings(), ids=[setting.code for setting in all_settings()])
def test_a_setting_stands_where_it_says(setting: object) -> None:
    module, name = setting.place.split(".")  # type: ignore[attr-defined]
    source = inspect.getsource(importlib.import_module(f"reports.stats.{module}"))
    tree = ast.parse(source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert name in names


def test_the_version_is_a_whole_number_in_text() -> None:
    assert METHOD_VERSION.isdigit()
