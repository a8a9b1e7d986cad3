"""Plain text for a terminal; numbers as Vietnamese readers write them."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from chiso.province.numbers import as_printed
from chiso.system.settings import LOCAL_TIME
from chiso.system.visible import visible

_STATUS = {"met": "đạt", "unmet": "chưa đạt", "no_data": "chưa có số liệu"}
_PROGRESS = {"on_track": ", đúng lộ trình", "behind": ", chậm lộ trình"}
_SIGN = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "="}


def scoreboard(targets: Sequence[Mapping[str, Any]]) -> str:
    """One line a target: id, name, wanted, actual, period, status."""
    lines = [_columns("", "Mục tiêu", "Chỉ tiêu", "Thực hiện", "Kỳ", "Trạng thái"), "-" * 116]
    lines += [
        _columns(
            row["target"],
            row["name_vi"],
            _wanted(row),
            number(row["actual"]) or _parts(row),
            row["period"] or "–",
            _standing(row) + (" [chờ duyệt]" if row["publication"] == "held" else ""),
        )
        for row in targets
    ]
    met = sum(row["status"] == "met" for row in targets)
    unmet = sum(row["status"] == "unmet" for row in targets)
    return "\n".join([*lines, "-" * 116, f"{met} đạt, {unmet} chưa đạt, {len(targets) - met - unmet} chưa có số liệu"])


def _standing(row: Mapping[str, Any]) -> str:
    """Of what isn't met yet also how it stands to the trajectory."""
    return _STATUS[row["status"]] + ("" if row["status"] == "met" else _PROGRESS.get(row["progress"], ""))


def _wanted(row: Mapping[str, Any]) -> str:
    if row["direction"] == "milestone":
        return "cột mốc"
    return f"{_SIGN[row['direction']]} {number(row['target_value'])}"


def _parts(row: Mapping[str, Any]) -> str:
    known = [number(part["actual"]) for part in row["components"] if part["actual"] is not None]
    return "; ".join(known) or "–"


def _columns(first: str, name: str, wanted: str, actual: str, period: str, status: str) -> str:
    return f"{first:8}{_fit(name, 60)}{wanted:>9} {actual:>12}  {period:9}{status}"


def _fit(text: str, width: int) -> str:
    text = unicodedata.normalize("NFC", text)
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def number(value: Decimal | None, decimals: int = 2) -> str:
    """1234.5 → `1.234,5`; None → "". Rounds for display only."""
    if value is None:
        return ""
    rounded = round(Decimal(value), decimals)
    return as_printed(rounded.normalize()) if rounded else "0"


def indicator_line(row: Mapping[str, Any]) -> str:
    """One value with its period, its parts, what was printed, and whether it is held."""
    parts = f" ({number(row['numerator'])}/{number(row['denominator'])})" if row["denominator"] is not None else ""
    printed = f"; công bố {number(row['reported_value'])}" if row["reported_value"] is not None else ""
    held = " [chờ duyệt]" if row["publication"] == "held" else ""
    value = number(row["value"]) or "–"
    what = f"{row['framework']:10} {row['indicator']:30} {row['period']:8} {row['calendar']:14}"
    return f"{what} {value:>12} {row['measure_unit']}{parts}{printed} {row['status']}{held}"


def held_line(row: Mapping[str, Any]) -> str:
    """One value that waits: what is published, what was computed since, and why it waits."""
    before = number(row["before"]) or "–"
    what = f"{row['indicator']} {row['unit_code']} {row['unit_name']} {row['calendar']}/{row['period']}"
    return f"{what}: {before} → {number(row['after']) or '–'} {row['measure_unit']} ({row['cause']}; {row['held_because']})"


def reconciled_line(line: Mapping[str, Any]) -> str:
    """Two figures that contradict each other, and why that is expected, where it is."""
    first, second = line["sides"]
    share = "" if line["difference_pct"] is None else f", {number(line['difference_pct'])} %"
    sides = f"{first['source']} {number(first['value'])} ≠ {second['source']} {number(second['value'])}"
    why = f"; {line['explained_by']}" if line["explained_by"] else ""
    return f"{line['what']} {line['unit_code']} {line['calendar']}/{line['period']}: {sides} ({number(line['difference'])}{share}){why}"


def explanation_text(found: Mapping[str, Any]) -> str:
    """The lineage of a value, an input a line."""
    head = f"{found['indicator']} {found['period']} ({found['calendar']}) {found['unit_code']} = {number(found['value'])}\n  = {found['formula']}"
    lines = [
        f"  {part['measure']:28} {number(part['value']):>12} {part['unit_code'] or '':16} {part['period']:10} {_place(part)}"
        for part in found["inputs"]
    ]
    return "\n".join([head, *lines, *map(_correction, found["corrections"]), *map(_decision, found["decisions"])])


def _correction(row: Mapping[str, Any]) -> str:
    where = f"lượt {row['delivery']}, dòng {row['row']}, cột {row['column']}"
    return (
        f"  đính chính (corrected) {row['correction']}: {number(row['before']) or 'trống'} → {number(row['after'])}, {where}: {row['reason']} "
        f"(đề nghị: {row['requested_by']}; rà soát: {row['reviewed_by']}; đến {row['expires_on']:%d/%m/%Y})"
    )


def _decision(row: Mapping[str, Any]) -> str:
    what = "phê duyệt (approved)" if row["decision"] == "approve" else "không phê duyệt (refused)"
    return f"  {what} {number(row['value'])}: {row['by']}, {row['at'].astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}: {row['why']}"


def _place(part: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, [part["sheet"], part["cell"] or (f"dòng {part['row']}" if part["row"] else None)]))
    return f"{part['source']} {where} (lượt {part['delivery']}, sha256 {part['sha256'][:12]}…)"


def this_run(counts: Mapping[str, int]) -> str:
    """What a run loaded; that it loaded nothing twice, where nothing was new."""
    if not any(counts.values()):
        return (
            "Lần chạy này: không có gì mới, không tệp nào bị nạp hai lần "
            "(this run: nothing new; nothing was loaded twice)"
        )
    return (
        f"Lần chạy này (this run): {counts['accepted']} lượt gửi được nạp (deliveries loaded), {number(Decimal(counts['rows']))} dòng "
        f"(rows); {counts['again']} nhận lại, không đổi (received again, unchanged); {counts['refused']} bị từ chối (refused)"
    )


class Rejected:
    """Rejected rows on their way to an export: passes them on, and remembers what the summary tells of them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], most: int = 15) -> None:
        """rows: a row for each rule that a delivery's row breaks, those of a delivery and line together."""
        self._rows, self._most = rows, most
        self._shown: dict[str, list[Mapping[str, Any]]] = {}
        self.findings = 0
        self.lines = 0
        """Rows of deliveries, each counted once."""
        self.lines_of_refused = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        last = None
        for row in self._rows:
            self.findings += 1
            if (row["delivery_id"], row["line"]) != last:
                last = (row["delivery_id"], row["line"])
                self.lines += 1
                self.lines_of_refused += row["state"] == "refused"
            shown = self._shown.setdefault(row["source"], [])
            if len(shown) < self._most:
                shown.append(row)
            yield row

    def sample(self) -> list[Mapping[str, Any]]:
        """Some rows of every source: the short lists first."""
        sample: list[Mapping[str, Any]] = []
        groups = sorted(self._shown.values(), key=len)
        for left, group in zip(range(len(groups), 0, -1), groups, strict=True):
            sample += group[: max(1, (self._most - len(sample)) // left)]
        return sample


def summary(
    refused: Sequence[Mapping[str, Any]],
    rejected: Rejected,
    held: Sequence[Mapping[str, Any]],
    left_alone: Sequence[Mapping[str, Any]],
    most: int = 15,
) -> str:
    """What was refused and why, which rows were rejected, what is held, which files were left alone."""
    lines = [f"Tệp bị từ chối (deliveries refused): {len(refused)}"]
    lines += [f"  {row['source']}: {row['reason_vi']}\n    {row['reason_en']}" for row in refused[:most]]
    of_refused = (
        f", trong đó {rejected.lines_of_refused} thuộc tệp bị từ chối (of these in refused deliveries)"
        if rejected.lines_of_refused
        else ""
    )
    lines.append(f"Dòng bị loại (rows rejected): {rejected.lines}{of_refused}")
    lines += [_rejected_line(row) for row in rejected.sample()]
    if rejected.findings > most:
        lines.append("  … còn nữa, xem rejected.csv (more in rejected.csv)")
    lines.append(f"Giá trị chờ duyệt (values held): {len(held)}")
    lines += [f"  {held_line(row)}" for row in held[:most]]
    if len(held) > most:
        lines.append("  … còn nữa: chiso held, held.csv (more there); phê duyệt: chiso approve, chiso refuse")
    lines.append(f"Tệp không nhận được (files left alone): {len(left_alone)}")
    lines += [f"  {row['reason_vi']}\n    {row['reason_en']}" for row in left_alone[:most]]
    return "\n".join(lines)


def _rejected_line(row: Mapping[str, Any]) -> str:
    place = row["cell"] or f"dòng {row['line']}"
    state = " [tệp bị từ chối]" if row["state"] == "refused" else ""
    return f"  {visible(row['file_name'])} {place}{state}: {row['message_vi']}"
