"""How much a file may become: a few kilobytes can say that a row is repeated a million times."""

from collections import Counter
from dataclasses import dataclass, field

from chiso.staging.workbook.findings import Findings


@dataclass(frozen=True)
class _Limit:
    """Of one thing: what any file may hold, and more for each byte that it unpacks to."""

    free: int
    per_byte: float
    vi: str
    en: str


_LIMITS = {
    "rows": _Limit(1_500_000, 1 / 8, "dòng", "rows"),
    "places": _Limit(24_000_000, 1 / 2, "ô", "cells"),
    "copies": _Limit(200_000, 1 / 64, "ô lặp", "repeated cells"),
    "characters": _Limit(64 << 20, 2, "ký tự", "characters"),
}


@dataclass(frozen=True)
class Budget:
    """What one file may become; every reader spends from it before it makes rows and cells.

    unpacked: bytes that the file's parts unpack to.
    """

    findings: Findings
    unpacked: int
    _spent: Counter[str] = field(default_factory=Counter)

    def rows(self, count: int, sheet: str) -> None:
        """Rows, blank or not. Raises DeliveryRefused."""
        self._spend("rows", count, sheet)

    def places(self, count: int, sheet: str) -> None:
        """Cells that a grid has room for, blank or not: rows by columns. Raises DeliveryRefused."""
        self._spend("places", count, sheet)

    def copies(self, count: int, sheet: str) -> None:
        """Cells that the file doesn't write out but says again, by repetition or spans. Raises DeliveryRefused."""
        self._spend("copies", count, sheet)

    def characters(self, count: int, sheet: str) -> None:
        """Length of cells' texts, however many cells share one. Raises DeliveryRefused."""
        self._spend("characters", count, sheet)

    def _spend(self, what: str, count: int, sheet: str) -> None:
        limit = _LIMITS[what]
        self._spent[what] += count
        most = limit.free + int(limit.per_byte * self.unpacked)
        if self._spent[what] > most:
            raise self.findings.refusal("sheet_expands", sheet=sheet, most_vi=f"{most:,}".replace(",", "."),
                                        most_en=f"{most:,}", what_vi=limit.vi, what_en=limit.en)
