#!/usr/bin/env python3
"""Verifies the pack in whose folder it lies. Needs Python 3.8 or newer, and neither network nor packages.

    python3 verify.py [--head SEQ:HASH] [--key NAME]

It exits with 0 where everything holds, or with 1 and a line for each fault. --head: a head of the audit chain that you kept.
--key: the name of the platform's key, as you know it from elsewhere; without it, whoever made the pack anew with a key of his own
isn't told from the platform.

What is verified: every file by its SHA-256 in MANIFEST.json, and this by its signature; each event by its hash, and the chain of all of
them up to the signed head; every row in rows/ by the SHA-256 that an event tells of it; the reports by their manifest. tables/ has the
same rows for people.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MANIFEST, SEAL, CHAIN, ANCHOR = "MANIFEST.json", "SEAL.json", "chain.jsonl", "anchor.txt"
GENESIS = "0" * 64
Point = tuple[int, int, int, int]
Events = list[Any]


def faults(folder: Path, kept: str | None = None, key: str | None = None) -> list[str]:
    """What of a pack doesn't hold, a sentence each. kept: a head that was kept; key: the name of the key that must have signed."""
    found: list[str] = []
    try:
        seal, public = _seal(folder)
        manifest = (folder / MANIFEST).read_bytes()
        found += _sealed(seal, manifest, public, key)
        found += _files(folder, json.loads(manifest))
        events = [json.loads(line) for line in (folder / CHAIN).read_text("utf-8").splitlines()]
        hashes, broken = _chain(events)
        found += broken
        found += _anchored(folder, seal, hashes, public, kept)
        found += _rows(folder, events)
        found += _reports(folder, events)
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as fault:
        found.append(f"The pack can't be read whole: {type(fault).__name__}: {fault}")
    return found


def _seal(folder: Path) -> tuple[Any, bytes]:
    """What SEAL.json says, and the public key in it."""
    text = (folder / SEAL).read_bytes()
    try:
        seal = json.loads(text)
        public, signature = (base64.b64decode(seal[name], validate=True) for name in ("public_key", "signature"))
        written = seal | {"public_key": base64.b64encode(public).decode(), "signature": base64.b64encode(signature).decode()}
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"{SEAL} was altered: {fault}") from fault
    if json.dumps(written, ensure_ascii=False, indent=1).encode() != text:
        raise ValueError(f"{SEAL} was altered")
    return seal, public


def _sealed(seal: Any, manifest: bytes, public: bytes, key: str | None) -> Iterator[str]:
    text = f"{hashlib.sha256(manifest).hexdigest()} {seal['head']} {seal['period']}"
    if not ed25519_verified(public, base64.b64decode(seal["signature"]), text.encode()):
        yield f"{SEAL}: its signature isn't on this {MANIFEST}, head and period"
    name = hashlib.sha256(public).hexdigest()[:16]
    if key and key != name:
        yield f"{SEAL}: signed with key {name}, not with {key}"


def _files(folder: Path, manifest: Any) -> Iterator[str]:
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    for name in sorted(manifest):
        if name not in here:
            yield f"{name}: is missing"
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != manifest[name]:
            yield f"{name}: was altered"
    for name in sorted(here - set(manifest) - {MANIFEST, SEAL}):
        yield f"{name}: is no part of the pack"


def _chain(events: Events) -> tuple[dict[int, str], list[str]]:
    """Hash of each event by its number. Of most only the SHA-256 of the content is in the pack."""
    hashes: dict[int, str] = {}
    found, previous = [], GENESIS
    for expected, event in enumerate(events, 1):
        if event["seq"] != expected:
            found.append(f"{CHAIN}: event {expected} is missing")
        whole = event.get("content")
        if whole is None:
            previous = _hash(previous, event["content_sha256"])
        elif "bound" in whole:
            if _sha256(_canonical(whole)) != event["content_sha256"]:
                found.append(f"{CHAIN}: event {event['seq']} was altered")
            previous = _hash(previous, event["content_sha256"])
        else:  # of versions that hashed the content directly
            previous = _hash(previous, _canonical(whole))
        if previous != event["hash"]:
            found.append(f"{CHAIN}: the hash of event {event['seq']} doesn't follow from the one before")
        hashes[event["seq"]] = previous = event["hash"]
    return hashes, found


def _anchored(folder: Path, seal: Any, hashes: dict[int, str], public: bytes, kept: str | None) -> Iterator[str]:
    number, seq, digest, link, signature = (folder / ANCHOR).read_text("utf-8").split()
    if not ed25519_verified(public, base64.b64decode(signature), f"{number} {seq} {digest} {link}".encode()):
        yield f"{ANCHOR}: wasn't signed with the pack's key"
    if f"{seq}:{digest}" != seal["head"] or hashes.get(int(seq)) != digest or int(seq) != max(hashes):
        yield f"{ANCHOR}: isn't the head of the chain in {CHAIN}"
    if kept:
        kept_seq, _, kept_hash = kept.partition(":")
        if not kept_seq.isdigit() or hashes.get(int(kept_seq)) != kept_hash:
            yield f"{CHAIN}: doesn't have the head {kept}, which you kept: the chain was written anew"


def _rows(folder: Path, events: Events) -> Iterator[str]:
    told: dict[tuple[str, str], tuple[int, Any]] = {}
    for event in events:
        for bound in (event.get("content") or {}).get("bound", ()):
            told[bound["table"], bound["key"]] = (event["seq"], bound)
    for path in sorted((folder / "rows").glob("*.jsonl")):
        by_key: dict[str, list[bytes]] = {}
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            by_key.setdefault(row["key"], []).append(hashlib.sha256(record_text(row["row"]).encode()).digest())
        for key, hashed in sorted(by_key.items()):
            seq, bound = told.get((path.stem, key), (0, None))
            if bound is None:
                yield f"{path.name}: no event in the pack tells of the rows under {key!r}"
            elif (len(hashed), together(hashed)) != (bound["rows"], bound["sha256"]):
                yield f"{path.name}: the rows under {key!r} aren't those that event {seq} tells of"


def _reports(folder: Path, events: Events) -> Iterator[str]:
    path = folder / "reports" / "manifest.json"
    if not path.exists():
        return
    newest = [event["content"]["payload"] for event in events if (event.get("content") or {}).get("kind") == "reports"]
    text = path.read_bytes()
    if not newest or hashlib.sha256(text).hexdigest() != newest[-1]["manifest_sha256"]:
        yield "reports/manifest.json: isn't the one that the chain tells of"
    said = json.loads(text)
    for report in sorted((folder / "reports").rglob("*")):
        name = report.relative_to(folder / "reports").as_posix()
        if report.is_file() and report != path and hashlib.sha256(report.read_bytes()).hexdigest() != said.get(name):
            yield f"reports/{name}: isn't as it was published"


def record_text(fields: Sequence[str | None]) -> str:
    """A row as PostgreSQL writes a record: what was hashed. fields: text or None for NULL."""
    return "(" + ",".join("" if field is None else _field(field) for field in fields) + ")"


def _field(text: str) -> str:
    if text and not any(sign in '"\\(),' or sign in " \t\n\r\v\f" for sign in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


def together(hashed: Sequence[bytes]) -> str:
    """The SHA-256 of many rows' SHA-256: by their first byte, in their own order."""
    parts: dict[int, Any] = {}
    for digest in sorted(hashed):
        parts.setdefault(digest[0], hashlib.sha256()).update(digest)
    return hashlib.sha256(b"".join(parts[first].digest() for first in sorted(parts))).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hash(previous: str, content: str) -> str:
    return _sha256(f"{previous}\n{content}")


# --- Ed25519, as RFC 8032 defines it: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z ---

_P: int = 2**255 - 19
_ORDER: int = 2**252 + 27742317777372353535851937790883648493
_D: int = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT: int = pow(2, (_P - 1) // 4, _P)


def ed25519_verified(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) is the one of the key `public` (32 bytes) on `message`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce, scalar = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(scalar, _BASE), _sum(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _sum(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _sum(result, point)
        point, scalar = _sum(point, point), scalar >> 1
    return result


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    squared = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(squared, (_P + 3) // 8, _P)
    if (x * x - squared) % _P:
        x = x * _ROOT % _P
    if (x * x - squared) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Verifies the audit pack in whose folder this file lies.")
    parser.add_argument("--head", metavar="SEQ:HASH", help="a head of the audit chain that you kept")
    parser.add_argument("--key", metavar="NAME", help="the name of the platform's key")
    given = parser.parse_args()
    folder = Path(__file__).resolve().parent
    found = faults(folder, given.head, given.key)
    sys.stdout.write("".join(f"KHÔNG ĐÚNG (altered): {fault}\n" for fault in found))
    if not found:
        seal = json.loads((folder / SEAL).read_text("utf-8"))
        name = hashlib.sha256(base64.b64decode(seal["public_key"])).hexdigest()[:16]
        sys.stdout.write(f"Gói còn nguyên vẹn (the pack holds): kỳ {seal['period']}, head {seal['head']}, khóa (key) {name}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
