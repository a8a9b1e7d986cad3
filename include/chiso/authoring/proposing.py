"""A contract proposed from a sample: key, label, period, owner, transport, measures. What was guessed is said beside it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chiso.authoring.guessing import Guess, Surroundings, guess
from chiso.authoring.naming import column_names
from chiso.authoring.samples import Sample
from chiso.contracts import READINGS, Contract
from chiso.province.period_words import UnclearPeriodError, from_file_name, from_titles, from_words
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.units import Agency, Reference

_CADENCES = {"day": "day", "month": "month", "quarter": "quarter", "half": "half", "nine_months": "quarter", "year": "year"}
_FLOWS = re.compile(r"\b(?:trong ky|tiep nhan|giai quyet|giao dich|so tien|nop|thu|giai ngan|cuoc|luot|cap nhat|da xu ly)\b")
_PERIOD_IN_NAME = re.compile(
    r"""[ _.-]*(?: (?<![a-z])(?:quy|q)[ _.-]?(?:[ivx]+|\d)(?![a-z]) | (?<![a-z])(?:thang|nam|ky|t|h|m)[ _.-]*\d
    | (?<![a-z\d])\d+\ ?(?:t|thang)(?![a-z]) | (?:19|20)\d\d ).*""",
    re.IGNORECASE | re.VERBOSE,
)
_NO_TITLE = re.compile(r"cong hoa|doc lap|ky bao cao|don vi tinh|mau so|bieu so|ban hanh|so lieu den|^\W*(?:tu ngay|quy|thang|nam)\b")


@dataclass(frozen=True)
class Proposal:
    """columns: in the sheet's order, with `names`. key: of `names`. terms: the contract's customProperties."""

    title_vi: str
    columns: list[Guess]
    names: list[str]
    key: list[str]
    terms: dict[str, Any]
    period: Period | None
    notes: list[str]

    def column(self, name: str) -> Guess:
        """The column of that name."""
        return self.columns[self.names.index(name)]

    def reading_as_text(self, name: str) -> "Proposal":
        """The same with that column as open text, where the guess doesn't fit the sample."""
        place = self.names.index(name)
        kept = {key: value for key, value in self.columns[place].terms.items() if key == "blank"}
        said = "most of its texts didn't fit what they seemed to be; taken as open text"
        plain = replace(self.columns[place], reading="text", terms=kept, options={}, choices=[], notes=[said])
        columns = [plain if at == place else column for at, column in enumerate(self.columns)]
        terms = {word: value for word, value in self.terms.items() if not (word in ("unit", "period") and value == name)}
        if name == self.terms.get("sheet", {}).get("label"):
            terms["subject"] = name
        return replace(self, columns=columns, terms=terms)


@dataclass(frozen=True)
class Place:
    """Where the source will stand. others: sound contracts of its family, whose transport and owner are a guess too."""

    source: str
    file_name: str
    owner: str | None
    others: Sequence[Contract]
    reference: Reference
    today: date


def propose(sample: Sample, place: Place) -> Proposal:
    """A contract for the sample; reads no file."""
    notes: list[str] = []
    period = _period(sample, place, notes)
    at = period.end if period else place.today
    around = Surroundings(place.reference, at, sample.format != "workbook", sample.headings)
    columns = [guess(column, around) for column in sample.columns]
    names = column_names(column.header for column in columns)
    by_name = dict(zip(names, columns, strict=True))
    label = _label(by_name)
    key = _key(by_name, label, notes)
    terms = _terms(sample, place, by_name, label, period, notes)
    terms["owner"] = place.owner or _owner(sample, place, at, notes)
    title = _title(sample, place, at)
    notes += [f"{name}: {note}" for name, column in by_name.items() for note in column.notes]
    if sample.headings and not any(column.terms.get("blank") == "above" for column in columns):
        shown = ", ".join(f"“{text}”" for text in dict.fromkeys(sample.headings[:3]))
        notes.append(f"rows stand under headings ({shown}); where they say whose rows those are, give that column `blank: above`")
    return Proposal(title, columns, names, key, terms, period, notes)


# --- Period, owner, title ---


def _period(sample: Sample, place: Place, notes: list[str]) -> Period | None:
    """What the titles state, else the file's name, else the envelope."""
    if sample.format == "workbook":
        try:
            return from_titles(sample.titles, "civil")
        except UnclearPeriodError as fault:
            reason = fault.en
    else:
        reason = "nothing in it states a period"
        for text in sample.titles:
            if code := from_words(text):
                return Period.of(code)
    if code := from_file_name(place.file_name):
        return Period.of(code)
    notes.append(f"delivery.cadence: {reason}; how often it comes is for you to say")
    return None


def _owner(sample: Sample, place: Place, at: date, notes: list[str]) -> str:
    lines = [line.partition(":")[2].strip() or line.strip() for title in sample.titles for line in title.splitlines()]
    named = [found for line in lines if isinstance(found := place.reference.find_agency(line, at), Agency)]
    if named:
        notes.append(f"owner: {named[-1].name} ({named[-1].code}), named above the table")
        return named[-1].code
    common = Counter(contract.terms.responsible for contract in place.others).most_common(1)
    code = common[0][0] if common else place.reference.agencies[0].code
    notes.append(f"owner: {code} is a guess; write the code of the agency that answers for it")
    return code


def _title(sample: Sample, place: Place, at: date) -> str:
    """The title above a form that is no agency, motto or period."""
    lines = [" ".join(line.split()) for title in sample.titles for line in title.splitlines() if sample.format == "workbook"]
    told = [
        line
        for line in lines
        if len(line) > 8 and not _NO_TITLE.search(fold(line)) and not isinstance(place.reference.find_agency(line, at), Agency)
        and not fold(line).startswith(("ubnd", "uy ban nhan dan", "bo ", "so ", "cuc ", "tong cuc "))
    ]  # fmt: skip
    best = max(told, key=lambda line: (line.isupper(), len(line)), default=place.source.split("/")[1].replace("_", " "))
    return best.capitalize() if best.isupper() else best


# --- Rows ---


def _label(columns: dict[str, Guess]) -> str:
    """The column that names the row: the first of words that is filled in nearly every row, below a unit that repeats."""
    words = {name: column for name, column in columns.items() if READINGS[column.reading].kind == "word" and not column.personal}
    filled = [name for name, column in words.items() if sum(text is not None for text in column.texts) >= 0.9 * len(column.texts)]
    named = [name for name in filled if columns[name].reading in ("unit", "agency", "text")]
    first, *others = [*named, *filled, *words, *columns]
    below = next((name for name in others if name in named and columns[name].reading == "text"), None)
    repeats = len(set(columns[first].texts)) < 0.8 * len(columns[first].texts)
    return below if below and repeats and columns[first].reading in ("unit", "agency") else first


def _key(columns: dict[str, Guess], label: str, notes: list[str]) -> list[str]:
    """The label, with further columns from the left until no two rows are alike."""
    kinds = ("word", "time")
    usable = [name for name, column in columns.items() if READINGS[column.reading].kind in kinds and not column.personal]
    key: list[str] = []
    for name in [label, *(each for each in usable if each != label)]:
        if key and len(set(_rows(columns, [*key, name]))) == len(set(_rows(columns, key))):
            continue  # tells nothing more
        key.append(name)
        rows = _rows(columns, key)
        if len(set(rows)) == len(rows):
            return [each for each in columns if each in key]
    headed = [name for name in usable if columns[name].terms.get("blank") == "above" and not any(columns[name].texts)]
    if headed:  # what the headings say, which isn't known of each row yet
        return [each for each in columns if each in (label, *headed)]
    notes.append("key: no columns of words or times tell every row from the others; mark those that do as primaryKey")
    return [label]


def _rows(columns: dict[str, Guess], names: list[str]) -> list[tuple[str | None, ...]]:
    return list(zip(*(columns[name].filled_down for name in names), strict=True))


# --- Terms ---


def _terms(
    sample: Sample, place: Place, columns: dict[str, Guess], label: str, period: Period | None, notes: list[str]
) -> dict[str, Any]:
    cadence = _CADENCES[period.grain] if period else "irregular" if sample.format == "workbook" else "month"
    delivery: dict[str, Any] = {"cadence": cadence}
    if period and period.calendar != "civil":
        delivery["calendar"] = period.calendar
    terms: dict[str, Any] = {
        "owner": "",
        "transport": _transport(sample, place, period, notes),
        "delivery": delivery | {"format": sample.format},
    }
    if sample.format == "workbook":
        terms["sheet"] = {"label": label}
    units = [name for name, column in columns.items() if column.reading in ("unit", "agency")]
    if units:
        terms["unit"] = label if label in units else units[0]
    if label not in units:
        terms["subject"] = label
    own = next((name for name, column in columns.items() if column.reading == "period"), None)
    if own:
        terms["period"] = own
        notes.append(f"period: each row belongs to the period in {own}")
    return terms | _figures(sample, place, columns, notes)


def _figures(sample: Sample, place: Place, columns: dict[str, Guess], notes: list[str]) -> dict[str, Any]:
    counted = [name for name, column in columns.items() if column.is_figure]
    happened = sample.format != "workbook" and any(column.reading == "timestamp" for column in columns.values())
    kind = "flow" if happened or any(_FLOWS.search(fold(columns[name].printed)) for name in counted) else "stock"
    notes.append(f"figures are a {kind}: flow is counted during the period, stock stands at its end")
    if sample.format == "workbook":
        return {"figures": {"kind": kind}}
    name = place.source.split("/")[1]
    summed = [each for each in counted if columns[each].reading != "percent" and "over_rows" not in columns[each].terms]
    measures = [
        {"id": f"{name}_rows", "name_vi": "Số bản ghi", "unit": "bản ghi", "kind": kind},
        *({"id": each, "name_vi": columns[each].printed, "unit": "", "kind": kind, "column": each} for each in summed),
    ]
    notes.append("measures: the rows and every number that may be summed; keep what is wanted, and name its unit")
    return {"measures": measures}


def _transport(sample: Sample, place: Place, period: Period | None, notes: list[str]) -> dict[str, Any]:
    """As the family's other sources of the format come, else a drop folder."""
    family, name = place.source.split("/")
    alike = [contract.terms.transport for contract in place.others if contract.terms.delivery.format == sample.format]
    fetched = next((transport for transport in alike if transport.kind != "drop_folder"), None)
    if fetched and sample.format != "workbook":
        notes.append("transport: as another source of the family; write the endpoint's own path, and since when it is fetched")
        since = f"{period.year}-01" if period else f"{place.today:%Y}-01"
        path = f"/{family}/{name}{'/export' if fetched.kind == 'export' else ''}?period={{period}}"
        return {"kind": fetched.kind, "endpoint": fetched.endpoint, "path": path, "auth": fetched.auth, "since": since}
    endpoint = next((transport.endpoint for transport in alike if transport.kind == "drop_folder"), family)
    stem = place.file_name.rsplit(".", 1)[0]
    begun = _PERIOD_IN_NAME.sub("", stem).strip(" _.-") or name
    notes.append(f"transport.file_names: {begun}*, from the sample's name; add how else the files are called")
    return {"kind": "drop_folder", "endpoint": endpoint, "file_names": [f"{begun}*"]}
