"""Whom an agency's mail goes to: the reference list `contacts.csv`."""

import csv
import re
from pathlib import Path

from chiso.system.errors import ContractError, Fault

FILE = "contacts.csv"
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def is_address(text: str) -> bool:
    """Whether it is one plain address: no name beside it, no second one, no line break."""
    return bool(_ADDRESS.fullmatch(text))


def load_contacts(schemas: Path) -> dict[str, str]:
    """Agency → address. Raises ContractError, which names file and line."""
    found: dict[str, str] = {}
    with (schemas / "reference" / FILE).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            code, address = row.get("agency_code") or "", (row.get("email") or "").strip()
            if not is_address(address):
                raise _fault(reader.line_num, f"{address!r} is no address; write one, like van-thu@example.vn")
            if code in found:
                raise _fault(reader.line_num, f"{code} is stated twice; keep one line")
            found[code] = address
    return found


def _fault(line: int, message: str) -> ContractError:
    return ContractError(Fault(f"include/schemas/reference/{FILE}", f"line {line}", message))
