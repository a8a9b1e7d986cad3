"""What a day costs where much is there already, and what reading the figures costs then."""

import statistics
import time
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from chiso.system.platform import Platform

from bench import dossiers, place
from bench.measuring import CommandFailedError, median, run

_VIEWS = ("indicator_value", "refused_delivery", "rejected_row", "held_value")


def measure(running: Platform, held: int, repeats: int) -> dict[str, object]:
    """A delta of 20 000 versions, one changed period and the publication views, with `held` dossiers in the table."""
    place.empty(running)
    print(f"  filling {held:,} dossiers", flush=True)
    dossiers.fill(running, held)
    costs = []
    for day in range(repeats):
        file = dossiers.delta(running, held, day)
        cost, _ = run([place.CHISO, "ingest", "portal/dossiers", "--file", file, "--json"])
        costs.append(cost)
        print(f"  {held:>10,} held  a day's delta {cost.wall_s:6.1f} s  {cost.memory_mb:5.0f} MB", flush=True)
    views = {view: _milliseconds(partial(_read, running, view), 5) for view in _VIEWS}
    return {
        "held": held,
        "delta_s": round(median(costs).wall_s, 2),
        "all_delta_s": [round(cost.wall_s, 2) for cost in costs],
        "memory_mb": round(median(costs).memory_mb),
        "one_period_ms": _milliseconds(partial(_compute, running), 3),
        "views_ms": views,
    }


def _compute(running: Platform) -> None:
    from chiso.flow.computing import compute_period
    from chiso.province.periods import Period

    compute_period(Period.of("2024-06"), running)


def _read(running: Platform, view: str) -> None:
    """A view's first thousand rows, as a page would show them; the figures of one month where it has periods."""
    month = " WHERE period = '2024-06'" if view == "indicator_value" else ""
    with running.engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM publication.{view}{month} LIMIT 1000")).all()
    if view == "indicator_value" and not found:
        raise CommandFailedError("The filled warehouse has no figures for 2024-06.")


def _milliseconds(work: Callable[[], None], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return round(statistics.median(took) * 1000, 1)
