"""Electronic stores of documents per agency and month."""

import random

from sandbox.days import Span
from sandbox.documents import Record
from sandbox.province import Agency, agencies


def records(seed: int, month: Span) -> list[Record]:
    """A row an agency: stores and documents in them at the month's end, how often these were used again in the month."""
    return [_record(seed, unit, month.months_known) for unit in agencies(month.last)]


def _record(seed: int, unit: Agency, months: int) -> Record:
    """An agency after so many months; its course is drawn month by month, so that a stock only grows."""
    rng = random.Random(f"{seed}/document_store/{unit.code}")
    stores, documents, used = 1, 0, 0
    for _ in range(months):
        stores += rng.random() < 0.06
        documents += rng.randint(8, 30) * unit.weight
        used = int(documents * rng.uniform(0.01, 0.06))
    return {"MaDonVi": unit.code, "SoKho": stores, "SoGiayToSoHoa": documents, "SoLuotTaiSuDung": used}
