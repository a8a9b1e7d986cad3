"""What the last verification of everything found, kept beside the anchors for those who read the pages."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chiso.system.settings import Settings

_MOST_FAULTS = 20
_NAME = "verified.json"


def note(settings: Settings, report: Mapping[str, Any]) -> None:
    """Keeps the outcome of `chiso.inquiry.verification.verify`, with the time."""
    folder = settings.var / "audit"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {
        "at": datetime.now(UTC).isoformat(),
        "ok": report["ok"],
        "head": report["head"],
        "checked": report["checked"],
        "count": len(report["faults"]),
        "faults": report["faults"][:_MOST_FAULTS],
    }
    fresh = folder / f"{_NAME}.new"
    fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
    fresh.replace(folder / _NAME)


def last(settings: Settings) -> dict[str, Any] | None:
    """`{"at", "ok", "head", "checked", "count", "faults"}` of the last one; None where there was none."""
    path = settings.var / "audit" / _NAME
    if not path.exists():
        return None
    said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return said | {"at": datetime.fromisoformat(said["at"])}
