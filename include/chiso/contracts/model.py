"""Contracts: what a source delivers. One YAML file per source, Open Data Contract Standard v3.2.

What ODCS has no word for stands in `customProperties` and is checked by the models below, unknown keys
forbidden. `lint` also validates against the ODCS JSON schema, since its pydantic model lets nested typos pass.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chiso.system.errors import ContractError, UsageError
from chiso.system.settings import Settings

Reading = Literal[
    "text",
    "count",
    "number",
    "printed",
    "flag",
    "mark",
    "timestamp",
    "date",
    "period",
    "choice",
    "unit",
    "agency",
    "agency_or_field",
]
"""How the text of a cell becomes a value.

text: as written · count: whole number ≥ 0, Vietnamese or plain digits, `-` and `KPS` are 0 · number: decimal ·
printed: a figure as printed (percent sign allowed; its decimals are kept) · flag: 0/1, true/false ·
mark: `x` is yes, blank, `-` and `KPS` are no · timestamp, date: by `format` · period: a period code or its words ·
choice: one of `enum`, matched by folded key · unit: name or code of an administrative unit → its code ·
agency: name or code of an agency → its code · agency_or_field: an agency's code where the name is one, else the text.
"""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Transport(_Model):
    """How a delivery is fetched. `{period}` in `path` is replaced by the period's code."""

    kind: Literal["export", "paged_json", "json", "drop_folder"]
    endpoint: str
    """Name of the connection: `chiso_<endpoint>`."""
    path: str = ""
    auth: Literal["none", "oauth2", "api_key"] = "none"
    page_size: int = 500
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


class Delivery(_Model):
    """What one delivery is."""

    cadence: Literal["day", "week", "month", "quarter", "half", "year", "irregular"]
    calendar: Literal["civil", "administrative"] = "civil"
    mode: Literal["replace", "delta"]
    """replace: stands for its period as a whole; delta: adds versions by key and time."""
    due_working_days: int | None = None
    """Working days after the period's end; None where no day is set."""
    format: Literal["csv", "json", "workbook"]
    max_rejected_share: float = 0.05
    max_rejected_rows: int = 2
    """Refused when more than this share AND more than this number of rows are rejected."""


class Versions(_Model):
    """Delta sources: which columns tell versions of one thing apart."""

    table: str
    """Warehouse table that keeps them, in schema `warehouse`."""
    key: str
    at: str


class Total(_Model):
    """Total and subtotal rows of a form."""

    columns: list[str]
    """Columns whose rows must add up to the printed total."""
    tolerance: int = 0


class Sheet(_Model):
    """Where a form's rows are named."""

    label: str
    """The column that names the row (unit, agency, document …)."""
    grain: Literal["commune", "agency", "row"]
    """commune: rows named after a district are subtotals, and communes are looked up inside it."""
    totals: Total | None = None


class Measure(_Model):
    """A figure taken from each row (`column`, or 1 where `when` holds) or counted over versions (`counted_by`)."""

    id: str
    unit: str
    kind: Literal["flow", "stock"]
    name_vi: str
    column: str | None = None
    when: str | None = None
    """SQL condition over the contract's columns."""
    counted_by: str | None = None
    """Delta sources: the timestamp whose period the row is counted in."""


class Terms(_Model):
    """The contract's `customProperties`, one key each."""

    owner: str
    """Code of the agency that answers for the source."""
    transport: Transport
    delivery: Delivery
    sheet: Sheet | None = None
    versions: Versions | None = None
    subject: str | None = None
    """Column that names the row where it is no unit: a procedure, an asset, a document."""
    unit: str | None = None
    """Column with the administrative unit or agency that a row speaks of; None: the province as a whole."""
    period: str | None = None
    """Column with the row's own period; None: the delivery's."""
    indicator: str | None = None
    """Column that names the indicator of a printed figure."""
    unit_at: str | None = None
    """Timestamp column at which units are looked up; None: the period's end."""
    measures: list[Measure] = []


class Column(_Model):
    """One column of a delivery. `name` is the contract's, snake case, and the staging table's."""

    name: str
    printed: str
    """Header as the province prints it."""
    reading: Reading
    header: list[list[str]]
    """Levels of the header from the top, each with its alternatives; text exports have one level."""
    required: bool
    """The value must be there in every row."""
    key: bool = False
    optional_header: bool = False
    """The whole column may be missing."""
    personal: bool = False
    default: int | None = None
    """Value of a blank."""
    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    enum: list[str | int] = []


class _ColumnTerms(_Model):
    reading: Reading | None = None
    header: list[list[str]] | None = None
    optional_header: bool = False
    default: int | None = None


class Contract(_Model):
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

    @cached_property
    def loaded_columns(self) -> list[Column]:
        """Columns that reach staging: all but the personal ones."""
        return [column for column in self.columns if not column.personal]

    @property
    def key(self) -> list[str]:
        """Names of the columns that tell rows of one delivery apart."""
        return [column.name for column in self.columns if column.key]

    @property
    def holds_personal_data(self) -> bool:
        """Whether its raw files must be encrypted."""
        return any(column.personal for column in self.columns)

    def column(self, name: str) -> Column:
        """The column `name`; KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)


_DEFAULT_READING: dict[str, Reading] = {
    "string": "text",
    "integer": "count",
    "number": "number",
    "boolean": "flag",
    "timestamp": "timestamp",
    "date": "date",
}
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")


def source_names(settings: Settings) -> list[str]:
    """Every source that has a contract, sorted."""
    root = settings.schemas / "contracts"
    return sorted(f"{path.parent.name}/{path.stem}" for path in root.glob("*/*.yml"))


def load(source: str, settings: Settings) -> Contract:
    """The contract of `source`. Raises UsageError for an unknown source, ContractError naming file and key."""
    path = settings.schemas / "contracts" / f"{source}.yml"
    if source not in source_names(settings):
        raise UsageError(f"Unknown source {source!r}. Known: {', '.join(source_names(settings))}.")
    return _load_file(path)


def load_family(family: str, settings: Settings) -> list[Contract]:
    """Contracts of a family, sorted by source."""
    return [load(name, settings) for name in source_names(settings) if name.startswith(f"{family}/")]


@lru_cache(maxsize=64)
def _load_file(path: Path) -> Contract:
    try:
        return _from_odcs(yaml.safe_load(path.read_text("utf-8")), path)
    except (ValidationError, KeyError, TypeError, yaml.YAMLError) as fault:
        raise ContractError(f"{path.name} in {path.parent.name}: {fault}") from fault


def _from_odcs(document: dict[str, Any], path: Path) -> Contract:
    table = document["schema"][0]
    return Contract(
        source=document["id"].replace("-", "/", 1),
        version=document["version"],
        title_vi=document["name"],
        description=document["description"]["purpose"],
        columns=[_column(field) for field in table["properties"]],
        terms=Terms(**_custom(document)),
        path=path,
    )


def _column(field: dict[str, Any]) -> Column:
    extra = _ColumnTerms(**_custom(field))
    options = field.get("logicalTypeOptions", {})
    enum = [item["value"] for item in field.get("enum", [])]
    reading: Reading = extra.reading or (
        "choice" if enum and field["logicalType"] == "string" else _DEFAULT_READING[field["logicalType"]]
    )
    aliases = [field["businessName"], *(item["synonym"] for item in field.get("synonyms", []))]
    return Column(
        name=field["name"],
        printed=field["businessName"],
        reading=reading,
        header=extra.header or [aliases],
        required=field.get("required", False),
        key=field.get("primaryKey", False),
        optional_header=extra.optional_header,
        personal=field.get("classification") == "personal",
        default=extra.default,
        format=options.get("format"),
        pattern=options.get("pattern"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        enum=enum,
    )


def _custom(element: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in element.get("customProperties", [])}


def lint(source: str, settings: Settings) -> list[str]:
    """What is wrong with the contract of `source`, a line each; [] if nothing.

    Checks the ODCS JSON schema, our own terms, identifiers, and that everything a term names is a column.
    """
    path = settings.schemas / "contracts" / f"{source}.yml"
    document = yaml.safe_load(path.read_text("utf-8"))
    faults = list(_schema_faults(document))
    try:
        contract = _from_odcs(document, path)
    except (ValidationError, KeyError, TypeError) as fault:
        return [*faults, str(fault)]
    return faults + list(_reference_faults(contract))


def _schema_faults(document: dict[str, Any]) -> Iterator[str]:
    import json
    from importlib.resources import files

    from jsonschema import Draft201909Validator

    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    for error in Draft201909Validator(schema).iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def _reference_faults(contract: Contract) -> Iterator[str]:
    names = [column.name for column in contract.columns]
    terms = contract.terms
    if contract.source != f"{contract.path.parent.name}/{contract.path.stem}":
        yield f"id: {contract.source} is not the file's own stem"
    for name in [*names, *(measure.id for measure in terms.measures)]:
        if not _IDENTIFIER.fullmatch(name):
            yield f"{name}: names are snake case, ASCII, at most 63 characters"
    if not contract.key:
        yield "no column is a primaryKey: rows can't be told apart"
    yield from (f"{column.name}: a part of the key must be required" for column in contract.columns if column.key and not column.required)
    wanted = [
        terms.subject,
        terms.unit,
        terms.period,
        terms.indicator,
        terms.unit_at,
        *(measure.column for measure in terms.measures),
        *(measure.counted_by for measure in terms.measures),
    ]
    if terms.sheet:
        wanted += [terms.sheet.label, *(terms.sheet.totals.columns if terms.sheet.totals else [])]
    if terms.versions:
        wanted += [terms.versions.key, terms.versions.at]
    yield from (f"{name}: named in the terms, but no column" for name in wanted if name and name not in names)
    if (terms.delivery.format == "workbook") != (terms.sheet is not None):
        yield "sheet: a workbook needs it, nothing else has it"
    if (terms.delivery.mode == "delta") != (terms.versions is not None):
        yield "versions: a delta source needs it, nothing else has it"
