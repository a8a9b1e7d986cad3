"""Keys by which names of units and agencies are matched, and the parts that a name may have."""

import re
from collections.abc import Iterator

from chiso.province.text import fold, nfc

KINDS: dict[str, tuple[str, ...]] = {
    "tinh": ("tinh",),
    "thanh pho": ("thanh pho",),
    "tp": ("thanh pho",),
    "t p": ("thanh pho",),
    "huyen": ("huyen",),
    "h": ("huyen",),
    "quan": ("quan",),
    "thi xa": ("thi xa",),
    "tx": ("thi xa",),
    "xa": ("xa",),
    "x": ("xa",),
    "phuong": ("phuong",),
    "p": ("phuong",),
    "thi tran": ("thi tran",),
    "tt": ("thi tran",),
    "dac khu": ("dac khu",),
}
"""What may stand before a unit's name (folded) → the kinds of unit it means."""
COMMITTEE = ("ubnd ", "uy ban nhan dan ")
_SURROUNDING = ("tinh ", "thanh pho ", "tp ", "t p ", "huyen ", "h ", "quan ", "thi xa ", "tx ")
_BEHIND = re.compile(r" ?[,;] ?| [-–—] | ?[(\[]([^()\[\]]*)[)\]]$")
"""What parts a name from the unit that it lies in: `Xã Đắk Long, huyện Đắk Hà`, `… - huyện Đắk Hà`, `… (huyện Đắk Hà)`."""


def split_last(text: str) -> tuple[str, str] | None:
    """The text before its last part, and that part; None where it has one part only. Blanks are single spaces."""
    text = " ".join(text.split())
    parts = list(_BEHIND.finditer(text))
    if not parts or not text[: parts[-1].start()]:
        return None
    return text[: parts[-1].start()], parts[-1][1] or text[parts[-1].end() :]


def means_surrounding(text: str) -> bool:
    """Whether a text calls itself a district or province, by its prefix."""
    return fold(text).startswith(_SURROUNDING)


_AGENCY = re.compile(
    r"(?:sở|ban|văn phòng|ubnd|uỷ ban|ủy ban|cục|chi cục|huyện|thành phố|thị xã|xã|phường|thị trấn)"
    r"\s+(?!(?:hữu|hội|hành)\b)(?P<own>\S)",
    re.IGNORECASE,
)
"""A word for a kind of agency or unit before a name; `Sở hữu trí tuệ` and `Xã hội` are fields of work."""


def looks_like_an_agency(text: str) -> bool:
    """Whether it is written like the name of an agency or unit, in a register or not: `Sở Vũ trụ`, `UBND xã Không Có`."""
    found = _AGENCY.match(nfc(text).strip())
    return found is not None and (found["own"].isupper() or fold(text).startswith(COMMITTEE))


def squeeze(key: str) -> str:
    """Names are told apart without spaces (Ia H'Drai, Ia H' Drai) and without i or y (Ya Ly, Ia Li)."""
    return key.replace(" ", "").replace("y", "i")


def agency_key(key: str) -> str:
    """Key of an agency's folded name: without `và`, and without `tỉnh` at its end."""
    words = [word for word in key.split() if word != "va"]
    if words[-1:] == ["tinh"]:
        words.pop()
    return squeeze(" ".join(words))


def unit_keys(name: str) -> Iterator[tuple[str, str]]:
    """Key of the bare name under its kind and under none."""
    key = fold(name)
    kind = next((kind for kinds in KINDS.values() for kind in kinds if key.startswith(f"{kind} ")), "")
    bare = squeeze(key.removeprefix(kind))
    yield kind, bare
    yield "", bare


def is_spelt(text: str, name: str) -> bool:
    """Whether a text writes a unit's name with the very letters of the register, whatever its case and prefix."""
    written, name = (" ".join(part.lower().split()) for part in (text, nfc(name)))
    kind = next(unit_keys(name))[0]
    bare = name.split(" ", len(kind.split()))[-1]
    return re.search(rf"(?:^|[\s.]){re.escape(bare)}$", written) is not None
