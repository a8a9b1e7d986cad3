"""Forms that don't come for each period from one office: smart cities, the national index, GRDP."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sandbox.forms import offices
from sandbox.forms.economy import digital_economy
from sandbox.forms.periods import HALVES, Reported
from sandbox.forms.report import Mail, Office, sent_after
from sandbox.programs.page import Value
from sandbox.province import District, districts
from sandbox.workbook import Form, decimal

_SMART = [("STT", "Đơn vị", "Dịch vụ đô thị thông minh", "Tình trạng", "Đề án (x)", "Ghi chú")]
_CITY, _KON_PLONG, _NGOC_HOI = "608", "613", "611"
_OWN_FORM = {_KON_PLONG: "kon_plong", _NGOC_HOI: "ngoc_hoi"}
"""Districts that send a form of their own in 2024."""


def _services(district: District, period: Reported) -> list[list[Value]]:
    """Two services of the city, as published; the plan of Kon Plông is being finished; a few others have begun."""
    if district.code == _CITY:
        deployed = "đã triển khai" if period >= Reported(2023, "") else "đang hoàn thiện"
        return [["Camera an ninh", "đã triển khai", "x"], ["Chiếu sáng thông minh", deployed, None]]
    if district.code == _KON_PLONG:
        return [["Du lịch thông minh Măng Đen", "đang hoàn thiện", "x"]]
    if district.code in (_NGOC_HOI, "615") and period.age > 1:
        return [["Camera giám sát giao thông", "đã triển khai", None]]
    return [[None, "chưa", None]]


def _smart_city(office: Office, covered: list[District], period: Reported, sent: datetime) -> bytes:
    form = Form("Biểu 1", sent, (6, 28, 36, 18, 12, 14), office.look)
    form.national_title(office.above, office.name)
    form.title("TÌNH HÌNH PHÁT TRIỂN ĐÔ THỊ THÔNG MINH", f"Kỳ báo cáo: {period.title}")
    form.header(*_SMART)
    for number, district in enumerate(covered, start=1):
        for place, row in enumerate(_services(district, period)):
            form.row([number if place == 0 else None, district.name if place == 0 else None, *row])
    return form.close("(*) Số liệu do các huyện, thành phố báo cáo.", office.signer)


def smart_city_mails() -> Iterator[Mail]:
    """The department's form of all districts; in 2024 two districts send one of their own, as their last word."""
    for period in HALVES:
        draw = partial(_smart_city, offices.INFORMATION, list(districts()), period)
        yield Mail(f"do_thi_thong_minh_{period.suffix}.xlsx", sent_after(period.end, 1), draw)
        if period.year == 2024:
            for code, name in _OWN_FORM.items():
                [district] = [each for each in districts() if each.code == code]
                office = Office("UBND TỈNH KON TUM", f"UBND {district.name.upper()}", "CHỦ TỊCH", offices.INFORMATION.look)
                draw = partial(_smart_city, office, [district], period)
                yield Mail(f"do_thi_thong_minh_{name}_{period.suffix}.xlsx", sent_after(period.end, 2), draw)


# Year: version, overall index and ranks as published, and main indices (index in hundredths, maximum) that make it up.
_DTI = {
    2020: ("2020", 24, 58, 5, {}),
    2021: (
        "922",
        33,
        46,
        5,
        {
            **{"Nhận thức số": (40, 100), "Thể chế số": (35, 100), "Hạ tầng số": (30, 100), "Nhân lực số": (28, 100)},
            **{"An toàn thông tin mạng": (37, 100), "Hoạt động chính quyền số": (35, 200)},
            **{"Hoạt động kinh tế số": (32, 150), "Hoạt động xã hội số": (28, 150)},
        },
    ),
    2022: (
        "922",
        54,
        45,
        2,
        {
            **{"Nhận thức số": (62, 100), "Thể chế số": (58, 100), "Hạ tầng số": (55, 100), "Nhân lực số": (50, 100)},
            **{"An toàn thông tin mạng": (56, 100), "Hoạt động chính quyền số": (53, 200)},
            **{"Hoạt động kinh tế số": (52, 150), "Hoạt động xã hội số": (50, 150)},
        },
    ),
}


def _dti(year: int, sent: datetime) -> bytes:
    ministry = Office("BỘ THÔNG TIN VÀ TRUYỀN THÔNG", "CỤC CHUYỂN ĐỔI SỐ QUỐC GIA", "CỤC TRƯỞNG", offices.INFORMATION.look)
    form = Form("Biểu 1", sent, (6, 10, 14, 30, 10, 12, 14, 14, 14), ministry.look)
    form.national_title("UBND TỈNH KON TUM", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG")
    form.title("KẾT QUẢ ĐÁNH GIÁ, XẾP HẠNG MỨC ĐỘ CHUYỂN ĐỔI SỐ (DTI) DO BỘ CÔNG BỐ", f"Kỳ báo cáo: Năm {year}")
    form.header(("STT", "Năm", "Phiên bản bộ chỉ số", "Chỉ số chính", "Giá trị", "Điểm tối đa", "Xếp hạng cả nước", "Xếp hạng khu vực", "Ghi chú"))
    version, score, rank, region, indices = _DTI[year]
    form.row([1, year, version, "DTI (tổng hợp)", decimal(score, 100), 1, rank, region])
    for number, (name, (value, maximum)) in enumerate(indices.items(), start=2):
        form.row([number, year, version, name, decimal(value, 100), maximum])
    return form.close("(*) Chỉ số tổng hợp và xếp hạng theo công bố của Bộ; các chỉ số chính là số liệu tổng hợp.", "GIÁM ĐỐC")


def dti_mails() -> Iterator[Mail]:
    """Each year's results, as they were published in the year after."""
    for year in _DTI:
        yield Mail(f"dti_nam_{year}.xlsx", sent_after(Reported(year + 1, "Q3" if year > 2020 else "Q4").end, 8), partial(_dti, year))


def _economy(period: Reported, status: str, factor: float, sent: datetime) -> bytes:
    office = offices.STATISTICS
    form = Form("Biểu 1", sent, (6, 36, 16, 22, 12, 14, 14), office.look)
    form.national_title(office.above, office.name)
    form.title("TỶ TRỌNG KINH TẾ SỐ TRONG GRDP", f"{period.title} (số liệu {status})")
    form.header(("STT", "Ngành, lĩnh vực", "GRDP\n(tỷ đồng)", "Giá trị tăng thêm kinh tế số (tỷ đồng)", "Tỷ trọng (%)", "Số liệu", "Ghi chú"))
    for line in digital_economy(status, factor):
        form.row(line.cells, bold=line.bold)
    return form.close("(*) Theo giá hiện hành.", office.signer)


def digital_economy_mails() -> Iterator[Mail]:
    """2022 preliminary and then official, 2023 preliminary: 6,88 %, as published."""
    for year, status, factor, days in ((2022, "sơ bộ", 0.88, 80), (2022, "chính thức", 0.9, 250), (2023, "sơ bộ", 1.0, 82)):
        period = Reported(year)
        name = "so_bo" if status == "sơ bộ" else "chinh_thuc"
        draw = partial(_economy, period, status, factor)
        yield Mail(f"kinh_te_so_nam_{year}_{name}.xlsx", sent_after(period.end, days), draw)
