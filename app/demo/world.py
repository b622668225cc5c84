"""Turns an organisation and a seed into who answers which wave with which options.

World "base" of docs/calibration.md: a latent answer is the sum of the team's level, the team's shared mood (AR(1),
standard deviation 0.2, coefficient 0.5), the person, the person's week and the item, with variances .08, .42, .20 and
.30. Topics share half of each variance, so that somebody content is so in most answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.demo.organisation import Organisation
from app.demo.scale import level_for, options
from app.demo.shapes import TROUBLE_FROM, WAVES
from surveys.instruments.parts import Direction, Instrument

TOPICS = (
    *("workload", "clarity", "motivation", "energy", "safety", "voice", "overall", "burnout"),
    *("impact", "recognition", "autonomy", "innovation", "priorities", "commitments", "change"),
)
_TOPIC_OF = {"motivation-core": "motivation", "clarity-core": "clarity", "recovery-core": "workload"}
"""Scales of the long questionnaire whose own items are about a topic of the pulse; others are named like one."""

TEAM, PERSON, WEEK, ITEM = 0.08, 0.42, 0.20, 0.30
MOOD_SD, MOOD_PHI = 0.2, 0.5
COMMON = 0.5
NO_ANSWER = 0.02
LEAST_ANSWERS = 3
WORKLOAD_BEFORE, WORKLOAD_AFTER = 3.8, 2.3
CLARITY_BEFORE, CLARITY_AFTER = 2.9, 4.0
_IMPROVES_OVER = (6, 18)
_SIDE_EFFECTS = {"energy": -0.5, "priorities": -0.7, "commitments": -0.8, "burnout": -0.6}
"""What else worsens in the troubled team, on the latent scale; about as many scale points."""

_TROUBLED_RESPONSE = 0.82
_STREAM = 2
_Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that lasts longer than one wave.

    ``level``: latent mean by wave, team and topic; ``person``: by person and topic; ``response``: the probability
    with which each person answers a wave. People are those of ``organisation`` in its order.
    """

    organisation: Organisation
    seed: int
    home: NDArray[np.int64]
    level: _Floats
    person: _Floats
    response: _Floats

    def answers(self, number: int, instrument: Instrument) -> dict[str, dict[str, int | None]]:
        """Return the answers to wave ``number`` (from 1) by address, for those who answer it.

        Who does not belong to the organisation in that week is in it too and is simply not asked.
        """
        generator = np.random.default_rng([self.seed, _STREAM, number])
        people = len(self.home)
        answering = generator.random(people) < self.response
        week = _mixed(generator, people, WEEK)
        topics = np.array([_topic(item.scale) for item in instrument.items])
        latent = (self.level[number - 1][self.home] + self.person + week)[:, topics]
        latent = latent + generator.normal(0, math.sqrt(ITEM), latent.shape)
        missing = generator.random(latent.shape) < NO_ANSWER
        missing[(~missing).sum(axis=1) < LEAST_ANSWERS] = False
        chosen = np.where(_is_turned(instrument), 6 - options(latent), options(latent))
        return {
            person.identity.email: {
                code: None if missing[row, column] else int(chosen[row, column])
                for column, code in enumerate(instrument.item_codes)
            }
            for row, person in enumerate(self.organisation.people)
            if answering[row]
        }


def make_world(organisation: Organisation, *, seed: int) -> World:
    """Return the world of a seed with the stories of the troubled and the improving team told in it."""
    generator = np.random.default_rng([seed, _STREAM])
    keys = [team.key for team in organisation.teams]
    home = np.array([keys.index(person.team) for person in organisation.people])
    level = _mixed(generator, len(keys), TEAM) + _moods(generator, len(keys))
    person = _mixed(generator, len(home), PERSON)
    response = np.clip(generator.normal(0.78, 0.07, len(home)), 0.6, 0.95)
    shape = organisation.shape
    troubled = keys.index(shape.troubled)
    # One wave with fewer than five answers would join this team with another for months, and hide its story.
    response[home == troubled] = np.maximum(response[home == troubled], _TROUBLED_RESPONSE)
    members = person[home == troubled]
    steps = np.zeros(WAVES)
    steps[TROUBLE_FROM - 1 :] = 1.0
    _tell(level[:, troubled], "workload", members=members, path=steps, before=WORKLOAD_BEFORE, after=WORKLOAD_AFTER)
    for topic, fall in _SIDE_EFFECTS.items():
        level[:, troubled, TOPICS.index(topic)] += fall * steps
    if shape.improving is not None:
        improving = keys.index(shape.improving)
        ramp = np.clip((np.arange(1, WAVES + 1) - _IMPROVES_OVER[0]) / (_IMPROVES_OVER[1] - _IMPROVES_OVER[0]), 0, 1)
        _tell(
            level[:, improving],
            "clarity",
            members=person[home == improving],
            path=ramp,
            before=CLARITY_BEFORE,
            after=CLARITY_AFTER,
        )
    return World(organisation=organisation, seed=seed, home=home, level=level, person=person, response=response)


def _tell(level: _Floats, topic: str, *, members: _Floats, path: _Floats, before: float, after: float) -> None:
    """Move one team's topic from one mean option to another along ``path`` (0 to 1 by wave), its mood kept on top.

    What the mood has in common with the path is taken out, so that the story has the size it is told with.
    """
    column = TOPICS.index(topic)
    spread = math.sqrt(WEEK + ITEM + MOOD_SD**2)
    start, end = (level_for(mean, members[:, column], spread) for mean in (before, after))
    told = np.column_stack([np.ones(WAVES), path])
    mood = level[:, column]
    mood = mood - told @ np.linalg.lstsq(told, mood, rcond=None)[0]
    level[:, column] = mood + start + (end - start) * path


def _moods(generator: np.random.Generator, teams: int) -> _Floats:
    """Return stationary AR(1) moods of shape (waves, teams, topics)."""
    moods = np.empty((WAVES, teams, len(TOPICS)))
    moods[0] = _mixed(generator, teams, MOOD_SD**2)
    for wave in range(1, WAVES):
        fresh = _mixed(generator, teams, MOOD_SD**2 * (1 - MOOD_PHI**2))
        moods[wave] = MOOD_PHI * moods[wave - 1] + fresh
    return moods


def _mixed(generator: np.random.Generator, rows: int, variance: float) -> _Floats:
    """Return normal values of shape (rows, topics) whose topics correlate by ``COMMON``."""
    common = generator.normal(0, math.sqrt(COMMON * variance), (rows, 1))
    own = generator.normal(0, math.sqrt((1 - COMMON) * variance), (rows, len(TOPICS)))
    mixed: _Floats = common + own
    return mixed


def _topic(scale: str) -> int:
    return TOPICS.index(_TOPIC_OF.get(scale, scale))


def _is_turned(instrument: Instrument) -> NDArray[np.bool_]:
    """Tell by item whether a good state has a low option code: a reversed item, or a scale where higher is worse."""
    worse = {scale.code for scale in instrument.scales if scale.higher_is is Direction.WORSE}
    return np.array([item.is_reversed != (item.scale in worse) for item in instrument.items])
