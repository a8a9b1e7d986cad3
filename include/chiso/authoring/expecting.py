"""A source's fixture, and the answers that are expected of it: what the tests compare with what comes out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chiso.contracts import Contract
from chiso.deliveries.verdicts import Outcome
from chiso.flow import loading
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.system.settings import Settings

_ENDING = ".expected.json"


def folder(settings: Settings) -> Path:
    """Where fixtures lie, by family. An image has none."""
    return settings.home / "tests" / "fixtures"


def expected_file(source: str, settings: Settings) -> Path:
    """Where the expected answers of a source stand."""
    return folder(settings) / f"{source}{_ENDING}"


def fixtures(source: str, settings: Settings) -> list[Path]:
    """Files that bear the source's stem; a source has exactly one."""
    family, name = source.split("/")
    return sorted(
        path for path in (folder(settings) / family).glob(f"{name}.*") if path.name.split(".")[0] == name and not path.name.endswith(_ENDING)
    )


def answers(contract: Contract, platform: Platform) -> dict[str, Any]:
    """What comes of the fixture, whatever else was loaded: `shape` with `sums` by measure.

    Raises UsageError where there isn't exactly one fixture.
    """
    found = fixtures(contract.source, platform.settings)
    if len(found) != 1:
        raise UsageError(
            f"{contract.source} has {len(found)} fixtures; put one small delivery at tests/fixtures/{contract.source}.<ending>."
        )
    outcome = loading.check(found[0], contract, platform, with_values=True, alone=True)
    sums = {entry["measure"]: _number(entry["sum"]) for entry in outcome.values or [] if entry["sum"]}
    return shape(outcome) | {"sums": sums}


def write(contract: Contract, platform: Platform) -> tuple[Path, dict[str, Any]]:
    """Writes the answers to where they are expected; returns the file and them. Raises UsageError as `answers` does."""
    path, found = expected_file(contract.source, platform.settings), answers(contract, platform)
    path.write_text(written(found), "utf-8")
    return path, found


def shape(outcome: Outcome) -> dict[str, Any]:
    """What expected answers state of an outcome. issues: severity, rule, cell and row of each, sorted."""
    issues = [[found["severity"], found["rule"], found["cell"], found["row"]] for found in outcome.issues]
    return {
        **outcome.window,
        "accepted": outcome.accepted,
        "rows": outcome.rows,
        "rejected": outcome.rejected,
        "issues": sorted(issues, key=str),
    }


def read(path: Path) -> dict[str, Any]:
    """Expected answers as `answers` gives them. Raises ValueError where the file holds none."""
    stated = json.loads(path.read_text("utf-8"))
    if not isinstance(stated, dict) or not isinstance(stated.get("issues"), list):
        raise ValueError("holds no expected answers")
    return stated | {"issues": sorted(stated["issues"], key=str)}


def written(expected: Mapping[str, Any]) -> str:
    """The text of a file of expected answers: a line for each finding and each sum."""
    plain = {name: value for name, value in expected.items() if name not in ("issues", "sums")}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in plain.items()]
    issues = ",\n".join(f"  {json.dumps(found, ensure_ascii=False)}" for found in expected["issues"])
    sums = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in expected["sums"].items())
    lines.append(f' "issues": [\n{issues}\n ]' if issues else ' "issues": []')
    lines.append(f' "sums": {{\n{sums}\n }}' if sums else ' "sums": {}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _number(value: Any) -> int | float:
    """As JSON takes it."""
    return int(value) if value == int(value) else float(value)
