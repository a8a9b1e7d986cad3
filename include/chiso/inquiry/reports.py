"""The reports below `var/reports`: exports and the site, made from what the warehouse holds."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from chiso import publication
from chiso.flow import drop_folders
from chiso.indicators import Question, Standing
from chiso.inquiry import answers, freshness, manifest, shapes
from chiso.inquiry.site import pages
from chiso.inquiry.timeliness import timeliness
from chiso.publication import Rejected, site
from chiso.system import progress
from chiso.system.platform import Platform
from chiso.system.settings import Settings

FRAMEWORK = "nq09"
"""The one whose targets the scoreboard shows."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Reports:
    """What the reports were made of. written: which pages of the site changed."""

    targets: list[Standing]
    refused: Rows
    rejected: Rejected
    held: Rows
    left_alone: Rows
    written: site.Written | None = None


def build(platform: Platform) -> Reports:
    """Makes every report; one builds at a time. Raises what the warehouse raises."""
    settings = platform.settings
    with _alone(settings), manifest.told(platform):
        change = freshness.newest_change(platform)
        with progress.step("targets, indicators, what was refused and rejected"):
            made = _made(platform)
            publication.export(settings.reports, _tables(made, platform))
        with progress.step("pages"):
            written = site.write(settings.reports / "site", pages(platform, FRAMEWORK))
        freshness.note_built(settings, change)
    return replace(made, written=written)


def _made(platform: Platform) -> Reports:
    return Reports(
        answers.target_rows(platform, FRAMEWORK),
        answers.refused(platform),
        Rejected(answers.rejected(platform)),
        answers.held(platform),
        _left_alone(platform),
    )


def _tables(made: Reports, platform: Platform) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """What is exported, by name."""
    return {
        "targets": [shapes.flat(row) for row in made.targets],
        "indicators": [shapes.flat(row) for row in answers.indicator_rows(platform, Question())],
        "refused": made.refused,
        "rejected": made.rejected,
        "held": made.held,
        "left_alone": made.left_alone,
        "timeliness": timeliness(platform).as_json()["reports"],
    }


def _left_alone(platform: Platform) -> Rows:
    return [
        {
            "file_name": left.file_name,
            "uri": left.uri,
            "rule": left.why.rule,
            "reason_vi": left.why.message_vi,
            "reason_en": left.why.message_en,
        }
        for left in drop_folders.left_alone(platform)
    ]


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.reports.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(settings.reports, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
