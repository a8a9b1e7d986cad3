"""The `_history` twin of a source's view gives at any moment what the view itself gave then, in whatever order deliveries came."""

import json
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso.flow import withdrawing
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossier, telecom_form, telecom_row
from tests.workshop import Workshop

TRANSPORT = """- {property: owner, value: 000.00.11.H34}
- {property: transport, value: {kind: json, endpoint: soc, path: /x, auth: api_key, since: 2024-06}}
"""
WELLS = """
- {name: district, businessName: huyen, logicalType: string, required: true, primaryKey: true,
   customProperties: [{property: reading, value: unit}, {property: levels, value: [district]}]}
- {name: wells, businessName: gieng, logicalType: integer, required: true}
- {name: standing, businessName: so_lieu, logicalType: string, enum: [{value: sơ bộ}, {value: chính thức}]}
"""
Rows = list[tuple[Any, ...]]


@pytest.fixture
def workshop(inbox: Inbox, tmp_path: Path) -> Workshop:
    return Workshop(inbox, tmp_path / "checkout")


class Witness:
    """Looks at a view again and again, and asks its history afterwards."""

    def __init__(self, platform: Platform, view: str) -> None:
        self.platform, self.view = platform, view
        self.seen: list[tuple[datetime, Rows]] = []

    def look(self) -> Rows:
        moment = self._rows("SELECT clock_timestamp()")[0][0]
        rows = self._rows(f"SELECT * FROM {self.view}")
        self.seen.append((moment, rows))
        return rows

    def ask_the_history(self) -> None:
        assert len({str(rows) for _, rows in self.seen}) > 1, "nothing ever changed"
        for moment, rows in self.seen:
            query = f"SELECT * FROM {self.view}_history WHERE valid_from_recorded <= :t AND :t < valid_to_recorded"
            known = [row[:-2] for row in self._rows(query, t=moment)]
            assert sorted(known, key=str) == sorted(rows, key=str)
        current = [row[:-2] for row in self._rows(f"SELECT * FROM {self.view}_history WHERE valid_to_recorded >= '9999-12-31'")]
        assert sorted(current, key=str) == sorted(self._rows(f"SELECT * FROM {self.view}"), key=str)
        assert self._rows(f"SELECT * FROM {self.view}_history WHERE valid_from_recorded >= valid_to_recorded") == []

    def _rows(self, query: str, **parameters: object) -> Rows:
        with self.platform.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query), parameters)]


def form(fibre: int) -> bytes:
    return telecom_form([telecom_row(n, name, 100, fibre) for n, name in enumerate(COMMUNES_OF_DAK_GLEI[:2], 1)])


@pytest.mark.parametrize("order", [*permutations((1, 2, 3))])
def test_of_forms_that_replace_each_other(inbox: Inbox, order: tuple[int, ...]) -> None:
    witness = Witness(inbox.platform, "publication.departments_telecom")
    witness.look()
    for day in order:
        inbox.ingest("departments/telecom", form(10 * day), "vien_thong.xlsx", received=at(day))
        witness.look()
    inbox.ingest("departments/telecom", form(30), "vien_thong.xlsx", received=at(9))  # the current content once more
    assert {row[11] for row in witness.look()} == {30}
    witness.ask_the_history()


def test_a_delivery_that_never_was_current_has_no_line(inbox: Inbox) -> None:
    inbox.ingest("departments/telecom", form(20), "vien_thong.xlsx", received=at(2))
    late = inbox.ingest("departments/telecom", form(10), "vien_thong.xlsx", received=at(1))
    with inbox.platform.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT DISTINCT delivery_id FROM publication.departments_telecom_history")).scalars().all()
        stored = connection.execute(sa.text("SELECT DISTINCT delivery_id FROM warehouse.departments_telecom")).scalars().all()
    assert late.delivery in stored
    assert late.delivery not in found and len(found) == 1


def wells(number: int, *districts: str, standing: str | None = None) -> bytes:
    data = [{"huyen": name, "gieng": number, "so_lieu": standing} for name in districts]
    return json.dumps({"period": "2023", "data": data}).encode()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_of_reporters(workshop: Workshop, order: tuple[int, ...]) -> None:
    delivery = "- {property: delivery, value: {cadence: year, replaces: reporter, reporter: district, format: json}}\n"
    contract = workshop.add("soc/wells", WELLS, TRANSPORT + delivery + "- {property: unit, value: district}\n")
    come = {1: ("Huyện Sa Thầy", "Huyện Đắk Hà"), 2: ("Huyện Sa Thầy",), 3: ("Huyện Đắk Hà",)}
    witness = Witness(workshop.platform, "publication.soc_wells")
    for day in order:
        workshop.ingest(contract, wells(day, *come[day]), f"{day}.json", at(day))
        witness.look()
    witness.ask_the_history()


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (3, 1, 4, 2), (4, 3, 2, 1)])
def test_of_preliminary_and_official_figures(workshop: Workshop, order: tuple[int, ...]) -> None:
    words = "{cadence: year, format: json, preliminary: {column: standing, official: chính thức}}"
    contract = workshop.add("soc/wells", WELLS, TRANSPORT + f"- {{property: delivery, value: {words}}}\n- {{property: unit, value: district}}\n")
    witness = Witness(workshop.platform, "publication.soc_wells")
    witness.look()
    for day in order:
        standing = "chính thức" if day in (2, 3) else "sơ bộ"
        workshop.ingest(contract, wells(day, "Huyện Sa Thầy", standing=standing), f"{day}.json", at(day))
        witness.look()
    witness.ask_the_history()


@pytest.mark.parametrize("order", [*permutations((1, 2, 3))])
def test_of_events(inbox: Inbox, order: tuple[int, ...]) -> None:
    changes = {
        1: [dossier(1), dossier(2)],
        2: [dossier(1, TrangThai="9", ThoiDiemCapNhat="12/06/2024 09:00:00"), dossier(3)],
        3: [dossier(1, TrangThai="10", ThoiDiemCapNhat="11/06/2024 09:00:00"), dossier(2, SoLanBoSung="1")],
    }
    witness = Witness(inbox.platform, "publication.portal_dossiers")
    witness.look()
    for day in order:
        inbox.ingest("portal/dossiers", csv_bytes(changes[day]), f"{day}.csv", received=at(day))
        witness.look()
    assert len(witness.look()) == 3
    witness.ask_the_history()


@pytest.mark.parametrize("back", [1, 2, 3])
def test_of_forms_one_of_which_is_withdrawn(inbox: Inbox, back: int) -> None:
    witness = Witness(inbox.platform, "publication.departments_telecom")
    came = {}
    for day in (1, 2, 3):
        came[day] = inbox.ingest("departments/telecom", form(10 * day), "vien_thong.xlsx", received=at(day)).delivery
        witness.look()
    withdrawing.withdraw(came[back], "Nguyễn Văn A", "gửi nhầm", inbox.platform)
    assert {row[11] for row in witness.look()} == {30 if back != 3 else 20}
    inbox.ingest("departments/telecom", form(40), "vien_thong.xlsx", received=at(9))
    assert {row[11] for row in witness.look()} == {40}
    witness.ask_the_history()


@pytest.mark.parametrize("back", [1, 2, 3])
def test_of_events_one_delivery_of_which_is_withdrawn(inbox: Inbox, back: int) -> None:
    changes = {
        1: [dossier(1), dossier(2)],
        2: [dossier(1, TrangThai="9", ThoiDiemCapNhat="12/06/2024 09:00:00"), dossier(3)],
        3: [dossier(1), dossier(2, SoLanBoSung="1", ThoiDiemCapNhat="13/06/2024 09:00:00")],
    }
    witness = Witness(inbox.platform, "publication.portal_dossiers")
    came = {}
    for day, rows in changes.items():
        came[day] = inbox.ingest("portal/dossiers", csv_bytes(rows), f"{day}.csv", received=at(day)).delivery
        witness.look()
    withdrawing.withdraw(came[back], "Nguyễn Văn A", "gửi nhầm", inbox.platform)
    witness.look()
    witness.ask_the_history()
