# ruff: noqa: E501 - the sentences of a sample read better unbroken
"""The roadmap pages of the sample reports, all made up: two teams side by side, releases, drivers, and the link."""

from __future__ import annotations

import datetime as dt
import math

from reports.document import Event, NotAsked, Run, Trace, WeekPoint, Withheld, WithheldReason
from reports.document_link import (
    DealtStrip,
    ForestKind,
    ForestRow,
    LinkFact,
    LinkGateRow,
    LinkPage,
    LinkState,
    LinkTable,
)
from reports.document_roadmap import (
    AwayBand,
    AwayPoint,
    DriversPage,
    DrivingItem,
    DrivingPart,
    FeedLine,
    PartName,
    PartShare,
    RoadmapPages,
    RunUpLine,
    RunUpPage,
    RunUpPanel,
    Shade,
    SideLine,
    SidePage,
    SideRow,
    StackWeek,
    Waterfall,
    WaterStep,
)

MUST_NOT = (
    "That pressure caused the strain, or that strain will ease when the index falls.",
    "Anything about a person, or about a group too small to have figures of its own.",
    "That a calm index means a calm team. Work that nobody logs is not in it.",
)


def pages(traces: tuple[Trace, ...], weeks: tuple[WeekPoint, ...], *, rows: int = 2) -> RoadmapPages:
    """All four pages; ``rows`` teams stand side by side."""
    return RoadmapPages(side=side(traces, weeks, rows), run_up=run_up(), drivers=drivers(weeks), link=link())


def side(traces: tuple[Trace, ...], weeks: tuple[WeekPoint, ...], rows: int) -> SidePage:
    """Page A with shaded days, releases and a hidden week."""
    chosen = [trace for trace in traces if trace.code in {"workload", "energy"}]
    lines = tuple(
        SideLine(
            code=trace.code,
            name=trace.name,
            points=trace.points,
            latest_text=f"{trace.value_text} ({trace.range_text})",
        )
        for trace in chosen
    )
    hidden = Withheld(reason=WithheldReason.ROLLED_UP, text="too few people")
    drawn = tuple(
        WeekPoint(week=point.week, index=hidden if place == len(weeks) - 20 else point.index)
        for place, point in enumerate(weeks)
    )
    first = SideRow(
        name="Payments",
        weeks=drawn,
        lines=lines,
        events=(Event(date=dt.date(2026, 9, 29), label="release 4.2", date_text="29 Sep"),),
        shades=(
            Shade(first=dt.date(2026, 8, 3), last=dt.date(2026, 8, 14), label="company shutdown"),
            Shade(first=dt.date(2026, 10, 12), last=dt.date(2026, 10, 12), label="public holiday"),
        ),
        week_text="76",
        sentences=(
            "Between 13 Jul and 1 Nov pressure rose from 41 to 76, as means of four weeks.",
            "Workload stood at 3.7 on 6 Jul and stands at 2.2 (likely range 1.7 to 2.7).",
        ),
        alt="Payments: weekly pressure from 34 to 80, last 76. Workload, last wave: 2.2 (1.7 to 2.7).",
    )
    names = ("Payments", "Ticketing and Web", "Zones")
    held = tuple(
        SideRow(
            name=names[place], weeks=first.weeks, lines=first.lines, events=first.events, shades=first.shades,
            week_text=first.week_text, sentences=first.sentences, alt=first.alt.replace("Payments", names[place]),
        )
        for place in range(rows)
    )  # fmt: skip
    return SidePage(
        title="Pressure and sentiment, side by side",
        rows=held,
        sentences=(
            "Over the last quarter pressure and strain in Workload went the same way in 3 of 4 rows. This is a count, not a test.",
        )
        if rows > 1
        else (),
        ask="Above 60 for three weeks or more: Payments. Ask: which date can move, and what can leave the scope?",
        key_text="Grey columns: company shutdown and public holiday.",
        more_text="",
        caution="An association, not a cause.",
    )


def run_up() -> RunUpPage:
    """Page B with eight releases for pressure and strain."""

    def panel(name: str, level: float, rise: float, top: float, step: int, *, is_pressure: bool) -> RunUpPanel:
        lines = tuple(
            RunUpLine(
                label=f"release {release}",
                points=tuple(
                    AwayPoint(
                        weeks=float(week),
                        value=round(level + rise * math.exp(-(week**2) / 8) + 0.08 * top * math.sin(release + week), 2),
                    )
                    for week in range(-8, 5, step)
                ),
            )
            for release in range(8)
        )
        means = {week: round(level + rise * math.exp(-(week**2) / 8), 2) for week in range(-8, 5, step)}
        mean = tuple(
            AwayBand(weeks=float(week), mean=value, low=round(value - 0.05 * top, 2), high=round(value + 0.05 * top, 2))
            for week, value in means.items()
        )
        return RunUpPanel(
            name=name, is_pressure=is_pressure, lowest=0 if is_pressure else 1, highest=top, lines=lines, mean=mean, has_range=True,
            sentence="In the three weeks up to a release it was +12 points from that of the other weeks (90 % range +4 to +20), higher in 7 of 8 releases.",
            alt=f"{name} around 8 releases.",
        )  # fmt: skip

    return RunUpPage(
        title="The run-up to a release",
        lead="8 releases and milestones lie in this time. Each thin line is one of them, the thick line their mean.",
        panels=(
            panel("Roadmap pressure each week, 0 to 100", 42, 24, 100, 1, is_pressure=True),
            panel("Workload, 1 to 5", 3.6, -0.7, 5, 2, is_pressure=False),
        ),
        releases_text="The last ones: 4.1 on 12 May 2026; 4.2 on 29 Sep 2026.",
        note="Whatever is planned along with releases is in these figures too. Ask: can dates be spread, or can a lighter week follow?",
    )


def drivers(weeks: tuple[WeekPoint, ...]) -> DriversPage:
    """Page C with a rise of 35 points."""
    key = (
        PartName(code="R", name="Required run rate"),
        PartName(code="C", name="Scope churn"),
        PartName(code="U", name="Unplanned work"),
        PartName(code="", name="Other parts"),
    )
    shares = (0.45, 0.25, 0.15, 0.15)
    stack = []
    for place, point in enumerate(weeks[-26:]):
        if place == 9 or not isinstance(point.index, float):
            stack.append(StackWeek(week=point.week, index=NotAsked(text="not enough delivery data"), parts=()))
            continue
        parts = tuple(
            PartShare(code=part.code, points=round(share * point.index, 2))
            for part, share in zip(key, shares, strict=True)
        )
        stack.append(StackWeek(week=point.week, index=point.index, parts=parts))
    steps = (
        ("R", "Required run rate", 17.0),
        ("C", "Scope churn", 11.0),
        ("U", "Unplanned work", 9.0),
        ("W", "Flow load", -4.0),
        ("", "Other parts", 2.0),
    )
    return DriversPage(
        title="What drove the pressure",
        lead="From the four weeks up to 12 Jul to those up to 1 Nov the index moved from 41 to 76.",
        key=key,
        weeks=tuple(stack),
        stack_alt="The parts of pressure in 25 weeks. In the last one, in index points: Required run rate 34, Scope churn 19, Unplanned work 11 and Other parts 11.",
        waterfall=Waterfall(
            before=41.0,
            after=76.0,
            before_text="Four weeks up to 12 Jul",
            after_text="Four weeks up to 1 Nov",
            steps=tuple(
                WaterStep(code=code, name=name, points=points, text=f"{points:+.0f}".replace("-", "−"))
                for code, name, points in steps
            ),
            title="What the difference is made of, in index points",
            alt="From 41 up to 12 Jul to 76 up to 1 Nov: Required run rate +17, Scope churn +11, Unplanned work +9, Flow load −4 and Other parts +2.",
        ),
        parts=(
            DrivingPart(
                code="R",
                name="Required run rate",
                fact="34 open items due 14 Dec 2026 at 5.2 done a week: needs 1.9 times the usual pace",
                items=tuple(
                    DrivingItem(key=f"PAY-{number}", fact="due 30 Nov, 5 points")
                    for number in (1412, 1420, 1433, 1460, 1499)
                ),
                note="5 of 34 items.",
            ),
            DrivingPart(
                code="C",
                name="Scope churn",
                fact="14 items added to or taken from 4.2, counted against 38 planned",
                items=tuple(
                    DrivingItem(key=f"PAY-{number}", fact="added to 4.2 on 28 Oct") for number in (1501, 1502, 1507)
                ),
                note="",
            ),
        ),
        feeds=(
            FeedLine(
                code="V",
                name="Roadmap volatility",
                state="not fed",
                reason="The history of days, plans and priorities is not known.",
                remedy="Jira's JSON with the change log feeds it, and so does a connection to Jira.",
            ),
        ),
        feeds_text="What the imported delivery data cannot feed, and which export would:",
        what_if=(
            (Run(text="Taking 12 items out of 4.2, due 14 Dec, would bring the required run rate from 1.9 to 1.2."),),
        ),
        priorities=((Run(text="21 of 34 planned items are Must. From 60 % on nothing is left to give way."),),),
    )


def link() -> LinkPage:
    """Page D with an estimate."""
    forest = (
        (ForestKind.ALL, "All teams", 0.21, 0.07, 0.35),
        (ForestKind.UNIT, "Ticketing", 0.18, -0.02, 0.38),
        (ForestKind.REVERSE, "The other direction: strain first, pressure in the next wave", 0.04, -0.09, 0.17),
        (ForestKind.SENSITIVITY, "Without flagged weeks", 0.19, 0.03, 0.35),
    )
    counts = tuple(round(160 * math.exp(-(((place - 19.5) / 6) ** 2))) for place in range(40))
    return LinkPage(
        state=LinkState.ESTIMATED,
        title="More pressure goes with more strain",
        sentences=(
            "Teams under more pressure than the others in the same wave reported more strain in Workload: +0.21 points for 12 points of the index, likely range +0.07 to +0.35 (90 %).",
            "7 of 9 teams point in that direction.",
            "The pressure of the teams was dealt among them anew 1,999 times. 61 deals looked as strong (p 0.031).",
        ),
        gates=(
            LinkGateRow(name="Teams or joint groups with delivery data", found="9", needed="5", is_met=True),
            LinkGateRow(name="Waves for the company as a whole", found="14", needed="26", is_met=False),
        ),
        facts=(
            LinkFact(name="Pressure", text="mean index of the 14 days before a wave opens"),
            LinkFact(name="Version of the anchors", text="1"),
            LinkFact(name="Items that belong to no team", text="7 %"),
        ),
        must_not=MUST_NOT,
        unit_text="points of strain in Workload for 12 points of the index",
        forest=tuple(
            ForestRow(
                kind=kind,
                name=name,
                estimate=value,
                low=low,
                high=high,
                text=f"{value:+.2f} ({low:+.2f} to {high:+.2f})".replace("-", "−"),
            )
            for kind, name, value, low, high in forest
        ),
        forest_caption="Lines are likely ranges (90 %). Teams are moved towards the common slope and stand in alphabetical order.",
        strip=DealtStrip(
            first=-0.3,
            width=0.015,
            counts=counts,
            own=0.27,
            caption="The pressure of the teams was dealt among them anew 1,999 times. 61 deals looked as strong (p 0.031).",
        ),
        whole=("All teams together: too early to say. 12 more waves are needed.",),
        releases=(
            "4.2, 29 Sep 2026: pressure 71 in the waves that asked about the three weeks before it, 44 in the others; strain 3.4, 2.6 in the others.",
        ),
        frames=(),
        caution="An association, not a cause.",
    )


def never() -> LinkPage:
    """Page D of an organisation with too few teams: facts in one frame, and no estimate."""
    return LinkPage(
        state=LinkState.NEVER_HERE,
        title="Too few teams for a link",
        sentences=(
            "There are 2 teams or joint groups with delivery data and figures of their own. With fewer than five, no number of waves can tell a link between pressure and strain from chance.",
        ),
        gates=(LinkGateRow(name="Teams or joint groups with delivery data", found="2", needed="5", is_met=False),),
        facts=(LinkFact(name="Version of the anchors", text="1"),),
        must_not=MUST_NOT,
        frames=(
            LinkTable(
                title="Payments",
                columns=("Wave opened", "Pressure", "Largest parts", "Strain", "Releases"),
                rows=(
                    ("19 Oct 2026", "71", "required run rate and scope churn", "3.4", "4.2"),
                    ("2 Nov 2026", "76", "required run rate and unplanned work", "3.8", "none"),
                ),
            ),
        ),
        caution="An association, not a cause.",
    )
