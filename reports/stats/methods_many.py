"""The methods about many tests or many units: families, what goes together, imported waves, mixtures."""

from __future__ import annotations

from reports.stats.methods_form import Method
from reports.stats.results import Estimand

FAMILIES = Method(
    code="families",
    name="Many tests",
    functions=(
        "multiplicity.benjamini_hochberg",
        "multiplicity.benjamini_yekutieli",
        "multiplicity.holm",
        "multiplicity.simes",
        "multiplicity.hierarchical",
        "verdicts.judge",
        "verdicts.judge_release",
    ),
    question="Of all that is called changed, how much is called so by chance?",
    estimand=None,
    formula=(
        "a cell is called rising or falling where its own test rejects at 5 % and its family selects it at 10 %",
        "leader report: the family is the tested scales of this report, by Benjamini-Hochberg",
        (
            "a whole release: first the units, each by the Simes p value of its scales, Benjamini-Hochberg over all "
            "units at 10 %; then the scales inside the R selected of m units, Benjamini-Hochberg at 10 % × R/m"
        ),
        "cells that were not tested (too early, never here) do not count in a family",
        "alerts are controlled per team and year, not per wave",
    ),
    assumptions=("tests inside a family are independent or depend positively",),
    source=(
        "Benjamini & Hochberg 1995, JRSS B 57:289; Simes 1986; Yekutieli 2008; Benjamini & Bogomolov 2014, JRSS B "
        "76:297; Holm 1979 and Benjamini & Yekutieli 2001 for comparison"
    ),
    checked_against="the example of Benjamini & Hochberg 1995, section 5, and R p.adjust (bh1995); docs/calibration.md",
    cannot_say=(
        "Which of the verdicts is the false one. Who reads many leader reports reads many families: the 10 % hold for "
        "one report, on the page of the release for all units together. In the hierarchical form 10 % holds for "
        "units and for the mean over selected units, not for all cells taken together."
    ),
)

AVERAGED = Method(
    code="averaged_test",
    name="Averaged tests",
    functions=(),
    question="How is a test made where the covariance is not known but weighted?",
    estimand=None,
    formula=(
        (
            "mixture of t distributions over the grid of phi and lambda (mixture.Mixture): tails, quantiles by "
            "Newton's method in a bracket"
        ),
    ),
    assumptions=(
        "the grid covers what is likely; above .2 of the weight at its end a warning is due (Posterior.edge)",
    ),
    source="Bayesian model averaging of the nuisance parameters alone",
    checked_against="scipy.stats.t for one component; simulation for the whole",
    cannot_say="Anything by itself: trend, amount and smoothed level use it.",
)

DRIVERS = Method(
    code="drivers",
    name="What goes together with an outcome",
    functions=(
        "drivers.dominance",
        "drivers.relative_weights",
        "drivers.find_drivers",
        "verdicts.judge_drivers",
    ),
    question="Teams that stand higher on which scales stand higher on the outcome too?",
    estimand=Estimand.LASTING,
    formula=(
        "team means less the mean of their wave; a team-wave counts where all scales are there; from 30 teams on",
        (
            "general dominance: what a scale adds to R², averaged over all orders in which scales can enter, exact for "
            "up to eight scales; more are refused"
        ),
        "ranges: percentiles over 1,000 bootstrap samples of teams, each with all its waves",
        "Johnson's relative weights stand beside it as a second route",
        (
            "p of the correlation: t on Fisher's scale with the bootstrap's standard error, Benjamini-Hochberg over "
            "the table; a positive link is tested against the one that the same sheets make by themselves (answers of "
            "one person correlate by up to .5), as far as sampling noise lets it"
        ),
    ),
    assumptions=("teams are independent of one another", "relations between means are about straight"),
    source=(
        "Lindeman, Merenda & Gold 1980; Budescu 1993; Groemping 2006, J. Stat. Softw. 17(1); Johnson 2000, "
        "Multivariate Behav. Res. 35:1"
    ),
    checked_against="R relaimpo (lmg_swiss)",
    cannot_say=(
        "Causes: the word is “goes together with”. Persons: in published data work hours and well-being correlate -.16 "
        "over 7,382 soldiers and -.71 between their 99 companies (Bliese & Halverson 1996). Scales of one sheet "
        "share mood and method, which makes links too strong; rounding and sampling error make them too weak."
    ),
)

PAIRED = Method(
    code="paired",
    name="Two to four waves of another tool",
    functions=(
        "paired.paired_change",
        "verdicts.judge_common",
        "verdicts.judge_scatter",
        "verdicts.judge_unit",
    ),
    question="Did the units of an imported survey move together between two waves, and did single ones move otherwise?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "common change: the plain mean of the units' changes, t interval over units; every unit counts once; no "
            "finite population correction"
        ),
        (
            "dispersion: root mean square of the units' distances from it in their own sampling errors, tested by "
            "Cochran's Q"
        ),
        (
            "single units: change less the mean change of the others, in an error widened by the others' scatter "
            "(measured without the unit), t, Benjamini-Hochberg over the units at 10 %"
        ),
        "from five waves on the pooled trend of the unit is used, on values less the mean of their wave",
    ),
    assumptions=("units move independently around the common change", "the tool asked the same way in both waves"),
    source=(
        "Student 1908; Agresti & Caffo 2000, Am. Stat. 54:280; Cook & Weisberg 1982; "
        "DerSimonian & Kacker 2007, Contemp. Clin. Trials 28:105"
    ),
    checked_against=(
        "NHS Staff Survey, 218 trusts: 2022 to 2023 burnout a common fall of about 3.6 points; 2023 to 2024 no mean "
        "change, SD of z about 1.6, and not the 52 trusts that the plain z test flags"
    ),
    cannot_say=(
        "A trend: two waves have none. Which of two waves was the odd one. Imported waves are never joined with own "
        "ones."
    ),
)

METHODS = (FAMILIES, AVERAGED, DRIVERS, PAIRED)
