"""Workbooks that ask for a password when they are opened."""

from io import BytesIO

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile


def protect(workbook: bytes, password: str) -> bytes:
    """The .xlsx, encrypted; each time with other salts, so never the same bytes."""
    made = BytesIO()
    OOXMLFile(BytesIO(workbook)).encrypt(password, made)
    return made.getvalue()


def opened(content: bytes, password: str) -> bytes | None:
    """The .xlsx in a protected file; None if it is no such file, or the password another."""
    plain = BytesIO()
    try:
        office = msoffcrypto.OfficeFile(BytesIO(content))
        office.load_key(password=password)
        office.decrypt(plain)
    except (FileFormatError, DecryptionError, InvalidKeyError):
        return None
    return plain.getvalue()
