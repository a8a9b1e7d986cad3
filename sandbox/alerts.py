"""Alerts of the security operations centre per agency, day, severity and disposition; counts only."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sandbox.days import Span
from sandbox.documents import Record
from sandbox.province import agencies

COUNTS = (0, 1, 2, 3, 5)  # alerts of one severity at one agency on one day
# By severity: the weights of COUNTS, the share that turn out true, the median minutes until that is known.
SEVERITIES = {
    "low": ((70, 12, 9, 6, 3), 0.08, 40),
    "medium": ((80, 10, 6, 3, 1), 0.15, 70),
    "high": ((93, 5, 2, 0, 0), 0.35, 120),
    "critical": ((993, 7, 0, 0, 0), 0.6, 90),
}
DISPOSITIONS = ("false_positive", "true_positive", "pending")


def records(seed: int, span: Span, today: date) -> list[Record]:
    """The days of a month or a day that are over, as known on the morning of `today`: what is pending is settled later."""
    return [record for day in span.days_before(today) for record in _of_day(seed, day, today)]


def _of_day(seed: int, day: date, today: date) -> Iterator[Record]:
    rng = random.Random(f"{seed}/alerts/{day}")
    for unit in agencies(day):
        for severity, (weights, true, median) in SEVERITIES.items():
            minutes: dict[str, list[int]] = {disposition: [] for disposition in DISPOSITIONS}
            for _ in range(rng.choices(COUNTS, weights)[0]):
                came = datetime.combine(day, time(0)) + timedelta(minutes=rng.randrange(24 * 60))
                taken = round(median * rng.lognormvariate(0, 1.3))
                found = "true_positive" if rng.random() < true else "false_positive"
                settled = (came + timedelta(minutes=taken)).date() < today
                minutes[found if settled else "pending"].append(taken)
            for disposition, those in minutes.items():
                if those:
                    yield {
                        "ngay": day.isoformat(),
                        "ma_don_vi": unit.code,
                        "muc_do": severity,
                        "ket_luan": disposition,
                        "so_luong": len(those),
                        "thoi_gian_xu_ly_tb_phut": None
                        if disposition == "pending"
                        else round(sum(those) / len(those), 1),
                    }
