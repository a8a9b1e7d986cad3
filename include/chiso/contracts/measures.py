"""Measures: the figures that are taken from the rows of a source, and how those of several rows become one."""

from typing import Literal

from pydantic import model_validator

from chiso.contracts.conditions import Condition
from chiso.contracts.words import Words

OverRows = Literal["sum", "min", "max", "none"]
Kind = Literal["flow", "stock"]


class Measure(Words):
    """A figure taken from each row: a column's (times or minus another's), or 1 for a row that is counted.

    With `when`, only from the rows for which that holds. Measures are known by source and id.
    """

    id: str
    """Unique in the source, snake case; indicators name it as `<family>/<source>.<id>`."""
    name_vi: str
    """As Vietnamese readers call it."""
    unit: str
    """What the figure is given in, as Vietnamese readers write it (hộ, đồng, %)."""
    kind: Kind
    """flow: counted during the period, sums over sub-periods; stock: stands at the period's end."""
    column: str | None = None
    """The column that holds the figure; left out: each row counts 1."""
    times: str | None = None
    """The figure is the product of `column` and this one."""
    minus: str | None = None
    """The figure is `column` less this one."""
    distinct: str | None = None
    """Instead of `column`: how many different values this column has."""
    when: Condition | None = None
    """Only the rows for which this holds."""
    over_rows: OverRows = "sum"
    """How figures of several rows become one; none: a score or a rank, which stands for its own unit alone."""
    counted_by: str | None = None
    """Events only: the timestamp whose period the event is counted in."""
    plus_days: str | None = None
    """A column with a number of days that are added to `counted_by`."""
    until: str | None = None
    """Events that stand (`kind: stock`): the timestamp at which they end. An event counts at the end of every period from `counted_by`
    on, until then; one that ends before it begins never does."""

    @model_validator(mode="after")
    def _one_figure(self) -> "Measure":
        if self.distinct and self.column:
            raise ValueError(f"{self.id}: give column or distinct, not both")
        if (self.times or self.minus) and not self.column:
            raise ValueError(f"{self.id}: times and minus go with column")
        if self.times and self.minus:
            raise ValueError(f"{self.id}: give times or minus, not both")
        if self.over_rows != "sum" and not self.column:
            raise ValueError(f"{self.id}: rows that are counted can only be summed")
        return self

    @property
    def stands(self) -> bool:
        """Whether it counts the events that stand at a period's end."""
        return self.until is not None

    def since_sql(self, alias: str = "") -> str:
        """SQL for the moment by which an event is counted."""
        days = f" + {alias}\"{self.plus_days}\" * interval '1 day'" if self.plus_days else ""
        return f'({alias}"{self.counted_by}"{days})'

    @property
    def counted_at(self) -> str:
        """Under which name the warehouse keeps where its figures come from: by what it is counted; of what stands, the id."""
        return self.id if self.stands else "+".join(filter(None, [self.counted_by, self.plus_days]))

    @property
    def moments(self) -> list[str]:
        """The columns that say when an event counts."""
        return [name for name in (self.counted_by, self.plus_days, self.until) if name is not None]

    @property
    def is_count(self) -> bool:
        """Whether it counts rows: a known unit that has none of them has 0."""
        return self.column is None and self.distinct is None

    @property
    def label(self) -> str:
        """Its column's name in generated SQL: one that no column of a contract can have."""
        return f"m__{self.id}"

    @property
    def columns(self) -> list[str]:
        """Every column that it looks at; the first is the one whose cell holds the figure, or its mark."""
        own = [name for name in (self.column, self.times, self.minus, self.distinct) if name is not None]
        return own + (self.when.columns if self.when else [])

    def row_sql(self, alias: str = "") -> str:
        """SQL for a row's own figure; 1 for a row that is counted. Null where the cell is blank."""
        if self.column is None:
            return "1"
        other = self.times or self.minus
        own = f'{alias}"{self.column}"'
        return f'{own} {"*" if self.times else "-"} {alias}"{other}"' if other else own

    def holds_sql(self, alias: str = "") -> str:
        """SQL for whether a row has a figure."""
        parts = [self.when.sql(alias)] if self.when else []
        parts += [f'({alias}"{self.until}" IS NULL OR {alias}"{self.until}" > {self.since_sql(alias)})'] if self.until else []
        parts += [
            f'{alias}"{name}" IS NOT NULL' for name in (self.column, self.times, self.minus, self.distinct) if name
        ]
        return " AND ".join(parts) or "true"

    def aggregate_sql(self, alias: str = "") -> str:
        """SQL for the figure of a group of rows; null where none has one, 0 for a count of none."""
        holds, own = self.holds_sql(alias), self.row_sql(alias)
        if self.is_count:
            return f"count(*) FILTER (WHERE {holds})"
        if self.distinct:
            return f'count(DISTINCT lower({alias}"{self.distinct}"::text)) FILTER (WHERE {holds})'
        if self.over_rows == "none":
            return f"CASE count(*) FILTER (WHERE {holds}) WHEN 1 THEN max({own}) FILTER (WHERE {holds}) END"
        return f"{self.over_rows}({own}) FILTER (WHERE {holds})"

    def words(self) -> str:
        """What it is made of, for documentation."""
        if self.distinct:
            taken = f"different values of `{self.distinct}`"
        elif self.column is None:
            taken = "rows"
        else:
            other = f" × `{self.times}`" if self.times else f" − `{self.minus}`" if self.minus else ""
            taken = f"column `{self.column}`{other}"
        where = f" where {self.when.words()}" if self.when else ""
        over = {"sum": "", "min": ", the lowest", "max": ", the highest", "none": ", never summed"}[self.over_rows]
        since = f"`{self.counted_by}`" + (f" + `{self.plus_days}` days" if self.plus_days else "")
        counted = f", standing from {since} until `{self.until}`" if self.until else f", at {since}" if self.counted_by else ""
        return f"{taken}{where}{over}{counted}"
