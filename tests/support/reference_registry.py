"""What the product offers and leaves out, by the words of a statistic: the two lists that the runner reads."""

from __future__ import annotations

from tests.support import reference_figures as figures
from tests.support import reference_groups as grouped
from tests.support import reference_panel as panels
from tests.support import reference_trend as trends
from tests.support.reference_runner import Offer, Refusal

NO_LIKELIHOOD = "The product has the moments of groups only and reports no likelihood of the whole model."
TWO_WAY = "Two-way models need the same judges for all targets; members of teams are no judges who rate each team."

OFFERS = (
    Offer(
        method="least squares (gls.fit_gls)",
        words=r"(linear|multiple|polynomial|least.squares) regression|least squares|\bOLS\b",
        unless=r"Newey|HAC|robust|cluster|fixed effects|AR\(|partial least|break",
        needs=("y",),
        compute=trends.regression,
    ),
    Offer(
        method="line with AR(1) errors (gls.fit_gls)",
        words=r"AR\(1\)",
        unless=r"ARMA|ARIMA|plus.noise|GLSAR|Cochrane|Prais",
        needs=("y",),
        compute=trends.ar1_line,
    ),
    Offer(
        method="local level (local_level.fit_local_level)",
        words=r"local level",
        needs=("y",),
        compute=grouped.local_level,
    ),
    Offer(
        method="Mann-Kendall, Sen slope (calibration.practice)",
        words=r"Mann.Kendall|Kendall (trend )?test|Kendall'?s? tau|Sen'?s? slope|Theil.Sen",
        needs=("y",),
        compute=trends.rank_trend,
    ),
    Offer(
        method="EWMA run length (calibration.practice)",
        words=r"EWMA",
        unless=r"one.sided|Poisson|variance chart|estimated",
        needs=("lam|lambda", "L|limit"),
        compute=trends.ewma_lengths,
    ),
    Offer(
        method="Cronbach's alpha (reliability.cronbach)",
        words=r"Cronbach|coefficient alpha|raw alpha",
        unless=r"ordinal|polychoric",
        needs=("items",),
        compute=grouped.alpha,
    ),
    Offer(
        method="omega (reliability.omega)",
        words=r"omega",
        unless=r"hierarch|bifactor|polychoric|Schmid",
        needs=("items",),
        compute=grouped.omega_total,
        lacks={r"omega_h.*": "One factor is fitted; omega hierarchical needs several."},
    ),
    Offer(
        method="one-way ICC (agreement.one_way_icc)",
        words=r"intraclass|\bICC\b",
        needs=("raters|judges",),
        compute=grouped.judges_icc,
        lacks={r"icc_?[23]_?[1k].*": TWO_WAY},
    ),
    Offer(
        method="ICC from moments (agreement.anova_icc)",
        words=r"ICC\(1\)|ICC1|one.way (ANOVA|analysis of variance)|intraclass",
        unless=r"two.way|weighted (mean )?group size|sum\(?n\^?2",
        needs=("group", "y|items"),
        compute=grouped.group_icc,
    ),
    Offer(
        method="agreement (agreement.rwg, rwg_j, average_deviation)",
        words=r"\br_?wg|agreement in groups|within.group agreement|average deviation",
        unless=r"negative values kept|r\*|AD_?Md|(around|from) the median",
        needs=("group", "items|y"),
        compute=grouped.agreement,
    ),
    Offer(
        method="shrinkage with declared variances (shrinkage.shrink)",
        words=r"random.intercept",
        unless=r"slope|person|subject|linear time|growth|logit|probit|ordinal|by ML\b",
        needs=("group", "y"),
        compute=grouped.random_intercept,
        lacks={r".*(criterion|loglik|deviance|aic|bic).*": NO_LIKELIHOOD},
    ),
    Offer(
        method="shrinkage (shrinkage.shrink)",
        words=r"empirical.Bayes|DerSimonian|Paule.Mandel|shrinkage of|random.effects meta",
        needs=("y|yi",),
        compute=grouped.shrinkage,
        lacks={r".*(loglik|deviance|aic|bic).*": NO_LIKELIHOOD},
    ),
    Offer(
        method="moderated variances (moderation.squeeze_variances)",
        words=r"moderated variance|squeeze.?var|Smyth",
        unless=r"robust|trend",
        needs=("s2|variances", "df"),
        compute=figures.moderated,
    ),
    Offer(
        method="adjusted p values (multiplicity)",
        words=r"Benjamini|false discovery|\bHolm\b|\bSimes\b|adjusted p",
        needs=("p",),
        compute=figures.adjusted,
        lacks={
            r"hochberg|hommel|sidak": "The product controls the false discovery rate; Holm is there for comparison.",
        },
    ),
    Offer(
        method="mean of a finite population (estimate.sample_mean)",
        words=r"simple random sample|finite population",
        unless=r"stratif|cluster|margin|two.stage|ratio estim",
        needs=("y",),
        compute=figures.finite_mean,
    ),
    Offer(
        method="margin of a share (estimate.share_margin)",
        words=r"margin of error",
        needs=("percent", "responses|n"),
        compute=figures.margins,
    ),
    Offer(
        method="Wilson interval (estimate.wilson)",
        words=r"Wilson",
        unless=r"with continuity|continuity.corrected|difference",
        needs=("x", "n"),
        compute=figures.wilson_intervals,
    ),
    Offer(
        method="dominance (drivers.dominance)",
        words=r"\bLMG\b|Shapley|dominance|relative (importance|weights)|Lindeman",
        needs=("y", "x"),
        compute=grouped.driver_shares,
        lacks={r"pmvd|betasq|pratt|car": "R squared is split by general dominance, with Johnson's weights beside it."},
    ),
    Offer(
        method="weighted mean (estimate.weighted_mean)",
        words=r"weighted mean",
        needs=("value", "weight"),
        compute=figures.weighted_by_group,
    ),
    Offer(
        method="fixed effects with CR2 errors (fixed_effects.cr2)",
        words=r"\bCR2\b|bias.reduced (linearization|cluster)",
        unless=r"wild|bootstrap|logit|probit|instrument|2SLS|random effects",
        needs=("y", "x", "cluster|clusters|group"),
        compute=panels.clustered,
        lacks={
            r"se_cr[03s].*|.*(hotelling|htz|wald|f_stat).*": "CR2 is the only robust error, of one coefficient each.",
        },
    ),
    Offer(
        method="reading a published series",
        words=r"published .*by year|by year.*published",
        needs=("measure",),
        compute=figures.published_series,
    ),
)

REFUSALS = (
    Refusal(
        words=r"Hamed|Yue|modified Mann|variance.corrected Mann",
        reason=(
            "Rejected: these corrections take autocorrelation from the series itself and still call a trend in 15 to "
            "58 % of calm windows of 26 waves."
        ),
    ),
    Refusal(
        words=r"Newey|\bHAC\b",
        reason=(
            "Rejected: Newey-West errors call a trend in 17 to 30 % of calm windows, and in most where waves are few."
        ),
    ),
    Refusal(
        words=r"pre.?whiten|TFPW",
        reason="Rejected: pre-whitening still calls a trend in 12 to 28 % of calm windows of 26 waves.",
    ),
    Refusal(
        words=r"seasonal Kendall|regional Kendall|partial Mann",
        reason="Rank tests stand here as the usual practice, in their plain form only.",
    ),
    Refusal(
        words=(
            r"Pettitt|\bPELT\b|breakpoint|break in the mean|supF|change.?point|structural (change|break)|Buishand"
            r"|binary segmentation"
        ),
        reason=(
            "Rejected: searches for change points assume independent waves and need more than 26 of them. The shift of "
            "a trend names a step."
        ),
    ),
    Refusal(
        words=r"Ljung|Box.Pierce|Durbin.Watson|autocorrelations",
        reason=(
            "No test of residuals is shown: 26 waves cannot tell passing moods from independence, so that the model "
            "always has autocorrelation."
        ),
    ),
    Refusal(
        words=r"\bCUSUM\b|Shewhart|XmR",
        reason="No method alarms by this chart; of the usual charts only run lengths of EWMA are computed.",
    ),
    Refusal(
        words=r"random person|random intercept and slope|random slope|growth|person intercept",
        reason="It follows persons from wave to wave; answers are never linked to a person.",
    ),
    Refusal(
        words=r"proportional odds|cumulative (logit|link)|ordinal|probit",
        reason="It needs single answers, which do not exist after the count; ordinal models are not in this version.",
    ),
    Refusal(
        words=r"raw, between.group and within.group|\bWABA\b|between.*within.*correlation",
        reason="It needs two answers of one person side by side, by team; only moments within a scale are released.",
    ),
    Refusal(
        words=r"power of the|sample size",
        reason="The detectable change comes from the series' own covariance, not from a t test of two samples.",
    ),
    Refusal(
        words=r"Welch|two.sample t|paired t|Student",
        reason="Two waves are never compared as two samples of strangers: the same people answer again.",
    ),
    Refusal(
        words=r"Driscoll|Arellano|\bSCC\b",
        reason=(
            "Rejected: errors without a small-sample correction need many units or many periods; a link has five teams "
            "and twelve waves at times. CR2 by team and the re-dealt test stand in their place."
        ),
    ),
    Refusal(
        words=r"wild (cluster )?bootstrap",
        reason=(
            "Rejected: it finds links at random as often as CR2 does (6 to 8 %), and below 12 clusters depends on the "
            "choice of weights."
        ),
    ),
    Refusal(
        words=r"^(?!.*(CR2|bias.reduced)).*(fixed effects|cluster.robust|panel)",
        reason="Panels are fitted with CR2 errors only; others are too small with few teams.",
    ),
    Refusal(
        words=r"stratif|two.stage|cluster sample|design effect",
        reason="Everybody is invited: the sampling has no strata and no clusters.",
    ),
    Refusal(
        words=r"Clopper|Agresti|Jeffreys|Wald interval|with continuity",
        reason="Shares have Wilson's interval and no other.",
    ),
)
