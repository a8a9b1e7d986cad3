"""What is kept of an answer that was no delivery."""

import pytest
from chiso.sources.evidence import FIRST_BYTES, as_evidence

TOKEN = "ab" * 400


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", None),
        (b" \r\n\t ", None),
        (b"<html>\r\n  <h1>Down</h1>", "<html> <h1>Down</h1>"),
        (b"\xff\x00\x1b[31m", "\ufffd\\u0000\\u001b[31m"),
        (b'{"token":"s%2Fcret","again":"s/cret"}', '{"token":"***","again":"***"}'),
        (b"id 062199000123, 0905123456, a@b.vn", "id ***123, ***456, ***.vn"),
        (b"from 10.20.30.40:8080 and 192.168.1.7.", "from ***:8080 and ***."),
        (b"from fe80::1:2:3 at 10:20:30", "from *** at 10:20:30"),
        (b"1.234.567 dossiers, 000.00.11.H34, version 1.2.3", "1.234.567 dossiers, 000.00.11.H34, version 1.2.3"),
    ],
)
def test_first_bytes_without_what_must_not_be_shown(body: bytes, kept: str | None) -> None:
    assert as_evidence(body, ["s/cret", ""], personal=False) == kept


def test_of_a_source_with_personal_data_no_word_is_kept() -> None:
    body = "<h1>Lỗi 500</h1> hồ sơ của Nguyễn Văn An".encode()
    assert as_evidence(body, [], personal=True) == "<h1>L… 500</h1> h… s… c… N… V… A…"


@pytest.mark.parametrize("place", range(FIRST_BYTES - 14, FIRST_BYTES + 2))
def test_what_is_cut_in_two_is_masked_all_the_same(place: int) -> None:
    body = b" " + b"x" * (place - 2) + b" 062199000123 " + TOKEN.encode() + b"y" * 900
    kept = as_evidence(body, [TOKEN], personal=False) or ""
    assert "0621" not in kept and "ab" not in kept and len(kept) <= FIRST_BYTES + 1


def test_spaces_and_secrets_bring_nothing_cut_in_two_to_the_front() -> None:
    body = (TOKEN + " " * 900) * 20
    assert as_evidence(body.encode(), [TOKEN], personal=False) == "***…"
