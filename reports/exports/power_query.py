"""Turns the columns of the cells into a Power Query script that reads them from the interface for programs."""

from __future__ import annotations

from reports.exports.table import CELLS, Kind

CELLS_PATH = "api/v1/cells"
"""Path of the cells below the address of the installation."""

_TYPES = {
    Kind.TEXT: "type text",
    Kind.CODE: "type text",
    Kind.INTEGER: "Int64.Type",
    Kind.DECIMAL: "type number",
    Kind.DATE: "type date",
}
_SCRIPT = """\
// Barograph: reads released figures with a token into Excel or Power BI, one row for each crowd, measure and wave.
// Excel: Data, Get Data, From Other Sources, Blank Query, Advanced Editor. Power BI: Get data, Blank query.
// Paste this text, press Done, and enter the token. Choose "Anonymous" where the program asks how to sign in:
// the token is sent with each request. A workbook that holds the token is as secret as the token.
// Do not average the rows. Ready-made totals stand at api/v1/totals with the same parameters.
let
    Address = {address},
    Path = {path},
    PageSize = 1000,
    ReadCells = (Token as text, optional Wave as nullable text, optional Unit as nullable text,
        optional Scale as nullable text) as table =>
    let
        Given = (name as text, value as nullable text) as record =>
            if value = null or value = "" then [] else Record.AddField([], name, value),
        First = Record.Combine({{
            [limit = Text.From(PageSize)], Given("wave", Wave), Given("unit", Unit), Given("scale", Scale)
        }}),
        Read = (query as record) as record =>
            Json.Document(Web.Contents(Address, [
                RelativePath = Path,
                Query = query,
                Headers = [Authorization = "Bearer " & Token, Accept = "application/json"]
            ]), TextEncoding.Utf8),
        // The answer names its next page as an address; only what it asks for is taken from it.
        Following = (page as record) as nullable record =>
            if page[next] = null then null else Uri.Parts(Uri.Combine(Address & "/", page[next]))[Query],
        Pages = List.Generate(
            () => Read(First),
            each _ <> null,
            each let query = Following(_) in if query = null then null else Read(query),
            each [data]
        ),
        Columns = {{
{columns}
        }},
        Rows = Table.FromRecords(List.Combine(Pages), List.Transform(Columns, each _{{0}}), MissingField.UseNull)
    in
        Table.TransformColumnTypes(Rows, Columns, "en-US")
in
    ReadCells
"""


def power_query(address: str) -> str:
    """Return the script for the installation at ``address``; a function of token, wave, unit and scale."""
    columns = ",\n".join(f"            {{{_quoted(each.name)}, {_TYPES[each.kind]}}}" for each in CELLS.columns)
    return _SCRIPT.format(address=_quoted(address.rstrip("/")), path=_quoted(CELLS_PATH), columns=columns)


def _quoted(text: str) -> str:
    """Return a text of the language M: quotes are doubled, and its escape sign stands for itself."""
    return '"' + text.replace('"', '""').replace("#(", "#(#)(") + '"'
