"""The manifest of the reports below `var/reports`: the SHA-256 of each file. The audit chain has the manifest's.

While reports are made, those on the disk are neither the old nor the new ones; an event before and one after say so.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chiso import audit
from chiso.audit import Fault, Told
from chiso.system.platform import Platform
from chiso.system.settings import Settings

NAME = "manifest.json"
KINDS = (audit.ReportsBegun.KIND, audit.Reported.KIND)


@contextmanager
def told(platform: Platform) -> Iterator[None]:
    """Tells the chain of the reports that are made inside."""
    with audit.transaction(platform.engine, platform.settings) as connection:
        audit.record(connection, audit.ReportsBegun())
    yield
    files = _files(platform.settings)
    text = json.dumps(files, ensure_ascii=False, indent=1)
    fresh = platform.settings.reports / f"{NAME}.new"
    fresh.write_text(text, "utf-8")
    fresh.replace(platform.settings.reports / NAME)
    with audit.transaction(platform.engine, platform.settings) as connection:
        audit.record(connection, audit.Reported(len(files), hashlib.sha256(text.encode()).hexdigest()))


def verify(chain: Told, settings: Settings) -> Iterator[Fault]:
    """What of the reports is no longer as it was published; nothing while they are being made, or were when that was killed."""
    begun, reported = (chain.newest.get(kind) for kind in KINDS)
    if reported is None or (begun is not None and begun.seq > reported.seq):
        return
    path = settings.reports / NAME
    text = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(text).hexdigest() != reported.payload["manifest_sha256"]:
        yield Fault("report", "var/reports", NAME, "is missing or was changed, so no report can be verified; `chiso report build` makes them anew")
        return
    said, found = json.loads(text), _files(settings)
    for name in sorted(said.keys() | found.keys()):
        if name not in found:
            yield Fault("report", "var/reports", name, "was published and is missing")
        elif name not in said:
            yield Fault("report", "var/reports", name, "was not published: somebody put it there")
        elif said[name] != found[name]:
            yield Fault("report", "var/reports", name, f"was changed after it was published, its SHA-256 is {found[name]}")


def count(settings: Settings) -> int:
    """How many files were published."""
    path = settings.reports / NAME
    return len(json.loads(path.read_bytes())) if path.exists() else 0


def _files(settings: Settings) -> dict[str, str]:
    """SHA-256 by path below the folder of reports, but for the manifest itself."""
    root = settings.reports
    paths = sorted(path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    names = {path: path.relative_to(root).as_posix() for path in paths}
    return {name: _sha256(path) for path, name in names.items() if not name.startswith(NAME)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
