"""Turns the refusal of a figure into a value with a reason from a closed list and its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reports.disclosure.policy import K_DEFAULT
from surveys.i18n import Translator, mark


class Reason(StrEnum):
    """Why a cell has no figure; the value is the code that exports carry."""

    TOO_FEW_IN_ALL = "too_few_in_all"
    JOINED_WITH = "joined_with"
    TOO_FEW_FOR_CUT = "too_few_for_cut"
    NOT_ASKED = "not_asked"
    DECLINED_BY_LEDGER = "declined_by_ledger"
    WAVE_WITHDRAWN = "wave_withdrawn"


_SENTENCES = {
    Reason.TOO_FEW_IN_ALL: mark(
        "Fewer than {k} people answered in all. Nothing is shown, and the answers were destroyed."
    ),
    Reason.JOINED_WITH: mark("Too few people answered for figures of their own. They are reported with {names}."),
    Reason.TOO_FEW_FOR_CUT: mark("Fewer than {k} people gave an opinion on this. No figure is shown."),
    Reason.NOT_ASKED: mark("This was not asked in this wave."),
    Reason.DECLINED_BY_LEDGER: mark(
        "Together with figures already released, this one could single out fewer than {k} people. It is not shown."
    ),
    Reason.WAVE_WITHDRAWN: mark("The wave was withdrawn. Its figures are no longer shown."),
}
_ALONE = mark("Too few people answered for figures of their own. They are reported with a neighbouring team.")


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """A cell without a figure; ``names`` are the units with which it is reported, where the reason is that."""

    reason: Reason
    k: int = K_DEFAULT
    names: tuple[str, ...] = ()

    @property
    def reason_code(self) -> str:
        """The code of the reason."""
        return self.reason.value

    def sentence(self, tr: Translator) -> str:
        """Return the reason as a sentence for a reader."""
        if self.reason is Reason.JOINED_WITH:
            return tr.t(_SENTENCES[self.reason], names=tr.join(self.names)) if self.names else tr.t(_ALONE)
        return tr.t(_SENTENCES[self.reason], k=self.k)
