"""What a file really is, decided by its bytes; whatever must not be opened is refused here."""

import io
import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import msoffcrypto
import olefile  # type: ignore[import-untyped]
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile

from chiso.deliveries.raw import LARGEST_WORKBOOK_BYTES, MAX_UNPACKED_RATIO, RATIO_MATTERS_FROM_BYTES
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.opening.budget import Budget
from chiso.staging.workbook.opening.package import Package

Kind = Literal["xlsx", "xls", "ods", "html"]

MAX_UNPACKED_BYTES = 1024 * 2**20

_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|title|style|table"
                   rb"|body|div|center|font|p|script|h[1-6]|b|strong|span|br|thead|tbody|tr|form)\b", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(rb"<table\b", re.IGNORECASE)
_NOT_HTML_NAMES = (".xlsx", ".ods", ".xlsm")
_MACRO_PARTS = re.compile(r"vbaProject\.bin$|^Basic/|^Scripts/", re.IGNORECASE)
_TYPES = "[Content_Types].xml"
_WORKBOOK = re.compile(rb"spreadsheetml\.(?:sheet|template)\.main\+xml", re.IGNORECASE)
_MOST_SPINS = 1_000_000
"""Rounds of hashing that a password goes through; programs take a hundred thousand."""
_PUBLIC_PASSWORD = "VelvetSweatshop"  # noqa: S105
"""Spreadsheet programs encrypt with it what is only protected against changes, and open that without asking."""
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


@dataclass(frozen=True)
class Container:
    """A file that may be opened. `stream` stands at its beginning and can be sought in.

    password: which opened it, where one had to.
    """

    kind: Kind
    stream: BinaryIO
    budget: Budget
    password: str | None = None


def open_container(path: Path, password: str | None, findings: Findings) -> Container:
    """The file at `path` as a container; decrypted in memory where it must be. Raises DeliveryRefused."""
    size = path.stat().st_size
    if size == 0:
        raise findings.refusal("file_empty")
    if size > LARGEST_WORKBOOK_BYTES:
        raise findings.refusal("file_too_large", size_mb=size >> 20, limit_mb=LARGEST_WORKBOOK_BYTES >> 20)
    return _identify(io.BytesIO(path.read_bytes()), password, findings)


def _identify(stream: BinaryIO, password: str | None, findings: Findings) -> Container:
    head = stream.read(4096).removeprefix(b"\xef\xbb\xbf")
    stream.seek(0)
    if head.startswith(_ZIP):
        return _open_zip(stream, findings)
    if head.startswith(_OLE):
        return _open_ole(stream, password, findings)
    if _looks_like_html(head):
        return _open_html(stream, findings)
    found_vi, found_en = _describe(head)
    raise findings.refusal("file_unknown", found_vi=found_vi, found_en=found_en)


def _describe(head: bytes) -> tuple[str, str]:
    """What else the file may be, Vietnamese and English."""
    found = (
        (not head.strip(b"\x00\t\r\n "), "toàn ký tự trống", "nothing but blanks"),
        (head.startswith(b"%PDF"), "tệp PDF", "a PDF document"),
        (b"urn:schemas-microsoft-com:office:spreadsheet" in head, "bảng tính XML 2003", "an XML Spreadsheet 2003"),
        (head.lstrip().startswith((b"{", b"[")), "dữ liệu JSON", "JSON"),
        (_is_utf16(head), "văn bản UTF-16", "UTF-16 text"),
        (b"\x00" not in head, "văn bản thường hoặc CSV", "plain text or CSV"),
        (True, "định dạng không rõ", "an unknown format"),
    )
    return next((vi, en) for fits, vi, en in found if fits)


def _is_utf16(head: bytes) -> bool:
    """By its mark, or by every other byte of Latin letters being zero."""
    halves = sorted(head[start::2].count(0) for start in (0, 1))
    return head.startswith(_UTF16_MARKS) or (halves[0] == 0 and 2 * halves[1] > len(head) // 2)


# HTML

def _looks_like_html(head: bytes) -> bool:
    return _HTML.match(_ascii(head)) is not None


def _ascii(text: bytes) -> bytes:
    """UTF-16, as spreadsheet programs save web pages, brought near enough to ASCII to look for tags."""
    return text[2:].replace(b"\x00", b"") if text.startswith(_UTF16_MARKS) else text


def _open_html(stream: BinaryIO, findings: Findings) -> Container:
    """A table saved as .xls is what many exporters send; a page without one, or named .xlsx, is not.

    Spreadsheet programs open such a page by the first name, and refuse it by the second.
    """
    page = _ascii(stream.read())
    if not _TABLE.search(page) or findings.file.lower().endswith(_NOT_HTML_NAMES):
        raise findings.refusal("html_page")
    stream.seek(0)
    return Container("html", stream, Budget(findings, len(page)))


# ZIP: .xlsx and .ods

def _open_zip(stream: BinaryIO, findings: Findings) -> Container:
    with findings.reading(), zipfile.ZipFile(stream) as package:
        unpacked = _check_sizes(package, stream.seek(0, io.SEEK_END), findings)
        kind = _package_kind(package, findings)
        _check_parts(package, findings)
    stream.seek(0)
    return Container(kind, stream, Budget(findings, unpacked))


def _check_sizes(package: zipfile.ZipFile, packed: int, findings: Findings) -> int:
    """Bytes of all parts; judged by the directory alone, before a single part is unpacked."""
    unpacked = sum(part.file_size for part in package.infolist())
    ratio = unpacked // max(packed, 1)
    suspect = unpacked > RATIO_MATTERS_FROM_BYTES and ratio > MAX_UNPACKED_RATIO
    if suspect or unpacked > MAX_UNPACKED_BYTES:
        raise findings.refusal("file_expands", unpacked_mb=unpacked >> 20, ratio=ratio)
    return unpacked


def _package_kind(archive: zipfile.ZipFile, findings: Findings) -> Kind:
    macros = next((name for name in archive.namelist() if _MACRO_PARTS.search(name)), None)
    if macros:
        raise findings.refusal("file_macros", part=macros)
    package = Package(archive)
    if "mimetype" in package and b"opendocument.spreadsheet" in package.read("mimetype"):
        return _ods(package, findings)
    types = package.read(_TYPES).replace(b"\x00", b"") if _TYPES in package else b""
    if b"macroEnabled" in types and b"sheet.binary" not in types:
        raise findings.refusal("file_macros", part=_TYPES)
    if _WORKBOOK.search(types) or (_TYPES not in package and "xl/workbook.xml" in package):
        return "xlsx"
    raise findings.refusal("file_unknown", found_vi="tệp nén loại khác", found_en="another kind of archive")


def _ods(package: Package, findings: Findings) -> Kind:
    if b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise findings.refusal("file_encrypted")
    return "ods"


def _check_parts(archive: zipfile.ZipFile, findings: Findings) -> None:
    """Unpacks every part once: checksums, true sizes, and no entity declarations, which office files never have."""
    for part in archive.infolist():
        with archive.open(part) as content:
            head = content.read(1024).replace(b"\x00", b"")
            if _ENTITY.search(head) and part.filename.lower().endswith((".xml", ".rels")):
                raise findings.damaged(f"có <!DOCTYPE> trong {part.filename}", f"<!DOCTYPE> in {part.filename}")
            while content.read(2**20):
                pass


# OLE: .xls, and the wrapping of encrypted .xlsx

def _open_ole(stream: BinaryIO, password: str | None, findings: Findings) -> Container:
    with findings.reading():
        with olefile.OleFileIO(stream) as ole:
            streams = {"/".join(entry) for entry in ole.listdir()}
        stream.seek(0)
        return _ole_kind(stream, streams, password, findings)


def _ole_kind(stream: BinaryIO, streams: set[str], password: str | None, findings: Findings) -> Container:
    if "EncryptedPackage" in streams:
        plain, opened_by = _decrypt(stream, password, findings)
        return replace(_identify(plain, None, findings), password=opened_by)
    if any("_VBA_PROJECT" in name for name in streams):
        raise findings.refusal("file_macros", part="_VBA_PROJECT")
    if not streams & {"Workbook", "Book"}:
        raise findings.refusal("file_unknown", found_vi="tệp Office loại khác", found_en="another Office document")
    if "Workbook" in streams and msoffcrypto.OfficeFile(stream).is_encrypted():
        stream, _ = _decrypt(stream, password, findings)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return Container("xls", stream, Budget(findings, size))


def _decrypt(stream: BinaryIO, password: str | None, findings: Findings) -> tuple[BinaryIO, str]:
    """With the password, else with the one that is no secret; and which it was."""
    for candidate in filter(None, (password, _PUBLIC_PASSWORD)):
        plain = io.BytesIO()
        stream.seek(0)
        office = msoffcrypto.OfficeFile(stream)
        if isinstance(office, OOXMLFile) and office.info.get("spinValue", 0) > _MOST_SPINS:
            raise findings.damaged("mã hóa với số vòng lặp quá lớn", "encrypted with far too many rounds")
        try:
            office.load_key(password=candidate)
            office.decrypt(plain)
        except (InvalidKeyError, DecryptionError):
            continue
        plain.seek(0)
        return plain, candidate
    raise findings.refusal("password_wrong" if password else "file_encrypted")
