"""`make bench`, or `python -m bench [bulk growth formats fixed run] [--rows …] [--held …] [--repeats N] [--no-peers]`."""

import argparse
from collections.abc import Sequence

from bench import bulk, fixed, formats, growth, place, report, run
from bench.measuring import surroundings

FIGURES = ("fixed", "run", "bulk", "growth", "formats")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table, writes docs/performance/results.json and the plots."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"of {', '.join(FIGURES)}; all where none is named")
    parser.add_argument("--rows", type=_numbers, default=[1_000_000, 5_000_000], help="of bulk deliveries, e.g. 1e6,5e6")
    parser.add_argument("--held", type=_numbers, default=[1_000_000, 5_000_000, 20_000_000], help="dossiers before a delta")
    parser.add_argument("--format-rows", type=_numbers, default=[100_000, 1_000_000], help="of JSON and workbooks")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="leave dlt and pandas out")
    given = parser.parse_args(arguments)
    if strange := set(given.figures) - set(FIGURES):
        parser.error(f"unknown figure: {', '.join(sorted(strange))}")
    wanted = given.figures or FIGURES
    results: dict[str, object] = {}
    with place.warehouse() as running:
        results["surroundings"] = surroundings() | {"server": place.settings(running)}
        if "fixed" in wanted:
            print("Fixed costs", flush=True)
            results["fixed"] = fixed.measure(given.repeats)
        if "run" in wanted:
            print("The main job", flush=True)
            results["run"] = run.measure(given.repeats)
        if "bulk" in wanted:
            print("Bulk deliveries", flush=True)
            results["bulk"] = [bulk.measure(running, rows, given.repeats, not given.no_peers) for rows in given.rows]
        if "growth" in wanted:
            print("Growth", flush=True)
            results["growth"] = [growth.measure(running, held, given.repeats) for held in given.held]
        if "formats" in wanted:
            print("Formats", flush=True)
            results["formats"] = [formats.measure(rows, given.repeats) for rows in given.format_rows]
        place.empty(running)
    report.save(results)
    if {"bulk", "growth"} & set(results):
        report.plots()
    report.write_page()
    print(report.table(results))


def _numbers(text: str) -> list[int]:
    return [int(float(part)) for part in text.split(",")]


main()
