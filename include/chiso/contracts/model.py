"""What a contract says, as types. Every word is explained here; docs/contracts.md is rendered from it."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chiso.contracts.conditions import Condition
from chiso.contracts.measures import Kind, Measure, OverRows
from chiso.contracts.readings import READINGS, Reading, ReadingName
from chiso.province.figure_units import UNSTATED, FigureUnit, figure_unit, header_unit
from chiso.province.periods import Grain
from chiso.province.units import ADMIN_LEVELS, Level

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


class Model(BaseModel):
    """A part of a contract; unknown words are forbidden."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Transport(Model):
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
    file_names: list[str] = []
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


class Preliminary(Model):
    """Figures that come twice: an official one replaces a preliminary one and is never displaced by one."""

    column: str
    """The column that says which of the two a row is."""
    official: str
    """Its value for official figures."""


class Delivery(Model):
    """What one delivery is, and what of the earlier ones it replaces."""

    cadence: Cadence | list[Cadence]
    """How often; several where a form comes for half-years and for years."""
    calendar: Literal["civil", "administrative"] = "civil"
    """Where no dates are stated: civil, or administrative (from the 15th to the 14th)."""
    content: Literal["snapshot", "events"] = "snapshot"
    """snapshot: how things stand at its period; events: things that happened, each with a key of its own."""
    replaces: Literal["period", "reporter", "keys"] = "period"
    """What a newer delivery replaces: the period as a whole, the period of one reporter, or (events) the same keys."""
    reporter: str | None = None
    """Column that names who reports a row, where each sends a delivery of its own."""
    preliminary: Preliminary | None = None
    """Where figures come first as preliminary, then as official ones."""
    look_back: int = Field(default=0, ge=0)
    """How many accepted days, counted from the newest, are asked for again since they may be restated."""
    due_working_days: int | None = Field(default=None, ge=0)
    """Working days after the period's end; no day is set where it is left out."""
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


class Events(Model):
    """Things that happened, kept at their own grain: every version of each, the newest of which counts."""

    at: str | None = None
    """Timestamp that tells versions of one thing apart and is a part of the key; without it the newest received counts."""
    table: str | None = None
    """The table's name in schema `warehouse`; `<family>_<source>` where it is left out."""


class Totals(Model):
    """Printed totals and subtotals: every figure of the form is checked against them, but for these."""

    ignored: list[str] = []
    """Columns whose totals mean something else than the sum of the rows."""
    tolerance: Decimal = Field(default=Decimal(0), ge=0)
    """By how much a printed total may differ, in the printed unit."""


class Sheet(Model):
    """How a form's rows are laid out."""

    label: str
    """The column that names the row (unit, agency, facility, document …)."""
    subtotals: Literal["auto", "above", "below", "none"] = "auto"
    """Where rows that sum others stand; none: every row with figures is data, but for totals."""
    totals: Totals = Totals()
    """What isn't checked against printed totals."""


class Printed(Model):
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


class Figures(Model):
    """What the form's figures are, where a column doesn't say otherwise: each is a measure under the column's name."""

    kind: Kind
    """flow: counted during the period, sums over sub-periods; stock: stands at the period's end."""
    unit: str = ""
    """What the figures are given in, as Vietnamese readers write it."""


class Terms(Model):
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
    dimensions: list[str] = []
    """Columns that a row speaks of beside unit and period: sector, severity, disposition …"""
    figures: Figures | None = None
    """Workbooks only: makes a measure of each figure for which none is stated."""
    measures: list[Measure] = []
    """Figures that are taken from the rows; those of a form that `figures` doesn't make by itself."""
    printed: list[Printed] = []
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


class ColumnTerms(Model):
    """A column's `customProperties`, one key each."""

    reading: ReadingName | None = None
    """How its texts are read; follows from the logical type and the listed values where it is left out."""
    header: list[list[str]] | None = None
    """Levels of the header from the top, each with its alternatives, where it has several."""
    optional_header: bool = False
    """The whole column may be missing."""
    blank: Literal["missing", "none", "above"] | int = "missing"
    """What a blank cell means. missing: no value, a reject where one is required; none: there is none; above: the value
    that stands above it in the column, or in the heading of the section; a number: that number."""
    none_words: list[str] = []
    """Words that say that there is none (`Chưa có`, `Không`), beside `-` and `KPS`; for columns where a blank is none."""
    split: list[str] = []
    """Signs that part several values in one cell (`;`, a line break is always one); each becomes a row of its own,
    the first of which keeps the row's figures and marks."""
    choices: dict[str, list[str]] = {}
    """Other spellings of the listed values."""
    unknown: Literal["reject", "flag", "text"] = "reject"
    """A value that isn't listed (choice), a name that is no unit: rejects the row; flag: a warning, the value is kept as it
    is and the row counts; text: it means something else than a unit (a field of work) and is kept as it is."""
    levels: list[Level] = []
    """Of units: what a name may resolve to; all administrative levels for `unit`, agencies for `agency`. Their order says
    nothing: `UBND huyện Sa Thầy` is the agency where agencies are among them and there is one, else the district; any other
    name that fits several units is rejected as ambiguous, unless the heading above the row or the text itself
    (`Xã Đắk Long, huyện Đắk Hà`) states the district. Codes of all registers differ, so the code alone is kept."""
    printed_in: str | None = None
    """The unit in which the figure is printed (`tỷ đồng`); it is kept in the plain one (đồng), in which minimum and maximum
    are given too. Without it figures stay in the unit of the column's header."""
    measure: bool = True
    """Whether the form's figure becomes a measure by itself."""
    unit: str | None = None
    """Unit of that measure."""
    kind: Kind | None = None
    """Kind of that measure."""
    over_rows: OverRows = "sum"
    """How figures of several rows become one; one that isn't summed has no total either."""


class Column(Model):
    """One column of a delivery. `name` is the contract's, snake case, and the tables'."""

    name: str
    printed: str
    """Header as the province prints it."""
    reading: ReadingName
    header: list[list[str]]
    """Levels of the header from the top, each with its alternatives; text exports have one level."""
    required: bool
    """The value must be there in every row."""
    key: bool = False
    personal: bool = False
    format: str | None = None
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    enum: list[str | int] = []
    labels: dict[str, str] = {}
    """What listed values mean, by their text."""
    terms: ColumnTerms = ColumnTerms()

    @property
    def how(self) -> Reading:
        """All that is said of its reading."""
        return READINGS[self.reading]

    @property
    def figure_unit(self) -> FigureUnit:
        """The unit in which figures are printed: `printed_in`, else what the header says, else the measure's own."""
        if self.terms.printed_in:
            return figure_unit(self.terms.printed_in)
        in_header = header_unit(self.printed)
        return in_header if in_header != UNSTATED or not self.terms.unit else figure_unit(self.terms.unit)

    @property
    def is_amount(self) -> bool:
        """Whether figures of several rows may be summed: counts and numbers, but for those whose unit is `%`."""
        return self.reading in ("count", "number") and not self.figure_unit.is_percent

    @property
    def power(self) -> int:
        """Power of ten from the printed unit to the one in which figures are kept."""
        return self.figure_unit.power if self.terms.printed_in else 0

    @property
    def optional_header(self) -> bool:
        """Whether the whole column may be missing."""
        return self.terms.optional_header

    @property
    def default(self) -> int | None:
        """The number that a blank stands for."""
        return self.terms.blank if isinstance(self.terms.blank, int) else None

    @property
    def may_be_blank(self) -> bool:
        """Whether a blank cell breaks no rule."""
        return not self.required or isinstance(self.terms.blank, int) or self.terms.blank == "none"

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels that a name may resolve to; none where it is no unit."""
        if self.reading not in ("unit", "agency"):
            return ()
        return tuple(self.terms.levels) or (("agency",) if self.reading == "agency" else ADMIN_LEVELS)


class Contract(Model):
    """A source's contract, ready for use."""

    source: str
    """`<family>/<name>`: the stem of contract, suite and fixture."""
    version: str
    title_vi: str
    description: str
    columns: list[Column]
    terms: Terms
    path: Path = Field(exclude=True)

    @property
    def family(self) -> str:
        """`portal`, `soc`, `departments`."""
        return self.source.split("/")[0]

    @property
    def table(self) -> str:
        """Name of the source's table of facts, in schema `warehouse`."""
        stated = self.terms.events.table if self.terms.events else None
        return stated or self.source.replace("/", "_")

    @property
    def fact_table(self) -> str:
        """Qualified name of the table of facts."""
        return f"warehouse.{self.table}"

    @property
    def scratch_name(self) -> str:
        """Name of its scratch tables, in schema `staging`; no two sources share one."""
        return self.source.replace("/", "__")

    @cached_property
    def loaded_columns(self) -> list[Column]:
        """Columns that reach staging: all but the personal ones."""
        return [column for column in self.columns if not column.personal]

    @property
    def key(self) -> list[str]:
        """Names of the columns that tell rows of one delivery apart."""
        return [column.name for column in self.columns if column.key]

    @property
    def thing_key(self) -> list[str]:
        """Events: names of the columns that tell things apart, whatever their versions."""
        at = self.terms.events.at if self.terms.events else None
        return [name for name in self.key if name != at]

    @property
    def has_events(self) -> bool:
        """Whether its rows are events, kept at their own grain."""
        return self.terms.events is not None

    @property
    def holds_personal_data(self) -> bool:
        """Whether its raw files must be encrypted."""
        return any(column.personal for column in self.columns)

    @cached_property
    def measures(self) -> list[Measure]:
        """Those that are stated, then one for each figure of a form that none of them takes as it is."""
        stated = self.terms.measures
        return [
            *stated,
            *self._figures(
                taken={measure.column for measure in stated if _plain(measure)} | {measure.id for measure in stated}
            ),
        ]

    def _figures(self, taken: set[str | None]) -> Iterator[Measure]:
        figures = self.terms.figures
        if figures is None:
            return
        for column in self.loaded_columns:
            if column.is_amount and column.terms.measure and column.name not in taken:
                yield Measure(
                    id=column.name,
                    name_vi=column.printed,
                    unit=column.terms.unit or figures.unit,
                    kind=column.terms.kind or figures.kind,
                    column=column.name,
                    over_rows=column.terms.over_rows,
                )

    @cached_property
    def totalled(self) -> list[Column]:
        """Columns of a form that are checked against printed totals."""
        if self.terms.sheet is None:
            return []
        ignored = {*self.terms.sheet.totals.ignored, *self.key}
        return [
            column
            for column in self.loaded_columns
            if column.is_amount and column.terms.over_rows == "sum" and column.name not in ignored
        ]

    def column(self, name: str) -> Column:
        """The column `name`; KeyError if there is none."""
        return self._by_name[name]

    def measure(self, name: str) -> Measure:
        """The measure `name`; KeyError if there is none."""
        return next(measure for measure in self.measures if measure.id == name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


def _plain(measure: Measure) -> bool:
    """Whether it takes its column as it is."""
    return measure.when is None and not measure.times and not measure.minus and measure.over_rows == "sum"
