"""Loads the stored analysis of a wave for its readers: the whole in words, units page by page, or plain data."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.disclosure.policy import POLICY_VERSION
from reports.models import Analysis
from reports.services.analysis import find_current
from reports.services.analysis_cells import FindingLine, finding_line
from reports.services.analysis_data import OUTCOMES
from reports.services.analysis_words import Overview, overview_of
from reports.services.auditing import check_released
from reports.services.history import check_is_released
from reports.stats.results import AlertStatus
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import Verdict
from reports.store import export_rows, releases
from reports.store import findings as store
from reports.store.findings import FindingRow
from surveys.i18n import Translator
from surveys.instruments.schema import Scale
from surveys.models.base import canonical_json
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

_CHANGES = (Verdict.FALLING.value, Verdict.RISING.value)
_ALERTS = (AlertStatus.LOWER.value, AlertStatus.HIGHER.value)

SHOWN: Mapping[str, tuple[str, ...]] = {
    "standing-out": (*_CHANGES, *_ALERTS),
    "falling": (Verdict.FALLING.value,),
    "rising": (Verdict.RISING.value,),
    "alert": _ALERTS,
    "below": (LevelStanding.CLEARLY_BELOW.value,),
    "above": (LevelStanding.CLEARLY_ABOVE.value,),
    "all": (),
}
"""Which units a reader may ask for, and the words of closed lists that bring a unit in; none brings all in."""


@dataclass(frozen=True, kw_only=True)
class StoredAnalysis:
    """The analysis of a wave with what is needed to read it: its scales in their order, and the names of its units."""

    wave: str
    made_at: dt.datetime
    method_version: str
    document: Mapping[str, object]
    scales: Mapping[str, Scale]
    outcomes: Mapping[str, Scale]
    names: Mapping[str, str]

    def overview(self, tr: Translator) -> Overview:
        """Return what is said about the organisation as a whole."""
        return overview_of(self.document, {**self.outcomes, **self.scales}, tr)


def load_analysis(session: Session, wave: str) -> StoredAnalysis | None:
    """Return the analysis of a released wave, None where there is none by today's methods.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with its release.
    """
    row = check_is_released(session, wave)
    check_released(session, [wave])
    found = find_current(session, wave)
    if found is None:
        return None
    instrument = instrument_of(session, row.instrument_sha256)
    analysed = found.document.get("scales")
    codes = list(analysed) if isinstance(analysed, Mapping) else []
    asked = {scale.code: scale for scale in instrument.scales}
    # Canonical JSON sorts names; readers want the order of the questionnaire.
    scales = {code: scale for code, scale in asked.items() if code in codes}
    return StoredAnalysis(
        wave=wave,
        made_at=found.made_at,
        method_version=found.method_version,
        document=_in_order(found, scales),
        scales=scales,
        outcomes=_outcomes(session, found),
        names={unit: name for unit, _, name in export_rows.list_tree(session, wave)},
    )


def list_units(session: Session, analysis: StoredAnalysis, *, scale: str | None, shown: str) -> list[str]:
    """Return the units that a reader asks for, by name; ``shown`` is a key of :data:`SHOWN`."""
    found = store.list_finding_units(session, analysis.wave, measure=scale, standing_out=SHOWN[shown])
    return sorted(found, key=lambda unit: (analysis.names.get(unit, unit), unit))


def list_lines(
    session: Session, analysis: StoredAnalysis, units: Sequence[str], *, scales: Sequence[Scale], tr: Translator
) -> list[FindingLine]:
    """Return the rows of some units, in their order."""
    by_unit: dict[str, dict[str, FindingRow]] = {}
    for row in store.list_findings(session, analysis.wave, units):
        by_unit.setdefault(row.unit, {})[row.measure] = row
    return [finding_line(by_unit.get(unit, {}), scales, analysis.names, tr) for unit in units]


def as_plain(session: Session, analysis: StoredAnalysis) -> dict[str, object]:
    """Return the whole analysis with every finding as data for JSON."""
    units = list_units(session, analysis, scale=None, shown="all")
    return {
        "wave": analysis.wave,
        "made_at": analysis.made_at,
        "method_version": analysis.method_version,
        "analysis": dict(analysis.document),
        "findings": [
            {
                "unit": row.unit,
                "name": analysis.names.get(row.unit, row.unit),
                "scale": row.measure,
                "verdict": row.verdict,
                "alert_status": row.alert,
                **row.document,
            }
            for row in store.list_findings(session, analysis.wave, units)
        ],
    }


def note_plain(
    session: Session, analysis: StoredAnalysis, plain: Mapping[str, object], *, actor: str, now: dt.datetime
) -> None:
    """Note in the ledger who gets the whole analysis as data; call it before anybody does.

    Raises:
        NotFound: the wave was withdrawn in between; nothing of it may be handed out.
    """
    check_is_released(session, analysis.wave)
    findings, used = plain["findings"], analysis.document.get("waves")
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="export",
        subject=f"findings: {analysis.wave} json",
        cells=len(findings) if isinstance(findings, list) else 0,
        sha256=hashlib.sha256(canonical_json({**plain, "made_at": analysis.made_at.isoformat()}).encode()).hexdigest(),
        detail={
            "waves": used if isinstance(used, list) else [analysis.wave],
            "units": "all",
            "measures": sorted(analysis.scales),
            "policy": POLICY_VERSION,
            "format": "json",
        },
    )


def _in_order(found: Analysis, scales: Mapping[str, Scale]) -> Mapping[str, object]:
    own = found.document.get("scales")
    if not isinstance(own, Mapping):
        return found.document
    return {**found.document, "scales": {code: own[code] for code in scales}}


def _outcomes(session: Session, found: Analysis) -> dict[str, Scale]:
    """Return the outcome scales as some wave of the window asked them; the last wave may not have."""
    used = found.document.get("waves")
    known: dict[str, Scale] = {}
    for slug in used if isinstance(used, list) else []:
        instrument = instrument_of(session, wave_store.get_wave(session, slug).instrument_sha256)
        known |= {scale.code: scale for scale in instrument.scales if scale.code in OUTCOMES}
    return known
