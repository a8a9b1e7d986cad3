"""A bulk delivery beside its limit (psql copying the clean file in) and its peers, taking turns in one run."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from chiso.system.database import owning
from chiso.system.platform import Platform

from bench import dossiers, place
from bench.measuring import ROOT, Cost, median, run

SLOW_ROWS = 1_000_000
"""Above this number of rows pandas is left out, which needs more memory than the machine may have, and restating all."""
_LIMIT_TABLE = "DROP TABLE IF EXISTS limit_version; CREATE TABLE limit_version (LIKE warehouse.portal_dossiers INCLUDING ALL)"


def measure(running: Platform, rows: int, repeats: int, peers: bool) -> dict[str, object]:
    """Medians by competitor, each with its ratio to the limit. Every round measures each of them once."""
    given = dossiers.export(rows)
    runs: dict[str, list[Cost]] = {}
    for _ in range(repeats):
        for name, compete in _round(running, rows, given, peers):
            cost = compete()
            runs.setdefault(name, []).append(cost)
            print(f"  {rows:>10,} rows  {name:22} {cost.wall_s:8.1f} s  {cost.memory_mb:6.0f} MB", flush=True)
    medians = {name: median(costs) for name, costs in runs.items()}
    limit = medians["limit"].wall_s
    return {
        "rows": rows,
        "bytes": given.stat().st_size,
        "repeats": repeats,
        "competitors": {
            name: {
                "wall_s": round(cost.wall_s, 2),
                "cpu_s": round(cost.cpu_s, 2),
                "memory_mb": round(cost.memory_mb),
                "of_limit": round(cost.wall_s / limit, 2),
                "all_wall_s": [round(each.wall_s, 2) for each in runs[name]],
            }
            for name, cost in medians.items()
        },
    }


def _round(running: Platform, rows: int, given: Path, peers: bool) -> Iterator[tuple[str, Callable[[], Cost]]]:
    place.empty(running)
    yield "chiso", lambda: _ingest(given)
    clean = dossiers.clean(running, rows)
    other = dossiers.other_bytes(given)
    yield "chiso, other bytes", lambda: _ingest(other)
    if rows <= SLOW_ROWS:
        restated = dossiers.restated(given)
        yield "chiso, all restated", lambda: _ingest(restated)
    place.empty(running)
    yield "limit", lambda: _limit(running, clean)
    if peers:
        yield "dlt (Arrow, merge)", lambda: _peer(running, "dlt_load.py", given)
        if rows <= SLOW_ROWS:
            yield "pandas + GX + to_sql", lambda: _peer(running, "pandas_load.py", given)


def _ingest(file: Path) -> Cost:
    return run([place.CHISO, "ingest", "portal/dossiers", "--file", file, "--period", "2024-06", "--json"])[0]


def _limit(running: Platform, clean: Path) -> Cost:
    command, environment = place.psql(running)
    run([*command, "-q", "-c", _LIMIT_TABLE], environment)
    cost, _ = run([*command, "-q", "-c", f"\\copy limit_version FROM '{clean}' CSV"], environment)
    run([*command, "-q", "-c", "DROP TABLE limit_version"], environment)
    return cost


def _peer(running: Platform, script: str, given: Path) -> Cost:
    python = environment() / "bin" / "python"
    clear = "DROP SCHEMA IF EXISTS peer_dlt, peer_dlt_staging CASCADE; DROP TABLE IF EXISTS peer_pandas"
    with running.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql(clear)
    url = place.url(running)
    if script == "dlt_load.py":
        url = url.replace("+psycopg2", "")
    state = {"DLT_DATA_DIR": str(place.VAR / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false", "GX_ANALYTICS_ENABLED": "false"}
    subprocess.run(["rm", "-rf", state["DLT_DATA_DIR"]], check=True)
    cost, _ = run([python, ROOT / "bench" / "peers" / script, given, url], state)
    with running.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql(clear)
    return cost


def environment() -> Path:
    """The peers' own environment; made when it is first needed."""
    folder = place.VAR / "peers"
    wanted = ROOT / "bench" / "requirements.txt"
    done = folder / "ready"
    if not done.exists() or done.read_text("utf-8") != wanted.read_text("utf-8"):
        uv = ROOT / ".venv" / "tools" / "bin" / "uv"
        python = ROOT / ".venv" / "bin" / "python"
        if uv.exists():
            run([uv, "venv", "--quiet", "--clear", "--python", python, folder])
            run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", folder / "bin" / "python", "-r", wanted])
        else:
            run([python, "-m", "venv", "--clear", folder])
            run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", wanted])
        done.write_text(wanted.read_text("utf-8"), "utf-8")
    return folder
