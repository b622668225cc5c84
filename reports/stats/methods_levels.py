"""The methods that describe a level or the questionnaire: scores, this wave, reliability, agreement, team levels."""

from __future__ import annotations

from reports.stats.methods_form import Method
from reports.stats.results import Estimand

SCORING = Method(
    code="scoring",
    name="Scores of a scale",
    functions=(
        "scoring.reverse",
        "scoring.key",
        "scoring.least_answered",
        "scoring.scale_mean",
        "scoring.to_percent",
        "scoring.percent_favourable",
    ),
    question="Which number stands for one person's answers to the questions of a scale?",
    estimand=None,
    formula=(
        "a reversed question is turned round: lowest plus highest answer less the answer, 6 - x on 1 to 5",
        (
            "the scale is the mean of the answered questions, where at least half of them and at least 2 of 3 were "
            "answered"
        ),
        "0 to 100 is (mean - 1) x 25; it is no share of people",
        "favourable is the share of scores at or beyond the edge that the questionnaire names; it only describes",
    ),
    assumptions=(
        "the five answers lie about equally far apart",
        "skipped questions of a scale would have been answered as the others were",
    ),
    source="Likert 1932, Archives of Psychology 140; Liddell & Kruschke 2018 on when means mislead",
    checked_against="surveys.instruments.scoring, which scores real answers, question by question",
    cannot_say=(
        "Whether a change is real: a favourable share moves by ten points in most comparisons of quiet teams. Where "
        "most people choose an end of the scale, means hide what happens there."
    ),
)

THIS_WAVE = Method(
    code="this_wave",
    name="This wave's level",
    functions=(
        "estimate.this_wave",
        "estimate.band_midpoint",
        "estimate.rounding_variance",
        "estimate.finite_population_factor",
        "estimate.sample_mean",
        "estimate.weighted_mean",
        "estimate.union_step",
    ),
    question="How did the crowd's N invited people feel in this wave?",
    estimand=Estimand.THIS_WAVE,
    formula=(
        "SE² = s² × mean of (1/n - 1/N) + step²/12; range: mean ± quantile × SE, cut at the ends of the scale",
        "the mean runs over the numbers n of the released band below N: its midpoint alone would be too sure",
        "s² is the installation's declared pooled within-crowd variance, the quantile t with its degrees of freedom",
        "before 50 answers s² is 0.8 for scales and 1.3 for single questions, and the result says so",
        (
            "at least half a person counts as silent and half the width is at least one rounding step, so that a full "
            "response has no zero width and the range does not tell that all answered"
        ),
        "a mean that stands at its clip (“4.4 or more”) has a range that is open to that end",
        (
            "a unit of several crowds has the mean weighted by band midpoints; its rounding step is the one whose "
            "variance equals that of the parts"
        ),
    ),
    assumptions=(
        "silence has nothing to do with mood (see nonresponse)",
        "crowds spread about equally around their means",
    ),
    source="Cochran 1977, Sampling Techniques, chapters 2 and 3",
    checked_against=(
        "R survey svymean (fpc_apisrs); Cabinet Office, Civil Service People Survey 2014 technical guide, p. 23 "
        "(csps_margin_fpc); coverage by simulation, docs/calibration.md"
    ),
    cannot_say="Anything about the next wave, or about those who are silent for a reason.",
    notes=(
        (
            "Where 0.8 and 1.3 come from: within-group variances in published data of the R package multilevel. "
            "Well-being scale .79 within 99 companies (bh1996); mean of three leadership questions .78, single "
            "leadership questions 1.00 to 1.66, median 1.27, within 49 companies (lq2002)."
        ),
    ),
)

SHARES = Method(
    code="shares",
    name="Shares",
    functions=("estimate.wilson", "estimate.share_margin"),
    question="Between which values does a share of people lie?",
    estimand=Estimand.THIS_WAVE,
    formula=(
        "Wilson score interval without continuity correction",
        "margin of a share of a finite population: z sqrt(p (1-p)/(n-1) × (1 - n/N))",
    ),
    assumptions=("answers are independent given the share; with the margin also that silence is unrelated to it",),
    source="Wilson 1927; Newcombe 1998, Stat. Med. 17, method 3; Cochran 1977, 3.8",
    checked_against="Newcombe 1998, table I (wilson); Cabinet Office 2014 (csps_margin_fpc)",
    cannot_say="Whether a share moved: see the trend.",
)

RELIABILITY = Method(
    code="reliability",
    name="Reliability of a scale",
    functions=("reliability.cronbach", "reliability.omega"),
    question="How well do the questions of a scale hang together, in the whole organisation?",
    estimand=None,
    formula=(
        "alpha = k/(k-1) × (1 - sum of variances / variance of the sum), from the released covariances of questions",
        "range of alpha: Feldt, on n-1 and (n-1)(k-1) degrees of freedom",
        (
            "omega total = (sum of loadings)² / ((sum of loadings)² + sum of uniquenesses), one factor fitted by "
            "maximum likelihood to the correlations"
        ),
        "both are made of covariances within crowds, pooled over the organisation, and never of one team",
    ),
    assumptions=(
        "alpha: questions carry the scale equally, else it is too low",
        "omega: one factor describes the questions; it is not shown where a uniqueness reaches its bound",
        "the range of alpha: about normal answers",
    ),
    source=(
        "Cronbach 1951; Feldt, Woodruff & Salih 1987, APM 11:93; McDonald 1999; Joereskog 1967, Psychometrika 32:443"
    ),
    checked_against="R psych alpha and fa (alpha_bfi_agree, omega_bfi_consc); statsmodels Factor",
    cannot_say=(
        "That the questions measure one thing, or what their name says. Many questions about anything have a high "
        "alpha."
    ),
)

AGREEMENT = Method(
    code="agreement",
    name="Agreement and differences between teams",
    functions=(
        "agreement.anova_icc",
        "agreement.one_way_icc",
        "agreement.mean_reliability",
        "agreement.uniform_null",
        "agreement.rwg",
        "agreement.rwg_j",
        "agreement.average_deviation",
    ),
    question="Is the team the right level: how much of what separates answers lies between teams?",
    estimand=Estimand.THIS_WAVE,
    formula=(
        (
            "one-way analysis of variance from released means, band midpoints and the declared variance within; what "
            "rounding adds to the mean square between is taken off"
        ),
        "ICC(1) = (MSB - MSW) / (MSB + (N/k - 1) MSW), with the plain mean group size N/k; ICC(2) = (MSB - MSW) / MSB",
        "reliability of a mean of n answers: n ICC(1) / (1 + (n-1) ICC(1))",
        (
            "r_wg = 1 - s²/null variance, below 0 set to 0; null variances (c²-1)/12 (all answers equally likely) and "
            "1.34 (slightly skewed, five answers); r_wg(j) from the mean variance of j questions"
        ),
        "AD_M, the mean distance from the mean, from histograms where there are any",
        "r_wg is shown for the organisation from 100 answers, and never for a single team",
    ),
    assumptions=("teams spread about equally inside", "each person belongs to one team"),
    source=(
        "Bliese 2000; Shrout & Fleiss 1979, Psychol. Bull. 86:420; James, Demaree & Wolf 1984, JAP 69:85; Burke & "
        "Dunlap 2002, ORM 5:159"
    ),
    checked_against=(
        "NIST StRD SiRstv (nist_sirstv_anova); R multilevel ICC1, ICC2, rwg, rwg.j, ad.m (icc_*, rwg*, ad_*, "
        "agree_cohesion_small); Shrout & Fleiss 1979, table 4 (icc_shrout_fleiss)"
    ),
    cannot_say=(
        "Whether one team agrees: that would show a lone dissenter. Whether a difference between teams lasts: one "
        "wave's mood counts as a difference."
    ),
    notes=(
        (
            "In published data ICC(1) is .04 for well-being and .13 for work hours and leadership in 99 companies, .09 "
            "for leadership in 49. With eight answers and .08 the reliability of a team's mean is .41: more than "
            "half of what separates teams in one wave is chance."
        ),
    ),
)

TEAM_LEVELS = Method(
    code="team_levels",
    name="A team beside its organisation",
    functions=(
        "shrinkage.between_variance",
        "shrinkage.shrink",
        "shrinkage.average_levels",
        "shrinkage.recent_levels",
        "shrinkage.judge_levels",
    ),
    question="Does a team's lasting level lie below or above that of its organisation?",
    estimand=Estimand.LASTING,
    formula=(
        "y is the plain mean of the team's released values in the last four waves of the organisation",
        (
            "its variance v is that of the process: mood and white noise of the trend's covariance averaged over its "
            "grid, the part of people that stays from wave to wave, and rounding; no finite population correction"
        ),
        "tau², the variance between teams, by Paule & Mandel; mu the mean weighted by 1/(v + tau²)",
        (
            "shrunk level = mu + B (y - mu), B = tau²/(tau² + v); estimate and range are averaged over tau² "
            "(restricted likelihood, flat prior), because a plugged-in tau² of 0 would leave no range; Morris' range "
            "for a plugged-in tau² is computed beside it"
        ),
        "test of “this level is mu” by t, Benjamini-Hochberg over all units compared at 10 %",
        "from five teams on; unions of teams are compared but do not inform mu and tau²",
    ),
    assumptions=("true levels of teams are about normal", "the trend's covariance is right"),
    source=(
        "Efron & Morris 1975; Morris 1983, JASA 78:47, section 5; Paule & Mandel 1982; DerSimonian & Laird 1986; "
        "Robinson 1991"
    ),
    checked_against=(
        "R metafor rma (eb_dl_bh1996: DerSimonian-Laird, Paule-Mandel, REML); R lme4 (reml_bh1996_wbeing, "
        "reml_dyestuff, with the within variance declared); batting averages of Efron & Morris 1975"
    ),
    cannot_say=(
        "Who is best: there are no ranks. That teams without a word are alike. A team far from all others is pulled in "
        "too far, and a team with few answers is always near the middle."
    ),
)

METHODS = (SCORING, THIS_WAVE, SHARES, RELIABILITY, AGREEMENT, TEAM_LEVELS)
