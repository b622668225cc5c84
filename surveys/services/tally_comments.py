"""Opens the comments of counted ballots apart from their answers, and sorts out at which unit each may be shown.

What comes out is a list of texts by unit in alphabetical order. How many there were is told nowhere.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from surveys.ballots.sealing import Opener, UnreadableBallot, unpad_comment
from surveys.crowds.comments import Voices, place
from surveys.crowds.shapes import Crowd
from surveys.instruments.schema import COMMENT_LENGTH

_BLANK = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories of what has no sign of its own: controls, format marks, halves of pairs, private and unused."""

Rows = list[Mapping[str, object]]


def collect(
    rows: Iterable[tuple[bytes, str, bytes]], opener: Opener, *, counted: Collection[bytes]
) -> list[tuple[str, str]]:
    """Return the planned crowd and the text of every comment, sorted, so that nothing is left of their order.

    ``rows`` are hash of the nonce, crowd and sealed comment. Only those whose hash is among ``counted`` are opened. A
    comment that does not open, cannot be read or is blank is dropped and counted as nothing. A ciphertext that comes
    twice in a crowd was copied, and is one comment. Of copies of the same answers every comment is taken: nobody can
    tell which ballot is the first, and whoever copies one must not push its comment aside.
    """
    seen: set[tuple[str, bytes]] = set()
    found: list[tuple[str, str]] = []
    for mark, crowd, sealed in rows:
        if mark not in counted:
            continue
        try:
            text = clean(unpad_comment(opener.open_comment(sealed, crowd)))
        except UnreadableBallot:
            continue
        own = crowd, hashlib.sha256(sealed).digest()
        if text and own not in seen:
            seen.add(own)
            found.append((crowd, text))
    return sorted(found)


def clean(text: str) -> str:
    """Return a comment as it is kept: one line in composed form (NFC), no unseen signs, at most 400 characters.

    Signs without a glyph say nothing to a reader, but they could mark a text or turn the page around it.
    """
    spaced = _BLANK.sub(" ", text)
    seen = "".join(sign for sign in spaced if unicodedata.category(sign) not in _UNSEEN)
    composed = unicodedata.normalize("NFC", seen)
    return _BLANK.sub(" ", composed).strip()[:COMMENT_LENGTH].rstrip()


def place_comments(
    comments: Sequence[tuple[str, str]],
    crowds: Sequence[Crowd],
    *,
    final: Mapping[str, str],
    parents: Mapping[str, str | None],
    wave: str,
) -> Rows:
    """Return the rows to store: by unit and alphabetical place; comments without a unit are left out.

    ``comments`` are planned crowd and text, ``final`` gives the final crowd of each planned one, and ``crowds`` are the
    final ones with their ballots in ``invited``.
    """
    number = Counter(final[crowd] for crowd, _ in comments)
    unit_of = place(
        [
            Voices(crowd=crowd.label, home=crowd.home, ballots=crowd.invited, comments=number[crowd.label])
            for crowd in crowds
        ],
        parents,
    )
    texts: dict[str, list[str]] = {}
    for crowd, text in comments:
        unit = unit_of.get(final[crowd])
        if unit is not None:
            texts.setdefault(unit, []).append(text)
    return [row for unit in sorted(texts) for row in _rows(wave, unit, texts[unit])]


def _rows(wave: str, unit: str, texts: Sequence[str]) -> Iterator[Mapping[str, object]]:
    for number, text in enumerate(sorted(texts, key=lambda text: (text.casefold(), text)), start=1):
        yield {"wave": wave, "unit": unit, "place": number, "text": text}
