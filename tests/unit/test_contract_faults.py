"""Contracts: everything that is wrong in one is found when it is read, each with its place, in words that say what to do."""

import copy
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from chiso import contracts
from chiso.authoring.odcs_schema import faults_of_schema
from chiso.contracts.odcs import read_contract
from chiso.system.errors import ContractError, Fault
from chiso.system.settings import load

SETTINGS = load({})
Document = dict[str, Any]
Change = Callable[[Document], None]


def document(source: str) -> Document:
    path = SETTINGS.schemas / "contracts" / f"{source}.yml"
    loaded: Document = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def faults_of(text: str, source: str, tmp_path: Path) -> list[Fault]:
    path = tmp_path / f"{source}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    try:
        read_contract(path, tmp_path)
    except ContractError as fault:
        return fault.faults
    return []


def column(named: str, /, **words: Any) -> Change:
    """Changes words of a column; `terms` are its customProperties."""

    def change(contract: Document) -> None:
        [field] = [each for each in contract["schema"][0]["properties"] if each["name"] == named]
        for key, value in words.pop("terms", {}).items():
            field.setdefault("customProperties", []).append({"property": key, "value": value})
        for key, value in words.items():
            field.pop(key, None)
            if value is not None:
                field[key] = value

    return change


def term(name: str, value: Any) -> Change:
    """States a term anew; None takes it away."""

    def change(contract: Document) -> None:
        kept = [each for each in contract["customProperties"] if each["property"] != name]
        contract["customProperties"] = kept + ([] if value is None else [{"property": name, "value": value}])

    return change


def within(named: str, /, **words: Any) -> Change:
    """Changes words within a term."""

    def change(contract: Document) -> None:
        [value] = [each["value"] for each in contract["customProperties"] if each["property"] == named]
        value.update(words)

    return change


def root(key: str, value: Any) -> Change:
    def change(contract: Document) -> None:
        contract.pop(key)
        if value is not None:
            contract[key] = value

    return change


def measure(**words: Any) -> Change:
    return term("measures", [{"id": "made", "name_vi": "Số thử", "unit": "hộ", "kind": "stock", **words}])


TELECOM, LEVELS, DOSSIERS, OFFICES = "departments/telecom", "soc/system_levels", "portal/dossiers", "departments/enterprises"
CASES: list[tuple[str, Change, str, str]] = [
    # The document
    (TELECOM, root("status", None), "status", "is missing"),
    (TELECOM, root("id", "departments-telekom"), "id", "is not the file's own stem; write departments-telecom"),
    (TELECOM, root("schema", []), "schema", "exactly one table"),
    (TELECOM, root("customProperties", {"owner": 1}), "customProperties", "must be a list of"),
    (TELECOM, term("transport", None), "transport", "is missing"),
    (TELECOM, term("shet", {}), "shet", "is no word of a contract (did you mean `sheet`?)"),
    (TELECOM, within("delivery", cadance="day"), "delivery.cadance", "did you mean `cadence`?"),
    (TELECOM, within("delivery", cadence="weekly"), "delivery.cadence", "must be one of 'day', 'week', 'month'"),
    (TELECOM, within("delivery", max_rejected_share="many"), "delivery.max_rejected_share", "must be a number, not 'many'"),
    (TELECOM, within("delivery", due_working_days=-1), "delivery.due_working_days", "greater than or equal to 0"),
    (TELECOM, term("owner", 5), "owner", "must be a text; put it in quotes, not 5"),
    # Names
    (TELECOM, column("hamlets", name="Hamlets"), "Hamlets", "can't be a column's name"),
    (TELECOM, column("hamlets", name="order"), "order", "is a word of SQL"),
    (TELECOM, column("hamlets", name="period"), "period", "every table has of its own"),
    (TELECOM, column("hamlets", name="households"), "households", "is the name of two columns"),
    (TELECOM, column("hamlets", name=7), "schema.properties[3].name", "must be a text"),
    (DOSSIERS, within("events", table="load"), "events.table", "has a table load of its own"),
    (TELECOM, column("hamlets", name="parent_from"), "parent_from", "every table has of its own"),
    # Events
    (DOSSIERS, column("ngay_tiep_nhan", required=False), "unit_at", "must be required"),
    (DOSSIERS, column("ma_ho_so", terms={"blank": "none"}), "ma_ho_so", "can't be `blank: none`"),
    (DOSSIERS, term("printed", [{"indicator": "nq09.03", "value": "ma_ho_so"}]), "printed", "events have no printed figures"),
    (TELECOM, measure(id="Tổng"), "measures.Tổng", "can't be a measure's id"),
    # Words of a column
    (TELECOM, column("hamlets", requierd=True), "hamlets.requierd", "isn't read of a column (did you mean `required`?)"),
    (TELECOM, column("hamlets", quality=[]), "hamlets.quality", "isn't read"),
    (TELECOM, column("hamlets", classification="Personal"), "hamlets.classification", "public, internal, personal"),
    (TELECOM, column("hamlets", logicalType="text"), "hamlets.logicalType", "must be one of string, integer"),
    (TELECOM, column("hamlets", logicalTypeOptions={"maxLength": 3}), "hamlets.logicalTypeOptions.maxLength", "isn't read"),
    (TELECOM, column("hamlets", logicalTypeOptions={"minimum": 5, "maximum": 1}), "hamlets.logicalTypeOptions", "no value lies"),
    (TELECOM, column("commune", logicalTypeOptions={"pattern": "(?<=a)b"}), "commune.logicalTypeOptions.pattern", "RE2"),
    (TELECOM, column("hamlets", logicalTypeOptions={"pattern": "x"}), "hamlets.logicalTypeOptions.pattern", "goes with words"),
    (DOSSIERS, column("ngay_hen_tra", logicalTypeOptions={"format": "dd/mm/yyyy"}), "ngay_hen_tra.logicalTypeOptions.format",
     "can't be read"),
    (LEVELS, column("ten", enum=[{"value": True}]), "ten.enum", "put it in quotes"),
    (LEVELS, column("ten", enum=[{"value": "a"}, {"value": "A"}]), "ten.enum", "'a' is listed twice"),
    (LEVELS, column("cap_do", enum=[{"value": "một"}]), "cap_do.enum", "whole numbers without quotes"),
    (LEVELS, column("ngay_phe_duyet", enum=[{"value": "a"}]), "ngay_phe_duyet.enum", "go with the reading `choice`"),
    (LEVELS, column("ten", enum=[{"value": "a"}], terms={"choices": {"b": ["c"]}}), "ten.choices", "b is no listed value"),
    (TELECOM, column("hamlets", terms={"optional_header": True}, required=True), "hamlets.optional_header", "can't be missing"),
    (TELECOM, column("hamlets", terms={"unknown": "maybe"}), "hamlets.unknown", "must be one of 'reject', 'flag' or 'text'"),
    (TELECOM, column("hamlets", terms={"colour": 1}), "hamlets.colour", "is no word of a contract"),
    # Headers
    (TELECOM, column("hamlets", businessName="Số hộ", synonyms=None), "hamlets", "the header “Số hộ” is households's too"),
    (TELECOM, column("hamlets", terms={"header": [["Thôn"], []]}), "hamlets.header", "a level without a name"),
    (TELECOM, column("hamlets", businessName="(x)", synonyms=None), "hamlets.businessName", "without a letter or digit"),
    (LEVELS, column("ten", terms={"header": [["a"], ["b"]]}), "ten.header", "only a workbook's header"),
    (LEVELS, column("ten", businessName="Mã hệ thống"), "ten", "is ma_he_thong's too"),
    # Offices
    (OFFICES, within("delivery", replaces="period"), "delivery.replaces", "say by whom they are filled"),
    (OFFICES, term("owner", "000.00.04.H34"), "enterprises.filled_by", "000.00.32.H34 is no owner"),
    (OFFICES, column("enterprises", required=True), "enterprises.filled_by", "can't be required"),
    (OFFICES, measure(id="both", column="enterprises", minus="enterprises_digital"), "measures.both", "stand together"),
    (TELECOM, column("hamlets", terms={"prefixes": ["Số"]}), "hamlets.prefixes", "goes with words"),
    (OFFICES, column("district", terms={"bare": "commune"}), "district.bare", "must be one of the column's levels"),
    # Deliveries
    (TELECOM, within("transport", endpoint="Sở"), "transport.endpoint", "can't be a connection's name"),
    (TELECOM, within("transport", since="2024"), "transport.since", "goes with sources that are fetched"),
    (LEVELS, within("transport", since="2024-13"), "transport.since", "no day or month of the calendar"),
    (LEVELS, within("transport", since=2024), "transport.since", "put it in quotes"),
    (LEVELS, within("transport", path="/levels?m={month}"), "transport.path", "{month} is filled in by nothing"),
    (LEVELS, within("delivery", format="csv"), "delivery.format", "json brings json, not csv"),
    (LEVELS, within("delivery", cadence="irregular"), "delivery.cadence", "never due"),
    (LEVELS, within("delivery", look_back=2), "delivery.look_back", "goes with the cadence day or week"),
    (LEVELS, column("ten", terms={"blank": "above"}), "ten.blank", "only a workbook"),
    (TELECOM, within("sheet", label="hamlet"), "sheet.label", "'hamlet' is no column that is loaded"),
    (TELECOM, within("sheet", totals={"ignored": ["centre_fibre"]}), "sheet.totals.ignored", "holds no numbers"),
    (TELECOM, term("dimensions", ["nothing"]), "dimensions", "'nothing' is no column"),
    (DOSSIERS, term("dimensions", ["chu_ho_so"]), "dimensions", "'chu_ho_so' is no column that is loaded"),
    (LEVELS, term("period", "ngay_phe_duyet"), "period", "must be required"),
    # Measures
    (TELECOM, measure(column="commune"), "measures.made", "commune holds no numbers (its reading is unit)"),
    (TELECOM, measure(column="nothing"), "measures.made", "'nothing' is no column"),
    (TELECOM, measure(kind="level"), "measures[0].kind", "must be one of 'flow' or 'stock'"),
    (TELECOM, measure(times="hamlets"), "measures[0]", "times and minus go with column"),
    (TELECOM, measure(when={"column": "hamlets"}), "measures.made", "hamlets is no mark or flag"),
    (TELECOM, measure(when={"column": "hamlets", "operator": "=", "value": "5"}), "measures.made", "without quotes"),
    (TELECOM, measure(when={"column": "commune", "operator": "<", "value": "a"}), "measures.made", "has no order"),
    (TELECOM, measure(when={"column": "hamlets", "operator": ">", "than": "commune"}), "measures.made", "can't be compared with"),
    (TELECOM, measure(when={"all": [{"column": "hamlets", "operator": "like"}]}), "measures[0].when[0].operator", "must be one of"),
    (LEVELS, measure(when={"column": "ngay_phe_duyet", "operator": ">", "value": "2024"}), "measures.made", "compare it with a day"),
    (TELECOM, term("measures", [{"id": "a", "name_vi": "A", "unit": "x", "kind": "flow"}] * 2), "measures.a", "is stated twice"),
    (TELECOM, term("printed", [{"indicator": "a", "value": "commune"}]), "printed[0].value", "commune holds no numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "change", "place", "said"), CASES, ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_wrong_is_said_with_its_place(source: str, change: Change, place: str, said: str, tmp_path: Path) -> None:
    wrong = document(source)
    change(wrong)
    found = faults_of(yaml.safe_dump(wrong, allow_unicode=True), source, tmp_path)
    assert any(fault.place == place and said in fault.message for fault in found), found
    assert {fault.file for fault in found} == {f"{source}.yml"}
    assert not any("pydantic" in fault.message or "http" in fault.message for fault in found)


def test_the_contracts_themselves_have_no_fault(tmp_path: Path) -> None:
    for source in (TELECOM, LEVELS, DOSSIERS):
        assert faults_of(yaml.safe_dump(document(source), allow_unicode=True), source, tmp_path) == []


def test_every_fault_is_found_at_once(tmp_path: Path) -> None:
    wrong = document(TELECOM)
    for change in (column("hamlets", logicalType="text"), column("adults", requierd=True), within("delivery", cadance=1), root("status", None)):
        change(wrong)
    found = faults_of(yaml.safe_dump(wrong), TELECOM, tmp_path)
    assert [fault.place for fault in found] == ["status", "hamlets.logicalType", "adults.requierd", "delivery.cadance"]


@pytest.mark.parametrize(("text", "place", "said"), [
    ("a: [1", "line 2, column 1", "not well-formed YAML"),
    ("a: 1\nb: 2\na: 3", "line 3, column 1", "`a` stands in line 1 too"),
    ("a: {b: 1, b: 2}", "line 1, column 11", "`b` stands in line 1 too"),
    ("operator: !=", "line 1, column 11", "goes in quotes"),
    ("a: 2024-02-31", "line 1, column 4", "2024-02-31 is no day of the calendar"),
    ("- a", "", "no mapping of keys to values"),
    ("", "", "no mapping of keys to values"),
])  # fmt: skip
def test_a_file_that_is_no_yaml_is_said_with_its_line(text: str, place: str, said: str, tmp_path: Path) -> None:
    [fault] = faults_of(text, TELECOM, tmp_path)
    assert fault.place == place
    assert said in fault.message


ODD = (None, 5, "x", "", [], {}, [None], {"a": 1}, True, 1e300, date(2024, 1, 1), "{", "đ; DROP", ["a", "a"])


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a document."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from nodes(inner, (*path, key))


def changed(contract: Document, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    made = copy.deepcopy(contract)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return made


@pytest.mark.parametrize("source", contracts.source_names(SETTINGS))
def test_whatever_stands_wherever_is_said_in_words(source: str, tmp_path: Path) -> None:
    """Each value of the contract in turn gives way to an odd one: never another exception than faults with messages."""
    sound = document(source)
    for number, path in enumerate(nodes(sound)):
        odd = changed(sound, path, ODD[number % len(ODD)])
        for fault in faults_of(yaml.safe_dump(odd, allow_unicode=True), source, tmp_path):
            assert fault.message
            assert "pydantic" not in fault.message
        if isinstance(odd, dict) and number % 8 == 0:  # the schema takes its time
            assert all(message for _, message in faults_of_schema(odd))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "departments").mkdir()
    (tmp_path / "departments/telecom.yml").write_bytes(b"\xff\xfea\x00")
    with pytest.raises(ContractError, match="save it as UTF-8 text"):
        read_contract(tmp_path / "departments/telecom.yml", tmp_path)
