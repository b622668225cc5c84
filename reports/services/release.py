"""Turns the totals of a counted wave into its one release: audited, protected, frozen. Alone reads totals."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.disclosure import policy
from reports.disclosure.cells import RawCell, protect_crowd
from reports.disclosure.participation import response_band
from reports.disclosure.tree_audit import AuditAccount, audit_tree
from reports.errors import ReleaseRefused
from reports.models import Release
from reports.services.pages import hidden_from, published
from reports.store import releases
from reports.store.cells import to_plain
from surveys import policies
from surveys.crowds.shapes import WHOLE_COMPANY, Crowd
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message
from surveys.instruments.schema import Instrument
from surveys.models.base import canonical_json
from surveys.models.totals import CrowdTotal
from surveys.models.waves import Wave
from surveys.services.frozen import frozen_crowds
from surveys.services.promises import check_manifest, check_thresholds
from surveys.services.questionnaires import instrument_of
from surveys.store import totals, waves

_VARIANCE_DECIMALS = 2
_LEAST_VARIANCE = 0.1
"""A smaller spread is released as this one: none at all would prove that everybody agreed."""


@dataclass(frozen=True, kw_only=True)
class ReleaseAccount:
    """What a release did."""

    wave: str
    cells: int
    audit: AuditAccount | None
    already_released: bool


def thresholds() -> dict[str, object]:
    """Return the constants of the disclosure rules as a wave's manifest promises them."""
    return {"policy": policy.POLICY_VERSION, "spread_minimum": policy.SPREAD_MINIMUM}


def build_release(session: Session, *, wave: str, now: dt.datetime, actor: str) -> ReleaseAccount:
    """Release a counted wave once; repeating it changes nothing.

    Raises:
        ReleaseRefused: an auditor found a group below k; its lines stand in the sentence.
        Refused: the wave is not counted, its release time has not come, its key or ballots are not verifiably gone, or
            it was opened under other rules than those of today.
    """
    row = waves.lock_wave(session, wave)
    if row.status == WaveStatus.RELEASED:
        return ReleaseAccount(wave=wave, cells=0, audit=None, already_released=True)
    _check_may_release(row, now)
    check_manifest(session, row)
    check_thresholds(row, thresholds())
    counts = {count.crowd: count.ballots for count in totals.list_counts(session, wave)}
    final = [] if row.is_none else _final_crowds(session, wave)
    if set(counts) != {crowd.label for crowd in final}:
        raise ReleaseRefused("Wave {wave} was not released: its crowds and its totals do not fit.", wave=wave)
    pages = _Pages.of(session, wave, final)
    account = _audit(session, wave, pages, counts, row.k) if final else None
    if account is not None and not account.passed:
        reasons = Message(" ".join(str(line) for line in account.lines))
        raise ReleaseRefused("Wave {wave} was not released. {reasons}", wave=wave, reasons=reasons)
    instrument = instrument_of(session, row.instrument_sha256)
    crowds = [
        {**_crowd_row(wave, crowd, counts[crowd.label], row.k), "hidden_from": sorted(pages.hidden[crowd.label])}
        for crowd in final
    ]
    cells = _cells(session, row, instrument, final, counts)
    digest = hashlib.sha256(canonical_json([crowds, cells]).encode()).hexdigest()
    releases.add_release(
        session,
        Release(
            wave=wave,
            released_at=now,
            policy_version=str(policy.POLICY_VERSION),
            audit=_plain_audit(account),
            sha256=digest,
        ),
        crowds=crowds,
        cells=cells,
        moments=_moments(session, wave),
    )
    releases.add_ledger_entry(
        session, at=now, actor=actor, kind="release", subject=wave, cells=len(cells), sha256=digest
    )
    waves.set_answers_low(session, wave, {str(crowd["crowd"]): int(str(crowd["n_low"])) for crowd in crowds})
    if not waves.move_wave(session, wave, WaveStatus.COUNTED, WaveStatus.RELEASED, released_at=now):
        raise Refused("Wave {wave} was released by another process.", wave=wave)
    return ReleaseAccount(wave=wave, cells=len(cells), audit=account, already_released=False)


def audit_wave(session: Session, *, wave: str) -> AuditAccount | None:
    """Run the auditors again on a counted or released wave; None where it was released as none."""
    row = waves.get_wave(session, wave)
    if row.status not in {WaveStatus.COUNTED, WaveStatus.RELEASED}:
        raise Refused("Wave {wave} has no totals to audit yet.", wave=wave)
    if row.is_none:
        return None
    counts = {count.crowd: count.ballots for count in totals.list_counts(session, wave)}
    if not counts:
        raise Refused("The totals of wave {wave} are gone, because their retention is over.", wave=wave)
    return _audit(session, wave, _Pages.of(session, wave, _final_crowds(session, wave)), counts, row.k)


def _check_may_release(row: Wave, now: dt.datetime) -> None:
    policies.check_can_move_wave(row.slug, WaveStatus(row.status), WaveStatus.RELEASED)
    if row.key_destroyed_at is None or row.rewritten_at is None:
        raise Refused(
            "Wave {wave} is not released yet: the destruction of its key and ballots is not finished. "
            "Close it again to finish these steps.",
            wave=row.slug,
        )
    if now < row.releases_at:
        raise Refused(
            "Wave {wave} is released on {moment}, for everybody at once.", wave=row.slug, moment=row.releases_at
        )


def _final_crowds(session: Session, wave: str) -> list[Crowd]:
    """Return the final crowds by label; a crowd merged at the count is put together from its planned parts."""
    frozen = frozen_crowds(session, wave)
    final_label = {row.label: row.final_label for row in waves.list_crowds(session, wave)}
    parts: dict[str, list[Crowd]] = {}
    for crowd in frozen.crowds:
        label = final_label[crowd.label]
        if label is not None:
            parts.setdefault(label, []).append(crowd)
    return [_joined(label, parts[label], frozen.parents) for label in sorted(parts)]


def _joined(label: str, parts: Sequence[Crowd], parents: Mapping[str, str | None]) -> Crowd:
    return Crowd(
        label=label,
        units=tuple(sorted(unit for part in parts for unit in part.units)),
        home=_common([part.home for part in parts], parents),
        invited=sum(part.invited for part in parts),
        is_whole_company=any(part.is_whole_company for part in parts) or label == WHOLE_COMPANY,
        leads=tuple(sorted({unit for part in parts for unit in part.leads})),
    )


def _common(units: Sequence[str], parents: Mapping[str, str | None]) -> str:
    """Return the lowest unit above all of ``units``."""
    chains = []
    for unit in units:
        chain = [unit]
        while (above := parents[chain[-1]]) is not None:
            chain.append(above)
        chains.append(chain)
    return next(unit for unit in chains[0] if all(unit in chain for chain in chains))


@dataclass(frozen=True, kw_only=True)
class _Pages:
    """What will be published of a wave: the tree, the crowds on each unit's page, and from whom each is hidden."""

    parents: Mapping[str, str | None]
    published: Mapping[str, tuple[str, ...]]
    hidden: Mapping[str, frozenset[str]]

    @staticmethod
    def of(session: Session, wave: str, crowds: Sequence[Crowd]) -> _Pages:
        """Work the pages out from the frozen units and the final crowds."""
        parents = {unit.unit: unit.parent for unit in waves.list_units(session, wave)}
        planned_whole = any(crowd.is_whole_company for crowd in waves.list_crowds(session, wave))
        hidden = hidden_from(crowds, parents, is_told=planned_whole)
        return _Pages(parents=parents, published=published(crowds, parents, hidden), hidden=hidden)


def _audit(session: Session, wave: str, pages: _Pages, counts: Mapping[str, int], k: int) -> AuditAccount:
    """Run the tree audit against the number of ballots that was counted apart from the crowds."""
    for row in totals.list_totals(session, wave):
        if not k <= row.n <= counts.get(row.crowd, 0):
            raise ReleaseRefused(
                "Wave {wave} was not released: the total of {measure} does not fit the ballots of its crowd.",
                wave=wave,
                measure=row.measure,
            )
    return audit_tree(
        units=pages.parents,
        published=pages.published,
        crowds=counts,
        answers=totals.find_ballots(session, wave) or 0,
        k=k,
    )


def _crowd_row(wave: str, crowd: Crowd, ballots: int, k: int) -> Mapping[str, object]:
    band = policy.n_band(ballots, k=k, invited=crowd.invited)
    return {
        "wave": wave,
        "crowd": crowd.label,
        "home": crowd.home,
        "units": list(crowd.units),
        "invited": crowd.invited,
        "response": response_band(ballots, crowd.invited, k=k).value,
        "n_low": band.low,
        "n_high": band.high,
        "is_whole_company": crowd.is_whole_company,
    }


def _cells(
    session: Session,
    wave: Wave,
    instrument: Instrument,
    crowds: Sequence[Crowd],
    counts: Mapping[str, int],
) -> list[Mapping[str, object]]:
    stored: dict[str, dict[str, CrowdTotal]] = {}
    for row in totals.list_totals(session, wave.slug):
        stored.setdefault(row.crowd, {})[row.measure] = row
    scales = {scale.code: scale.items for scale in instrument.scales}
    rows: list[Mapping[str, object]] = []
    for crowd in crowds:
        raws = _raw_cells(crowd.label, stored.get(crowd.label, {}), instrument)
        cells = protect_crowd(raws, scales=scales, ballots=counts[crowd.label], invited=crowd.invited, k=wave.k)
        rows.extend(
            {"wave": wave.slug, "crowd": crowd.label, "measure": measure, "cell": to_plain(cells[measure])}
            for measure in sorted(cells)
        )
    return rows


def _raw_cells(crowd: str, found: Mapping[str, CrowdTotal], instrument: Instrument) -> list[RawCell]:
    """Return a raw cell for every measure of the questionnaire, with n = 0 where no total was kept.

    A scale whose own sum was not kept is given the mean of its item means; its released value is made of its items
    in any case.
    """
    raws = []
    for code in instrument.item_codes:
        row = found.get(code)
        raws.append(
            RawCell(
                crowd=crowd,
                measure=code,
                n=row.n if row else 0,
                total=row.total if row else 0.0,
                favourable=row.favourable if row else 0,
            )
        )
    for scale in instrument.scales:
        row = found.get(scale.code)
        items = [found[code] for code in scale.items if code in found]
        if row is not None:
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=row.n, total=row.total, favourable=row.favourable))
        elif len(items) == len(scale.items):
            n = min(item.n for item in items)
            total = n * sum(item.total / item.n for item in items) / len(items)
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=n, total=total, favourable=0))
        else:
            raws.append(RawCell(crowd=crowd, measure=scale.code, n=0, total=0.0, favourable=0))
    return raws


def _moments(session: Session, wave: str) -> list[Mapping[str, object]]:
    return [
        {
            "wave": wave,
            "scope": moment.scope,
            "measure": moment.measure,
            "n_low": policy.n_band(moment.n).low,
            "variance": max(_LEAST_VARIANCE, round(moment.value, _VARIANCE_DECIMALS)),
        }
        for moment in totals.list_moments(session, wave)
        if not moment.other
    ]


def _plain_audit(account: AuditAccount | None) -> dict[str, object]:
    if account is None:
        return {"passed": True, "lines": ["none"]}
    return {"passed": account.passed, "lines": [str(line) for line in account.lines]}
