"""The results as a table, and as plots in docs/performance; both made from the JSON alone."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.bulk import environment
from bench.measuring import ROOT, run

RESULTS = ROOT / "docs" / "performance" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
LIMITS = {1_000_000: 2.5, 5_000_000: 2.0}
"""Most that `chiso ingest` may take of the limit, by rows."""
ORCHESTRATION = 0.3
"""Most that `make run` may spend outside the stages, as a share of its wall time."""


def save(results: Mapping[str, Any], path: Path = RESULTS) -> None:
    """Writes the JSON, beside what an earlier run measured of other figures."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    at = f"{results['surroundings']['commit']} ({results['surroundings']['at'][:10]})"
    commits = known.setdefault("commits", {})
    for name, found in results.items():
        if isinstance(found, list):
            commits |= {f"{name} {_size(entry):,}": at for entry in found}
            entries = {_size(entry): entry for entry in [*known.get(name, []), *found]}
            known[name] = [entries[size] for size in sorted(entries)]
        else:
            commits |= {name: at} if name != "surroundings" else {}
            known[name] = found
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _size(entry: Mapping[str, Any]) -> int:
    return int(entry["rows"] if "rows" in entry else entry["held"])


def write_page(path: Path = RESULTS, page: Path = PAGE) -> None:
    """Puts machine, tables and plots between the marks of the page, from the JSON and the plots that lie beside it."""
    page.write_text(rendered(page.read_text("utf-8"), path), "utf-8")


def rendered(text: str, path: Path = RESULTS) -> str:
    """The page's text with the results of `path` between its marks."""
    results = json.loads(path.read_text("utf-8"))
    plots = [f"![{file.stem}](performance/{file.name})" for file in sorted(path.parent.glob("*.svg"))]
    before, _, rest = text.partition("<!-- results -->")
    _, _, after = rest.partition("<!-- /results -->")
    made = "\n".join([_machine(results["surroundings"]), "", _commits(results["commits"]), table(results), "", *plots])
    return f"{before}<!-- results -->\n{made}\n<!-- /results -->{after}"


def _machine(surroundings: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in surroundings["versions"].items())
    return (
        f"{surroundings['cores']} cores ({surroundings['processor']}), {surroundings['memory_gb']} GB, {surroundings['system']}, "
        f"Python {surroundings['python']}, PostgreSQL {surroundings['server']['server_version']}, {versions}."
    )


def _commits(commits: Mapping[str, str]) -> str:
    """What was measured when: a later run replaces only the figures that it took."""
    by_commit: dict[str, list[str]] = {}
    for figure, commit in commits.items():
        by_commit.setdefault(commit, []).append(figure)
    return "Measured at commit " + "; ".join(f"{commit}: {', '.join(figures)}" for commit, figures in by_commit.items()) + "."


def table(results: Mapping[str, Any]) -> str:
    """Markdown, one section a figure."""
    sections = {"bulk": _bulk, "growth": _growth, "formats": _formats, "run": _run, "fixed": _fixed}
    return "\n".join(line for name, make in sections.items() if name in results for line in make(results))


def plots(path: Path = RESULTS) -> None:
    """Time and memory against rows, and a day's cost against what is held, as SVG beside the JSON."""
    run([environment() / "bin" / "python", ROOT / "bench" / "peers" / "plots.py", path])


def _bulk(results: Mapping[str, Any]) -> Iterator[str]:
    for entry in results["bulk"]:
        goal = LIMITS.get(entry["rows"])
        yield f"\n### {entry['rows']:,} rows, {entry['bytes'] / 1e6:,.0f} MB, median of {entry['repeats']}\n"
        yield "| | seconds | of the limit | goal | peak memory, MB |\n|---|---|---|---|---|"
        for name, cost in entry["competitors"].items():
            wanted = {"chiso": f"≤ {goal}" if goal else "", "chiso, other bytes": "≤ 1"}.get(name, "")
            yield f"| {name} | {cost['wall_s']:.1f} | {cost['of_limit']:.2f} × | {wanted} | {cost['memory_mb']} |"


def _growth(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### A day's delta of 20 000 versions, one changed period, the views\n"
    yield "| dossiers held | delta, s | peak memory, MB | one period, ms | slowest view, ms |\n|---|---|---|---|---|"
    for entry in results["growth"]:
        slowest = max(entry["views_ms"].values())
        yield f"| {entry['held']:,} | {entry['delta_s']:.1f} | {entry['memory_mb']} | {entry['one_period_ms']:.0f} | {slowest:.0f} |"


def _formats(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### `chiso check` of JSON and of a workbook\n"
    yield "| rows | what | seconds | peak memory, MB |\n|---|---|---|---|"
    for entry in results["formats"]:
        for name, cost in entry["costs"].items():
            yield f"| {entry['rows']:,} | {name} | {cost['wall_s']:.1f} | {cost['memory_mb']} |"


def _run(results: Mapping[str, Any]) -> Iterator[str]:
    found = results["run"]
    first, idle = found["first"], found["idle_pss_mb"]
    wall, work, covered = first["wall_s"], first["work_s"], first["covered_s"]
    yield f"\n### `make run` with nothing there yet, median of {found['repeats']}\n"
    yield "| | seconds | orchestration | goal |\n|---|---|---|---|"
    yield f"| wall time | {wall:.1f} | | |"
    yield f"| stage work, summed | {work:.1f} | {1 - work / wall:.0%} | ≤ {ORCHESTRATION:.0%} |"
    yield f"| time in which any stage worked | {covered:.1f} | {1 - covered / wall:.0%} | |"
    yield f"| until Airflow answers | {first['ready_s']:.1f} | | |"
    for name, seconds in first["work_by_group_s"].items():
        yield f"| work: {name} | {seconds:.1f} | | |"
    yield f"| wall time of a second run, nothing new | {found['nothing_new_s']:.1f} | | |"
    yield f"\n### The idle platform, {sum(idle.values()):.0f} MB (PSS)\n"
    yield "| part | MB |\n|---|---|"
    for part, size in idle.items():
        yield f"| {part} | {size:.0f} |"


def _fixed(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### Fixed costs\n"
    yield "| | seconds | |\n|---|---|---|"
    for name, cost in results["fixed"].items():
        beside = f"{cost['memory_mb']} MB" if "memory_mb" in cost else f"heavy imports: {cost['heavy']}"
        yield f"| {name} | {cost['wall_s']:.2f} | {beside} |"
