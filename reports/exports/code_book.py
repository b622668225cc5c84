"""Turns the columns of the export into a code book, and what a reader has to know into the lines of a read-me."""

from __future__ import annotations

from dataclasses import dataclass

from reports.exports.code_book_entries import ENTRIES
from reports.exports.table import TABLES, Column
from surveys.i18n import Translator


@dataclass(frozen=True, kw_only=True)
class CodeBookEntry:
    """One column explained: ``tables`` have it, ``allowed`` are its codes or its form, ``note`` a warning."""

    column: str
    tables: str
    name: str
    meaning: str
    type: str
    unit: str
    allowed: str
    note: str

    def fields(self) -> dict[str, str]:
        """Return the entry as fields by column of the code book."""
        return {column: getattr(self, column) for column in CODE_BOOK_COLUMNS}


CODE_BOOK_COLUMNS = ("column", "tables", "name", "meaning", "type", "unit", "allowed", "note")


def code_book(tr: Translator) -> tuple[CodeBookEntry, ...]:
    """Return the code book in the language of ``tr``, in the order of the tables and their columns."""
    columns: dict[str, Column] = {column.name: column for table in TABLES for column in table.columns}
    return tuple(
        CodeBookEntry(
            column=name,
            tables=", ".join(table.name for table in TABLES if name in table.names),
            name=tr.t(ENTRIES[name].name),
            meaning=tr.t(ENTRIES[name].meaning),
            type=column.kind.value,
            unit=tr.t(ENTRIES[name].unit) if ENTRIES[name].unit else "",
            allowed=ENTRIES[name].allowed,
            note=tr.t(ENTRIES[name].note) if ENTRIES[name].note else "",
        )
        for name, column in columns.items()
    )


def read_me(tr: Translator) -> tuple[str, ...]:
    """Return what a reader has to know before the first pivot table, a paragraph for each line."""
    return (
        tr.t("Every figure here is a total over whole crowds. A crowd is a group of people counted together, never "
             "fewer than the threshold of the wave. A selection chooses rows and never makes a new number."),
        tr.t("The grain: cells has one row for each crowd, measure and wave. Add wave, crowd and measure up to a key."),
        tr.t("From a team to its figures: units names for each unit of each wave the crowds with its people. A team "
             "stands in one crowd, and where it shares that crowd the column joined_with names the others. A unit "
             "above has all crowds of its teams. Join units to cells by wave and crowd."),
        tr.t("Do not average the rows of crowds. Ready-made rows for the company and for every unit above team level "
             "stand in totals. They count whole crowds only: not_included names teams that share a crowd with others."),
        tr.t("Names last: the key of a unit is the one in your own list of teams, and the name of a crowd follows from "
             "the keys of its teams alone. The same teams have the same crowd name in every wave, whatever they are "
             "called and wherever they moved. Other teams together make another name. Old waves are never cut again."),
        tr.t("A value with >= or <= is clipped: the mean lies between low and high. Numbers of answers are bands with "
             "a lower and an upper end, and a column to sort by."),
        tr.t("Where there is no figure the fields are blank and reason_code and reason say why: too few answers in "
             "all, joined with others, too few opinions on one question, not asked in this wave, or a division that "
             "was declined. Blank is not zero."),
        tr.t("Excel and Power BI: load the file with the ending pq as a query to read the same rows from the "
             "interface for programs with a token."),
        tr.t("SHA256SUMS holds the checksum of each file. The ledger of the installation notes who made this export."),
    )  # fmt: skip
