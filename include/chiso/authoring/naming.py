"""Names for columns of a proposed contract: the header's words without accents, which an engineer renames."""

import re
from collections.abc import Iterable

from chiso.contracts.references import RESERVED, SQL_WORDS
from chiso.province.text import fold

_LONGEST = 40
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def column_names(headers: Iterable[list[str]]) -> list[str]:
    """A name for each column, none twice: `Số hộ (hộ)` → so_ho, `MaHoSo` → ma_ho_so, Tiếp nhận › Tổng số → tiep_nhan_tong_so."""
    names: list[str] = []
    for number, header in enumerate(headers, 1):
        name = _name(header) or f"column_{number}"
        if name in RESERVED | SQL_WORDS:
            name = f"{name}_value"
        count = sum(other == name or re.fullmatch(rf"{name}_\d+", other) is not None for other in names)
        names.append(f"{name}_{count + 1}" if count else name)
    return names


def _name(header: list[str]) -> str:
    ends = [header[0], header[-1]] if len(header) > 1 else header
    words = [word for text in ends for word in fold(_HUMPS.sub(" ", text)).split() if word.isascii() and word.isalnum()]
    if words and words[0][0].isdigit():
        words.insert(0, "so")
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word
        if len(longer) > _LONGEST:
            break
        name = longer
    return name
