"""The methods about roadmap pressure and sentiment: between teams, company-wide, by release."""

from __future__ import annotations

from reports.stats.methods_form import Method, Table
from reports.stats.results import Estimand

TEAM_LINK = Method(
    code="team_link",
    name="Pressure and sentiment between teams",
    functions=(
        "link.find_link",
        "link.link_pair",
        "link.worth_a_look",
        "link.judge_link",
        "fixed_effects.demean",
        "fixed_effects.cluster_slope",
        "fixed_effects.cr2",
        "fixed_effects.within_sd",
    ),
    question="Do teams under more roadmap pressure than the others feel worse in the same wave?",
    estimand=Estimand.LASTING,
    formula=(
        (
            "pressure is the mean weekly index over exactly the days that the questions ask about; this is the only "
            "primary lag. It is divided by its SD within teams (around own means, pooled)"
        ),
        (
            "team means, a straight line per team and wave means are taken out of both tables by least squares, "
            "exactly with missing cells; where more than 30 % of a team changed, its mean starts anew"
        ),
        "slope = sum xy / sum x²: points of the scale per SD of pressure",
        (
            "90 % range: CR2 by team, t with Satterthwaite's degrees of freedom, variance times G/(G - 1), because the "
            "wave means tie the G teams together"
        ),
        "the test is by re-dealing pressure among teams; no p from the slope's own error is shown",
        (
            "beside it: Spearman's correlation of the same residuals, the least and largest slope without one team, "
            "waves of low response kept, calendar events dropped or as 0/1 columns"
        ),
        "reverse: sentiment of a wave on pressure of the next; where its range excludes 0 nothing is “followed by”",
        "less than 5 % of the within-team variance of pressure left after wave means: no number at all",
        (
            "more than half of what is left is one team's, or fewer than 4 degrees of freedom (half of G - 1 with "
            "fewer than nine teams): no number either"
        ),
        "all gates hold for the cells of the estimate, after teams of fewer than four waves are left out",
        "other scales and single indicators: Benjamini-Hochberg at 10 % over their re-dealt p values, “worth a look”",
    ),
    assumptions=(
        "teams are exchangeable: none follows another's plan, and no department shares plan and mood",
        "the link is about straight and comes within the recall window",
        "at least half of a team answered; other waves are left out",
    ),
    source=(
        "Bell & McCaffrey 2002, Surv. Methodol. 28:169; Pustejovsky & Tipton 2018, JBES 36:672; Cameron, Gelbach & "
        "Miller 2008, REStat 90:414 on few clusters; MacKinnon 2026 (arXiv 2604.02000): use several methods"
    ),
    checked_against=(
        "R clubSandwich (cr2_mortality); statsmodels with all dummies; full matrices for the closed form; OpenStack "
        "2016 to 2026, 11 teams"
    ),
    cannot_say=(
        "That pressure caused anything; anything about one person or one team; that a team with a higher index works "
        "harder or is worse led. What moves pressure and mood of one team together is in it, whatever it is. One look "
        "in 20 finds a link where there is none, and there is a look after every wave: 9 teams without a link got a "
        "finding at least once in waves 12 to 52 in 15 of 100 organisations (200 simulated)."
    ),
    tables=(
        Table(
            title="Calls at 5 % when nothing is true, in percent",
            heads=("test", "5 × 12, own calendars", "20 × 52, own lines", "20 × 26, one calendar"),
            rows=(
                ("correlation within teams", "11", "32", "41"),
                ("fixed effects of teams, CR2", "4", "6", "31"),
                ("team and wave effects, CR2", "7", "6", "6"),
                ("re-dealt pressure (ours)", "5", "6", "5"),
            ),
            note="Teams × waves; 3,000 simulated panels each, research note 5.3. Standard error .4 points.",
        ),
    ),
)

TEAM_SWAP = Method(
    code="team_swap",
    name="Re-dealt pressure",
    functions=("team_swap.team_swap", "team_swap.deals", "team_swap.pair_tables", "team_swap.scan_lags"),
    question="How often does another team's pressure go with a team's sentiment as strongly as its own?",
    estimand=None,
    formula=(
        "correlation of all teams' residual pressure with their own residual sentiment, around 0",
        (
            "each team's own movement, mean and line taken out, is first brought to the same spread, so that a team "
            "that swings more does not decide alone"
        ),
        (
            "what a team is dealt loses the means (of its segments), the line and the waves that its own sentiment "
            "lost, in numerator and denominator"
        ),
        (
            "each team's whole pressure series is given to another team in the same waves: 1,999 random deals, all "
            "119 or 719 others with five or six teams"
        ),
        "p = (1 + deals as strong, whatever the sign) / (1 + deals)",
        (
            "with missing cells the correlation of a pair runs over the waves that both have, and pressure keeps the "
            "waves in which only sentiment is missing"
        ),
        "several lags: each deal is looked at for all lags and its strongest counts; exploration only",
    ),
    assumptions=(
        (
            "teams are exchangeable within a wave; where departments share plan and mood, 12 % (three of three teams) "
            "to 23 % (two of six) are called without any link"
        ),
        "cells are not missing because of pressure",
    ),
    source="Phipson & Smyth 2010, SAGMB 9:39; Harris 2020, bioRxiv 2020.11.29.402719 on swapping whole recordings",
    checked_against="a loop over all deals; scipy.stats.permutation_test; simulation (research note 5.3)",
    cannot_say="How large a link is. With five teams nothing can fall under .8 %, and 5 % needs six of 120 deals.",
)

TEAM_SLOPES = Method(
    code="team_slopes",
    name="Slopes of single teams",
    functions=("slopes.team_slopes", "slopes.lag_one"),
    question="Do the teams agree about the direction, and how much do they differ?",
    estimand=Estimand.LASTING,
    formula=(
        "own slope of residual on residual; k of G have the sign of the common slope, counted before shrinkage",
        (
            "variance: pooled residual variance / own sum of squares × (1 + c)/(1 - c), c the product of the "
            "autocorrelations of pressure and residual"
        ),
        "shrunk to their weighted mean with Paule and Mandel's variance between teams; Morris' 90 % range",
    ),
    assumptions=("true slopes are about normal around a common one", "residuals scatter alike in all teams"),
    source="Morris 1983, JASA 78:47; Paule & Mandel 1982; DerSimonian & Laird 1986",
    checked_against="simulation: slopes miss the truth by .25 (5 × 12) to .12 (20 × 52) SD, alone by .42 to .18",
    cannot_say="Which team has the strongest link. Slopes are in the order of the teams and never ranked.",
)

COMPANY_LINK = Method(
    code="company_link",
    name="Pressure and sentiment of the whole company",
    functions=(
        "circular_shift.shift_test",
        "circular_shift.scan_shifts",
        "circular_shift.company_series",
        "circular_shift.detrend",
        "circular_shift.effective_waves",
        "circular_shift.correlation_range",
    ),
    question="Do all teams feel worse in waves of high pressure?",
    estimand=Estimand.LASTING,
    formula=(
        "per wave the mean over teams of the distances from own means, for pressure and sentiment; a line taken out",
        "p = (1 + circular shifts with as strong a correlation) / waves",
        (
            "90 % range on Fisher's scale with n (1 - c)/(1 + c) waves, c the product of both lag-1 autocorrelations "
            "corrected for the line"
        ),
        "several lags: every shift is looked at for all lags and its strongest counts; exploration only",
    ),
    assumptions=(
        "after the line both series stay around their level",
        "the first and last waves are alike enough to join",
    ),
    source="Bartlett 1935, JRSS 98:536; Tjøstheim & Paulsen 1983, Biometrika 70:389; Harris 2020 on where shifts fail",
    checked_against="a plain loop over shifts; simulation: 3 to 5 % false calls with 26 and 52 waves",
    cannot_say=(
        "That pressure is what moved: holidays, seasons, news and all else that meets every team is in both series."
    ),
)

RELEASE_STUDY = Method(
    code="release_study",
    name="Run-up to releases",
    functions=("event_study.event_study", "event_study.run_ups"),
    question="Does sentiment or pressure differ in the weeks before a release from other weeks?",
    estimand=Estimand.LASTING,
    formula=(
        "each release is one unit: mean of the cells in its run-up (21 days) less mean of the other cells up to it",
        (
            "strain and pressure first lose means and a straight line per team: a slow drift of 1.5 points in two "
            "years would make 38 % of studies call a run-up that is not there, without it 2 %"
        ),
        "mean over releases with its 90 % t range; the direction by the sign test",
        "releases at most a run-up apart are one release; those without both kinds of waves are left out",
    ),
    assumptions=(
        "releases are independent of one another",
        "dates were announced before, not chosen by how teams felt",
    ),
    source="Student 1908; Arbuthnott 1710 for the sign test",
    checked_against=(
        "20 OpenStack releases: +2.4 points of work out of hours (90 % range -.2 to 4.9), p .12, 16 of 20, sign test "
        ".012, 7 of 11 teams; scipy.stats"
    ),
    cannot_say="That the release is the cause, or how strong a single release was: one effect has no range.",
)

LINK_POWER = Method(
    code="link_power",
    name="What a link can be seen with",
    functions=("link_power.link_power", "link_power.power_at"),
    question="How small a link would be found with these teams and waves, and when would r = .3 be?",
    estimand=None,
    formula=(
        (
            "power of a two-sided 5 % test at distance r/sqrt(1 - r²) × sqrt(c (G - g)(W - w)), midway between teams "
            "with calendars of their own (c .684, g 2.1, w 2.8) and teams that share 60 % of pressure (.351, 2.1, 3.5)"
        ),
        "detectable: the r with 80 % power; waves needed: those until r = .3 has it",
    ),
    assumptions=("moods and pressure last as in the simulation, .6 from wave to wave",),
    source="fitted to the simulated power of the re-dealt test, research note 5.3",
    checked_against="all 80 figures of that table, within 5 points",
    cannot_say="Anything far outside 5 to 50 teams and 6 to 52 waves.",
)

METHODS = (TEAM_LINK, TEAM_SWAP, TEAM_SLOPES, COMPANY_LINK, RELEASE_STUDY, LINK_POWER)
