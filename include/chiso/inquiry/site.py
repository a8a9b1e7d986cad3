"""What the pages of the static site show, asked set-wise; of deliveries only where something became of one since.

`chiso.publication.site` writes them. Lists are bounded: by year, by source, or by number.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from chiso import contracts
from chiso.indicators import load_catalogue
from chiso.inquiry import answers, verified
from chiso.inquiry.figure_pages import Figures
from chiso.inquiry.timeliness import Report, Timeliness, timeliness
from chiso.publication.site import Page, Picture
from chiso.system.platform import Platform

Row = Mapping[str, Any]

MOST_CASES, MOST_DECISIONS, MOST_HELD, MOST_ISSUES, NEWEST = 500, 1000, 500, 200, 20
EVENTS_A_PAGE = 500
_PLACE = re.compile(r"\{\w+\}")
"""Where a rule's text names what a row has."""


def pages(platform: Platform, framework: str) -> Iterator[Page | Picture]:
    """Every page; framework: whose targets the first page shows."""
    catalogue = load_catalogue(platform.settings)
    documents = {each.framework: each.name_vi for each in catalogue.frameworks if each.targets}
    targets = {name: answers.target_rows(platform, name) for name in sorted(documents, key=lambda name: name != framework)}
    titles = {contract.source: contract.title_vi for contract in contracts.load_all(platform.settings).contracts}
    on_time = timeliness(platform)
    with platform.engine.connect() as connection:
        found = _Found(connection, titles)
        deliveries, cases = found.deliveries(), found.cases()
        periods = found.periods()
        for row in deliveries:
            yield Page(f"deliveries/{row['delivery_id']}.html", "delivery", found.stamp(row), partial(found.delivery, row, periods))
        yield from _by_year("deliveries", deliveries)
        yield from _of_periods(found, periods, on_time)
        yield from _quarantine(found, cases)
        by_document = {documents[name]: rows for name, rows in targets.items()}
        yield from Figures(connection, catalogue, by_document).pages(cases, on_time.reports, periods)
        yield from _timeliness(on_time, titles, periods)
        held, decided = answers.held(platform), found.decisions()
        yield Page.of("decisions.html", "decisions", {
            "held": held[:MOST_HELD], "held_total": len(held), "decided": decided[:MOST_DECISIONS], "decided_total": len(decided),
        })  # fmt: skip
        yield from _audit(found.events(), verified.last(platform.settings))
        yield Page.of("index.html", "index", {
            "verified": verified.last(platform.settings),
            "deliveries": dict(Counter(row["state"] for row in deliveries)),
            "waiting_cases": sum(case["state"] in ("open", "returned") for case in cases),
            "missing": sum(report.state == "missing" for report in on_time.reports),
            "held": len(held),
            "targets": [_target(row) for row in targets.get(framework, [])],
            "period_pages": sorted(periods.values()),
            "newest": deliveries[:NEWEST],
        })  # fmt: skip


def _target(row: Any) -> Row:
    return {
        "target": row.target, "name_vi": row.name_vi, "target_value": row.target_value, "actual": row.actual, "period": row.period,
        "status": row.status, "publication": row.publication, "page": row.period and period_page(row.period, row.calendar),
    }  # fmt: skip


def period_page(period: str, calendar: str) -> str:
    """Path of a period's page."""
    return f"periods/{calendar}-{period}.html"


Periods = Mapping[tuple[str, str], str]
"""Path of the page by period and calendar."""


@dataclass(frozen=True)
class _Found:
    """Answers from one connection. titles: of the sources, in Vietnamese."""

    connection: sa.Connection
    titles: Mapping[str, str]

    def deliveries(self) -> list[Row]:
        """Newest received first, each with what became of it."""
        return self._all("SELECT * FROM publication.delivery ORDER BY received_at DESC, delivery_id DESC")

    def stamp(self, row: Row) -> object:
        """Changes with whatever a delivery's page shows."""
        return [row, self._moved.get(row["delivery_id"])]

    @cached_property
    def _moved(self) -> Mapping[int, Any]:
        """By delivery: its newest verdict, its newest event, and the newest step of a case that was ever found in it."""
        rows = self._all(
            "SELECT d.delivery_id, (SELECT max(v.verdict_id) FROM validation.verdict v WHERE v.delivery_id = d.delivery_id) AS verdict, "
            "(SELECT max(e.seq) FROM audit.event e WHERE e.delivery_id = d.delivery_id) AS event, "
            "(SELECT max(l.event_id) FROM quarantine.case_event c JOIN quarantine.case_event l USING (case_id) "
            "WHERE c.delivery_id = d.delivery_id) AS step FROM landing.delivery d"
        )
        return {row["delivery_id"]: [row["verdict"], row["event"], row["step"]] for row in rows}

    def delivery(self, row: Row, periods: Periods) -> Row:
        """What a delivery's page shows."""
        asked = {"id": row["delivery_id"]}
        verdicts = self._all(
            "SELECT checks, issues, issues_total FROM validation.verdict WHERE delivery_id = :id ORDER BY accepted DESC, verdict_id DESC LIMIT 1",
            asked,
        )
        verdict: Row = verdicts[0] if verdicts else {"checks": [], "issues": [], "issues_total": 0}
        checks = [{"type": None, **check, "words": _PLACE.sub("…", check.get("words") or "")} for check in verdict["checks"]]
        passed = sum(check["success"] for check in checks)
        return {
            "row": row,
            "title_vi": self.titles.get(row["source"], row["source"]),
            "period_page": periods.get((row["period"], row["calendar"])),
            "checks": sorted(checks, key=lambda check: check["success"]),
            "passed": passed,
            "share": Decimal(100 * passed) / len(checks) if checks else None,
            "issues": verdict["issues"][:MOST_ISSUES],
            "issues_total": verdict["issues_total"],
            "cases": self._with_steps(
                self._all(
                    "SELECT * FROM publication.quarantine_case WHERE case_id IN (SELECT case_id FROM quarantine.case_event WHERE delivery_id = :id) "
                    "ORDER BY case_id LIMIT :most",
                    {**asked, "most": MOST_ISSUES},
                )
            ),
            "drifts": self._all("SELECT * FROM publication.column_drift WHERE delivery_id = :id ORDER BY column_name, kind", asked),
            "events": self._all("SELECT seq, occurred_at, kind, hash FROM audit.event WHERE delivery_id = :id ORDER BY seq", asked),
        }

    def periods(self) -> dict[tuple[str, str], str]:
        """Every period for which something was computed, newest first."""
        rows = self._all(
            "SELECT r.period, r.calendar FROM (SELECT DISTINCT period, calendar FROM indicators.run) r "
            "JOIN warehouse.period p USING (period, calendar) ORDER BY p.end_date DESC, p.start_date DESC, r.calendar"
        )
        return {(row["period"], row["calendar"]): period_page(row["period"], row["calendar"]) for row in rows}

    def values(self) -> dict[tuple[str, str], list[Row]]:
        """The province's published values, by period."""
        rows = self._all(
            "SELECT v.indicator, v.name_vi, v.measure_unit, v.value, v.waiting_value, v.publication, v.status, v.approved_by, v.period, v.calendar, "
            "ARRAY(SELECT DISTINCT f.delivery_id FROM publication.indicator_value_file f WHERE f.value_id = v.value_id ORDER BY 1) AS deliveries "
            "FROM publication.indicator_value v WHERE v.level = 'province' ORDER BY v.indicator, v.defined_in"
        )
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            found[row["period"], row["calendar"]].append(row)
        return found

    def cases(self) -> list[Row]:
        """Those that wait first, then the newest."""
        return self._all("SELECT * FROM publication.quarantine_case ORDER BY state NOT IN ('open', 'returned'), case_id DESC")

    def _with_steps(self, cases: Sequence[Row]) -> list[Row]:
        steps: dict[int, list[Row]] = defaultdict(list)
        for row in self._all(
            "SELECT case_id, step, delivery_id, decided_by, why, recorded_at FROM quarantine.case_event "
            "WHERE case_id = ANY(:cases) ORDER BY event_id",
            {"cases": [case["case_id"] for case in cases]},
        ):
            steps[row["case_id"]].append(row)
        return [{**case, "steps": steps[case["case_id"]]} for case in cases]

    def story(self, source: str, cases: Sequence[Row]) -> Row:
        """What the page of a source's cases shows."""
        return {"source": source, "cases": self._with_steps(cases[:MOST_CASES]), "total": len(cases)}

    def time_to_fix(self) -> list[Row]:
        """By source and unit."""
        return self._all("SELECT * FROM publication.time_to_fix ORDER BY waiting DESC, source, responsible, unit_code")

    def decisions(self) -> list[Row]:
        """What people decided, newest first; values of one decision in a line."""
        return self._all(
            "SELECT * FROM ("
            "SELECT min(decided_at) AS at, decision, indicator || ' ' || period || ' (' || count(*) || ')' AS about, NULL::bigint AS delivery_id, "
            "decided_by, why FROM publication.decision GROUP BY decision, indicator, period, decided_by, why, date_trunc('second', decided_at) "
            "UNION ALL SELECT recorded_at, 'withdraw', 'lượt gửi ' || delivery_id, delivery_id, decided_by, why FROM validation.withdrawal "
            "UNION ALL SELECT min(e.recorded_at), e.step, c.source || ' ' || c.period || ' (' || count(*) || ')', e.delivery_id, e.decided_by, e.why "
            "FROM quarantine.case_event e JOIN quarantine.row_case c USING (case_id) WHERE e.decided_by IS NOT NULL AND e.verdict_id IS NULL "
            "GROUP BY e.step, c.source, c.period, e.delivery_id, e.decided_by, e.why, date_trunc('second', e.recorded_at)) d ORDER BY at DESC, about"
        )

    def events(self) -> list[Row]:
        """The chain, oldest first."""
        return self._all("SELECT seq, occurred_at, kind, delivery_id, payload ->> 'decided_by' AS decided_by, hash FROM audit.event ORDER BY seq")

    def _all(self, query: str, asked: Mapping[str, Any] | None = None) -> list[Row]:
        return [dict(row._mapping) for row in self.connection.execute(sa.text(query), asked or {})]


def _by_year(name: str, deliveries: Sequence[Row]) -> Iterator[Page]:
    by_year: dict[str, list[Row]] = defaultdict(list)
    for row in deliveries:
        by_year[f"{row['received_at']:%Y}"].append(row)
    years = _paths(name, sorted(by_year, reverse=True))
    for year, path in years.items():
        yield Page.of(path, "deliveries", {"year": year, "years": years, "rows": by_year[year]})
    if not years:
        yield Page.of(f"{name}.html", "deliveries", {"year": "", "years": {}, "rows": []})


def _paths(name: str, years: Sequence[str]) -> dict[str, str]:
    """The page of each year: the newest is the one that the menu opens."""
    return {year: f"{name}.html" if place == 0 else f"{name}/{year}.html" if name != "deliveries" else f"deliveries-{year}.html"
            for place, year in enumerate(years)}  # fmt: skip


def _of_periods(found: _Found, periods: Periods, on_time: Timeliness) -> Iterator[Page]:
    values = found.values()
    reports: dict[tuple[str, str], list[Report]] = defaultdict(list)
    for report in on_time.reports:
        reports[report.period, report.calendar].append(report)
    yield Page.of("periods.html", "periods", {"rows": [
        {"period": period, "calendar": calendar, "page": page, "values": len(values.get((period, calendar), ())),
         "held": sum(row["publication"] == "held" for row in values.get((period, calendar), ()))}
        for (period, calendar), page in periods.items()
    ]})  # fmt: skip
    for (period, calendar), page in periods.items():
        yield Page.of(page, "period", {
            "period": period, "calendar": calendar, "values": values.get((period, calendar), []), "reports": reports.get((period, calendar), []),
        })  # fmt: skip


def _quarantine(found: _Found, cases: Sequence[Row]) -> Iterator[Page]:
    by_source: dict[str, list[Row]] = defaultdict(list)
    for case in cases:
        by_source[case["source"]].append(case)
    yield Page.of("quarantine.html", "quarantine", {"units": found.time_to_fix(), "sources": sorted(by_source)})
    for source, of_source in sorted(by_source.items()):
        path = f"quarantine/{source.replace('/', '_')}.html"
        yield Page(path, "quarantine_source", of_source, partial(found.story, source, of_source))


def _timeliness(on_time: Timeliness, titles: Mapping[str, str], periods: Periods) -> Iterator[Page]:
    by_year: dict[str, list[Report]] = defaultdict(list)
    for report in on_time.reports:
        by_year[report.period[:4]].append(report)
    years = _paths("timeliness", sorted(by_year, reverse=True)) or {"": "timeliness.html"}
    for year, path in years.items():
        of_year = Timeliness(by_year[year])
        sources: dict[str, dict[tuple[str, str], list[Report]]] = defaultdict(lambda: defaultdict(list))
        for report in of_year.reports:
            sources[report.source][report.period, report.calendar].append(report)
        yield Page.of(path, "timeliness", {
            "year": year, "years": years if year else {},
            "reporting_rate": _percent(of_year.reporting_rate), "on_time_rate": _percent(of_year.on_time_rate),
            "states": dict(Counter(report.state for report in of_year.reports)),
            "sources": [
                {"source": source, "title": titles.get(source, source), "cells": [_cell(key, reports, periods) for key, reports in cells.items()]}
                for source, cells in sorted(sources.items())
            ],
        })  # fmt: skip


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else share * 100


def _cell(key: tuple[str, str], reports: Sequence[Report], periods: Periods) -> Row:
    """A source's reports of a period: how they stand together is how the worst of them stands."""
    worst = min(reports, key=lambda report: ("missing", "late", "not_due", "on_time").index(report.state))
    return {
        "period": key[0], "page": periods.get(key), "state": worst.state, "reports": len(reports),
        "came": sum(report.delivery is not None for report in reports), "days": worst.working_days_late,
    }  # fmt: skip


def _audit(events: Sequence[Row], last: Row | None) -> Iterator[Page]:
    """Pages of events that are full never change again; the menu opens the newest one."""
    starts = range(0, max(1, len(events)), EVENTS_A_PAGE)
    paths = {start: "audit.html" if start == starts[-1] else f"audit/{start + 1}.html" for start in starts}
    for start, path in paths.items():
        rows = events[start : start + EVENTS_A_PAGE]
        newest = start == starts[-1]
        yield Page.of(path, "audit", {
            "rows": rows[::-1] if newest else rows, "first": start + 1, "newest_page": newest, "verified": last if newest else None,
            "others": {f"{other + 1}–{other + EVENTS_A_PAGE}": page for other, page in paths.items()} if newest else {"→": "audit.html"},
        })  # fmt: skip
