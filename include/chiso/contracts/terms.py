"""What a contract says of a source as a whole, as types: its `customProperties`. docs/contracts.md is rendered from them."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator, model_validator

from chiso.contracts.conditions import Condition
from chiso.contracts.measures import Kind, Measure
from chiso.contracts.words import Words
from chiso.province.periods import Grain

Cadence = Literal["day", "week", "month", "quarter", "half", "year", "irregular"]
_GRAINS: dict[Cadence, Grain] = {
    "day": "day",
    "week": "day",
    "month": "month",
    "quarter": "quarter",
    "half": "half",
    "year": "year",
}
"""Cadence → length of its periods, shortest first; what comes weekly shows one day. Irregular: of any length."""


class Transport(Words):
    """How a delivery is fetched. `{period}` in `path` is replaced by the period's code."""

    kind: Literal["export", "paged_json", "json", "drop_folder"]
    """export: a file of text; paged_json: pages of JSON until all records are there; json: one answer in JSON;
    drop_folder: files that people put into a folder."""
    endpoint: str
    """Name of the connection: `chiso_<endpoint>`."""
    path: str = ""
    """Of the endpoint, from its first slash, with the query; not with a drop folder."""
    auth: Literal["none", "oauth2", "api_key"] = "none"
    """How to log in, with what the connection holds: a token for client and secret, or a key in a header."""
    page_size: int = Field(default=500, gt=0)
    """Records of a page; `paged_json` only."""
    file_names: list[str] = Field(default_factory=list)
    """Drop folder only: shell patterns, matched without regard to case and accents."""
    since: str | None = None
    """First period that is fetched where nothing has been accepted yet."""

    @model_validator(mode="after")
    def _complete(self) -> "Transport":
        if self.kind == "drop_folder" and not self.file_names:
            raise ValueError("a drop folder needs file_names")
        if self.kind != "drop_folder" and not (self.path and self.since):
            raise ValueError(f"{self.kind} needs path and since")
        return self


class Preliminary(Words):
    """Figures that come twice: an official one replaces a preliminary one and is never displaced by one."""

    column: str
    """The column that says which of the two a row is."""
    official: str
    """Its value for official figures."""


class Delivery(Words):
    """What one delivery is, and what of the earlier ones it replaces."""

    cadence: Cadence | list[Cadence]
    """How often; several where a form comes for half-years and for years."""
    calendar: Literal["civil", "administrative"] = "civil"
    """Where no dates are stated: civil, or administrative (from the 15th to the 14th)."""
    content: Literal["snapshot", "events"] = "snapshot"
    """snapshot: how things stand at its period; events: things that happened, each with a key of its own."""
    replaces: Literal["period", "reporter", "office", "keys"] = "period"
    """What a newer delivery replaces: the period as a whole, the period of one reporter, of the period the columns of each
    office (`filled_by`) of which it has a figure, or (events) the same keys."""
    reporter: str | None = None
    """Column that names who reports a row, where each sends a delivery of its own."""
    preliminary: Preliminary | None = None
    """Where figures come first as preliminary, then as official ones."""
    look_back: int = Field(default=0, ge=0)
    """How many accepted days, counted from the newest, are asked for again since they may be restated."""
    drift: Literal["freeze", "warn", "evolve"] = "warn"
    """What a column means that is added, renamed, moved, retyped or missing, compared with the last accepted delivery: it
    refuses the delivery, is a warning (an unknown column: information), or is information."""
    due_working_days: int | None = Field(default=None, ge=0)
    """Working days after the period's end; no day is set where it is left out."""
    open_working_days: int | None = Field(default=None, ge=0)
    """Working days after the period's end in which it is open to late data: what comes later is loaded, but what it restates is
    held whatever its size. It never closes where it is left out."""
    format: Literal["csv", "json", "workbook"]
    """csv: a text export, whatever its separator; workbook: .xlsx, .xls, .ods, or a table of HTML."""
    max_rejected_share: Decimal = Field(default=Decimal("0.05"), ge=0, le=1)
    """The delivery is refused when more than this share of its rows is rejected, and more than `max_rejected_rows`."""
    max_rejected_rows: int = Field(default=2, ge=0)
    """So many rejected rows never refuse a delivery."""

    @property
    def cadences(self) -> list[Cadence]:
        """Every cadence, as a list."""
        return self.cadence if isinstance(self.cadence, list) else [self.cadence]

    @property
    def grains(self) -> list[Grain]:
        """Lengths of the periods it comes for, shortest first; what comes irregularly states none."""
        return list(dict.fromkeys(grain for cadence, grain in _GRAINS.items() if cadence in self.cadences))

    @property
    def shortest(self) -> Grain | None:
        """The shortest of them: what comes for half-years and for years is made of half-years."""
        return next(iter(self.grains), None)

    @model_validator(mode="after")
    def _consistent(self) -> "Delivery":
        if (self.content == "events") != (self.replaces == "keys"):
            raise ValueError("events replace keys, and nothing else does")
        if (self.replaces == "reporter") != (self.reporter is not None):
            raise ValueError("replaces: reporter goes with the column `reporter`")
        return self


class Events(Words):
    """Things that happened, kept at their own grain: every version of each, the newest of which counts."""

    at: str | None = None
    """Timestamp that tells versions of one thing apart and is a part of the key; without it the newest received counts."""
    table: str | None = None
    """The table's name in schema `warehouse`; `<family>_<source>` where it is left out."""


class Totals(Words):
    """Printed totals and subtotals: every figure of the form is checked against them, but for these."""

    names: list[str] = Field(default_factory=list)
    """What the form's totals are called beside what totals are called anyway (`Tổng cộng`, `Toàn tỉnh`). Of rows that are named
    after units or a dimension's values, one that speaks of the whole province (`GRDP toàn tỉnh`) is a total too."""
    ignored: list[str] = Field(default_factory=list)
    """Columns whose totals mean something else than the sum of the rows."""
    tolerance: Decimal = Field(default=Decimal(0), ge=0)
    """By how much a printed total may differ, in the printed unit."""


class Sheet(Words):
    """How a form's rows are laid out."""

    label: str
    """The column that names the row (unit, agency, facility, document …)."""
    subtotals: Literal["auto", "above", "below", "none"] = "auto"
    """Where rows that sum others stand; none: every row with figures is data, but for totals."""
    totals: Totals = Totals()
    """What isn't checked against printed totals."""


class Printed(Words):
    """A figure that somebody else computed and printed: compared with ours, never computed with."""

    indicator: str | None = None
    """The indicator whose printed value this is …"""
    indicator_column: str | None = None
    """… or the column that names it, by id or as documents call it."""
    value: str
    """Column of the printed value; with the reading `printed` its decimals say how exact it is."""
    numerator: str | None = None
    """Column of the numerator, as printed."""
    denominator: str | None = None
    """Column of the denominator, as printed."""
    document: str | None = None
    """Column that names the document."""
    quote: str | None = None
    """Column with the words of the document."""
    when: Condition | None = None
    """Only rows for which this holds."""

    @model_validator(mode="after")
    def _named(self) -> "Printed":
        if (self.indicator is None) == (self.indicator_column is None):
            raise ValueError("printed: give either indicator or indicator_column")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that it names."""
        named = (self.indicator_column, self.value, self.numerator, self.denominator, self.document, self.quote)
        return [name for name in named if name] + (self.when.columns if self.when else [])


class Figures(Words):
    """What the form's figures are, where a column doesn't say otherwise: each is a measure under the column's name."""

    kind: Kind
    """flow: counted during the period, sums over sub-periods; stock: stands at the period's end."""
    unit: str = ""
    """What the figures are given in, as Vietnamese readers write it."""


class Terms(Words):
    """The contract's `customProperties`, one key each."""

    owner: str | list[str]
    """Code of the agency that answers for the source; several where any of them may send it, the first answers."""
    transport: Transport
    """How a delivery is fetched."""
    delivery: Delivery
    """What a delivery is, how often it comes, and what it replaces."""
    sheet: Sheet | None = None
    """Workbooks only."""
    events: Events | None = None
    """Content `events` only."""
    subject: str | None = None
    """Column that names the row where it is no unit: a procedure, an asset, a document."""
    unit: str | None = None
    """Column with the administrative unit or agency that a row speaks of; left out: the province as a whole."""
    unit_at: str | None = None
    """Column with the time or day at which the row's units are looked up; left out: the period's end. With it units must be
    given by their codes, in whatever format: a name can't be resolved, and rejects its row as a code that is in no list."""
    period: str | None = None
    """Column with the row's own period or day, to which its figures belong; left out: the delivery's."""
    dimensions: list[str] = Field(default_factory=list)
    """Columns that a row speaks of beside unit and period: sector, severity, disposition …"""
    figures: Figures | None = None
    """Workbooks only: makes a measure of each figure for which none is stated."""
    measures: list[Measure] = Field(default_factory=list)
    """Figures that are taken from the rows; those of a form that `figures` doesn't make by itself."""
    no_addresses: bool = False
    """Addresses of machines (IP, MAC) are never stored: a word that holds one rejects its row and is masked where it is shown.
    Raw files are encrypted, since fields that are no columns may hold some."""
    printed: list[Printed] = Field(default_factory=list)
    """Columns with figures that somebody else computed."""

    @field_validator("owner")
    @classmethod
    def _some_owner(cls, owner: str | list[str]) -> str | list[str]:
        if not owner:
            raise ValueError("name at least one agency")
        return owner

    @property
    def owners(self) -> list[str]:
        """Every agency that may send it."""
        return self.owner if isinstance(self.owner, list) else [self.owner]

    @property
    def responsible(self) -> str:
        """The agency that answers for the source."""
        return self.owners[0]
