"""Records of JSON and rows of workbooks: time in proportion to rows, memory bounded."""

import json
from dataclasses import replace
from pathlib import Path

import xlsxwriter

from bench import place
from bench.measuring import Cost, median, run

_PYTHON = place.CHISO.with_name("python")


def measure(rows: int, repeats: int) -> dict[str, object]:
    """`chiso check` as a process of its own; and reading and casting alone beside the fastest reader of a workbook's values."""
    json_file, workbook = _json(rows), _workbook(rows)
    made = {
        "json": lambda: _check("portal/procedures", json_file),
        "json, read and cast": lambda: _read("portal/procedures", json_file),
        "workbook": lambda: _check("departments/published_figures", workbook),
        "workbook, read and cast": lambda: _read("departments/published_figures", workbook),
        "workbook, values alone": lambda: _read("values", workbook),
        "imports alone": lambda: run([_PYTHON, "-c", "import chiso.validation.expectations, chiso.flow.loading"])[0],
    }
    found = {}
    costs: dict[str, list[Cost]] = {name: [] for name in made}
    for _ in range(repeats):  # in turn, so that ratios hold on a shared machine
        for name, work in made.items():
            costs[name].append(work())
    for name, measured in costs.items():
        cost = median(measured)
        found[name] = {"wall_s": round(cost.wall_s, 2), "memory_mb": round(cost.memory_mb)}
        print(f"  {rows:>10,} rows  {name:24} {cost.wall_s:7.1f} s  {cost.memory_mb:5.0f} MB", flush=True)
    return {"rows": rows, "costs": found}


def _read(source: str, file: Path) -> Cost:
    """Seconds without start and imports; memory of the whole process."""
    cost, said = run([_PYTHON, "-m", "bench.reading", source, file])
    return replace(cost, wall_s=float(said.split()[0]))


def _check(source: str, file: Path) -> Cost:
    return run([place.CHISO, "check", file, "--source", source, "--json"], expect=(0, 1))[0]


def _json(rows: int) -> Path:
    """Procedures like the sandbox's, numbered on."""
    path = place.files() / f"procedures-{rows}_2024-06.json"
    if not path.exists():
        with path.open("w", encoding="utf-8") as out:
            out.write('{"period": "2024-06", "items": [')
            for number in range(rows):
                out.write(",\n" if number else "\n")
                out.write(json.dumps(_procedure(number), ensure_ascii=False))
            out.write("\n]}\n")
    return path


def _procedure(number: int) -> dict[str, object]:
    return {
        "MaTTHC": f"1.{number:06d}",
        "TenTTHC": f"Thủ tục giả số {number}",
        "LinhVuc": "Tư pháp",
        "CapThucHien": ("tỉnh", "huyện", "xã")[number % 3],
        "MucDo": ("toàn trình", "một phần", "chưa trực tuyến")[number % 3],
        "TichHopCongQuocGia": True,
        "PhoBien": False,
        "CoPhiLePhi": number % 2 == 0,
        "ThanhToanTrucTuyen": False,
        "TrangThaiCongKhai": "công khai",
    }


def _workbook(rows: int) -> Path:
    """The form of published figures with as many rows, written line by line."""
    path = place.files() / f"so_lieu_cong_bo_{rows}_2024-H1.xlsx"
    if not path.exists():
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet("Số liệu công bố")
        sheet.write_row(0, 0, ["SỐ LIỆU CÔNG BỐ TRONG VĂN BẢN CHÍNH THỨC (giả)"])
        sheet.write_row(1, 0, ["Kỳ báo cáo: 6 tháng đầu năm 2024"])
        sheet.write_row(2, 0, ["STT", "Văn bản", "Ngày", "Chỉ tiêu", "Kỳ", "Giá trị công bố", "Tử số", "Mẫu số", "Trích dẫn"])
        for number in range(rows):
            sheet.write_row(3 + number, 0, [number + 1, f"Báo cáo số {number}", "23/8/2024", f"Chỉ tiêu {number % 97}",
                                            "6 tháng đầu năm 2024", "50,00%", "1.000", "2.000", "Trích dẫn giả"])  # fmt: skip
        book.close()
    return path
