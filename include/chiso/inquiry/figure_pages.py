"""Pages of figures: the targets with their way and forecast, a page for each indicator, and one for each unit and agency."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from chiso.indicators import Catalogue, Standing
from chiso.indicators.catalogue import Definition
from chiso.inquiry.timeliness import Report
from chiso.province.periods import Period
from chiso.publication.site import Page, Picture
from chiso.publication.site.plots import Plot, draw

Row = Mapping[str, Any]
MOST_VALUES, MOST_CHANGES, MOST_UNITS, MOST_CASES = 400, 100, 200, 50
TARGETS = "targets.html"


def indicator_page(indicator: str) -> str:
    """Path of an indicator's page."""
    return f"indicators/{indicator}.html"


def unit_page(register: str, code: str, valid_from: date) -> str:
    """Path of a unit's page: codes went over to other units."""
    return f"units/{register}-{code}-{valid_from:%Y%m%d}.html"


@dataclass(frozen=True)
class Figures:
    """Answers from one connection. targets: of every framework that has some, by what it is called."""

    connection: sa.Connection
    catalogue: Catalogue
    targets: Mapping[str, Sequence[Standing]]

    def pages(self, cases: Sequence[Row], reports: Sequence[Report], periods: Mapping[tuple[str, str], str]) -> Iterator[Page | Picture]:
        """Every page and picture of figures."""
        drawn = dict(self._plots())
        for path, plot in drawn.items():
            yield Picture(path, plot, draw)
        yield Page.of(TARGETS, "targets", {
            "frameworks": {name: [self._target(row, drawn) for row in rows] for name, rows in self.targets.items()},
        })  # fmt: skip
        yield Page.of("indicators.html", "indicators", {"rows": [
            {"indicator": name, "name_vi": rows[0]["name_vi"], "values": len(rows), "page": indicator_page(name), "last": rows[-1]}
            for name, rows in sorted(self._values.items())
        ]})  # fmt: skip
        for name, rows in self._values.items():
            yield Page.of(indicator_page(name), "indicator", self._indicator(name, rows, periods, drawn))
        yield from self._unit_pages(cases, reports)

    # --- Indicators ---

    @cached_property
    def _values(self) -> dict[str, list[Row]]:
        """The province's published values by indicator, oldest first."""
        rows = self._all(
            "SELECT v.*, ARRAY(SELECT DISTINCT f.delivery_id FROM publication.indicator_value_file f "
            "WHERE f.value_id = v.value_id ORDER BY 1) AS deliveries "
            "FROM publication.indicator_value v WHERE v.level = 'province' ORDER BY v.period_end, v.period_start, v.calendar, v.defined_in"
        )
        return _by("indicator", rows)

    @cached_property
    def _changes(self) -> dict[str, list[Row]]:
        """Restatements of the province's values, newest first."""
        rows = self._all(
            "SELECT c.indicator, c.calendar, c.period, c.old_value, c.new_value, c.cause, c.delivery_ids, c.recorded_at, c.publication, "
            "d.decision, d.decided_by, d.why FROM indicators.value_change c "
            "JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (c.unit_register, c.unit_code, c.unit_valid_from) "
            "AND u.level = 'province' LEFT JOIN indicators.decision d USING (value_id) WHERE c.cause <> 'first' ORDER BY c.value_id DESC"
        )
        return _by("indicator", rows)

    @cached_property
    def _latest(self) -> list[Row]:
        """The latest published value of every unit but the province, of a period that is complete but for rows in quarantine."""
        return self._all(
            "SELECT DISTINCT ON (indicator, defined_in, unit_register, unit_code, valid_from) * FROM ("
            "SELECT v.*, u.valid_from FROM publication.indicator_value v "
            "JOIN warehouse.unit u ON u.register = v.unit_register AND u.code = v.unit_code AND v.period_end BETWEEN u.valid_from AND u.valid_to "
            "WHERE v.level <> 'province' AND v.value IS NOT NULL AND NOT v.missing @? '$[*] ? (@.what != \"rows\")') x "
            "ORDER BY indicator, defined_in, unit_register, unit_code, valid_from, period_end DESC, period_start DESC, calendar DESC"
        )

    @cached_property
    def _latest_by_indicator(self) -> dict[str, list[Row]]:
        return _by("indicator", self._latest)

    def _indicator(self, name: str, rows: Sequence[Row], periods: Mapping[tuple[str, str], str], drawn: Mapping[str, Plot]) -> Row:
        definitions = self.catalogue.named(name) if any(each.indicator.id == name for each in self.catalogue.definitions) else []
        units, changes = self._latest_by_indicator.get(name, []), self._changes.get(name, [])
        return {
            "indicator": name,
            "name_vi": rows[0]["name_vi"],
            "measure_unit": rows[0]["measure_unit"],
            "definitions": [
                {"words": each.words, "defined_in": each.defined_in, "sources": sorted({key.source for key in each.wanted})} for each in definitions
            ],
            "listed": [
                {"name_vi": each.name_vi, "framework": each.framework, "version": each.version, "first": each.years.first, "last": each.years.last}
                for each in self.catalogue.frameworks
                if any(one.indicator.id == name for one in each.indicators)
            ],
            "targets": [row for rows in self.targets.values() for row in map(_flat_target, rows) if row["indicator"] == name],
            "plot": path if (path := _plot_path(name)) in drawn else None,
            "values": [{**row, "page": periods.get((row["period"], row["calendar"]))} for row in rows[::-1][:MOST_VALUES]],
            "total": len(rows),
            "changes": changes[:MOST_CHANGES],
            "units": [{**row, "page": _page_of(row)} for row in units[:MOST_UNITS]],
            "units_total": len(units),
        }

    # --- Plots ---

    def _plots(self) -> Iterator[tuple[str, Plot]]:
        simple = {row.indicator: row for rows in self.targets.values() for row in rows if row.indicator}
        for name, rows in self._values.items():
            plot = self._plot(rows, simple.get(name))
            if plot.is_worth_it:
                yield _plot_path(name), plot

    @cached_property
    def _definitions(self) -> Mapping[tuple[str, str], Definition]:
        return {(each.indicator.id, each.defined_in): each for each in self.catalogue.definitions}

    def _plot(self, rows: Sequence[Row], target: Standing | None) -> Plot:
        """The series of the kind of period that has most values, of one version of a framework."""
        series: dict[tuple[str, str, str], list[tuple[date, Decimal]]] = defaultdict(list)
        newest = Period.of(rows[-1]["period"]).year
        for row in rows:
            period = Period.of(row["period"], row["calendar"])
            definition = self._definitions.get((row["indicator"], row["defined_in"]))
            if row["value"] is not None and (definition is None or period.year in self.catalogue.comparable_years(definition, newest)):
                series[period.grain, period.calendar, row["defined_in"]].append((period.end, row["value"]))
        values = max(series.values(), key=len, default=[])
        way = [(date(point.year, 12, 31), point.value) for point in target.trajectory] if target else []
        forecast = target.forecast if target else None
        ahead = (date(forecast.year, 12, 31), forecast.low, forecast.value, forecast.high) if forecast else None
        return Plot(rows[0]["measure_unit"], values, way, ahead)

    def _target(self, row: Standing, drawn: Mapping[str, Plot]) -> Row:
        path = _plot_path(row.indicator) if row.indicator else None
        return {
            **_flat_target(row),
            "components": [{**vars(part), "page": self._linked(part.indicator)} for part in row.components],
            "page": self._linked(row.indicator),
            "plot": path if path in drawn else None,
        }

    def _linked(self, indicator: str | None) -> str | None:
        """The indicator's page, where it has one."""
        return indicator_page(indicator) if indicator in self._values else None

    # --- Units ---

    def _unit_pages(self, cases: Sequence[Row], reports: Sequence[Report]) -> Iterator[Page]:
        whole = {_place(row): row["value"] for rows in self._values.values() for row in rows}
        by_unit: dict[str, list[Row]] = defaultdict(list)
        for row in self._latest:
            by_unit[_page_of(row)].append(row)
        waiting = _by("unit_code", [case for case in cases if case["state"] in ("open", "returned")])
        asked = _by("responsible", [case for case in cases if case["state"] in ("open", "returned")])
        late: dict[str, list[Report]] = defaultdict(list)
        for report in reports:
            if report.state in ("late", "missing"):
                late[report.reporter].append(report)
        yield Page.of("units.html", "units", {"rows": [
            {"page": path, "code": rows[0]["unit_code"], "name": rows[0]["unit_name"], "level": rows[0]["level"], "values": len(rows),
             "cases": len(waiting.get(rows[0]["unit_code"], [])), "late": len(late.get(rows[0]["unit_code"], []))}
            for path, rows in sorted(by_unit.items(), key=lambda item: (item[1][0]["level"], item[1][0]["unit_name"] or "", item[0]))
        ]})  # fmt: skip
        for path, rows in by_unit.items():
            code = rows[0]["unit_code"]
            own = list({case["case_id"]: case for case in [*waiting.get(code, []), *asked.get(code, [])]}.values())
            yield Page.of(path, "unit", {
                "unit": rows[0],
                "values": [
                    {**row, "page": self._linked(row["indicator"]),
                     "province": whole.get(_place(row))}
                    for row in sorted(rows, key=lambda row: row["name_vi"])
                ],
                "cases": own[:MOST_CASES], "cases_total": len(own),
                "late": sorted(late.get(code, []), key=lambda report: report.due or date.min, reverse=True)[:MOST_CASES],
            })  # fmt: skip

    def _all(self, query: str) -> list[Row]:
        return [dict(row._mapping) for row in self.connection.execute(sa.text(query))]


def _place(row: Row) -> tuple[str, str, str, str]:
    return row["indicator"], row["defined_in"], row["calendar"], row["period"]


def _page_of(row: Row) -> str:
    return unit_page(row["unit_register"], row["unit_code"], row["valid_from"])


def _plot_path(indicator: str | None) -> str:
    return f"plots/{indicator}.svg"


def _flat_target(row: Standing) -> Row:
    return {name: value for name, value in vars(row).items() if name != "components"}


def _by(name: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found
