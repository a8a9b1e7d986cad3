"""The page on performance says what the benchmark's results do."""

import json

from bench import report


def test_the_page_is_made_from_the_results() -> None:
    text = report.PAGE.read_text("utf-8")
    assert report.rendered(text) == text


def test_every_figure_has_been_measured() -> None:
    results = json.loads(report.RESULTS.read_text("utf-8"))
    assert {"surroundings", "fixed", "bulk", "growth", "formats", "run"} <= set(results)
    for entry in results["bulk"]:
        assert entry["competitors"]["limit"]["of_limit"] == 1
