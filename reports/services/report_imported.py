"""Turns the earlier results that other tools gave for a team into the part of its report that stands by itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from reports.document import Imported, ImportedGroup, ImportedRow
from reports.services import earlier
from surveys.i18n import Translator


def imported_of(session: Session, unit: str, tr: Translator, *, wave: str) -> Imported | None:
    """Return the imported results of a unit from before our first wave, one group per measure; None without any."""
    found = earlier.for_team(session, unit, tr, wave=wave)
    if found is None:
        return None
    return Imported(
        sentence=found.sentence,
        groups=tuple(
            ImportedGroup(
                title=tr.t("{marked}: {measure}", marked=group.marked, measure=group.measure),
                description=_description(group, tr),
                rows=tuple(ImportedRow(wave=row.wave, value=row.value, answers_text=row.answers) for row in group.rows),
            )
            for group in found.groups
        ),
    )


def _description(group: earlier.EarlierGroup, tr: Translator) -> str:
    direction = tr.t("lower is better") if group.is_lower_better else tr.t("higher is better")
    return tr.t("{description}, {direction}", description=group.description, direction=direction)
