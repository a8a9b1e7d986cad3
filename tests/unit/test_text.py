"""Keys of names and headings, legacy fonts, personal numbers, formulas in disguise."""

import unicodedata

import pytest
from chiso.province.text import (
    fold,
    has_address,
    header_key,
    legacy_to_unicode,
    looks_like_formula,
    mask_addresses,
    mask_personal,
    nfc,
    with_own_letters,
)
from hypothesis import given
from hypothesis import strategies as st

VIETNAMESE = st.text(
    st.sampled_from(
        "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ AĐƯƠÊ'’-."
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đắk Tô", "dak to"),
        ("ĐĂK TÔ", "dak to"),
        ("dak to", "dak to"),
        ("Ia H' Drai", "ia h drai"),
        ("Ia H’Drai", "ia h drai"),
        ("Ia H' drai ", "ia h drai"),
        ("Hộ có\ncáp quang (hộ)", "ho co cap quang"),
        ("Tỷ trọng (%)", "ty trong"),
        ("Trung tâm xã (x) [1]", "trung tam xa"),
        ("hòa", "hoa"),
        ("hoà", "hoa"),
        ("(1)", ""),
        ("((a) b) c", "c"),
        ("Số hộ (hộ", "so ho ho"),
        ("\ufeffSTT", "stt"),
    ],
)
def test_fold(text, key):
    assert fold(text) == key


@pytest.mark.parametrize("text", ["MaHoSo", "Ma Ho So", "MA_HO_SO", "Mã hồ sơ", "mã\nhồ-sơ", "Mã  hồ sơ:"])
def test_header_key(text):
    assert header_key(text) == "mahoso"


def test_a_tone_typed_before_the_vowels_mark_joins():
    assert nfc("Ye\u0301\u0302n") == "Yến"
    assert nfc("Hue\u0323\u0302") == "Huệ"


@given(VIETNAMESE)
def test_every_form_of_a_text_is_one(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        other = unicodedata.normalize(form, text)
        assert nfc(other) == nfc(text)
        assert fold(other) == fold(text.upper()) == fold(text)


@given(st.text(max_size=40))
def test_keys_are_stable(text):
    assert fold(fold(text)) == fold(text)
    assert nfc(nfc(text)) == nfc(text)
    assert unicodedata.is_normalized("NFC", nfc(text))


@pytest.mark.parametrize(
    ("legacy", "font", "text"),
    [
        ("Së Y tÕ", ".VnTime", "Sở Y tế"),
        ("Së Y tÕ", ".VnTimeH", "SỞ Y TẾ"),
        ("TØnh Kon Tum, huyÖn §¾k T«", ".VnArial", "Tỉnh Kon Tum, huyện Đắk Tô"),
        ("Uyû ban nhaân daân tænh", "VNI-Times", "Uỷ ban nhân dân tỉnh"),
        ("thaúng, THAÚNG, î, Î", "VNI-Times", "thẳng, THẲNG, ỵ, Ỵ"),
        ("Aån, Ñaø Naüng", "VNI-Helve", "Ẩn, Đà Nẵng"),
        ("Së Y tÕ", "Times New Roman", "Së Y tÕ"),
        ("Sở Y tế", ".VnTime", "Sở Y tế"),
        ("1.014", "VNI-Times", "1.014"),
        ("abc", None, "abc"),
    ],
)
def test_legacy_fonts(legacy, font, text):
    assert legacy_to_unicode(legacy, font) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CCCD 062090001234", "CCCD *********234"),
        ("062 090 001 234.", "************234."),
        ("cmnd:123456789", "cmnd:******789"),
        ("62090001234", "********234"),
        ("0905123456", "*******456"),
        ("0905.123.456", "*********456"),
        ("+84905123456", "*********456"),
        ("+84 905 123 456", "************456"),
        ("nguyen.a@kontum.gov.vn", "*******************.vn"),
        ("000.00.12.H34-240115-0001", "000.00.12.H34-240115-0001"),
        ("1.234.567.890", "1.234.567.890"),
        ("20240115093000", "20240115093000"),
        ("59531", "59531"),
        ("15/02/2024", "15/02/2024"),
    ],
)
def test_personal_numbers_are_masked(text, masked):
    assert mask_personal(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("10.10.1.5", "*********"),
        ("srv_10.10.1.5:8080", "srv_*********:8080"),
        ("http://10.1.2.3/x", "http://********/x"),
        ("Hệ thống (10.0.0.1).", "Hệ thống (********)."),
        ("10.10.1.5.local", "*********.local"),
        ("fe80::1", "*******"),
        ("::1", "***"),
        ("2001:db8:0:0:1:2:3:4", "********************"),
        ("::ffff:10.1.1.1", "***************"),
        ("aa:bb:cc:dd:ee:ff", "*****************"),
        ("AA-BB-CC-DD-EE-FF", "*****************"),
        *((text, text) for text in ("000.00.11.H34", "H34.11.01.02", "1.234.567", "08:00:00", "2024-05-06T10:20:30", "phụ :: lục", "TB-0001")),
    ],
)
def test_addresses_of_machines_are_masked(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked
    assert has_address(text) is (text != masked)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("x")',
        "@SUM(A1)",
        "+A1",
        "-A1+2",
        "-(1+1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1",
        " =1+1",
        "+SUM(A1)",
    ],
)
def test_formulas_in_disguise(text):
    assert looks_like_formula(text)


@pytest.mark.parametrize(
    "text", ["", "-", "-5", "-5,2", "+84905123456", "- Sở Y tế", "-Sở Y tế", "x", "3=4+5", "a@b.vn", "–", "-1.014"]
)
def test_what_is_no_formula(text):
    assert not looks_like_formula(text)


def test_letters_that_only_look_vietnamese_match_and_are_replaced():
    assert fold("Ðơn vị") == fold("Ɖơn vị") == fold("ðơn vị") == "don vi"
    assert header_key("Ngƣời trƣởng thành") == "nguoitruongthanh"
    assert with_own_letters("PHƢỜNG Ðăk Pék") == "PHƯỜNG Đăk Pék"
