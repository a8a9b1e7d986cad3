"""Forms on data: datasets of the data centre, catalogues, procedures and dossiers digitised."""

import random
from dataclasses import replace
from datetime import date

from sandbox.forms import offices
from sandbox.forms.figures import columns, growing, natures, part_of, share_of, split
from sandbox.forms.periods import HALVES, QUARTERS, Reported
from sandbox.forms.report import Line, Report, numbered, total
from sandbox.programs.page import Value
from sandbox.province import agencies, read_table

FIELDS = (
    *("Tài nguyên và môi trường", "Y tế", "Giáo dục", "Lao động, xã hội", "Nông nghiệp", "Giao thông"),
    *("Xây dựng", "Công thương", "Tài chính", "Tư pháp", "Nội vụ", "Văn hóa, du lịch"),
)
_OWNERS = 31
_SUBJECTS = ("cán bộ, công chức", "hồ sơ, văn bản", "cơ sở quản lý", "bản đồ số", "đối tượng quản lý", "giấy phép, chứng chỉ")


def data_centre(seed: int, period: Reported) -> list[Line]:
    """75 datasets of 12 fields and 31 agencies since the end of 2023, as published; 12 of them not yet in use.

    The form of the first quarter of 2024 was sent with the filter left on by which somebody had looked at those in use.
    """
    known = period >= Reported(2023, "Q4")
    count = 75 if known else 48 + round(20 * period.age / 2)
    owners = [row["name_vi"] for row in read_table("agencies.csv") if not row["valid_from"]][:_OWNERS]
    rows: list[list[str | int | None]] = []
    for number in range(count):
        owner = owners[number % _OWNERS]
        name = f"Cơ sở dữ liệu {_SUBJECTS[number // len(FIELDS) % len(_SUBJECTS)]} {FIELDS[number % len(FIELDS)].lower()}"
        unused = number % 6 == 5
        rows.append(["Sở TT&TT", name, FIELDS[number % len(FIELDS)], owner, "x", "x", None if unused else "x"])
    filtered = period == Reported(2024, "Q1")
    return [replace(line, hidden=filtered and line.cells[-1] is None) for line in numbered(rows)]


def data_catalogues(seed: int, period: Reported) -> list[Line]:
    """Shared databases first, then open data; what is due is mostly provided."""
    rng = random.Random(f"{seed}/data_catalogues")
    owners = [unit for unit in agencies(date(2024, 1, 1)) if unit.level == "tỉnh"]
    rows: list[list[str | int | None]] = []
    for number in range(54):
        catalogue = "dùng chung" if number < 32 else "mở"
        due = date(2022 + number % 3, (3, 6, 9)[number % 3], 30)
        provided = rng.random() < 0.9 and due <= period.end
        owner = owners[rng.randrange(len(owners))].name
        form = ("API qua LGSP", "Tệp dữ liệu", "Cổng dữ liệu")[rng.randrange(3)]
        name = f"Dữ liệu {FIELDS[number % len(FIELDS)].lower()} {number // len(FIELDS) + 1}"
        rows.append(["Sở TT&TT", name, catalogue, owner, form, f"{due:%d/%m/%Y}", "x" if provided else None])
    return numbered(rows)


def procedure_digitisation(seed: int, period: Reported) -> list[Line]:
    """4 501 of 10 000 procedures were digitised at the end of 2023 (45,01 %, as published)."""
    units = agencies(date(2024, 1, 1))
    factors = natures(seed, "procedure_digitisation", units)
    weights = [unit.weight * factor for unit, factor in zip(units, factors, strict=True)]
    procedures = split(10_000, weights)
    digitised = part_of(round(growing(period, 2_100, 5_240, y2023Q4=4_501)), procedures, factors)
    due = split(round(growing(period, 24_000, 41_000)), weights)
    done = part_of(share_of(growing(period, 41, 83), sum(due)), due, factors)
    figures = columns(procedures, digitised, due, done)
    rows: list[list[Value]] = [[unit.name, *row] for unit, row in zip(units, figures, strict=True)]
    return [*numbered(rows), total("Tổng cộng", rows, 5)]


REPORTS = (
    Report(
        "du_lieu_trung_tam",
        offices.INFORMATION,
        "DỮ LIỆU TẠI TRUNG TÂM TÍCH HỢP DỮ LIỆU TỈNH",
        [
            (
                *("STT", "Đơn vị", "Tên bộ dữ liệu", "Lĩnh vực", "Cơ quan quản lý"),
                *("Đã số hóa (x)", "Lưu trữ tập trung (x)", "Đưa vào khai thác (x)", "Ghi chú"),
            )
        ],
        (6, 16, 50, 24, 36, 10, 12, 12, 14),
        QUARTERS,
        data_centre,
    ),
    Report(
        "danh_muc_csdl",
        offices.INFORMATION,
        "DANH MỤC CƠ SỞ DỮ LIỆU DÙNG CHUNG, DANH MỤC DỮ LIỆU MỞ",
        [("STT", "Đơn vị", "Tên CSDL", "Danh mục", "Đơn vị chủ trì", "Hình thức chia sẻ", "Hạn cung cấp", "Đã cung cấp (x)", "Ghi chú")],
        (6, 16, 40, 14, 36, 18, 14, 12, 14),
        HALVES,
        data_catalogues,
    ),
    Report(
        "so_hoa_tthc",
        offices.INFORMATION,
        "KẾT QUẢ SỐ HÓA THỦ TỤC HÀNH CHÍNH",
        [("STT", "Đơn vị", "Tổng số TTHC", "TTHC đã số hóa", "Hồ sơ phải số hóa", "Hồ sơ đã số hóa", "Ghi chú")],
        (6, 40, 12, 12, 14, 14, 14),
        QUARTERS,
        procedure_digitisation,
    ),
)
