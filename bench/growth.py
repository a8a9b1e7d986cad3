"""What a day costs where much is there already, and what reading the figures costs then."""

import statistics
import time
from collections.abc import Callable

import sqlalchemy as sa
from chiso.platform import Platform

from bench import dossiers, place
from bench.measuring import median, run

_VIEWS = (
    "SELECT * FROM publication.indicator WHERE period = '2024-06' AND calendar = 'civil'",
    "SELECT * FROM publication.target",
)


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
    views = {view: _milliseconds(lambda view=view: _read(running, view), 5) for view in _VIEWS}  # type: ignore[misc]
    return {
        "held": held,
        "delta_s": round(median(costs).wall_s, 2),
        "all_delta_s": [round(cost.wall_s, 2) for cost in costs],
        "memory_mb": round(median(costs).memory_mb),
        "one_period_ms": _milliseconds(lambda: _compute(running), 3),
        "views_ms": views,
    }


def _compute(running: Platform) -> None:
    from chiso.computing import compute_period
    from chiso.periods import Period

    compute_period(Period.of("2024-06"), running)


def _read(running: Platform, query: str) -> None:
    with running.engine.connect() as connection:
        connection.execute(sa.text(query)).all()


def _milliseconds(work: Callable[[], None], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return round(statistics.median(took) * 1000, 1)
