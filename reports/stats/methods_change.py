"""The methods about lasting change of one unit: trend, amount, detectable change, alert, smoothed level, silence."""

from __future__ import annotations

from reports.stats.methods_form import Method, Table
from reports.stats.results import Estimand

ROUNDING_COST = Table(
    title="What rounding costs",
    heads=("waves", "true change, steady, of every team", "exact", "0.1", "0.2 under 12 answers"),
    rows=(
        ("12", "none: called changed", ".039", ".039", ".041"),
        ("26", "none: called changed", ".056", ".057", ".059"),
        ("12", "1 point: called changed", ".663", ".648", ".639"),
        ("26", "1 point: called changed", ".874", ".869", ".857"),
    ),
    note=(
        "World “base” of docs/calibration.md, 50 teams, the same draws released exactly (not clipped either), with "
        "means rounded to 0.1, and as released. 150 organisations, 7,500 series per cell; two standard errors "
        "between organisations are .006 without a change and .009 to .016 with one. The range of the change covers "
        "no change in .96 (12 waves) and .94 (26 waves) of these series in all three columns."
    ),
)

AMOUNTS = Table(
    title="How much, measured",
    heads=(
        "teams",
        "true change",
        "called falling",
        "mean amount (SD)",
        "range covers",
        "straight line says",
        "day of the step within one wave",
    ),
    rows=(
        ("2", "-1.5 from wave 16", ".97", "-1.50 (.22)", ".98", "-1.91", ".97"),
        ("2", "-1.0 from wave 16", ".85", "-1.12 (.25)", ".98", "-1.34", ".95"),
        ("2", "-1.0 steadily", ".83", "-0.85 (.28)", ".93", "-0.94", ""),
        ("6", "-1.5 from wave 16", ".98", "-1.46 (.19)", ".97", "-1.86", ".98"),
        ("6", "-1.0 from wave 16", ".70", "-1.03 (.20)", ".98", "-1.24", ".87"),
        ("6", "-1.0 steadily", ".40", "-0.75 (.27)", ".85", "-0.84", ""),
        ("32", "-1.5 from wave 16", ".98", "-1.50 (.22)", ".95", "-1.97", ".98"),
        ("32", "-1.0 from wave 16", ".75", "-1.09 (.25)", ".95", "-1.34", ".87"),
        ("32", "-1.0 steadily", ".48", "-0.85 (.33)", ".88", "-0.93", ""),
    ),
    note=(
        "Teams of 8 and 10, response 75 %, mood “base”, 26 waves, 60 runs, released values. Two standard errors of a "
        "share of 60 runs are up to .13. The family of the third column is one scale of all teams."
    ),
)

TREND = Method(
    code="trend",
    name="Trend of a unit",
    functions=(
        "trend.fit",
        "gls.fit_gls",
        "kalman.moods",
        "kalman.quadratic_forms",
        "kalman.precision_trace",
        "covariance.log_prior",
        "covariance.correlation",
        "covariance.mood_walk",
        "covariance.solve",
        "covariance.floored_rss",
        "covariance.scan",
        "pooling.posterior_weights",
        "pooling.pool",
        "pooling.describe",
        "moderation.inverse_trigamma",
        "moderation.moderate",
        "moderation.squeeze_variances",
        "series.days_per_wave",
        "series.reference_n",
        "series.windows",
        "series.batches",
    ),
    question="Did the level behind the waves move over the window, further than moods and chance do?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "y_t = a + b t + m_t + e_t; e_t white with variance s² × n₀/n_t; m_t an AR(1) mood with variance lambda s² "
            "and autocorrelation phi per wave, phi^(days / days per wave) for missing or uneven waves; n₀ is the "
            "median n of the organisation; rounding adds step²/12 relative to the within-crowd variance"
        ),
        (
            "phi and lambda stand on a grid (settings below); the restricted log likelihood, s² profiled out, is "
            "summed over all teams, plus a weak prior phi ~ N(.6, .25), log lambda ~ N(log .7, .9)"
        ),
        (
            "each team's s² is moderated towards the organisation's; under three teams 4 prior degrees of freedom at "
            ".55 × s²within/n₀, because the same people answer again and only a part of their spread changes from wave "
            "to wave"
        ),
        (
            "test and range: t with own plus prior degrees of freedom (never more than all teams' together), averaged "
            "over the grid; p is twice the smaller tail of the mixture beyond zero, the range its 2.5 and 97.5 % "
            "points, so that both always agree"
        ),
        "change = slope × span: how far the straight line moved from the first to the last wave",
        "window: the last 26 waves counted back from the newest; at least five released waves, else “too early”",
        "residuals are never taken for smaller than rounding makes them: a constant series is not known without error",
        (
            "units that are means of others (a department, the whole company) are judged in the covariance of the "
            "disjoint crowds and do not inform it"
        ),
    ),
    assumptions=(
        "moods come and go and return to a level (a stationary mood is not a change)",
        "all teams share phi and lambda; their variances differ",
        "the dates and the number of answers have nothing to do with the mood",
    ),
    source="own combination of known parts: Patterson & Thompson 1971 (REML); Smyth 2004, SAGMB 3:3 (variances)",
    checked_against=(
        "R nlme gls by REML and ML on Lake Huron (gls_ar1_lakehuron), limma squeezeVar (limma_squeeze_var), NIST "
        "Norris and Longley; the batch equals the plain fit at every grid point; it calls the rise of the UK civil "
        "service's engagement 2009 to 2020 and not 2009 to 2012; error rates by simulation, docs/calibration.md"
    ),
    cannot_say=(
        "Why. Whether one team is far moodier than the others: such a team has 8 to 15 % false alarms, the calm ones "
        "fewer. With much turnover a new colleague is a real step."
    ),
    notes=(
        (
            "“How did this crowd feel this wave” is about eight people of whom six answered: a finite population. “Has "
            "something lasting changed” is about the process behind the answers: if everybody answers every time, "
            "the mean still moves from wave to wave. The first range has the finite population correction, the "
            "second never has."
        ),
        "Variance shares of persons are assumed, not measured; all simulated worlds share one distribution of answers.",
    ),
    tables=(ROUNDING_COST,),
)

AMOUNT = Method(
    code="amount",
    name="How much",
    functions=(
        "shifts.shifts",
        "shifts.average_shapes",
        "shifts.step_rows",
    ),
    question="By how much did the level move, and was it a step?",
    estimand=Estimand.LASTING,
    formula=(
        "the level now less the level at the start of the window, without fixing the shape beforehand",
        (
            "candidates: the straight line (prior ½) and a step at each wave with three waves on both sides (the "
            "other ½ shared); each is fitted by generalised least squares in the trend's covariance at each grid point"
        ),
        (
            "weight = prior × (d₀s₀² + RSS)^(-(d₀+df)/2), the likelihood of the residuals under the moderated "
            "variance; all candidates have two parameters, so that no further penalty distinguishes them"
        ),
        "estimate and range are those of the mixture: not knowing when or how it came widens the range",
        "the day of a step is the likeliest first wave of the new level, with the middle 90 % of the steps' weight",
        (
            "where this range contains zero and the straight line's does not (one of fifteen detected changes), the "
            "amount is the line's change, so that no sentence says “changed” with a range through zero"
        ),
    ),
    assumptions=("one step or one steady drift in the window",),
    source="model averaging by marginal likelihood; own choice of candidates",
    checked_against="simulation, the table below; a lasting fall of 1.5 points from wave 16 of 26 is reported as 1.5",
    cannot_say=(
        "Two steps in one window (it gives roughly the sum); a dip that has passed. Amounts of changes that were only "
        "just detected are on average too large, as everywhere."
    ),
    notes=(
        (
            "The trend test decides whether. The straight line is the wrong figure for how much when the change was a "
            "step: for the fall of 1.5 points above it says 2.0. “Last three waves against nine before” fails the "
            "other way: eleven waves after the fall both lie below, and it says 0.3."
        ),
    ),
    tables=(AMOUNTS,),
)

DETECTABLE = Method(
    code="detectable_change",
    name="Detectable change",
    functions=("verdicts.minimum_in_family",),
    question="Which change would this unit's own series have shown with 80 % power?",
    estimand=Estimand.LASTING,
    formula=(
        "MDE80 = (t.975 + t.80) × SE of the change, the first part taken from the averaged range",
        (
            "beside a verdict: MDE80 × (t(1-a/2) + t.80) / (t.975 + t.80), a = min(5 %, 10 % / cells tested), the "
            "threshold of Benjamini-Hochberg for the only changed cell of the family"
        ),
        (
            "none where more than a third of the series' values are clipped (“4.4 or more”): values that cannot "
            "move look steady, and the figure would be too small"
        ),
    ),
    assumptions=("those of the trend; the change is steady over the window",),
    source="the usual normal-theory formula with t quantiles",
    checked_against="simulation: power crosses 80 % between 0.8 and 1.2 times the printed figure, docs/calibration.md",
    cannot_say="That a smaller change did not happen. It stands beside every “no detectable change”.",
)

ALERT = Method(
    code="alert",
    name="Alert",
    functions=(
        "alerts.find_alerts",
        "looks.reference",
        "looks.matched",
        "looks.look",
        "looks.normal_score",
        "looks.raise_alerts",
        "quiet_years.calendars",
        "quiet_years.quiet_threshold",
        "shifts.contrasts",
    ),
    question="Do the last three waves lie elsewhere than the nine before them, watched wave after wave for 26 waves?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "contrast by generalised least squares in one covariance of the organisation, which has the posterior's "
            "mean white variance, mood variance and covariance of neighbouring waves; variance moderated as in the "
            "trend"
        ),
        "z is the t statistic carried to the normal scale, so that looks with few degrees of freedom alarm no oftener",
        (
            "threshold: the 90 % quantile of the largest |z| of 26 waves (called a year here) in 6,000 simulated quiet "
            "years, drawn from the posterior (the uncertainty of variances included), with the organisation's own "
            "calendar and numbers of answers, looked at by the same rule; up to twelve teams the years are fitted anew "
            "as organisations of that size, a quarter as many years, because few series bend the covariance "
            "towards their own waves"
        ),
        "an alert where |z| is above the threshold; then three looks of silence; upward and downward alike",
        "a look needs six released waves",
    ),
    assumptions=("those of the trend", "the year's rhythm and numbers of answers are about those of the past"),
    source=(
        "generalised least squares by a Kalman filter (Harvey 1989, 3.4); normal score of t by Wallace 1959; simulated "
        "threshold: own"
    ),
    checked_against="gls.fit_gls on the same covariance; false team-years and delays: docs/calibration.md",
    cannot_say=(
        "Why, and whether it lasts. About one in ten teams without any change is flagged in 26 waves, "
        "which are a year of fortnightly and half a year of weekly waves. The p of the "
        "contrast at 5 % is not the threshold of a year of looking."
    ),
)

SMOOTHED = Method(
    code="smoothed_level",
    name="Smoothed level",
    functions=(
        "local_level.fit_local_level",
        "local_level.smooth_levels",
        "kalman.random_walk",
        "kalman.smoothed_walk",
    ),
    question="Which line through the waves shows the level behind them?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "local level: the level walks at random, each wave shows it with noise; noise × n₀/n_t, steps × time "
            "between waves"
        ),
        (
            "the ratio of both variances is shared by the organisation (mean over a grid, with a weak prior that most "
            "drift little), the variances are moderated as in the trend; Kalman filter and smoother for each unit"
        ),
        "the band is the 95 % range of the level, not that of one wave's mean",
    ),
    assumptions=("the level has no direction of its own", "all units share the ratio of the variances"),
    source="Durbin & Koopman 2012, chapter 2; Harvey 1989",
    checked_against="Durbin & Koopman 2012 and R StructTS on the Nile (local_level_nile), within 1.5 %",
    cannot_say="Whether there is a trend: it is for the eye, the trend's test decides. Its ends are the least sure.",
)

SILENCE = Method(
    code="nonresponse",
    name="Silence",
    functions=("nonresponse.sensitivity", "nonresponse.ends", "nonresponse.response_trend", "verdicts.response_moved"),
    question="Could a change be the silence of those who suffer?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "response moved: the means of the band middles of the first and the last third of the window differ by "
            "more than 15 points; then a rise is never called an improvement"
        ),
        (
            "sensitivity: if the silent were lower by a gap, the level of everybody is y - gap × (1 - response), and "
            "the change becomes change + gap × (last - first response); given for gaps of 0.5 and 1 point"
        ),
        (
            "trend of the response itself: the trend's method on logits of the band middles, the band's width as "
            "rounding; the response of the whole organisation fell or rose where its own p is below 5 %"
        ),
    ),
    assumptions=("the gap between those who answer and those who do not is the same at both ends of the window",),
    source="sensitivity analysis in the sense of Rosenbaum & Rubin 1983; own rule of 15 points",
    checked_against="simulation of response falling with mood, docs/calibration.md",
    cannot_say=(
        "How the silent feel. Bounds without any assumption would be half the scale wide at 50 % response (Manski "
        "2003), so they are not given."
    ),
)

METHODS = (TREND, AMOUNT, DETECTABLE, ALERT, SMOOTHED, SILENCE)
