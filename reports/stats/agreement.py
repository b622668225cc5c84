"""Group means, their sizes and the pooled within variance in, how far groups agree and differ out.

Formulas: ICC(1) and ICC(2) as in Bliese 2000, with the plain mean group size N/k; r_wg and r_wg(j) by James, Demaree &
Wolf 1984 (JAP 69:85); AD_M by Burke & Dunlap 2002 (ORM 5:159); Shrout & Fleiss 1979 (Psychol. Bull. 86:420). Checked
against NIST StRD SiRstv, R multilevel (``ICC1``, ``ICC2``, ``rwg``, ``rwg.j``, ``ad.m``) and the print of Shrout and
Fleiss (reference cases nist_sirstv_anova, icc_*, rwg*, ad_*, agree_cohesion_small).

The product has means rounded for release, middles of n bands and one declared variance, never the answers: the ICC of
an organisation can be had from these, the r_wg of a team cannot, and must not (one dissenter would be seen).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reports.stats.results import Floats

SLIGHT_SKEW_5 = 1.34
"""Null variance of a slightly skewed distribution over five categories (James, Demaree & Wolf 1984)."""


@dataclass(frozen=True, kw_only=True)
class Icc:
    """A one-way analysis of variance and the intraclass correlations that it implies; mean squares in squared units.

    ``icc1`` is the share of one answer's variance that lies between groups, ``icc2`` the reliability of group means
    of average size. Both are negative where groups differ less than chance makes them differ; minus infinity is
    ``icc2`` of groups that do not differ at all.
    """

    icc1: float
    icc2: float
    ms_between: float
    ms_within: float
    f: float
    df_between: float
    df_within: float
    groups: int
    n: float

    @property
    def chance_share(self) -> float:
        """How much of the differences between group means is chance, 0 to 1: one minus ICC(2), which is 1/F."""
        return min(1.0, max(0.0, 1 - self.icc2))


def anova_icc(means: ArrayLike, n: ArrayLike, within_variance: float, *, rounding: ArrayLike = 0.0) -> Icc:
    """One-way analysis of variance from moments.

    ``means``: (g,), g >= 2, one wave, one scale; ``n``: (g,), at least 1 each and more than g together; middles of the
    n bands will do; ``within_variance``: pooled within groups, in squared points, as declared with the release;
    ``rounding``: rounding VARIANCE of each mean (step squared over 12, ``estimate.rounding_variance``), a number or
    (g,); what it adds to the mean square between groups is taken off, which then stays at 0 or above.
    Cannot say: whether one particular group agrees; nor what is lasting (one wave's mood of a group counts as a
    difference between groups). Members who stay are the group here: the groups' people explain a part of ICC(1).
    Raises ValueError for shapes that differ, too few groups or answers, and where nothing varies at all.
    """
    m, size = np.asarray(means, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if m.ndim != 1 or m.shape != size.shape or m.size < 2:
        raise ValueError("two groups or more are needed, with one n each")
    total = float(size.sum())
    if bool(np.any(size < 1)) or total <= m.size or within_variance < 0:
        raise ValueError("groups need members, some of them two, and a variance is not negative")
    grand = float(size @ m) / total
    share = size * (1 - size / total)
    inflated = float(share @ np.broadcast_to(np.asarray(rounding, dtype=np.float64), m.shape))
    between = max(0.0, float(size @ np.square(m - grand)) - inflated) / (m.size - 1)
    within = float(within_variance)
    if between <= 0 and within <= 0:
        raise ValueError("nothing varies: there is no correlation to speak of")
    return Icc(
        icc1=(between - within) / (between + (total / m.size - 1) * within),
        icc2=(between - within) / between if between > 0 else -np.inf,
        ms_between=between,
        ms_within=within,
        f=between / within if within > 0 else np.inf,
        df_between=m.size - 1,
        df_within=total - m.size,
        groups=m.size,
        n=total,
    )


def one_way_icc(table: ArrayLike) -> Icc:
    """Shrout and Fleiss' ICC(1,1) as ``icc1`` and ICC(1,k) as ``icc2`` of targets x judges, (g, k), none missing.

    Each target is rated by other judges. Raises ValueError for fewer than two targets or judges.
    """
    x = np.asarray(table, dtype=np.float64)
    if x.ndim != 2 or min(x.shape) < 2:
        raise ValueError("at least two targets and two judges are needed")
    sizes = np.full(x.shape[0], float(x.shape[1]))
    return anova_icc(x.mean(axis=1), sizes, float(x.var(axis=1, ddof=1).mean()))


def mean_reliability(icc1: float, n: ArrayLike) -> Floats:
    """Reliability of the mean of ``n`` answers, n x ICC(1) / (1 + (n-1) x ICC(1)) (Spearman-Brown); shape of ``n``.

    With eight answers and an ICC(1) of .08 it is .41: more than half of the differences of one wave is chance.
    A negative ICC(1) counts as 0.
    """
    size, r = np.asarray(n, dtype=np.float64), max(0.0, icc1)
    return np.asarray(size * r / (1 + (size - 1) * r), dtype=np.float64)


def uniform_null(categories: int) -> float:
    """Variance of answers spread evenly over ``categories`` categories, (c^2 - 1) / 12: 2 for five."""
    if categories < 2:
        raise ValueError("one category cannot be agreed on")
    return (categories**2 - 1) / 12


def rwg(variance: ArrayLike, null_variance: float) -> Floats:
    """Agreement on one item, 1 - variance / null variance, values below 0 set to 0; any shape, squared points.

    ``variance``: within groups (denominator n-1), of each group or pooled. The uniform null flatters items that
    everybody answers alike: give the slight-skew null (1.34 for five categories) beside it.
    Cannot say: whether groups differ. Not for a group under eight: it exposes a lone dissenter. Raises ValueError for
    a null variance that is not positive or a negative variance.
    """
    s2 = np.asarray(variance, dtype=np.float64)
    if null_variance <= 0 or bool(np.any(~(s2 >= 0))):
        raise ValueError("variances are not negative, and that of the null is positive")
    return np.asarray(np.maximum(0.0, 1 - s2 / null_variance), dtype=np.float64)


def rwg_j(variance: ArrayLike, items: int, null_variance: float) -> Floats:
    """Agreement on a scale of ``items`` items from the mean of the items' within variances; any shape.

    J r / (J r + 1 - r) with r of the mean variance by :func:`rwg`, which is 0 where items spread more than the null.
    It rises with the number of items by itself: compare only scales of one length. Raises ValueError as rwg does.
    """
    if items < 1:
        raise ValueError("a scale has at least one item")
    r = rwg(variance, null_variance)
    return np.asarray(items * r / (items * r + 1 - r), dtype=np.float64)


def average_deviation(counts: ArrayLike, values: ArrayLike) -> float:
    """AD_M: mean over items of the mean distance from the item's mean, in points, from a group's histograms.

    ``counts``: answers per item and category (j, c), at least one answer per item; ``values``: (c,) scores of the
    categories. Up to (c-1)/6, 0.67 for five categories, is usually called agreement (Burke & Dunlap 2002).
    Cannot be had from released moments: it needs histograms. Raises ValueError for other shapes or an empty item.
    """
    histogram, score = np.asarray(counts, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if histogram.ndim != 2 or score.shape != histogram.shape[1:] or bool(np.any(histogram < 0)):
        raise ValueError("histograms need one score per category and no negative count")
    answers = histogram.sum(axis=1, keepdims=True)
    if bool(np.any(answers <= 0)):
        raise ValueError("an item without answers has no average")
    share = histogram / answers
    distance = np.abs(score - (share @ score)[:, np.newaxis])
    return float((share * distance).sum(axis=1).mean())
