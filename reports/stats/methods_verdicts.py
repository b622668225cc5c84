"""The enumerations of everything that may be said in, one list of closed lists with their exact rules out."""

from __future__ import annotations

from reports.stats.link_results import LinkGate, LinkVerdict, NoIdentification
from reports.stats.methods_form import VerdictList
from reports.stats.results import AlertStatus, Shape, VarianceSource
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import CommonVerdict, DriverVerdict, ScatterVerdict, UnitVerdict, Verdict

VERDICTS = (
    VerdictList(title="Trend of a unit", verdicts=Verdict, said_in="verdicts.judge, verdicts.judge_release"),
    VerdictList(
        title="Shape of a change",
        verdicts=Shape,
        said_in="shifts.shifts",
        own_rule=(
            "Said beside the amount of a detected change. STEP: all steps together weigh at least .8. GRADUAL: they "
            "weigh at most .2. UNCLEAR: in between."
        ),
    ),
    VerdictList(
        title="Alert",
        verdicts=AlertStatus,
        said_in="alerts.find_alerts",
        own_rule=(
            "What is said about a unit in this wave; only a new alert is a message. LOWER, HIGHER: the unit has a "
            "value in the organisation's latest wave, |z| of its look there is above the threshold, and none of the "
            "three looks before raised an alert; the sign is that of z. QUIET: everything else."
        ),
    ),
    VerdictList(title="A unit beside its organisation", verdicts=LevelStanding, said_in="shrinkage.judge_levels"),
    VerdictList(title="What goes together", verdicts=DriverVerdict, said_in="verdicts.judge_drivers"),
    VerdictList(title="Common change of imported units", verdicts=CommonVerdict, said_in="verdicts.judge_common"),
    VerdictList(title="Scatter of imported units", verdicts=ScatterVerdict, said_in="verdicts.judge_scatter"),
    VerdictList(title="One imported unit", verdicts=UnitVerdict, said_in="verdicts.judge_unit"),
    VerdictList(title="Link of pressure and sentiment", verdicts=LinkVerdict, said_in="link.judge_link"),
    VerdictList(title="What a link needs", verdicts=LinkGate, said_in="link.find_link"),
    VerdictList(title="Why teams cannot be compared", verdicts=NoIdentification, said_in="link.find_link"),
    VerdictList(
        title="Where the spread of a likely range comes from",
        verdicts=VarianceSource,
        said_in="estimate.this_wave",
        own_rule=(
            "DECLARED: pooled over the installation and published with the release, from 50 answers on. PRIOR: the "
            "published value used before."
        ),
    ),
)
