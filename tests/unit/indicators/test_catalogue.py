"""The catalogue's files: what lint finds, what goes on beside a fault, and what a definition's hash depends on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chiso.indicators.catalogue import Catalogue
from chiso.indicators.loading import load_catalogue
from chiso.province.periods import Period
from chiso.province.units import load_reference
from chiso.system.errors import UsageError
from chiso.system.settings import Settings, load

HOME = load({}).home
INDICATORS = "include/schemas/indicators"
SOURCES = ("departments/telecom", "portal/dossiers", "portal/procedures")
FIBRE = {
    "id": "fibre_pct",
    "name_vi": "Cáp quang",
    "unit": "%",
    "formula": {"ratio": "departments/telecom.households_fibre", "to": "departments/telecom.households"},
}
BROKEN = ("contracts/departments/telecom.yml", "name: households,", "name: households households,")
PRINTED = {"id": "printed", "name_vi": "Chỉ có trong văn bản", "unit": "%"}


class Checkout:
    """A checkout with the real contracts and lists, and a catalogue of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        schemas = home / "include" / "schemas"
        for path in [
            *(HOME / f"include/schemas/contracts/{name}.yml" for name in SOURCES),
            *HOME.glob("include/schemas/reference/*"),
        ]:
            copy = home / path.relative_to(HOME)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        (schemas / "indicators").mkdir()

    def write(self, name: str, content: object) -> None:
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        path = self.home / INDICATORS / f"{name}.yml"
        path.write_text(text, "utf-8")

    def shared(self, *indicators: object) -> None:
        self.write("catalogue", {"indicators": list(indicators)})

    def framework(self, name: str = "nq", **given: Any) -> None:
        known = {"framework": name, "version": "1", "name_vi": "Nghị quyết", "indicators": ["fibre_pct"]}
        self.write(f"{name}_{given.get('version', '1')}", known | given)

    def change(self, path: str, old: str, new: str) -> None:
        file = self.home / "include" / "schemas" / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def read(self) -> Catalogue:
        return load_catalogue(Settings(self.home, self.home / "var", {}))

    def faults(self) -> list[tuple[str, str, str]]:
        return [(Path(fault.file).name, fault.place, fault.message) for fault in self.read().faults]


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path)
    made.shared(FIBRE, PRINTED)
    made.framework()
    yield made


def test_the_catalogue_of_the_checkout_is_sound() -> None:
    catalogue = load_catalogue(load({}))
    assert catalogue.faults == ()
    assert {each.framework for each in catalogue.frameworks} >= {"nq09", "review", "operations"}
    targets = [target for each in catalogue.frameworks for target in each.targets]
    assert [target.id for target in targets] == ["kh419.01", "kh419.02", *(f"nq09.{number:02d}" for number in range(1, 18))]


# --- What lint finds ---

Change = Callable[[Checkout], None]


def own(**given: Any) -> Change:
    return lambda made: made.shared(FIBRE | given)


def a_target() -> dict[str, Any]:
    return {
        "id": "nq.1",
        "name_vi": "x",
        "indicator": "fibre_pct",
        "direction": "ge",
        "value": 1,
        "year": 2025,
        "responsible": "000.00.11.H34",
    }


def target(**given: Any) -> Change:
    return lambda made: made.framework(targets=[a_target() | given])


def telecom(measure: str) -> str:
    return f"departments/telecom.{measure}"


HOUSEHOLDS = telecom("households")
MANY = {"formula": HOUSEHOLDS, "direction": "ge", "value": 1}
SHARED = [
    (own(formula=telecom("housholds")), "fibre_pct.formula", "has no measure housholds (did you mean households?)"),
    (own(formula="departments/telecoms.x"), "fibre_pct.formula", "is no source (did you mean departments/telecom?)"),
    (own(formula="households"), "fibre_pct.formula", "write <family>/<source>.<measure>"),
    (own(formula={"ratio": HOUSEHOLDS}), "fibre_pct.formula.to", "is missing"),
    (own(formula={"rate": 1}), "fibre_pct.formula", "has one of the words sum, difference, ratio"),
    (own(formula={"minimum": HOUSEHOLDS, "over": "sector"}), "fibre_pct.formula", "sector is no dimension of departments/telecom"),
    (own(formula={"unit": "6080", "formula": HOUSEHOLDS}), "fibre_pct.formula", "6080 is the code of no unit"),
    (own(formula={"count": "district", "among": ["6080"], "where": [MANY]}), "fibre_pct.formula", "6080 is the code of no unit"),
    (own(formula={"count": "district", "where": [MANY | {"direction": "more"}]}), "fibre_pct.formula.where[0].direction", "must be one of 'ge'"),
    (own(formula={"count": "district"}), "fibre_pct", "names no measure"),
    (own(formula={"latest": "portal/dossiers.dossiers_received"}), "fibre_pct.formula", "is a flow"),
    (own(formula={"sum": [{"first_of": [HOUSEHOLDS, HOUSEHOLDS]}]}), "fibre_pct", "first_of can only be the whole"),
    (own(numerator=["households"]), "fibre_pct.numerator", "is no word of the catalogue"),
    (own(id="Fibre %"), "Fibre %", "snake case"),
    (lambda made: made.shared(FIBRE, PRINTED, PRINTED), "printed", "is the id of two indicators"),
    (lambda made: made.shared(FIBRE, {"id": "x"}), "x.name_vi", "is missing"),
    (lambda made: made.shared(FIBRE, 7), "indicators[1]", "mapping"),
    (lambda made: made.write("catalogue", "indicators: [\n"), "line 2, column 1", "not well-formed YAML"),
    (lambda made: made.write("catalogue", "- 1\n"), "", "no mapping"),
    (lambda made: made.write("catalogue", "indicators: 1\n"), "indicators", "must be a list"),
    (lambda made: (made.home / INDICATORS / "catalogue.yml").unlink(), "", "can't be read"),
    (lambda made: made.change(*BROKEN), "fibre_pct.formula", "see `chiso source lint departments/telecom`"),
]  # fmt: skip
FRAMEWORK = [
    (lambda made: made.framework(indicators=["fibre"]), "fibre", "is no indicator of catalogue.yml"),
    (lambda made: made.framework(indicators=["fibre_pct", "fibre_pct"]), "fibre_pct", "is listed twice"),
    (lambda made: made.framework(indicators=[{"id": "new"}]), "new.name_vi", "is missing"),
    (lambda made: made.framework(indicators=[{"id": "fibre_pct", "formula": telecom("x")}]), "fibre_pct.formula", "no measure x"),
    (lambda made: made.framework(indicators=[{"id": "fibre_pct", "formula": "x"}]), "fibre_pct.formula", "is no measure"),
    (lambda made: made.write("copy", {"framework": "nq", "version": "1", "name_vi": "x"}), "version", "is stated in two files"),
    (lambda made: made.framework(title="x"), "title", "is no word of the catalogue"),
    (lambda made: made.write("nq_1", "framework: [\n"), "line 2, column 1", "not well-formed YAML"),
    (target(indicator="fibre"), "nq.1", "fibre is no indicator"),
    (target(direction="more"), "nq.1.direction", "must be one of"),
    (target(value="much"), "nq.1.value", "a number"),
    (target(responsible="000.00.99.H99"), "nq.1.responsible", "is the code of no agency"),
    (target(indicator=None), "nq.1", "either an indicator or components"),
    (target(indicator=None, components=[{"indicator": "x", "direction": "ge", "value": 1}]), "nq.1", "x is no indicator"),
    (target(indicator=None, components=[{"indicator": "printed", "unit": "6080", "direction": "ge", "value": 1}]),
     "nq.1.components", "6080 is the code of no unit"),
    (lambda made: made.framework(targets=[a_target(), a_target()]), "nq.1", "is the id of two targets"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "file", "place", "said"),
    [
        *((change, "catalogue.yml", place, said) for change, place, said in SHARED),
        *((change, "nq_1.yml", place, said) for change, place, said in FRAMEWORK),
    ],
)
def test_a_fault_has_file_place_and_mend(checkout: Checkout, change: Change, file: str, place: str, said: str) -> None:
    change(checkout)
    found = checkout.faults()
    assert any(name == file and where == place and said in message for name, where, message in found), found
    assert not any("pydantic" in message or "Traceback" in message for _, _, message in found)


def test_a_sound_catalogue_has_none(checkout: Checkout) -> None:
    assert checkout.faults() == []


def test_several_faults_are_all_found(checkout: Checkout) -> None:
    checkout.shared(FIBRE | {"formula": "x"}, PRINTED | {"unit": None}, {"id": "third"})
    checkout.framework(indicators=["nothing"], targets=[a_target() | {"direction": "more"}])
    assert {(file, place) for file, place, _ in checkout.faults()} >= {
        ("catalogue.yml", "fibre_pct.formula"),
        ("catalogue.yml", "printed.unit"),
        ("catalogue.yml", "third.name_vi"),
        ("nq_1.yml", "nq.1.direction"),
    }


# --- A fault stops only itself ---


def test_a_faulty_framework_stops_only_itself(checkout: Checkout) -> None:
    checkout.write("broken", "framework: [\n")
    catalogue = checkout.read()
    assert [each.framework for each in catalogue.frameworks] == ["nq"]
    assert [each.indicator.id for each in catalogue.computed(Period.of("2024-H1"))] == ["fibre_pct"]


def test_a_faulty_indicator_stops_only_itself(checkout: Checkout) -> None:
    checkout.shared(FIBRE, FIBRE | {"id": "wrong", "formula": "x"}, FIBRE | {"id": "unknown", "formula": telecom("x")})
    checkout.framework(indicators=["fibre_pct", "wrong", "unknown"])
    catalogue = checkout.read()
    assert [each.indicator.id for each in catalogue.frameworks[0].indicators] == ["fibre_pct", "unknown"]
    assert [each.indicator.id for each in catalogue.computed(Period.of("2024-H1"))] == ["fibre_pct"]
    assert {place for _, place, _ in checkout.faults()} == {"wrong.formula", "unknown.formula"}


def test_a_faulty_contract_leaves_its_indicators_known(checkout: Checkout) -> None:
    checkout.change(*BROKEN)
    catalogue = checkout.read()
    assert [each.indicator.id for each in catalogue.frameworks[0].indicators] == ["fibre_pct"]
    assert catalogue.computed(Period.of("2024-H1")) == []


# --- Versions of a framework ---


@pytest.fixture
def versions(checkout: Checkout) -> Catalogue:
    checkout.framework(
        "dti", version="2020", years={"last": 2020}, indicators=[{"id": "fibre_pct", "formula": telecom("households")}]
    )
    checkout.framework(
        "dti",
        version="922",
        years={"first": 2021},
        indicators=["printed", {"id": "score", "name_vi": "Điểm", "unit": "điểm", "formula": telecom("adults")}],
        targets=[a_target() | {"id": "dti.1"}],
    )
    catalogue = checkout.read()
    assert catalogue.faults == ()
    return catalogue


def test_an_old_year_is_computed_by_its_own_version(versions: Catalogue) -> None:
    def computed(code: str) -> dict[str, str]:
        return {each.key: each.words for each in versions.computed(Period.of(code))}

    shared = {"catalogue.fibre_pct": f"{telecom('households_fibre')} / {telecom('households')} × 100"}
    assert computed("2020") == shared | {"dti/2020.fibre_pct": telecom("households")}
    assert computed("2022-H1") == shared | {"dti/922.score": telecom("adults")}


def test_versions_are_found_by_year_and_by_name(versions: Catalogue) -> None:
    assert [each.version for each in versions.versions("dti")] == ["2020", "922"]
    assert [each.version for each in versions.versions("dti", "922")] == ["922"]
    assert [versions.version_at("dti", year).version for year in (2019, 2020, 2021, 2030)] == [
        "2020",
        "2020",
        "922",
        "922",
    ]
    assert versions.version_at("dti", 2019, "922").version == "922"
    for framework, version in (("dt", None), ("dti", "405")):
        with pytest.raises(UsageError, match="Unknown"):
            versions.versions(framework, version)


def test_what_a_framework_leaves_out_is_as_in_the_catalogue(versions: Catalogue) -> None:
    [old, new] = versions.versions("dti")
    mine = versions.definition("fibre_pct", old)
    assert mine is not None
    assert (mine.indicator.name_vi, mine.indicator.unit, mine.defined_in) == ("Cáp quang", "%", "dti/2020")
    assert versions.definition("fibre_pct", new) is versions.shared["fibre_pct"]
    assert versions.definition("nothing", new) is None


# --- What a hash depends on ---


@pytest.mark.parametrize(
    ("path", "old", "new", "changed"),
    [
        ("contracts/departments/telecom.yml", "kind: stock}", "kind: flow}", {"fibre_pct"}),
        ("contracts/departments/telecom.yml", "when: {column: centre_fibre}}", "when: {column: signal_gaps, operator: filled}}", {"communes"}),
        ("contracts/departments/telecom.yml", "synonym: Tổng số hộ", "synonym: Số hộ dân", set()),
        ("contracts/departments/telecom.yml", "due_working_days: 5", "due_working_days: 6", set()),
        ("contracts/portal/procedures.yml", "tich_hop_cong_quoc_gia}}", "pho_bien}}", {"procedures"}),
        ("indicators/catalogue.yml", "name_vi: Cáp quang", "name_vi: Cáp quang đến hộ", set()),
        ("indicators/catalogue.yml", "to: departments/telecom.households", "to: departments/telecom.adults", {"fibre_pct"}),
        ("reference/admin_units.csv", "Thành phố Kon Tum", "TP Kon Tum", set()),
        ("reference/admin_units.csv", "district,614,", "district,699,", {"fibre_pct", "communes", "procedures"}),
    ],
)  # fmt: skip
def test_only_what_decides_a_value_changes_its_hash(
    checkout: Checkout, path: str, old: str, new: str, changed: set[str]
) -> None:
    checkout.shared(
        FIBRE,
        FIBRE | {"id": "communes", "formula": telecom("communes_centre_fibre")},
        FIBRE | {"id": "procedures", "formula": "portal/procedures.procedures_integrated"},
    )
    before = {name: each.sha256 for name, each in checkout.read().shared.items()}
    checkout.change(path, old, new)
    load_reference.cache_clear()
    after = {name: each.sha256 for name, each in checkout.read().shared.items()}
    assert {name for name in before if before[name] != after[name]} == changed
    assert None not in after.values()
