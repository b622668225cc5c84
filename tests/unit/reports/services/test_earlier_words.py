"""Checks the sentences about imported results: what fell, what did not, who is flagged, and what stands beside."""

import datetime as dt

import numpy as np

from reports.services.earlier_trends import NoFinding
from reports.services.earlier_words import beside, method_sentences, statements, wave_words
from surveys.i18n import translator
from surveys.importers.history_map import ValueKind
from tests.unit.reports.services.test_earlier_trends import analysed, cells, measure, noise

EN = translator("en")


def said(found, which=None):
    return [" ".join(each.sentences) for each in statements(which or measure(), found, EN)]


def test_a_fall_and_a_quiet_year_are_told_apart_with_what_the_z_test_would_say():
    base = 40 + noise((60, 1), 4)
    values = np.hstack([base, base - 4, base - 4]) + noise((60, 3), 2.4)
    fall, quiet = said(analysed([(measure(), cells(values, n=2_000))])["strain"])
    assert "strain: the mean of 60 units fell by" in fall
    assert "percentage points from Oct 2010 to Oct 2011" in fall
    assert "did not move detectably from Oct 2011 to Oct 2012" in quiet
    assert "differ more than sampling explains" in quiet
    assert "No single unit is flagged." in quiet
    assert "The usual z test would flag" in quiet


def test_a_flagged_unit_has_a_sentence_of_its_own():
    values = 40 + noise((30, 2), 1)
    values[7, 1] += 30
    (statement,) = statements(measure(), analysed([(measure(), cells(values))])["strain"], EN)
    assert [flagged.unit for flagged in statement.flagged] == ["u007"]
    assert statement.flagged[0].sentence.endswith("percentage points above the change of the others")
    assert "One unit is flagged." in statement.sentences


def test_without_numbers_of_answers_the_page_says_what_cannot_be_told():
    (text,) = said(analysed([(measure(), cells(40 + noise((9, 2), 1), n=None))])["strain"])
    assert "Without numbers of answers it cannot be told" in text
    assert "z test" not in text


def test_where_the_spread_of_answers_is_assumed_nothing_is_said_about_what_sampling_explains():
    """Means of one question spread more than those of a scale; the assumed spread would make that a difference."""
    which = measure(kind=ValueKind.MEAN)
    (text,) = said(analysed([(which, cells(40 + noise((60, 2), 8)))])["strain"], which)
    assert "the mean of 60 units" in text
    assert "sampling" not in text


def test_a_trend_is_told_against_the_mean_in_the_unit_of_the_measure():
    values = 50 + noise((30, 8), 1)
    values[0] += np.linspace(0, -20, 8)
    which = measure(kind=ValueKind.MEAN)
    (statement,) = statements(which, analysed([(which, cells(values))])["strain"], EN)
    assert "30 units have a result in all 8 waves" in statement.sentences[0]
    (flagged,) = statement.flagged
    assert flagged.sentence.startswith("fell by ")
    assert "points against the mean (likely range −" in flagged.sentence


def test_nothing_to_compare_is_said_in_words():
    assert said(NoFinding(waves=1, units=9)) == ["There is one wave, so nothing can be compared."]
    assert said(NoFinding(waves=4, units=2))[0].startswith("Only 2 units have a result in all 4 waves")
    assert method_sentences([NoFinding(waves=1, units=9)], EN) == ()


def test_two_waves_of_one_month_are_told_by_their_days():
    days = [dt.date(2025, 3, 1), dt.date(2025, 3, 15)]
    assert list(wave_words(days, EN).values()) == ["1 Mar 2025", "15 Mar 2025"]
    assert list(wave_words([dt.date(2025, 3, 1)] * 2, EN).values()) == ["Mar 2025"]


def test_the_sentence_under_a_table_names_every_tool():
    assert "results of Old Tool and Other:" in beside(["Old Tool", "Other"], EN)


def test_units_that_lack_a_wave_are_counted():
    values = 40 + noise((9, 3), 1)
    values[0, 2] = np.nan
    values[1, 0] = np.nan
    last = statements(measure(), analysed([(measure(), cells(values))])["strain"], EN)[-1]
    assert last.sentences == ("2 more units lack a wave and are in no comparison.",)
