"""Conditions on a row, as contracts state them; SQL, words and the columns concerned are derived from them.

A condition on a blank cell doesn't hold, unless it asks for the blank itself.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from chiso.contracts.words import Words

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "starts_with", "filled", "blank", "yes", "no"]
Value = bool | int | Decimal | date | str
_WITHOUT_VALUE = ("filled", "blank", "yes", "no")
_WORDS: Mapping[str, str] = {
    "!=": "≠",
    "<=": "≤",
    ">=": "≥",
    "starts_with": "starts with",
    "filled": "is filled in",
    "blank": "is blank",
    "no": "is no",
}


class Comparison(Words):
    """A column compared with a value, a list of values (`in`), or another column."""

    column: str
    """The column that is looked at."""
    operator: Operator = "yes"
    """yes, no: of a mark or flag; filled, blank: whether anything stands there; the others need `value` or `than`."""
    value: Value | tuple[Value, ...] | None = None
    """What it is compared with; a list for `in`."""
    than: str | None = None
    """The other column, instead of a value."""
    plus_days: str | None = None
    """A column with a number of days that are added to the time in `than`."""

    @field_validator("operator", mode="before")
    @classmethod
    def _yaml_truths(cls, given: object) -> object:
        """YAML takes yes and no without quotes for true and false."""
        return {True: "yes", False: "no"}[given] if isinstance(given, bool) else given

    @model_validator(mode="after")
    def _complete(self) -> "Comparison":
        given = (self.value is not None) + (self.than is not None)
        if self.operator in _WITHOUT_VALUE and given:
            raise ValueError(f"{self.column}: {self.operator} takes no value")
        if self.operator not in _WITHOUT_VALUE and given != 1:
            raise ValueError(f"{self.column}: {self.operator} needs either value or than")
        if (self.operator == "in") != isinstance(self.value, tuple):
            raise ValueError(f"{self.column}: a list of values goes with `in`, and with nothing else")
        if self.plus_days and not self.than:
            raise ValueError(f"{self.column}: plus_days goes with than")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that it looks at, the marked one first."""
        return [name for name in (self.column, self.than, self.plus_days) if name is not None]

    def sql(self, alias: str = "") -> str:
        """As an SQL condition on a row of the contract's columns, each in its type. alias: of the table, with its dot."""
        column = f'{alias}"{self.column}"'
        if self.operator in _WITHOUT_VALUE:
            return {
                "filled": f"{column} IS NOT NULL",
                "blank": f"{column} IS NULL",
                "yes": column,
                "no": f"NOT {column}",
            }[self.operator]
        if self.operator == "starts_with":
            return f"starts_with({column}, {_literal(self.value)})"
        if isinstance(self.value, tuple):
            return f"{column} IN ({', '.join(map(_literal, self.value))})"
        other = f'{alias}"{self.than}"' if self.than else _literal(self.value)
        if self.plus_days:
            other += f" + {alias}\"{self.plus_days}\" * interval '1 day'"
        return f"{column} {'<>' if self.operator == '!=' else self.operator} {other}"

    def words(self) -> str:
        """For documentation."""
        if self.operator == "yes":
            return f"`{self.column}`"
        if self.operator in _WITHOUT_VALUE:
            return f"`{self.column}` {_WORDS[self.operator]}"
        values = self.value if isinstance(self.value, tuple) else [self.value]
        other = (
            f"`{self.than}`"
            if self.than
            else ", ".join(f"“{value}”" if isinstance(value, str) else str(value) for value in values)
        )
        days = f" + `{self.plus_days}` days" if self.plus_days else ""
        return f"`{self.column}` {_WORDS.get(self.operator, self.operator)} {other}{days}"


class All(Words):
    """Every one of them holds."""

    all: tuple["Condition", ...] = Field(min_length=1)
    """Conditions, each of which may be made of others."""

    @property
    def columns(self) -> list[str]:
        """The columns that they look at."""
        return [name for part in self.all for name in part.columns]

    def sql(self, alias: str = "") -> str:
        """As SQL."""
        return "(" + " AND ".join(part.sql(alias) for part in self.all) + ")"

    def words(self) -> str:
        """For documentation."""
        return " and ".join(part.words() for part in self.all)


class AnyOf(Words):
    """At least one of them holds."""

    any: tuple["Condition", ...] = Field(min_length=1)
    """Conditions, each of which may be made of others."""

    @property
    def columns(self) -> list[str]:
        """The columns that they look at."""
        return [name for part in self.any for name in part.columns]

    def sql(self, alias: str = "") -> str:
        """As SQL."""
        return "(" + " OR ".join(part.sql(alias) for part in self.any) + ")"

    def words(self) -> str:
        """For documentation."""
        return "(" + " or ".join(part.words() for part in self.any) + ")"


def _kind(given: Any) -> str:
    if isinstance(given, Mapping):
        return "all" if "all" in given else "any" if "any" in given else "comparison"
    return "all" if isinstance(given, All) else "any" if isinstance(given, AnyOf) else "comparison"


Condition = Annotated[
    Annotated[Comparison, Tag("comparison")] | Annotated[All, Tag("all")] | Annotated[AnyOf, Tag("any")],
    Discriminator(_kind),
]
"""One comparison, or `all` or `any` of several."""
All.model_rebuild()
AnyOf.model_rebuild()


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"{value}"
    text = str(value).replace("'", "''")
    return f"DATE '{text}'" if isinstance(value, date) else f"'{text}'"
