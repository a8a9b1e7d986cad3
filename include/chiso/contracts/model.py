"""A contract as a whole, and what follows from its words: names of its tables, keys, measures, what is checked."""

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

from pydantic import Field

from chiso.contracts.columns import Column
from chiso.contracts.measures import Measure
from chiso.contracts.terms import Terms
from chiso.province.text import mask_addresses
from chiso.system.stated import Stated


class Contract(Stated):
    """A source's contract, ready for use."""

    source: str
    """`<family>/<name>`: the stem of contract, suite and fixture."""
    version: str
    title_vi: str
    description: str
    columns: list[Column]
    terms: Terms
    path: Path = Field(exclude=True)

    @property
    def family(self) -> str:
        """`portal`, `soc`, `departments`."""
        return self.source.split("/")[0]

    @property
    def table(self) -> str:
        """Name of the source's table of facts, in schema `warehouse`."""
        stated = self.terms.events.table if self.terms.events else None
        return stated or self.source.replace("/", "_")

    @property
    def view(self) -> str:
        """Qualified name of the view of its current rows; its twin with all of them ends in `_history`."""
        return f"publication.{self.source.replace('/', '_')}"

    @property
    def fact_table(self) -> str:
        """Qualified name of the table of facts."""
        return f"warehouse.{self.table}"

    @property
    def scratch_name(self) -> str:
        """Name of its scratch tables, in schema `staging`; no two sources share one."""
        return self.source.replace("/", "__")

    @cached_property
    def loaded_columns(self) -> list[Column]:
        """Columns that reach staging: all but the personal ones."""
        return [column for column in self.columns if not column.personal]

    @property
    def loaded_names(self) -> list[str]:
        """Their names."""
        return [column.name for column in self.loaded_columns]

    @property
    def key(self) -> list[str]:
        """Names of the columns that tell rows of one delivery apart."""
        return [column.name for column in self.columns if column.key]

    @property
    def thing_key(self) -> list[str]:
        """Events: names of the columns that tell things apart, whatever their versions."""
        at = self.terms.events.at if self.terms.events else None
        return [name for name in self.key if name != at]

    @property
    def every_day_counts(self) -> bool:
        """Whether what a missed day would have brought is in no later delivery; days that are past may come as a month's file."""
        delivery = self.terms.delivery
        summed = any(measure.kind == "flow" for measure in self.terms.measures)
        return delivery.shortest == "day" and (self.has_events or (summed and "day" in delivery.cadences))

    @property
    def has_events(self) -> bool:
        """Whether its rows are events, kept at their own grain."""
        return self.terms.events is not None

    @property
    def holds_personal_data(self) -> bool:
        """Whether a column of it says something of a person."""
        return any(column.personal for column in self.columns)

    @property
    def keeps_files_encrypted(self) -> bool:
        """Whether its raw files must be encrypted: they hold what is stored nowhere else."""
        return self.holds_personal_data or self.terms.no_addresses

    def without_addresses(self, text: str) -> str:
        """A delivered text as it may be shown: addresses of machines are starred where they are never stored."""
        return mask_addresses(text) if self.terms.no_addresses else text

    @cached_property
    def measures(self) -> list[Measure]:
        """Those that are stated, then one for each figure of a form that none of them takes as it is."""
        stated = self.terms.measures
        return [
            *stated,
            *self._figures(
                taken={measure.column for measure in stated if _plain(measure)} | {measure.id for measure in stated}
            ),
        ]

    def _figures(self, taken: set[str | None]) -> Iterator[Measure]:
        figures = self.terms.figures
        if figures is None:
            return
        for column in self.loaded_columns:
            if column.is_amount and column.terms.measure and column.name not in taken:
                yield Measure(
                    id=column.name,
                    name_vi=column.printed,
                    unit=column.terms.unit or figures.unit,
                    kind=column.terms.kind or figures.kind,
                    column=column.name,
                    over_rows=column.terms.over_rows,
                )

    @cached_property
    def totalled(self) -> list[Column]:
        """Columns of a form that are checked against printed totals: sums of figures, numbers of marks."""
        if self.terms.sheet is None:
            return []
        ignored = {*self.terms.sheet.totals.ignored, *self.key}
        return [
            column
            for column in self.loaded_columns
            if (column.is_summed or column.how.kind == "mark") and column.name not in ignored
        ]

    @cached_property
    def summed(self) -> list[Column]:
        """Those whose figures are summed; of the others marks are counted."""
        return [column for column in self.totalled if column.is_summed]

    @cached_property
    def shares(self) -> dict[str, list[Column]]:
        """Of a form whose columns several offices fill: who fills them → those columns, which stand together; else {}."""
        shares: dict[str, list[Column]] = {}
        for column in self.loaded_columns:
            if column.offices:
                shares.setdefault(column.share, []).append(column)
        return shares

    def share_of(self, measure: Measure) -> str:
        """The share of the form that a measure is taken from; "" where the form has none."""
        return next((share for share in (self.column(name).share for name in measure.columns) if share), "")

    def offices_of(self, there: Collection[str]) -> set[str]:
        """The offices that fill a form with the columns `there`: those that have columns of their own among them."""
        return {column.offices[0] for column in self.loaded_columns if len(column.offices) == 1 and column.name in there}

    def form_with(self, there: Collection[str]) -> list[Column]:
        """The columns of a form that has those `there`: all, but those of offices that fill none of it."""
        offices = self.offices_of(there)
        return [column for column in self.columns if not (offices and column.offices) or column.offices[0] in offices]

    def unit_of(self, column: Column) -> str:
        """What a column's figures are given in, as Vietnamese readers write it; "" for words, marks and times."""
        own = (measure.unit for measure in self.measures if measure.column == column.name and not measure.times and not measure.minus)
        return next(own, column.terms.unit or ("%" if column.reading == "percent" else ""))

    def column(self, name: str) -> Column:
        """The column `name`; KeyError if there is none."""
        return self._by_name[name]

    def measure(self, name: str) -> Measure:
        """The measure `name`; KeyError if there is none."""
        return next(measure for measure in self.measures if measure.id == name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


def _plain(measure: Measure) -> bool:
    """Whether it takes its column as it is."""
    return measure.when is None and not measure.times and not measure.minus and measure.over_rows == "sum"
