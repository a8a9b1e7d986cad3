"""A form of the health department, for the file that comes under the telecom form's name."""

import random
from datetime import datetime

from sandbox.province import districts
from sandbox.workbook import Form, dotted

HEADER = (
    *("STT", "Cơ sở KCB", "Loại", "Thanh toán không dùng tiền mặt (x)"),
    *("Hồ sơ sức khỏe điện tử", "Dân số quản lý", "Ghi chú"),
)


def workbook(seed: int, sent: datetime) -> bytes:
    """Health centres of the 10 districts in 2024-Q2."""
    rng = random.Random(f"{seed}/health")
    form = Form("Biểu 1", sent, (6, 44, 22, 18, 16, 16, 14))
    form.title("SỞ Y TẾ", "BÁO CÁO CƠ SỞ KHÁM BỆNH, CHỮA BỆNH", "Kỳ báo cáo: Quý II/2024")
    form.header(HEADER)
    people, records = [], []
    for number, district in enumerate(districts(), start=1):
        people.append(rng.randint(12_000, 60_000))
        records.append(int(people[-1] * rng.uniform(0.7, 0.95)))
        name = f"Trung tâm Y tế {district.name[0].lower()}{district.name[1:]}"
        form.row([number, name, "Trung tâm y tế", "x", dotted(records[-1]), people[-1]])
    form.row([None, "Tổng cộng", None, None, sum(records), sum(people)], bold=True)
    return form.close("(*) Số liệu do các cơ sở báo cáo.", "GIÁM ĐỐC")
