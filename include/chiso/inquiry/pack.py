"""A pack for an auditor: a zip of what a period's numbers rest on, which proves itself offline.

In it: rows of every table that tell of the period's deliveries, verdicts, rejects, decisions and values, as the audit chain tells of them
and as CSV; the events about them whole, of all others the SHA-256, up to the signed head; the explanation of each value; the SHA-256 of the
raw files; the published exports; and a verifier that needs Python alone.
"""

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Anchors
from chiso.audit.offline import verify as offline
from chiso.inquiry import answers, manifest
from chiso.system import progress
from chiso.system.errors import StorageError, UsageError
from chiso.system.json_text import plain
from chiso.system.platform import Platform

MOST_ROWS = 100_000
"""A delivery of more rows is told of by its SHA-256 alone; its raw file is who has them."""
_WRITTEN = (1980, 1, 1, 0, 0, 0)
_README = """Gói kiểm toán của Chỉ Số, kỳ {period} (audit pack of Chỉ Số for {period})

Kiểm tra (verify): python3 verify.py            cần Python 3.8 trở lên, không cần mạng (needs neither network nor packages)
                   python3 verify.py --head SEQ:HASH --key TÊN

chain.jsonl      chuỗi kiểm toán: sự kiện về kỳ này có nội dung, sự kiện khác chỉ có SHA-256 (events about the period whole, others hashed)
anchor.txt       đầu chuỗi đã ký (the signed head of the chain)
rows/            dòng của từng bảng đúng như chuỗi kiểm toán ghi nhận (rows as the chain tells of them)
tables/          cùng các dòng đó, dạng CSV (the same rows as CSV)
explanations/    mỗi giá trị: công thức, ô, tệp gốc, phán quyết, quyết định (each value down to its cells)
reports/         báo cáo đã công bố (the published exports)
left_out.json    dữ liệu quá lớn, chỉ có SHA-256 (what is too large, by its SHA-256)
MANIFEST.json    SHA-256 của từng tệp; SEAL.json: chữ ký (the signature on it)
"""


@dataclass(frozen=True)
class Packed:
    """What was packed: number of events that are whole, rows, and explained values; the head that the pack proves."""

    out: Path
    head: str
    events: int
    rows: int
    values: int

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {"out": str(self.out), "head": self.head, "events": self.events, "rows": self.rows, "values": self.values}


def pack(platform: Platform, period: str, out: Path) -> Packed:
    """Writes the pack of a period (on either calendar) to `out`. Raises UsageError where nothing is known of the period; StorageError."""
    anchors = Anchors.of(platform.settings)
    snapshot = platform.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection, progress.step("gathering"):
        told = audit.read_chain(connection, newest=[audit.Reported.KIND])
        head = audit.head_of(connection)
        wanted = _wanted(connection, period)
        if head is None or (not wanted["landing.delivery"] and not wanted["indicators.run"]):
            raise UsageError(f"Nothing was delivered or computed for {period}; `chiso deliveries` lists what came.")
        files, left_out = _tables(connection, told, wanted)
        chain, whole = _chain(connection, told, wanted, period)
    explained = _explanations(platform, period)
    files |= {f"explanations/{name}.json": _json(said) for name, said in explained.items()} | _reports(platform)
    files |= {
        "README.txt": _README.format(period=period).encode(),
        "verify.py": Path(offline.__file__).read_bytes(),
        "left_out.json": _json(left_out),
        offline.CHAIN: chain,
        offline.ANCHOR: _anchor(anchors, head).encode(),
    }
    listed = _json({name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())})
    files |= {offline.MANIFEST: listed, offline.SEAL: _seal(anchors, listed, str(head), period)}
    _write(out, files)
    rows = sum(content.count(b"\n") for name, content in files.items() if name.startswith("rows/"))
    return Packed(out, str(head), whole, rows, len(explained))


def _wanted(connection: sa.Connection, period: str) -> dict[str, list[str]]:
    """Keys of every table by which the chain tells of what the period rests on."""
    asked = {"period": period}

    def keys(query: str, **more: object) -> list[str]:
        return [str(key) for key in connection.execute(sa.text(query), asked | more).scalars()]

    deliveries = keys(
        "SELECT delivery_id FROM warehouse.touched_period WHERE period = :period "
        "UNION SELECT delivery_id FROM validation.verdict WHERE period = :period "
        "UNION SELECT delivery_id FROM landing.delivery WHERE stated_period = :period "
        "UNION SELECT d::bigint FROM indicators.value v, jsonb_each(v.inputs) i, jsonb_array_elements_text(i.value) d WHERE v.period = :period "
        "ORDER BY 1"
    )
    of_those = {"deliveries": [int(each) for each in deliveries]}
    verdicts = keys("SELECT verdict_id FROM validation.verdict WHERE delivery_id = ANY(:deliveries) ORDER BY 1", **of_those)
    runs = keys("SELECT run_id FROM indicators.run WHERE period = :period ORDER BY 1")
    by = {
        "delivery_id": deliveries,
        "verdict_id": verdicts,
        "run_id": runs,
        "sha256": keys("SELECT DISTINCT sha256 FROM landing.delivery WHERE delivery_id = ANY(:deliveries) ORDER BY 1", **of_those),
        "fetch_id": keys("SELECT DISTINCT fetch_id FROM landing.delivery WHERE delivery_id = ANY(:deliveries) AND fetch_id IS NOT NULL ORDER BY 1",
                         **of_those),
        "source": keys("SELECT DISTINCT source FROM landing.delivery WHERE delivery_id = ANY(:deliveries) ORDER BY 1", **of_those),
        "basis_sha256": keys("SELECT DISTINCT basis_sha256 FROM indicators.run WHERE period = :period ORDER BY 1"),
        "value_id": keys("SELECT value_id FROM indicators.decision JOIN indicators.value USING (value_id) WHERE period = :period ORDER BY 1"),
        "mail_id": [],
        "": [""],
    }  # fmt: skip
    facts = keys("SELECT DISTINCT 'warehouse.' || replace(source, '/', '_') FROM landing.delivery WHERE delivery_id = ANY(:deliveries)", **of_those)
    return {table: by[column] for table, column in audit.KEYS.items()} | dict.fromkeys(facts, deliveries)


def _tables(
    connection: sa.Connection, told: audit.Told, wanted: Mapping[str, Sequence[str]]
) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Rows by file, as the chain tells of them and as CSV; and what is too large."""
    files: dict[str, bytes] = {}
    left_out: list[dict[str, Any]] = []
    for table, keys in wanted.items():
        said = told.rows.get(table, {})
        rows: dict[tuple[str, ...], list[tuple[str, list[str | None]]]] = {}
        for key in keys:
            if key not in said:
                continue
            _, bound = said[key]
            if bound.rows > MOST_ROWS:
                left_out.append({"table": table, "key": key, "rows": bound.rows, "sha256": bound.sha256})
            elif bound.rows:
                rows.setdefault(bound.columns, []).extend((key, fields) for fields in audit.fields(connection, table, bound.columns, key))
        if rows:
            lines = [json.dumps({"key": key, "row": fields}, ensure_ascii=False) for each in rows.values() for key, fields in each]
            files[f"rows/{table}.jsonl"] = "".join(f"{line}\n" for line in lines).encode()
            files[f"tables/{table}.csv"] = _csv(rows)
    return files, left_out


def _csv(rows: Mapping[tuple[str, ...], Iterable[tuple[str, list[str | None]]]]) -> bytes:
    names = list(dict.fromkeys(name for columns in rows for name in columns))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for columns, each in rows.items():
        writer.writerows(dict(zip(columns, fields, strict=True)) for _, fields in each)
    return text.getvalue().encode("utf-8-sig")


def _chain(connection: sa.Connection, told: audit.Told, wanted: Mapping[str, Sequence[str]], period: str) -> tuple[bytes, int]:
    """The chain, a line an event, and how many are whole: those that tell of wanted rows or of the period; the newest about reports."""
    whole = {told.rows[table][key][0] for table, keys in wanted.items() for key in keys if key in told.rows.get(table, {})}
    deliveries = set(wanted["landing.delivery"])
    reports = told.newest.get(audit.Reported.KIND)
    lines = []
    count = 0
    for event in audit.events(connection):
        content = event.content
        about = content["payload"].get("period") == period or str(content["delivery_id"]) in deliveries
        is_whole = not event.signed or event.seq in whole or about or (reports and event.seq == reports.seq)
        count += bool(is_whole)
        said = {"seq": event.seq, "hash": event.hash, "content_sha256": event.content_sha256} | ({"content": content} if is_whole else {})
        lines.append(json.dumps(said, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode(), count


def _explanations(platform: Platform, period: str) -> dict[str, Any]:
    """How each value of the province came about, by indicator and calendar."""
    with platform.engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT DISTINCT indicator, calendar FROM indicators.value WHERE period = :period ORDER BY 1, 2"), {"period": period}
        ).all()
    said: dict[str, Any] = {}
    for row in progress.each("explaining", found, lambda row: row.indicator):
        try:
            said[f"{row.indicator}.{row.calendar}"] = answers.explanation(platform, row.indicator, period, row.calendar, None, None, rows=False)
        except UsageError:
            continue  # the province has no value of it
    return said


def _reports(platform: Platform) -> dict[str, bytes]:
    """The published exports, with the manifest that the chain tells of."""
    folder = platform.settings.reports
    return {f"reports/{path.name}": path.read_bytes() for path in sorted([*folder.glob("*.csv"), *folder.glob(manifest.NAME)])}


def _anchor(anchors: Anchors, head: audit.Head) -> str:
    line = anchors.line_of(head)
    if line is None:
        raise StorageError(f"{anchors.folder / 'heads.log'} has no line for event {head.seq}; `chiso audit verify` says what is wrong.")
    return f"{line}\n"


def _seal(anchors: Anchors, listed: bytes, head: str, period: str) -> bytes:
    text = f"{hashlib.sha256(listed).hexdigest()} {head} {period}"
    public = base64.b64encode(anchors.signer.public).decode()
    return _json({"period": period, "head": head, "public_key": public, "signature": anchors.signer.sign(text)})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=plain).encode()


def _write(out: Path, files: Mapping[str, bytes]) -> None:
    fresh = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in _in_order(files):
                packed.writestr(zipfile.ZipInfo(name, _WRITTEN), content, zipfile.ZIP_DEFLATED)
        fresh.replace(out)
    except OSError as fault:
        raise StorageError(f"{out} can't be written: {fault.strerror}. Give another path.") from fault
    finally:
        fresh.unlink(missing_ok=True)


def _in_order(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    first = ["README.txt", "verify.py"]
    yield from ((name, files[name]) for name in first)
    yield from ((name, files[name]) for name in sorted(files) if name not in first)
