"""Numbers of teams and waves in, what link the swap test would find in four of five cases out.

A curve through the simulated power of the test (research note, table 5.3: four sizes of r, ten of panels, two worlds,
3,000 runs each): r / sqrt(1 - r^2) * sqrt(c (G - g) (W - w)) as the distance of a normal test. It is within 5 points of
every one of the 80 figures. The r is that of the released means, measurement noise included.
"""

from __future__ import annotations

import math

from scipy import optimize, special

from reports.stats.link_results import LinkPower

LINK_POWER = 0.80
# What an organisation would like to know of; the literature lets expect .1 to .3.
WANTED_R = 0.3
# c, g and w of the curve: teams with calendars of their own, and with 60 % of pressure in common.
OWN_CALENDARS = (0.684, 2.135, 2.838)
SHARED_CALENDAR = (0.351, 2.124, 3.492)
MOST_WAVES = 10_000


def power_at(teams: int, waves: float, r: float) -> float:
    """Share (0 to 1) of true links of size ``r`` that the test finds at 5 %, midway between the two worlds.

    Fitted to 5 to 50 teams and 6 to 52 waves; elsewhere it is a guess. Without enough cells for any test it is .05.
    """
    found = 0.0
    for scale, least_teams, least_waves in (OWN_CALENDARS, SHARED_CALENDAR):
        cells = scale * max(teams - least_teams, 0.0) * max(waves - least_waves, 0.0)
        distance = abs(r) / math.sqrt(1 - r * r) * math.sqrt(cells)
        critical = float(special.ndtri(0.975))
        found += float(special.ndtr(distance - critical) + special.ndtr(-distance - critical)) / 2
    return found


def link_power(teams: int, waves: int) -> LinkPower | None:
    """What a panel of this size can see, and the waves until it sees r = .3; None where it never will."""
    if power_at(teams, MOST_WAVES, WANTED_R) < LINK_POWER:
        return None
    smallest = None
    if power_at(teams, waves, 0.99) >= LINK_POWER:
        smallest = float(optimize.brentq(lambda r: power_at(teams, waves, r) - LINK_POWER, 1e-6, 0.99))
    needed = math.ceil(optimize.brentq(lambda w: power_at(teams, w, WANTED_R) - LINK_POWER, 0.0, MOST_WAVES))
    return LinkPower(teams=teams, detectable_r=smallest, waves_needed=needed, waves_left=max(needed - waves, 0))
