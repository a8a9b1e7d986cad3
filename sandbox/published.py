"""Form departments/published_figures: the figures that documents printed, as they printed them."""

import re
from dataclasses import dataclass
from datetime import datetime

from sandbox.province import read_table
from sandbox.workbook import Form

HEADER = (
    *("STT", "Văn bản", "Ngày", "Chỉ tiêu", "Kỳ"),
    *("Giá trị công bố", "Tử số", "Mẫu số", "Trích dẫn", "Ghi chú"),
)
PLAIN = re.compile(r"\d{1,3}(\.\d{3})*(,\d+)?%?")


@dataclass(frozen=True)
class Paper:
    """A document and its rows in published_figures.csv; `day` is empty where it bears no date."""

    name: str
    day: str
    facts: str
    as_of: str
    period: str
    note: str = ""


PAPERS = {
    "2023": Paper(
        name="Bài viết về kết quả thực hiện Nghị quyết số 09-NQ/TU của Tỉnh ủy về chuyển đổi số",
        day="",
        facts="S000",
        as_of="2024~",
        period="Năm 2023",
        note="Văn bản không ghi ngày",
    ),
    "2024-H1": Paper(
        name="Báo cáo tại Hội nghị sơ kết 6 tháng đầu năm 2024 của Ban Chỉ đạo về Chuyển đổi số tỉnh",
        day="23/8/2024",
        facts="S002",
        as_of="2024-H1",
        period="6 tháng đầu năm 2024",
    ),
}


def figures(code: str) -> list[dict[str, str]]:
    """Rows with a plain printed number or percentage, ratios left out; `printed` is the value."""
    paper = PAPERS[code]
    rows = []
    for row in read_table("published_figures.csv"):
        printed = row["value_raw"].rpartition(";")[2].strip()
        if (
            row["fact_id"].startswith(paper.facts)
            and row["as_of"] == paper.as_of
            and PLAIN.fullmatch(printed)
        ):
            rows.append({**row, "printed": printed})
    return rows


def _dots(digits: str) -> str | None:
    return f"{int(digits):,}".replace(",", ".") if digits else None


def workbook(code: str, sent: datetime) -> bytes:
    """The form of a period."""
    paper = PAPERS[code]
    form = Form("Số liệu công bố", sent, (6, 40, 12, 60, 22, 15, 10, 10, 60, 22))
    form.title(
        "VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH",
        "SỐ LIỆU CÔNG BỐ TRONG VĂN BẢN CHÍNH THỨC",
        f"Kỳ báo cáo: {paper.period}",
    )
    form.header(HEADER)
    for number, row in enumerate(figures(code), start=1):
        form.row(
            [
                *(number, paper.name, paper.day or None, row["indicator_vi"], paper.period, row["printed"]),
                *(_dots(row["numerator"]), _dots(row["denominator"]), row["quote"], paper.note or None),
            ]
        )
    return form.close("(*) Giá trị công bố chép đúng văn bản.", "CHÁNH VĂN PHÒNG")
