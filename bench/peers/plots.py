"""Plots of the results. Usage: python plots.py RESULTS.json; writes SVG files beside it."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "chiso", "font.size": 9, "figure.figsize": (6, 3.4)})
from matplotlib import pyplot as plt  # noqa: E402


def bulk(entries: list[dict], folder: Path) -> None:
    """Seconds and peak memory against rows."""
    names = list(dict.fromkeys(name for entry in entries for name in entry["competitors"]))
    for figure, label, what in (("wall_s", "seconds", "time"), ("memory_mb", "peak memory of the client, MB", "memory")):
        plt.figure()
        for name in names:
            points = [(e["rows"] / 1e6, e["competitors"][name][figure]) for e in entries if name in e["competitors"]]
            plt.plot(*zip(*points, strict=True), marker="o", label=name)
        plt.xlabel("million rows")
        plt.ylabel(label)
        plt.ylim(bottom=0)
        plt.legend()
        plt.tight_layout()
        plt.savefig(folder / f"bulk-{what}.svg", metadata={"Date": None})
        plt.close()


def growth(entries: list[dict], folder: Path) -> None:
    """Seconds of a day's delta against dossiers held."""
    plt.figure()
    plt.plot([e["held"] / 1e6 for e in entries], [e["delta_s"] for e in entries], marker="o")
    plt.xlabel("million dossiers held")
    plt.ylabel("seconds for 20 000 versions")
    plt.ylim(bottom=0)
    plt.tight_layout()
    plt.savefig(folder / "delta-time.svg", metadata={"Date": None})
    plt.close()


def main() -> None:
    """Draws what the file holds."""
    path = Path(sys.argv[1])
    results = json.loads(path.read_text("utf-8"))
    if results.get("bulk"):
        bulk(results["bulk"], path.parent)
    if results.get("growth"):
        growth(results["growth"], path.parent)


main()
