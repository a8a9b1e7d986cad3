"""From a YAML file (Open Data Contract Standard v3.2) to a contract. Everything that is wrong in it is found at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chiso.contracts.columns import Column, ColumnTerms
from chiso.contracts.in_words import in_words, meant
from chiso.contracts.model import Contract
from chiso.contracts.readings import ReadingName
from chiso.contracts.references import faults_within
from chiso.contracts.terms import Terms
from chiso.contracts.yaml_text import read_yaml
from chiso.system.errors import ContractError, Fault

_DEFAULT_READING: Mapping[str, ReadingName] = {
    "string": "text",
    "integer": "count",
    "number": "number",
    "boolean": "flag",
    "timestamp": "timestamp",
    "date": "date",
}
_NEEDED = ("apiVersion", "kind", "id", "name", "version", "status", "schema", "customProperties")
FILE_WORDS: Mapping[str, str] = {
    "id": "`<family>-<source>`; family and source are the file's folder and stem",
    "name": "the source's title, in Vietnamese",
    "version": "of the contract, as `1.0.0`",
    "status": "for readers: `draft`, `active` …",
    "domain": "for readers: the family",
    "description": "`purpose`: what it delivers, in English",
    "schema": "exactly one table; its `properties` are the columns, in any order",
    "customProperties": "everything that the standard has no word for: see below",
}
"""What is read of a contract, beside the two words of the standard itself; others of the standard are for readers."""
COLUMN_WORDS: Mapping[str, str] = {
    "name": "snake case; the column's name in tables, views and suites",
    "businessName": "the header as the province prints it",
    "synonyms": "other headers by which it is known: `{synonym: …}` each",
    "logicalType": "`string`, `integer`, `number`, `boolean`, `timestamp` or `date`",
    "logicalTypeOptions": "`minimum`, `maximum` (numbers), `pattern` (words; RE2), `format` (timestamps, `dd/MM/yyyy HH:mm:ss`)",
    "required": "`true`: a row without the value is rejected",
    "primaryKey": "`true`: part of what tells the rows of a delivery apart",
    "primaryKeyPosition": "for readers: its place in the key",
    "classification": "`personal`: never stored, and raw files are encrypted; else `public` or `internal`",
    "enum": "values that are listed: `{value: …, label: …}` each",
    "description": "what the header doesn't say; readers of the tables see it as the column's comment",
    "customProperties": "everything that the standard has no word for: see below",
}
"""What is read of a column."""
_OPTIONS = ("format", "pattern", "minimum", "maximum")
_CLASSES = ("public", "internal", "personal")
_TOLD = frozenset(
    ("id", "physicalName", "physicalType", "deprecated", "authoritativeDefinitions", "tags", "semanticType",
     "encryptedName", "transformSourceObjects", "transformLogic", "transformDescription", "examples", "criticalDataElement")
)  # fmt: skip
"""What only tells a reader something."""


def read_contract(path: Path, checkout: Path) -> Contract:
    """The contract in a file, checked. Raises ContractError with every fault that is found, each with its place."""
    name = str(path.relative_to(checkout)) if path.is_relative_to(checkout) else str(path)
    document = read_yaml(path, name)
    reader = _Reader()
    contract = reader.contract(document, path)
    found = reader.faults if contract is None else faults_within(contract)
    if found:
        raise ContractError(*(Fault(name, place, message) for place, message in found))
    assert contract is not None  # noqa: S101 - it is where no fault was found
    return contract


class _WrongError(Exception):
    """A part of the document is missing or of another shape."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


class _Reader:
    """Reads the parts of a document one by one; what is wrong in one doesn't hide what is wrong in the next."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []

    def contract(self, document: Mapping[str, Any], path: Path) -> Contract | None:
        """The contract; None where there are faults."""
        self.faults += [(key, "is missing; every contract needs it") for key in _NEEDED if key not in document]
        columns, terms, purpose = self._columns(document), None, ""
        with self._part(""):
            purpose = str(_mapping(document.get("description", {}), "description").get("purpose", ""))
        if "customProperties" in document:
            with self._part(""):
                terms = _terms(document)
        if self.faults or terms is None:
            return None
        return Contract(
            source=str(document["id"]).replace("-", "/", 1),
            version=str(document["version"]),
            title_vi=str(document["name"]),
            description=purpose,
            columns=columns,
            terms=terms,
            path=path,
        )

    def _columns(self, document: Mapping[str, Any]) -> list[Column]:
        columns: list[Column] = []
        with self._part(""):
            for number, field in enumerate(_fields(document) if "schema" in document else ()):
                place = f"schema.properties[{number}]"
                named = isinstance(field, dict) and isinstance(field.get("name"), str)
                with self._part(field["name"] if named else place):
                    columns.append(_column(_mapping(field, place), field["name"] if named else place))
        return columns

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        """Notes what is wrong within. name: what the models' own places stand in."""
        try:
            yield
        except ValidationError as fault:
            self.faults += [(".".join(filter(None, [name, place])), message) for place, message in in_words(fault)]
        except _WrongError as fault:
            self.faults.append((fault.place, fault.message))


def _fields(document: Mapping[str, Any]) -> list[Any]:
    schema = document["schema"]
    if not isinstance(schema, list) or len(schema) != 1 or not isinstance(schema[0], dict):
        raise _WrongError("schema", "must be a list of exactly one table")
    fields = schema[0].get("properties")
    if not isinstance(fields, list) or not fields:
        raise _WrongError("schema.properties", "must list the columns")
    return fields


def _terms(document: Mapping[str, Any]) -> Terms:
    return Terms.model_validate(_custom(document, "customProperties"))


def _column(field: Mapping[str, Any], place: str) -> Column:
    for key in ("name", "businessName", "logicalType"):
        if key not in field:
            raise _WrongError(place, f"`{key}` is missing")
    _check_words(field, place)
    terms = ColumnTerms.model_validate(_custom(field, f"{place}.customProperties"))
    options = _options(field, place)
    listed = _listed(field, place)
    by_type: ReadingName = "choice" if listed and field["logicalType"] == "string" else _DEFAULT_READING[field["logicalType"]]
    aliases = [str(field["businessName"]), *_synonyms(field, place)]
    return Column(
        name=field["name"],
        printed=str(field["businessName"]),
        reading=terms.reading or by_type,
        header=terms.header or [aliases],
        required=field.get("required", False),
        key=field.get("primaryKey", False),
        personal=field.get("classification") == "personal",
        format=options.get("format"),
        pattern=options.get("pattern"),
        minimum=_decimal(options.get("minimum")),
        maximum=_decimal(options.get("maximum")),
        enum=[item["value"] for item in listed],
        labels={str(item["value"]): str(item["label"]) for item in listed if item.get("label")},
        description=str(field.get("description", "")),
        terms=terms,
    )


def _check_words(field: Mapping[str, Any], place: str) -> None:
    for word in field:
        if word in set(COLUMN_WORDS) | _TOLD:
            continue
        raise _WrongError(
            f"{place}.{word}",
            f"isn't read of a column{meant(str(word), COLUMN_WORDS)}; what the contract can't say stands in the suite",
        )
    if field["logicalType"] not in list(_DEFAULT_READING):  # whatever stands there, hashable or not
        raise _WrongError(f"{place}.logicalType", f"must be one of {', '.join(_DEFAULT_READING)}, not {field['logicalType']!r}")
    if field.get("classification", "public") not in _CLASSES:
        raise _WrongError(f"{place}.classification", f"must be one of {', '.join(_CLASSES)}; personal columns are dropped")


def _options(field: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    options = _mapping(field.get("logicalTypeOptions", {}), f"{place}.logicalTypeOptions")
    for word in options:
        if word not in _OPTIONS:
            raise _WrongError(f"{place}.logicalTypeOptions.{word}", f"isn't read; there are {', '.join(_OPTIONS)}")
    return options


def _listed(field: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    listed = field.get("enum", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) and "value" in item for item in listed):
        raise _WrongError(f"{place}.enum", "must be a list of `{value: …}`")
    for value in (item["value"] for item in listed):
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise _WrongError(f"{place}.enum", f"{value} is read as no text and no whole number; put it in quotes")
    return listed


def _synonyms(field: Mapping[str, Any], place: str) -> list[str]:
    synonyms = field.get("synonyms", [])
    if not isinstance(synonyms, list) or not all(isinstance(item, dict) and "synonym" in item for item in synonyms):
        raise _WrongError(f"{place}.synonyms", "must be a list of `{synonym: …}`")
    return [str(item["synonym"]) for item in synonyms]


def _decimal(value: object) -> object:
    """YAML's floats by what is written, not by what they are in binary."""
    return str(value) if isinstance(value, float) else value


def _custom(element: Mapping[str, Any], place: str) -> dict[str, Any]:
    given = element.get("customProperties", [])
    if not isinstance(given, list) or not all(
        isinstance(item, dict) and {"property", "value"} <= set(item) and isinstance(item["property"], str) for item in given
    ):
        raise _WrongError(place, "must be a list of `{property: …, value: …}`")
    names = [item["property"] for item in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _WrongError(place, f"`{', '.join(twice)}` is stated twice")
    return {item["property"]: item["value"] for item in given}


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _WrongError(place, "must be a mapping of keys to values")
    return value


@lru_cache(maxsize=256)
def cached_contract(path: Path, checkout: Path, modified_ns: int) -> Contract:
    """The contract in a file that was last modified then; read once."""
    del modified_ns
    return read_contract(path, checkout)
