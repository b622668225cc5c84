"""Turns the tagged PDF of the renderer into one that meets PDF/UA: header scope, artifacts, places of figures.

The renderer marks the text of page margins as content that hangs in no tree, gives header cells no scope and writes
figure boxes in CSS pixels from the top (WeasyPrint issues 1836 and 2482).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

_PIXEL = 0.75  # points
_MARKED = {"BDC", "BMC"}

Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage


def finish(pdf: bytes) -> bytes:
    """Complete the tags of ``pdf``; equal input gives equal bytes."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root.StructTreeRoot
        kept: dict[tuple[int, int], set[int]] = {}
        for element in _elements(root.K):
            if element.S == Name.TH:
                _scope(element)
            elif Name.Figure == element.S:
                _place(element)
            for mcid in _mcids(element):
                kept.setdefault(_identity(element.Pg), set()).add(mcid)
        held = [kept.get(_identity(page.obj), set()) for page in document.pages]
        for page, mcids in zip(document.pages, held, strict=True):
            _mark_artifacts(document, page, mcids)
        _forget(root.ParentTree, held)
        target = io.BytesIO()
        document.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return target.getvalue()


def _elements(kids: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """All structure elements below an entry ``K``, in reading order."""
    stack = [kids]
    while stack:
        node = stack.pop()
        if isinstance(node, Array):
            stack.extend(reversed(list(node)))
        elif isinstance(node, Dictionary) and Name.S in node:
            yield node
            if Name.K in node:
                stack.append(node.K)


def _identity(thing: pikepdf.Object) -> tuple[int, int]:
    """Number and generation of an object, the same however it was reached."""
    return (thing.objgen[0], thing.objgen[1])


def _mcids(element: pikepdf.Object) -> Iterator[int]:
    kids: object = element.get(Name.K, Array())
    for kid in kids if isinstance(kids, Array) else (kids,):
        if isinstance(kid, int):
            yield kid


def _scope(header: pikepdf.Object) -> None:
    """A header cell in the head of its table speaks for its column, any other for its row."""
    group = header.P.P
    scope = Name.Column if Name.THead == group.S else Name.Row
    entry = header.get(Name.A, Dictionary(O=Name.Table))
    entry.Scope = scope
    header.A = entry


def _place(figure: pikepdf.Object) -> None:
    """Turn the box of a figure from CSS pixels below the top edge into points above the bottom edge."""
    height = float(figure.Pg.MediaBox[3])
    left, top, right, bottom = (float(side) * _PIXEL for side in figure.A.BBox)
    figure.A.BBox = Array([round(side, 2) for side in (left, height - bottom, right, height - top)])


def _mark_artifacts(document: pikepdf.Pdf, page: pikepdf.Page, kept: set[int]) -> None:
    """Marked content that no structure element holds becomes an artifact; nothing is drawn differently."""
    instructions: list[Instruction] = []
    for instruction in pikepdf.parse_content_stream(page):
        loose = _mcid_of(instruction) not in (None, *kept)
        instructions.append(
            pikepdf.ContentStreamInstruction([Name.Artifact], Operator("BMC")) if loose else instruction
        )
    page.Contents = document.make_stream(pikepdf.unparse_content_stream(instructions))


def _mcid_of(instruction: Instruction) -> int | None:
    """The number of the marked content that the instruction begins, if it begins one."""
    operands = list(instruction.operands)
    if str(instruction.operator) in _MARKED and len(operands) == 2 and Name.MCID in operands[1]:
        return int(operands[1].MCID)
    return None


def _forget(tree: pikepdf.Object, kept: Sequence[set[int]]) -> None:
    """Empty the entries of the parent tree whose content became an artifact."""
    numbers = tree.Nums
    for place in range(0, len(numbers), 2):
        page, entries = int(numbers[place]), numbers[place + 1]
        if page < len(kept) and isinstance(entries, Array):
            held = [entry if mcid in kept[page] else None for mcid, entry in enumerate(entries)]
            numbers[place + 1] = Array(held)
