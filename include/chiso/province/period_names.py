"""Periods as Vietnamese officials write them: the way back is period_words.py."""

from chiso.province.periods import Period

_QUARTERS = {"Q1": "I", "Q2": "II", "Q3": "III", "Q4": "IV"}


def in_vietnamese(period: Period) -> str:
    """`2024-Q2` → `quý II/2024`. The calendar isn't said."""
    suffix = period.code[5:]
    match period.grain:
        case "day":
            return f"ngày {period.start:%d/%m/%Y}"
        case "month":
            return f"tháng {int(suffix)}/{period.year}"
        case "quarter":
            return f"quý {_QUARTERS[suffix]}/{period.year}"
        case "half":
            return f"6 tháng {'đầu' if suffix == 'H1' else 'cuối'} năm {period.year}"
        case "nine_months":
            return f"9 tháng năm {period.year}"
        case "year":
            return f"năm {period.year}"
