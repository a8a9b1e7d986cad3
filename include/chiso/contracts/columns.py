"""What a contract says of a column, as types. docs/contracts.md is rendered from them."""

import re
from decimal import Decimal
from typing import Literal

from pydantic import Field

from chiso.contracts.measures import Kind, OverRows
from chiso.contracts.readings import READINGS, Reading, ReadingName
from chiso.contracts.words import Words
from chiso.province.figure_units import UNSTATED, FigureUnit, figure_unit, header_unit
from chiso.province.text import fold
from chiso.province.units import ADMIN_LEVELS, Level
from chiso.system.stated import Stated

_MARK = re.compile(r"^(?:[IVX]+|[0-9]{1,2})[.)]\s*(?=[^\W\d])")
"""A number or mark before a value: `I. Y tế`, `1) Y tế`."""


class ColumnTerms(Words):
    """A column's `customProperties`, one key each."""

    reading: ReadingName | None = None
    """How its texts are read; follows from the logical type and the listed values where it is left out."""
    header: list[list[str]] | None = None
    """Levels of the header from the top, each with its alternatives, where it has several."""
    optional_header: bool = False
    """The whole column may be missing."""
    blank: Literal["missing", "none", "above"] | int = "missing"
    """What a blank cell means. missing: no value, a reject where one is required; none: there is none; above: the value
    that stands above it in the column, or in the heading of the section; a number: that number."""
    none_words: list[str] = Field(default_factory=list)
    """Words that say that there is none (`Chưa có`, `Không`), beside `-` and `KPS`; for columns where a blank is none."""
    split: list[str] = Field(default_factory=list)
    """Signs that part several values in one cell (`;`, a line break is always one); each becomes a row of its own,
    the first of which keeps the row's figures and marks."""
    choices: dict[str, list[str]] = Field(default_factory=dict)
    """Other spellings of the listed values."""
    unknown: Literal["reject", "flag", "text"] = "reject"
    """A value that isn't listed (choice), a name that is no unit: rejects the row; flag: a warning, the value is kept as it
    is and the row counts; text: it means something else than a unit (a field of work) and is kept as it is."""
    levels: list[Level] = Field(default_factory=list)
    """Of units: what a name may resolve to; all administrative levels for `unit`, agencies for `agency`. Their order says
    nothing: `UBND huyện Sa Thầy` is the agency where agencies are among them and there is one, else the district; any other
    name that fits several units is rejected as ambiguous, unless the heading above the row or the text itself
    (`Xã Đắk Long, huyện Đắk Hà`) states the district, or `bare` the level. Codes of all registers differ, so the code alone
    is kept."""
    bare: Level | None = None
    """Of units: the level that is meant by a name without its kind (`Sa Thầy`) which units of several levels have."""
    printed_in: str | None = None
    """The unit in which the figure is printed (`tỷ đồng`); it is kept in the plain one (đồng), in which minimum and maximum
    are given too. Without it figures stay in the unit of the column's header."""
    measure: bool = True
    """Whether the form's figure becomes a measure by itself."""
    unit: str | None = None
    """Unit of that measure."""
    kind: Kind | None = None
    """Kind of that measure."""
    over_rows: OverRows = "sum"
    """How figures of several rows become one; one that isn't summed has no total either."""
    prefixes: list[str] = Field(default_factory=list)
    """Of words: what may stand before a value and says but what the column is (`Lĩnh vực y tế` is `Y tế`). It is left out, with
    a number or mark before the value (`I.`, `1.`), in cells and in headings."""
    filled_by: str | list[str] = Field(default_factory=list)
    """Code of the owner that fills it, where several each fill columns of one form (`replaces: office`): a form that has none
    of an office's own columns needn't have this one. Several where others may fill it too; the first must."""


class Column(Stated):
    """One column of a delivery. `name` is the contract's, snake case, and the tables'."""

    name: str
    printed: str
    """Header as the province prints it."""
    reading: ReadingName
    header: list[list[str]]
    """Levels of the header from the top, each with its alternatives; text exports have one level."""
    required: bool
    """The value must be there in every row."""
    key: bool = False
    personal: bool = False
    format: str | None = None
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    enum: list[str | int] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    """What listed values mean, by their text."""
    description: str = ""
    """What the header doesn't say."""
    terms: ColumnTerms = ColumnTerms()

    @property
    def how(self) -> Reading:
        """All that is said of its reading."""
        return READINGS[self.reading]

    @property
    def figure_unit(self) -> FigureUnit:
        """The unit in which figures are printed: `printed_in`, else what the header says, else the measure's own."""
        if self.terms.printed_in:
            return figure_unit(self.terms.printed_in)
        in_header = header_unit(self.printed)
        return in_header if in_header != UNSTATED or not self.terms.unit else figure_unit(self.terms.unit)

    @property
    def is_amount(self) -> bool:
        """Whether figures of several rows may be summed: counts and numbers, but for those whose unit is `%`."""
        return self.reading in ("count", "number") and not self.figure_unit.is_percent

    @property
    def power(self) -> int:
        """Power of ten from the printed unit to the one in which figures are kept."""
        return self.figure_unit.power if self.terms.printed_in else 0

    @property
    def optional_header(self) -> bool:
        """Whether the whole column may be missing."""
        return self.terms.optional_header

    @property
    def default(self) -> int | None:
        """The number that a blank stands for."""
        return self.terms.blank if isinstance(self.terms.blank, int) else None

    @property
    def may_be_blank(self) -> bool:
        """Whether a blank cell breaks no rule."""
        return not self.required or isinstance(self.terms.blank, int) or self.terms.blank == "none"

    def bare(self, text: str) -> str:
        """A text without the column's `prefixes`, and the number or mark before them; as it is where nothing else is left."""
        if not self.terms.prefixes:
            return text
        words = _MARK.sub("", text.strip(), count=1).split()
        for prefix in sorted(self.terms.prefixes, key=len, reverse=True):
            count = len(prefix.split())
            rest = " ".join(words[count:]).lstrip(":-– ")
            if rest and fold(" ".join(words[:count])) == fold(prefix):
                return rest[0].upper() + rest[1:]
        return " ".join(words) or text

    @property
    def is_summed(self) -> bool:
        """Whether its figures add up to that of several rows."""
        return self.is_amount and self.terms.over_rows == "sum"

    @property
    def offices(self) -> tuple[str, ...]:
        """Codes of the owners that fill it, the one that must first; none where the form isn't parted among offices."""
        stated = self.terms.filled_by
        return (stated,) if isinstance(stated, str) else tuple(stated)

    @property
    def share(self) -> str:
        """What it belongs to of a form that several offices fill, by their codes; "" where the form isn't parted."""
        return "+".join(self.offices)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels that a name may resolve to; none where it is no unit."""
        if self.reading not in ("unit", "agency"):
            return ()
        return tuple(self.terms.levels) or (("agency",) if self.reading == "agency" else ADMIN_LEVELS)
