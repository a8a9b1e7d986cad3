"""Titles, cells and file names in words: the right period, or none; never the whole year for a part of it."""

import unicodedata

import pytest
from chiso.province.period_words import (
    UnclearPeriodError,
    from_file_name,
    from_titles,
    from_titles_if_stated,
    from_words,
)
from chiso.province.periods import CALENDARS, Period
from hypothesis import given
from hypothesis import strategies as st

TITLES: dict[str, list[str]] = {
    "2023-H2": [
        "Ước thực hiện 6 tháng cuối năm 2023",
    ],
    "2024-04": [
        "Tháng Tư năm 2024", "tháng tư/2024",
    ],
    "2024-01": [
        "tháng giêng năm 2024",
    ],
    "2024-11": [
        "Tháng mười một/2024",
    ],
    "2024-12": [
        "12/2024", "Tháng mười hai năm 2024", "tháng chạp năm 2024",
    ],
    "2023-Q4": [
        "Quý IV, năm 2023", "tổng hợp quý IV; năm 2023",
    ],
    "2025-01": [
        "Tháng 01 năm 2025 (từ 15/12/2024 đến 14/01/2025)", "Tháng 01 năm 2025 (từ 15/12 đến 14/01)",
    ],
    "2024-06": [
        "Từ ngày 15/5/2024 tới ngày 14/6/2024", "Kỳ báo cáo: Từ 15/5-14/6/2024", "(15/5 – 14/6/2024)",
        "Ước tháng 6/2024", "Tháng6/2024", "tháng6 năm2024", "Tháng sáu năm 2024", "Thang sau nam 2024",
        "Tháng 6/2024|(Từ ngày 15/5/2024 đến ngày 14/6/2024)", "Tháng 6/2024 Từ ngày: 15/5/2024 Đến ngày: 14/6/2024",
        "Từ ngày: 15/5/2024|Đến ngày: 14/6/2024", "Từ: 15/5/2024 - Đến: 14/6/2024",
        "Từ ngày 15/5/2024 đến hết ngày 14/6/2024", "2024-05-15 đến 2024-06-14", "Từ 2024-05-15 đến 2024-06-14",
        "Từ 15.5 đến 14.6.2024", "Kỳ 15/5 - 14/6/2024", "15/05/2024 – 14/06/2024",
        "Từ ngày 15 tháng 5 đến ngày 14 tháng 6 năm 2024", "Từ ngày 15 tháng 5 năm 2024 đến ngày 14 tháng 6 năm 2024.",
    ],
    "2024-05": [
        "Báo cáo số 6 tháng 5 năm 2024", "Tháng 5 năm 2024 (từ ngày 15/4/2024 đến 14/5/2024)",
        "Số liệu tháng 5/2024 (Từ ngày 15 tháng 4 năm 2024 đến ngày 14 tháng 5 năm 2024)", "tháng 5năm2024",
        "Tháng/năm: 5/2024", "Tháng/năm báo cáo: 05/2024", "Kỳ báo cáo (tháng, quý, năm): Tháng 5/2024",
        "Năm 2024 - Tháng 5", "Năm 2024/Tháng 5", "Tháng 5 - Năm 2024 - Kon Tum", "kỳ tháng 5 năm 2024",
        "Tháng 5 (30 ngày) năm 2024", "Tháng 5/ 2024", "Tháng 5 /2024", "Tháng 5|2024", "tháng|05/2024", "Tháng 5 2024",
        "Tháng 05.2024.", "Tháng 5/2024", "tháng 5 năm 2024", "THÁNG 05 NĂM 2024", "T5/2024", "T05-2024", "T.5/2024",
        "tháng 05/2024", "Tháng ...5... năm 2024", "Tháng …05… năm …2024…", "Tháng ___5___ năm 2024",
        "Tháng: 5 Năm: 2024", "Tháng (5) năm 2024", "Tháng “5” năm “2024”", "tháng năm năm 2024", "Tháng Năm, năm 2024",
        "tháng năm/2024", "Tháng V năm 2024", "tháng V/2024", "Thang 5 nam 2024", "THANG 5/2024",
        "BAO CAO THANG NAM NAM 2024", "Tháng 5 - 2024", "Tháng 5.2024", "Tháng 5 – Năm 2024", "Tháng 5, năm 2024",
        "Tháng 5 của năm 2024", "Tháng 5 (năm 2024)", "Tháng\n5\nnăm\n2024", "Tháng 5\nnăm 2024", "Tháng 5|Năm 2024",
        "Năm 2024|Tháng 5", "Tháng|5|năm|2024", "BÁO CÁO THÁNG 5|NĂM 2024", "Báo cáo tháng 5 năm 2024",
        "BÁO CÁO THÁNG|Kỳ báo cáo: Tháng 5/2024", "BÁO CÁO NĂM 2024|Tháng 5/2024", "Kỳ báo cáo: 05/2024",
        "Kỳ báo cáo: 5/2024", "05-2024", "2024-05", "2024/05", "Kỳ:Tháng 5/2024", "Kỳ số liệu: tháng 5/2024",
        "Thời kỳ: Tháng 5 năm 2024", "Kỳ báo cáo:|Tháng 5/2024", "Kỳ báo cáo|Tháng 5 năm 2024",
        "Kỳ báo cáo: Thang 5/2024", "Tháng ５ năm ２０２４", "Ｔháng 5/2024", "Tháng ٥ năm 2024", "Tháng 5 năm\u00a02024",
        "Tháng\u200b 5 năm 2024", "  Tháng   5   năm   2024  ", "Trong tháng 5 năm 2024", "(Số liệu tháng 5 năm 2024)",
        "Tháng 5/2024 (số liệu sơ bộ)", "Tháng 5/2024 so với cùng kỳ năm 2023", "Tháng 5/2024 (so với tháng 4/2024)",
        "Tháng 5/2024 so với tháng trước", "Tháng 5/2024, cùng kỳ 2023",
        "Kon Tum, ngày 04 tháng 6 năm 2024|Tháng 5/2024", "Kon Tum, ngày      tháng      năm 2024|Tháng 5/2024",
        "Kon Tum, ngày ... tháng 6 năm 2024|Tháng 5/2024", "Ngày 05 tháng ... năm 2024|Tháng 5 năm 2024",
        "(Kèm theo Công văn số 123/VP ngày 5/7/2024)|Tháng 5/2024", "Biểu số 02|Tháng 5/2024",
        "Biểu số 02\nTháng 5/2024", "Biểu 02 tháng 5 năm 2024", "Mẫu 06a tháng 5/2024",
        "Biểu số II.06a/VPCP/KSTT|Tháng 5 năm 2024", "Số: 12/BC-STTTT|Tháng 5/2024", "Số:      /BC-VP|Tháng 5/2024",
        "Số 05/BC-VP ngày 02/6/2024|Tháng 5/2024", "Tháng 5/2024 (đến hết tháng 5)",
        "Tháng 5/2024 (số liệu tính đến 31/5/2024)", "Tháng 5/2024, số liệu tính đến ngày 03/6/2024",
        "Lần 2 - Tháng 5/2024", "Thời hạn báo cáo: ngày 25 hàng tháng|Tháng 5/2024",
        "Ngày nhận báo cáo: ngày 15 tháng 6|Tháng 5/2024",
        "Ban hành kèm theo Quyết định số 749/QĐ-TTg ngày 03/6/2020|Tháng 5/2024",
        "Chế độ báo cáo hằng năm|Tháng 5/2024", "Tháng 5/2024 | Tháng 5 năm 2024", "Tháng 5 năm 2024 (T5/2024)",
        "Phòng 5|Tháng 5/2024", "Trang 1/2|Tháng 5/2024", "QUY ĐỊNH CHẾ ĐỘ BÁO CÁO|Tháng 5/2024",
        "VĂN BẢN KÝ SỐ THÁNG 5/2024", "CHIẾN THẮNG|Tháng 5/2024", "Quỹ phòng chống thiên tai tháng 5/2024",
        "Hỗ trợ 24/7|Tháng 5/2024", "ISO 9001:2015|Tháng 5/2024", "Ðơn vị|Tháng 5/2024",
    ],
    "2024-Q2": [
        "(Kèm theo Công văn số 123/VP ngày 5/7)|Quý II/2024", "Theo Quyết định 766 năm 2022|Quý II/2024",
        "Nghị quyết 09 năm 2022|Quý II/2024", "Một nửa số thôn|Quý II/2024",
        "Sau 02 năm ban hành Nghị quyết|Kỳ báo cáo: Quý II/2024", "Quý II/2024|thời kỳ ổn định ngân sách 2022-2025",
        "Nghị quyết Đại hội lần thứ XVI, nhiệm kỳ 2020 - 2025|Quý II/2024",
        "Số 125/BC ngày 05 tháng 7 năm 2024 của Sở TT&TT|Quý II/2024",
        "Biểu số: 01/CĐS|Ban hành kèm theo Công văn số 2006/BTTTT ngày 12/6/2023|"
        "Ngày nhận báo cáo: BC quý: Ngày 25 tháng cuối quý; BC năm: Ngày 15/12|Quý ... năm ...|Quý II năm 2024",
        "Đvt: 1.000 đồng|Quý II/2024", "Tổng số: 2.024 hộ|Quý II/2024", "Bảng 1. Quý II/2024", "II. Quý II/2024",
        "1. Quý II/2024", "Phần I: Quý II/2024", "Quý II/2024 (x)", "Quý II/2024 (*)", "Quý II/2024 (1)",
        "Quý II năm 2024 - Dự thảo lần 2", "Quý II năm 2024 (điều chỉnh, bổ sung)", "Quý II năm 2024 - Toàn tỉnh",
        "Quý II năm 2024 đến ngày 14/6/2024", "Kỳ trước: Quý I/2024|Kỳ báo cáo: Quý II/2024", "Kỳ này: Quý II/2024",
        "Số liệu cùng kỳ năm trước|Quý II/2024", "so với Quý I năm 2024|Kỳ báo cáo: Quý II/2024",
        "So với kế hoạch năm 2024|Quý II/2024", "Quý II năm 2024 (Từ 15/3 đến 14/6)",
        "Báo cáo quý II/2024 (từ 15/3/2024 - 14/6/2024)", "Quý2/2024", "QuýII/2024", "QUÝII NĂM 2024", "quý IInăm 2024",
        "Quý (II) năm 2024", "Quý/năm: II/2024", "Quý/năm: 2/2024", "Quý báo cáo: II Năm báo cáo: 2024",
        "Năm: 2024 Quý: II", "Quý II (Quý 2) năm 2024", "Kỳ báo cáo: Quý II (04/2024 - 06/2024)",
        "Từ 04/2024 đến 06/2024", "Kỳ báo cáo (tháng/quý/6 tháng/năm): Quý II/2024",
        "(Biểu mẫu báo cáo tháng, quý, 6 tháng, 9 tháng và năm)|Quý II/2024", "Kỳ báo cáo: Quy II nam 2024",
        "Kon Tum, ngày …/7/2024|Quý II/2024", "Kon Tum, ngày     /    /2024|Quý II/2024", "Q2 2024", "Q.2.2024",
        "Quý II năm 2024 (bổ sung lần 2)", "Quý II, năm 2024", "Năm 2024, quý II", "2024 Quý II", "2024 - Quý 2",
        "Số liệu đến ngày 14/6/2024|Kỳ báo cáo: Quý II/2024", "Ngày báo cáo: 05/7/2024|Quý II/2024",
        "Thời điểm báo cáo: 30/6/2024|Quý II/2024", "Ngày 25 tháng cuối quý|Quý II/2024",
        "Ngày nhận báo cáo:\nBáo cáo quý: ngày 25 tháng cuối quý\nBáo cáo năm: ngày 15 tháng 12|Kỳ báo cáo: Quý II/2024",
        "Quí hai/2024", "Từ tháng: 4/2024|Đến tháng: 6/2024", "Quý II/2024 (2024-04-01 - 2024-06-30)",
        "Năm 2024 (2024-04-01 - 2024-06-30)", "Quý II/2024", "Quý II – Năm 2024", "Quý II - Năm 2024", "Quý II — 2024",
        "Quí II/2024", "Quí II năm 2024", "QUÍ II NĂM 2024", "Qúy II/2024", "Quý 2 năm 2024", "Quý 2/2024",
        "Quý 02/2024", "quý hai năm 2024", "QUÝ HAI NĂM 2024", "Quý II. Năm 2024", "Quý Ⅱ năm 2024", "Quý II, 2024",
        "Quý II 2024", "Quý II của năm 2024", "Quý: II/2024", "Quý ... II ... năm 2024", "QUY II NAM 2024",
        "Qui II/2024", "Q2/2024", "QII/2024", "Q.II/2024", "Q2-2024", "2024-Q2", "2024Q2",
        "Quý II (tháng 4, 5, 6) năm 2024", "Quý II (tháng 4,5,6)/2024", "Quý II (tháng 4, tháng 5, tháng 6) năm 2024",
        "Quý II (các tháng 4, 5 và 6) năm 2024", "Quý II (từ tháng 4 đến tháng 6) năm 2024",
        "Quý II (tháng 4 - 6/2024)", "Quý II (T4-T6) năm 2024", "tháng 4, 5, 6 năm 2024",
        "Từ tháng 4 đến tháng 6 năm 2024", "Từ tháng 4/2024 đến tháng 6/2024", "Tháng 4 - tháng 6/2024",
        "Tháng 4 đến hết tháng 6/2024", "Quý II|Năm 2024", "Quý II|2024", "Năm 2024|Quý II", "BÁO CÁO QUÝ II|NĂM 2024",
        "Quý|II|năm|2024", "Quý\nII\nnăm 2024", "QUÝ II\n2024", "BÁO CÁO NĂM 2024|Quý II/2024",
        "BÁO CÁO QUÝ|Quý II/2024", "Báo cáo định kỳ hằng quý|Kỳ báo cáo: Quý II/2024",
        "Tổng hợp theo tháng|Kỳ báo cáo: Quý II/2024", "Kỳ báo cáo: Quý II|Năm 2024",
        "Kỳ báo cáo: Quý II/2024|BÁO CÁO QUÝ II NĂM 2024", "Quý II/2024 (số liệu tính đến 30/6/2024)",
        "Quý II/2024 (tính đến hết tháng 6/2024)", "Quý II/2024, đến hết quý II",
        "Kế hoạch chuyển đổi số giai đoạn 2021-2025|Quý II/2024",
        "KẾ HOẠCH CHUYỂN ĐỔI SỐ|GIAI ĐOẠN 2021 - 2025|Kỳ báo cáo: Quý II/2024",
        "CHƯƠNG TRÌNH CHUYỂN ĐỔI SỐ QUỐC GIA ĐẾN NĂM 2025, ĐỊNH HƯỚNG ĐẾN NĂM 2030|Quý II/2024",
        "Tầm nhìn 2045|Quý II/2024", "Đề án đến năm 2025, tầm nhìn đến năm 2030|Quý II năm 2024",
        "Nghị quyết số 09-NQ/TU|Quý II năm 2024", "Nghị quyết 09-NQ/TU ngày 18 tháng 02 năm 2022|Quý II năm 2024",
        "Nghị định 09/2019/NĐ-CP|Quý II/2024", "(Ban hành kèm theo Thông tư số 01/2020/TT-VPCP)|Quý II/2024",
        "Luật Giao dịch điện tử năm 2023|Quý II/2024", "Theo Quyết định 766/QĐ-TTg|Quý II/2024",
        "Sơ kết 2 năm thực hiện Nghị quyết 09|Kỳ báo cáo: Quý II/2024", "Phụ lục II quý II/2024",
        "Phụ lục II|Quý II/2024", "So với cùng kỳ năm 2023|Quý II/2024", "Quý II/2024 so với quý II/2023",
        "Quý II/2024 so với quý I/2024", "Quý II/2024 (từ 01/4 đến 30/6/2024)",
        "Quý II/2024 (từ ngày 01 tháng 4 đến ngày 30 tháng 6 năm 2024)", "Từ ngày 01/4 đến ngày 30/6|Năm 2024",
        "Từ ngày|01/4/2024|đến ngày|30/6/2024", "Từ 0h00 ngày 01/4/2024 đến 24h00 ngày 30/6/2024",
        "01.4.2024 - 30.6.2024", "Từ 01/4/24 đến 30/6/24", "Kính gửi: Quý cơ quan|Quý II/2024",
        "Quý vị đại biểu|Quý II/2024", "QUY ĐỊNH, QUY CHẾ|Quý II/2024", "Nhiệm kỳ 2020-2025|Quý II/2024",
        "Lũy kế|Kỳ báo cáo: Quý II/2024", "Quý II/2024.",
    ],
    "2024-Q1": [
        "Quý I/2024", "quý i năm 2024", "Quý một năm 2024", "3 tháng đầu năm 2024", "Ba tháng đầu năm 2024",
        "Lũy kế 3 tháng đầu năm 2024", "Tháng 1-3/2024", "Quý I (từ tháng 1 đến tháng 3) năm 2024",
    ],
    "2024-Q3": [
        "Quý III/2024", "Quý ba năm 2024", "quý 3-2024", "Quý ＩＩＩ/2024",
    ],
    "2024-Q4": [
        "ba tháng cuối năm 2024", "Quý IV/2024", "Quý tư năm 2024", "Quý bốn năm 2024", "3 tháng cuối năm 2024",
        "QUY TU NAM 2024",
    ],
    "2024-H1": [
        "Số liệu 6 tháng đầu năm 2024", "Chỉ số 6 tháng đầu năm 2024", "số 6 tháng đầu năm 2024",
        "Kế hoạch số 1234/KH-UBND ngày 20/02/2024 về chuyển đổi số năm 2024|Kỳ báo cáo: 6 tháng đầu năm 2024",
        "Thực hiện đến 30/6/2024|6 tháng đầu năm 2024", "Tính đến thời điểm 30/6/2024|6 tháng đầu năm 2024",
        "Tính từ ngày 01/01/2024 đến ngày 30/6/2024", "(Kỳ báo cáo từ ngày 15/12/2023 đến ngày 14/6/2024)",
        "Kỳ báo cáo: 6 thang dau nam 2024", "H1 2024", "Lũy kế từ 01/01/2024 đến 30/6/2024",
        "Năm học 2023 - 2024|Kỳ báo cáo: 6 tháng đầu năm 2024", "Nửa đầu 2024", "Sáu tháng năm 2024",
        "Từ tháng 01 đến tháng 06 năm 2024", "6 tháng đầu năm 2024", "06 tháng đầu năm 2024", "Sáu tháng đầu năm 2024",
        "SÁU THÁNG ĐẦU NĂM 2024", "6 (sáu) tháng đầu năm 2024", "6 tháng đầu năm, 2024", "6 tháng đầu 2024",
        "6T đầu năm 2024", "6T/2024", "6 tháng năm 2024", "6 tháng/2024", "nửa đầu năm 2024", "Nửa năm đầu 2024",
        "Nửa đầu của năm 2024", "H1/2024", "2024-H1", "2024H1", "6 tháng\nđầu năm 2024", "6 tháng|đầu năm 2024",
        "6 tháng đầu năm|Năm 2024", "6 THANG DAU NAM 2024", "SAU THANG DAU NAM 2024", "Lũy kế 6 tháng đầu năm 2024",
        "Từ tháng 1 đến tháng 6/2024", "Sơ kết 6 tháng đầu năm 2024, phương hướng nhiệm vụ",
        "6 tháng đầu năm 2024 (đến hết tháng 6)", "Kỳ báo cáo: 6 tháng đầu năm 2024",
        "Báo cáo 6 tháng đầu năm|Kỳ báo cáo: 6 tháng đầu năm 2024", "Từ ngày 01/01/2024 đến ngày 30/6/2024",
        "6 tháng đầu năm 2024.",
    ],
    "2024-H2": [
        "6 tháng cuối năm 2024", "nửa cuối năm 2024", "6 tháng cuối năm|Năm 2024", "H2/2024", "06 tháng cuối năm 2024",
        "Từ tháng 7 đến tháng 12/2024",
    ],
    "2024-9M": [
        "9 tháng năm 2024", "9 tháng đầu năm 2024", "9 tháng|Năm 2024", "Chín tháng năm 2024", "9T/2024",
        "09 tháng đầu năm 2024", "2024-9M", "9M/2024", "Kết quả 9 tháng của năm 2024",
        "Từ tháng 1 đến tháng 9 năm 2024",
    ],
    "2024": [
        "Biểu số 02 năm 2024",
        "Kết quả thực hiện Chương trình chuyển đổi số quốc gia đến năm 2025, định hướng đến năm 2030 trên địa bàn tỉnh năm 2024",
        "Năm ngân sách 2024", "Tháng 1 đến tháng 12 năm 2024", "Năm 2024 (từ ngày 15/12/2023 đến ngày 14/12/2024)",
        "Năm 2024 (từ 15/12 đến 14/12)", "Kỳ báo cáo (tháng/quý/6 tháng/năm): Năm 2024", "Mười hai tháng năm 2024",
        "Năm 2024", "NĂM 2024", "Nam 2024", "NAM 2024", "năm2024", "Năm: 2024", "Năm ...2024...", "Cả năm 2024",
        "Trong năm 2024", "12 tháng năm 2024", "Năm báo cáo 2024", "Năm 2024 (số liệu sơ bộ)",
        "Năm 2024 (số liệu chính thức)", "Năm 2024 (kèm các năm trước)", "Kỳ báo cáo: 2024", "2024",
        "BÁO CÁO CHUYỂN ĐỔI SỐ 2024", "Năm ２０２４", "Năm 2024 (cả năm)", "Ước thực hiện năm 2024",
        "Năm 2024 so với năm 2023", "Báo cáo năm 2024|Năm 2024", "TỔNG KẾT NĂM 2024", "Tình hình đầu tư năm 2024",
        "Dữ liệu nam giới, nữ giới năm 2024", "Việt Nam 2024", "Lũy kế năm 2024", "Năm 2024 (số liệu đến 31/12/2024)",
        "Kế hoạch 5 năm 2021-2025|Năm 2024", "KẾ HOẠCH NĂM 2024", "Mục tiêu đến năm 2025|Năm 2024",
        "Kon Tum, ngày 10/01/2025|Năm 2024", "(từ 15/12/2023 - 14/12/2024)|Năm 2024",
    ],
}  # fmt: skip

REFUSED: list[str] = [
    # What isn't a month or a quarter
    "Tháng 13/2024", "Tháng 13 năm 2024", "Tháng 0 năm 2024", "Tháng 00/2024", "T13/2024", "Quý 5 năm 2024",
    "Quý V/2024", "Quý 0/2024", "Quý IIII năm 2024", "Tháng XIII/2024", "Tháng      năm 2024", "Tháng ...... năm 2024",
    "Tháng năm 2024", "Quý      năm 2024", "Quý ... năm 2024", "Báo cáo quý năm 2024", "Báo cáo tháng năm 2024",
    "BÁO CÁO HẰNG THÁNG|NĂM 2024", "Tháng/2024", "Quý/2024", "Tháng 2024", "Tháng 5² năm 2024", "Quý ll năm 2024",
    "Quỹ II năm 2024", "Quỹ 2 năm 2024", "Thàng 5 năm 2024", "Quý x năm 2024", "Tháng 5/24", "Quý II/24",
    # Parts of periods
    "tuần 24 năm 2024", "Tuần 24/2024", "TUẦN 24|NĂM 2024", "Tuần thứ 24 năm 2024", "Tuần 2 tháng 6/2024",
    "Báo cáo tuần|Tháng 6/2024", "Đợt 2 năm 2024", "Kỳ 1 năm 2024", "Kỳ I tháng 6/2024", "10 ngày đầu tháng 6/2024",
    "Đầu tháng 6/2024", "Nửa đầu tháng 6/2024", "Cuối quý II/2024", "Giữa năm 2024", "Đầu năm 2024", "cuối năm 2024",
    "Từ đầu năm 2024", "Từ đầu năm 2024 đến nay", "Năm 2024 đến nay", "Năm 2024 (đến hết tháng 6)",
    "Năm 2024, đến hết quý II", "Năm 2024 (tính đến 30/6/2024)", "Từ tháng 5/2024", "Từ năm 2024", "Kể từ quý II/2024",
    "sau tháng 5/2024", "Trước tháng 5/2024", "Nửa năm 2024", "Bán niên 2024", "Tháng đầu quý II/2024",
    "2 tháng đầu quý II/2024", "Học kỳ I năm 2024", "Năm học 2024", "Thượng tuần tháng 6/2024", "Hai quý đầu năm 2024",
    "Lũy kế đến hết tháng 6/2024", "Lũy kế quý II/2024", "Cộng dồn tháng 5/2024", "Từ ngày ... đến ngày ... năm 2024",
    "Từ ngày 01/4/2024", "Từ 15/4 năm 2024", "5-6/2024", "II/2024", "13/2024", "Ngày 30/6/2024",
    "Kỳ báo cáo: ngày 15/6/2024", "Kon Tum, ngày 04 tháng 7 năm 2024", "Kon Tum, ngày     tháng 7 năm 2024",
    # Spans of months that are no period
    "5 tháng đầu năm 2024", "5 tháng năm 2024", "10 tháng năm 2024", "10 tháng đầu năm 2024", "10 tháng/2024",
    "11 tháng năm 2024", "4 tháng đầu năm 2024", "Năm tháng đầu năm 2024", "18 tháng năm 2024", "1 tháng đầu năm 2024",
    "9 tháng cuối năm 2024", "5 tháng cuối năm 2024", "10T/2024", "10 tháng|Năm 2024", "Mười tháng đầu năm 2024",
    "8 tháng qua năm 2024", "3 tháng gần đây năm 2024", "Các tháng đầu năm 2024", "Từ tháng 4 đến tháng 8 năm 2024",
    "T1-T5/2024", "tháng 4, 6 năm 2024", "Tháng 4 và tháng 5 năm 2024", "Tháng 4, 5 năm 2024", "Tháng 4 + 5/2024",
    "Tháng 4 & 5 năm 2024", "Tháng 6 đến tháng 4/2024", "Từ tháng 12/2023 đến tháng 2/2024",
    "từ 16/02/2024 đến 14/3/2024", "Từ 31/02/2024 đến 14/3/2024", "Từ ngày 01 đến ngày 15 tháng 6 năm 2024",
    # Two periods
    "Quý IV năm 2023 và năm 2024", "Quý IV/2023, năm 2024", "Quý I và quý II năm 2024", "Quý I, II năm 2024",
    "Quý I + II/2024", "Quý I-II/2024", "Quý I/2024, quý II/2024", "Quý I/2024|Quý II/2024",
    "Quý II và 6 tháng đầu năm 2024", "Tháng 5 và 5 tháng đầu năm 2024", "Tháng 6 (quý II) năm 2024",
    "Tháng 5/2024 và tháng 5/2023", "Năm 2023 và năm 2024", "Năm 2023, 2024", "Năm 2023-2024", "2023-2024",
    "6 tháng đầu năm và 6 tháng cuối năm 2024", "Quý II/2024|Năm 2023", "Quý II/2023|Năm 2024",
    "Quý II (tháng 5, 6, 7) năm 2024", "Quý II (từ 01/7 đến 30/9) năm 2024", "Tháng 4/2024 (từ 15/4 đến 14/5)",
    "Kỳ báo cáo: Quý II/2024|BÁO CÁO QUÝ I NĂM 2024", "Kỳ báo cáo: Năm 2024|BÁO CÁO QUÝ II NĂM 2024",
    "Kỳ báo cáo: Quý II/2024|BÁO CÁO NĂM 2023", "Kỳ báo cáo: Tháng 5/2024|BÁO CÁO TUẦN 24", "Năm 2024 (năm 2023)",
    "Kỳ báo cáo: Tháng 5/2024|Báo cáo tháng 13", "Từ 01/06/2024 đến 30/06/2024|Từ 01/07/2024 đến 31/07/2024",
    "Quý II/2024 (giai đoạn 2016-2020)", "Quý II/2024 (tính đến hết tháng 5/2024)", "Quý II/2024, III/2024",
    "Quý II/2024 và quý III", "Năm 2023 (từ 01/4/2024 đến 30/6/2024)", "Báo cáo tháng 6, quý II, 6 tháng đầu năm 2024",
    "Sơ kết công tác quý I, phương hướng nhiệm vụ quý II năm 2024", "Quý [II] năm 2024", "Quý thứ II năm 2024",
    "Báo cáo quý - 02/2024", "04 - 06/2024", "Quý II/2024-2025", "Báo cáo tháng, quý năm 2024",
    "Báo cáo tháng, quý, năm 2024", "Kỳ báo cáo: Sau thang dau nam 2024", "Báo cáo quy năm 2024",
    "Báo cáo thang năm 2024", "Số liệu 30/6 năm 2024", "Số liệu ngày 30/6 năm 2024", "Năm 2024 (30/6)",
    "Năm 2024 (ngày 30/6)", "Kon Tum, ngày 30, tháng 5, năm 2024", "Phòng 5 Tháng 6/2024", "Phòng 5 Tháng 6|Năm 2024",
    "5 Tháng 6|Năm 2024", "Phòng 5 năm 2024", "Thán 5 năm 2024", "Quýy II năm 2024", "Quarter 2/2024",
    "First half 2024", "Báo cáo tháng 05 năm 2024 và ước tháng 6 năm 2024", "Tháng 5 năm 2024 (tuần 20-22)",
    "Tháng 5 năm 2024 (kỳ II)", "Tháng 5 năm 2024 (đợt 2)", "Quý II năm 2024 - Đợt 1", "tháng 5 & 6 năm 2024",
    "hai tháng 5 và 6 năm 2024", "Tháng 12/2023 và năm 2023", "Tháng 12 và cả năm 2023", "quý IV và cả năm 2023",
    "Tháng 12, quý IV và năm 2023", "Tháng 12 và năm 2023", "Năm 2023 và quý I/2024",
    "năm 2023 và 6 tháng đầu năm 2024", "6 tháng đầu năm 2024 và cả năm 2024", "Tháng 5/2024 và lũy kế từ đầu năm",
    "Tháng 5 và lũy kế 5 tháng năm 2024", "Quý II/2024 và lũy kế 6 tháng", "Tính đến 30/6/2024",
    "Tính đến hết quý II/2024", "Đến tháng 6/2024", "Thời điểm báo cáo: 30/6/2024", "Học kỳ II năm học 2023-2024",
    "NĂM HỌC 2023-2024", "Báo cáo năm: ngày 15/12|Năm 2024", "Tháng hành động vì trẻ em năm 2024",
    "Tháng Thanh niên năm 2024", "Ngày Chuyển đổi số quốc gia 10/10 năm 2024", "Quý I - Quý II - Quý III năm 2024",
    "Quý I đến Quý III năm 2024", "Bốn quý năm 2024", "Hai năm 2023 - 2024", "5 năm 2020 - 2024",
    "Quý 1 năm 2024 (Quý II)", "Quý II/2O24", "Tháng O5/2024", "Tháng l0/2024", "Quý III-IV/2024",
    "Ba quý đầu năm 2024", "nửa đầu tháng 5 năm 2024", "tháng sau năm 2024",
    "Quý 2 năm Hai nghìn không trăm hai mươi tư", "Quý II (3 tháng) năm 2024", "Tháng 5 năm 2024 | Tháng 6 năm 2024",
    "Từ ngày 15/5/2024 đến ngày 14/6/2024|Quý II/2024", "15052024-14062024", "Từ 15/5/2024 đến nay",
    "Báo cáo kết quả CĐS 6 tháng đầu năm và nhiệm vụ, giải pháp 6 tháng cuối năm 2024", "Quý II/2024¹",
    "Năm 2024 và kế hoạch năm 2025", "CÁC THÁNG TRONG NĂM 2024", "01 tháng năm 2024", "Quý này năm 2024",
    "Năm cơ sở: 2020|Năm 2024",
    "Quý II năm 2024 - Dự thảo lần 2 Tháng 5 năm 2024", "QUY TU NAM 2024, QUY II NAM 2024", "QUY TU, QUY II NAM 2024",
    "Quý II/2024 so với quý I/2024 - Quý một năm 2024", "Phòng 5 Tháng 6 năm 2024|Năm 2024",
    # None
    "BÁO CÁO HẠ TẦNG VIỄN THÔNG", "", "Quý II", "Tháng 5", "6 tháng đầu năm", "Giai đoạn 2020 - 2022",
    "Giai đoạn từ năm 2020 đến năm 2022", "Từ năm 2020 đến năm 2022", "Các năm 2020, 2021, 2022", "Năm học 2023-2024",
    "KẾ HOẠCH GIAI ĐOẠN 2021-2025", "ĐẾN NĂM 2025, ĐỊNH HƯỚNG ĐẾN NĂM 2030", "Mục tiêu đến năm 2025", "Năm 1999",
    "năm 20244", "So với cùng kỳ năm 2023", "Nghị định 09/2019/NĐ-CP", "Luật Giao dịch điện tử năm 2023", "2023-24",
    "Nghị quyết số 09-NQ/TU ngày 18/02/2022", "Biểu số 02",
]  # fmt: skip


OFFICIAL_FORM = (
    "UỶ BAN NHÂN DÂN TỈNH KON TUM|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập - Tự do - Hạnh phúc|Số: 45 /BC-UBND|"
    "Kon Tum, ngày 04 tháng 7 năm 2024|BÁO CÁO|Tình hình, kết quả giải quyết TTHC|Quý II năm 2024|"
    "(Từ ngày 15/3/2024 đến ngày 14/6/2024)|Biểu số II.06a/VPCP/KSTT|Ban hành theo Thông tư số 01/2020/TT-VPCP ngày "
    "21/10/2020 của Văn phòng Chính phủ|Kỳ báo cáo: Quý II/2024|Đơn vị báo cáo: Văn phòng UBND tỉnh|Đơn vị tính: Số hồ sơ"
)


def _lines(title: str) -> list[str]:
    """Cells of a title, which stand apart by | here."""
    return [cell.strip() for cell in title.split("|")]


def read(title: str) -> str | None:
    """The code that a title states; None where it is refused."""
    try:
        return from_titles(_lines(title), "civil").code
    except UnclearPeriodError as unclear:
        assert unclear.vi and unclear.en
        return None


def test_no_title_is_listed_twice() -> None:
    titles = [*(title for listed in TITLES.values() for title in listed), *REFUSED]
    assert len(set(titles)) == len(titles) > 400


@pytest.mark.parametrize(("title", "code"), [(title, code) for code, listed in TITLES.items() for title in listed])
def test_titles_state_the_period(title: str, code: str) -> None:
    assert read(title) == code
    assert read(unicodedata.normalize("NFD", title)) == code
    assert read(title.upper()) == code


@pytest.mark.parametrize("title", REFUSED)
def test_titles_that_state_no_single_period_are_refused(title: str) -> None:
    assert read(title) is None
    assert read(unicodedata.normalize("NFD", title)) is None
    assert read(title.upper()) is None


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.translate({ord("đ"): "d", ord("Đ"): "D", ord("Ð"): "D"}))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@pytest.mark.parametrize(("title", "code"), [(title, code) for code, listed in TITLES.items() for title in listed])
def test_accents_that_are_missing_give_no_other_period(title: str, code: str) -> None:
    assert read(_without_accents(title)) in (code, None)


@pytest.mark.parametrize(("title", "code", "calendar"), [
    ("Tháng 3/2024 (Từ ngày 15/02/2024 đến ngày 14/3/2024)", "2024-03", "administrative"),
    ("Tháng 5 (từ 15/4 đến 14/5) năm 2024", "2024-05", "administrative"),
    ("Tháng 01 năm 2025 (từ 15/12 đến 14/01)", "2025-01", "administrative"),
    ("Quý II năm 2024 (Từ 15/3 đến 14/6)", "2024-Q2", "administrative"),
    ("Quý II/2024 (từ 01/4 đến 30/6/2024)", "2024-Q2", "civil"),
    ("Năm 2024 (từ 15/12 đến 14/12)", "2024", "administrative"),
    ("Từ ngày 01/06/2024 đến ngày 30/6/2024", "2024-06", "civil"),
    ("Từ ngày 01 đến ngày 30 tháng 6 năm 2024", "2024-06", "civil"),
    ("Từ ngày 15 tháng 12 năm 2023 đến ngày 14 tháng 6 năm 2024", "2024-H1", "administrative"),
    ("(từ 15/12/2023 - 14/12/2024)", "2024", "administrative"),
    ("(15/5 – 14/6/2024)", "2024-06", "administrative"),
    ("Từ ngày: 15/5/2024|Đến ngày: 14/6/2024", "2024-06", "administrative"),
    ("Từ: 15/5/2024 - Đến: 14/6/2024", "2024-06", "administrative"),
    (OFFICIAL_FORM, "2024-Q2", "administrative"),
    ("2024-05-15 đến 2024-06-14", "2024-06", "administrative"),
    ("Năm 2024 (2024-04-01 - 2024-06-30)", "2024-Q2", "civil"),
])  # fmt: skip
def test_dates_in_a_title_decide_the_calendar(title: str, code: str, calendar: str) -> None:
    for default in CALENDARS:
        assert from_titles(_lines(title), default) == Period.of(code, calendar)


@pytest.mark.parametrize(("title", "words", "line"), [
    ("BÁO CÁO|Tháng 13 năm 2024", "“Tháng 13 năm 2024”", 1), ("Năm 2024|BÁO CÁO TUẦN 24", "“TUẦN 24”", 1),
    ("5 tháng đầu năm 2024", "“5 tháng đầu năm 2024”", 0), ("Quý IV năm 2023 và năm 2024", "“Quý IV năm 2023”, “năm 2024”", 0),
    ("Từ tháng 5 năm 2024", "“Từ tháng 5 năm 2024”", 0), ("BÁO CÁO|Giai đoạn 2020 - 2022", "“Giai đoạn 2020 - 2022”", 1),
    ("Tháng ..... năm 2024", "“Tháng”", 0), ("Năm 2024 (đến hết tháng 6)", "“đến hết tháng 6”", 0), ("Quý II", "“Quý II”", 0),
])  # fmt: skip
def test_a_refusal_names_the_words_and_their_line(title: str, words: str, line: int) -> None:
    with pytest.raises(UnclearPeriodError) as refused:
        from_titles(_lines(title), "civil")
    assert words in refused.value.vi and words in refused.value.en
    assert refused.value.line == line


@pytest.mark.parametrize(("title", "code"), [
    ("BÁO CÁO CHỈ SỐ DTI", None), ("Giai đoạn 2020 - 2022", None), ("Các năm 2020, 2021, 2022", None), ("", None),
    ("KẾT QUẢ DTI|Giai đoạn 2020 - 2022|Kon Tum, ngày 04 tháng 7 năm 2024", None), ("Năm 2022 (kèm các năm trước)", "2022"),
    ("Giai đoạn 2020 - 2022|Năm 2022", "2022"),
])  # fmt: skip
def test_titles_of_a_form_whose_rows_bear_their_own_periods(title: str, code: str | None) -> None:
    period = from_titles_if_stated(_lines(title), "civil")
    assert (period.code if period else None) == code


@pytest.mark.parametrize("title", ["Tuần 24", "Tháng 13 năm 2024", "Quý II", "Quý I/2024, quý II/2024", "5 tháng đầu năm 2024", "Năm 2024|Quý 5"])
def test_what_is_not_understood_is_refused_even_there(title: str) -> None:
    with pytest.raises(UnclearPeriodError):
        from_titles_if_stated(_lines(title), "civil")


@pytest.mark.parametrize(("text", "code"), [
    ("2024-H1", "2024-H1"), ("2024~", "2024"), ("2024", "2024"), ("2024-06-15", "2024-06-15"),
    ("6 tháng đầu năm 2024", "2024-H1"), ("Năm 2023", "2023"), ("năm 2024 (số liệu sơ bộ)", "2024"), ("２０２４", "2024"),
    ("3 tháng đầu năm 2024", "2024-Q1"), ("9 tháng năm 2024", "2024-9M"), ("12 tháng năm 2024", "2024"),
    ("Quý II – Năm 2024", "2024-Q2"), ("Quý II (tháng 4, 5, 6) năm 2024", "2024-Q2"), ("Quý II\nnăm 2024", "2024-Q2"),
    ("Tháng 5/2024", "2024-05"), ("T5/2024", "2024-05"), ("05/2024", "2024-05"), ("ngày 15/6/2024", "2024-06-15"),
    ("Kỳ báo cáo: Quý II/2024", "2024-Q2"), ("Ước năm 2024", "2024"), ("  Quý  II/2024 ", "2024-Q2"),
    ("10 tháng năm 2024", None), ("5 tháng đầu năm 2024", None), ("Quý I và quý II năm 2024", None),
    ("Quý IV năm 2023 và năm 2024", None), ("2023-11/2024-02", None), ("2020/2025", None), ("2023/2024-07", None),
    ("2024-06-01/2024-12-31", None), ("đến nay", None), ("trước CĐS", None), ("2024-13", None),
    ("Năm 2024 so với năm 2023", None), ("Hội nghị năm 2024", None), ("đến năm 2025", None), ("Quý II/2024 2", None),
    ("Quý II", None), ("Tháng 13/2024", None), ("tuần 24 năm 2024", None), ("Quý II/2024 (tính đến 20/6)", None),
    ("từ 15/5/2024 đến 14/6/2024", None), ("31/02/2024", None), ("2024?", None), ("giai đoạn 2021-2025", None),
    ("x", None), ("", None), ("-", None), ("Năm", None), ("2024 2", None),
])  # fmt: skip
def test_words_in_a_cell(text: str, code: str | None) -> None:
    assert from_words(text) == code


@pytest.mark.parametrize(("name", "code"), [
    ("06a_thang3_2024.xlsx", "2024-03"), ("06a_thang7_2024.xlsx", "2024-07"), ("vien_thong_Q3_2022.xlsx", "2022-Q3"),
    ("so_lieu_cong_bo_2024H1.xlsx", "2024-H1"), ("bc 6 tháng đầu năm 2024.xls", "2024-H1"),
    ("Quý III-2024.xlsx", "2024-Q3"), ("ho_so_2024-06-15.csv", "2024-06-15"), ("alerts_2024_06_28.json", "2024-06-28"),
    ("dossiers_2024_06.csv", "2024-06"), ("alerts_2024-06.json", "2024-06"), ("9 thang 2024.xlsx", "2024-9M"),
    ("kinh_phi_6T_dau_nam_2024_le.xlsx", "2024-H1"),
    ("do_thi_thong_minh_kon_plong_6T_dau_nam_2024_khong_ten.xlsx", "2024-H1"),
    ("bo_chi_so_766_T6_2024_khong_pct.xlsx", "2024-06"), ("chi_so_6_thang_dau_nam_2024.xlsx", "2024-H1"),
    ("giao_duc_nam_2023.xlsx", "2023"), ("kinh_te_so_nam_2023_chinh_thuc.xlsx", "2023"),
    ("thang7_2024_02.xlsx", "2024-07"), ("bao cao quy II 2024 (1).xlsx", "2024-Q2"),
    ("KH_2021-2025_Q2_2024.xlsx", "2024-Q2"), ("nam_2024_06.csv", "2024-06"), ("vien_thong_Q2_2024_v2.xlsx", "2024-Q2"),
    ("H1_2024.xlsx", "2024-H1"), ("2024-Q2.xlsx", "2024-Q2"), ("Quý 2 năm 2024.xlsx", "2024-Q2"),
    ("bc_10_thang_2024.xlsx", None), ("10_thang_nam_2024.xlsx", None), ("tuan_24_2024.xlsx", None),
    ("tuan_24_nam_2024.xlsx", None), ("thang13_2024.xlsx", None), ("bao_cao_thang_nam_2024.xlsx", None),
    ("Q1_Q2_2024.xlsx", None), ("thang_4_va_5_nam_2024.xlsx", None), ("5_thang_dau_nam_2024.xlsx", None),
    ("06a.xlsx", None), ("bao_cao_2024.xlsx", None), ("v2.1.xlsx", None), ("dti_2020_2022.xlsx", None),
    ("dti_cac_nam_den_2022.xlsx", None), ("nd_09_2019.xlsx", None), ("bc_20240705.xlsx", None),
    ("so_12_2024.xlsx", None), ("h2_two-divs.xls", None), ("", None), ("2024-13.csv", None), ("2024-06-31.csv", None),
])  # fmt: skip
def test_file_names(name: str, code: str | None) -> None:
    assert from_file_name(name) == code


# --- Every period in every spelling ---

_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
_WORDS = ["một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"]
_NUMBERED = {"month": ["Tháng {n} năm {y}", "tháng {n:02d}/{y}", "T{n}/{y}", "{n:02d}/{y}", "Tháng ...{n}... năm {y}", "THÁNG {r}/{y}",
                       "tháng {w}, năm {y}",
                       "Tháng {n} – Năm {y}", "Tháng {n}|Năm {y}", "{y}-{n:02d}", "Tháng {n}\nnăm {y}"],
             "quarter": ["Quý {r}/{y}", "Quý {n} năm {y}", "Quí {r} – Năm {y}", "QUÝ {r}|NĂM {y}", "quý {w} năm {y}", "Q{n}/{y}",
                         "{y}-Q{n}", "Quý 0{n}-{y}",
                         "Quý {r} (tháng {a}, {b}, {c}) năm {y}", "Quý {r} (từ tháng {a} đến tháng {c}) năm {y}"]}  # fmt: skip
_OTHERS = {"H1": ["6 tháng đầu năm {y}", "Sáu tháng đầu năm {y}", "nửa đầu năm {y}", "6T đầu năm {y}", "6 tháng đầu năm|Năm {y}", "{y}-H1"],
           "H2": ["6 tháng cuối năm {y}", "nửa cuối năm {y}", "6 tháng cuối năm|{y}", "H2/{y}"],
           "9M": ["9 tháng năm {y}", "9 tháng đầu năm {y}", "9T/{y}", "Chín tháng|Năm {y}"],
           "": ["Năm {y}", "NĂM {y}", "12 tháng năm {y}", "Cả năm {y}", "Năm ...{y}...", "{y}"]}  # fmt: skip


@st.composite
def _spelt(draw: st.DrawFn) -> tuple[str, str]:
    """A code and one of its spellings."""
    year = draw(st.integers(2000, 2099))
    grain = draw(st.sampled_from([*_NUMBERED, *_OTHERS]))
    if grain in _OTHERS:
        template = draw(st.sampled_from(_OTHERS[grain]))
        return f"{year}-{grain}".rstrip("-"), template.format(y=year)
    number = draw(st.integers(1, 12 if grain == "month" else 4))
    first = 3 * number - 2
    names = {"n": number, "r": _ROMAN[number - 1], "w": _WORDS[number - 1], "a": first, "b": first + 1, "c": first + 2}
    code = f"{year}-{number:02d}" if grain == "month" else f"{year}-Q{number}"
    return code, draw(st.sampled_from(_NUMBERED[grain])).format(y=year, **names)


@given(_spelt(), st.sampled_from(["{}", "Kỳ báo cáo: {}", "BÁO CÁO HẠ TẦNG VIỄN THÔNG|{}", "{}|Kon Tum, ngày 04 tháng 7 năm 2031", "({})",
                                  "Biểu số 02|Kỳ số liệu: {}|(Kèm theo Công văn số 123/VP ngày 5/7/2024)"]))  # fmt: skip
def test_every_period_is_read_in_every_spelling(spelt: tuple[str, str], frame: str) -> None:
    code, title = spelt
    assert read(frame.format(title)) == code
    assert read(unicodedata.normalize("NFD", frame.format(title)).lower()) == code
    assert from_words(title.replace("|", " ")) == code


_UNKNOWN = ["tuần 24", "Tuần thứ 24", "tháng 13", "Quý 5", "5 tháng", "10 tháng đầu năm", "đợt 2", "học kỳ I", "giữa năm", "cuối quý", "nửa năm",
            "năm 1998", "thập niên", "bán niên", "kỳ II", "đầu tháng", "2 tuần", "từ tháng 3", "quỹ 2", "18 tháng"]  # fmt: skip


@given(_spelt(), st.sampled_from(_UNKNOWN), st.sampled_from(["{} ({})", "{0}|{1}", "{1}|{0}", "{0}\n{1}", "{}, {}", "Kỳ báo cáo: {0}|BÁO CÁO {1}",
                                                            "BÁO CÁO {1}|{0}", "{0} - {1}", "Kỳ báo cáo: {0} ({1})"]))  # fmt: skip
def test_an_unknown_word_of_time_never_passes(spelt: tuple[str, str], unknown: str, frame: str) -> None:
    _, title = spelt
    assert read(frame.format(title, unknown)) is None
    assert from_words(f"{title.replace('|', ' ')} ({unknown})") is None


@given(_spelt(), _spelt(), st.sampled_from(["{}|{}", "{}, {}", "{} và {}", "{} ({})", "Kỳ báo cáo: {}|{}"]))
def test_of_two_periods_neither_is_chosen(one: tuple[str, str], other: tuple[str, str], frame: str) -> None:
    """A bare year beside a part of it is the part's year; every other pair is refused."""
    both = {one[0], other[0]}
    assert read(frame.format(one[1], other[1])) in {None, max(both, key=len)}
    years = {code[:4] for code in both}
    if len(both) == 2 and (len(years) == 2 or not both & years):
        assert read(frame.format(one[1], other[1])) is None


@given(st.text(alphabet="tháng quýIV năm 2024 5/-.,()đầu từ ến\n|T", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)
    from_words(text)
    from_file_name(text)
