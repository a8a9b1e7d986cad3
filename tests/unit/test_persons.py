"""The scanner for persons finds them however they are written, and nobody in what has no person."""

import gzip
import io
import json
import random
import unicodedata
import zipfile
import zlib
from datetime import date
from html import escape
from urllib.parse import quote

import pytest

from tests.integration import leftovers
from tests.persons import Person, Scanner, applicants

ONE = Person("Đinh Thị Yến", "062012345678", "0905123456", "Tổ 3; \"nhà giả\"\nđường thử nghiệm, Phường Quang Trung")
OTHER = Person("Y Đức Hà", "062087654321", "0987654321", "Thôn 12, Xã Ya ly, Kon Tum")
SCANNER = Scanner([ONE, OTHER])


@pytest.mark.parametrize(
    "text",
    [
        *(ONE.name, ONE.name.upper(), "Dinh Thi Yen", "DINH THI YEN", "_dinh_thi-yen_", "Đinh  Thị\tYến"),
        *(unicodedata.normalize("NFD", ONE.name), json.dumps(ONE.name), json.dumps({"a": json.dumps(f"1\n{ONE.name}\n")})),
        *(repr(ONE.name.encode()), quote(ONE.name), "".join(f"&#{ord(letter)};" for letter in ONE.name)),
        *(ONE.identity, "062 012 345 678", "062.012.345.678", "062-0123-45678", "62012345678", f"5 {ONE.identity}, 7"),
        *(ONE.phone, "0905 123 456", "0905.123.456", "+84905123456", "+84 905 123 456", "84905123456", f"01 {ONE.phone} 02"),
        *(ONE.address, ONE.address.replace("\n", "\\n"), escape(ONE.address), json.dumps(ONE.address)),
        *("to 3 nha gia duong thu nghiem phuong quang trung", OTHER.name, f"({OTHER.name})", OTHER.address.upper()),
    ],
)
def test_a_person_is_found(text: str) -> None:
    assert list(SCANNER.found(text))
    assert list(SCANNER.found(f"Dòng 7: “{text}” không đúng.\nDòng 8: hết."))


@pytest.mark.parametrize(
    "text",
    [
        *("", "Đ… (12)", "*********678", "Đinh Thị", "Thị Yến", "Đinh Văn Yến", "ĐinhThịYếnn", "Ly Duc Ha", "Thôn 12, Xã Ya ly"),
        *("0620123456780", "1062012345678", "0.0620123", "062 012 345 679", "0905123457", "905123456", "06201234567"),
        *("2024-07-02 09:05:12.345678", "Phường Quang Trung", "Kon Tum"),
    ],
)
def test_nobody_is_found_where_nobody_is(text: str) -> None:
    assert not list(SCANNER.found(text))


def test_applicants_are_those_of_the_exports() -> None:
    persons = applicants(34, 300, date(2024, 2, 1))
    assert len(persons) > 2000
    assert all(len(person.identity) == 12 and len(person.phone) == 10 and person.address for person in persons)
    assert not [person for person in persons if "(" in person.name]
    assert any("\n" in person.address for person in persons)


def test_what_is_packed_is_unpacked() -> None:
    many = f"{ONE.name}\n".encode() + random.Random(1).randbytes(4000)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("a/b.csv", gzip.compress(many))
    for content in (archive.getvalue(), zlib.compress(many), gzip.compress(many), gzip.compress(many)[:-200], b"\xff" + many):
        assert ONE.name in leftovers.text(content)
    assert leftovers.text(archive.getvalue()[:-50])
