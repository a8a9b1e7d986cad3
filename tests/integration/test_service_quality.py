"""Decision 766's rates from an export of dossiers, agency by agency, against a count of its own over the export's rows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from chiso.flow import computing
from chiso.indicators import Question
from chiso.inquiry import answers, verification
from chiso.province.periods import Period

from tests.deliveries import Fields, Inbox, at, csv_bytes, dossier

DOSSIERS = "portal/dossiers"
AGENCIES = ["000.00.01.H34", "000.00.02.H34", "000.00.03.H34"]
TIME = "%d/%m/%Y %H:%M:%S"
PERIODS = [Period.of(code, calendar) for code in ("2024-03", "2024-04", "2024-05", "2024-Q2", "2024-H1") for calendar in ("civil", "administrative")]


def made(chance: Random, count: int) -> list[Fields]:
    """Dossiers received from January on: finished early, late or not at all, waiting for papers, without a promised day."""
    return [one(number, chance) for number in range(1, count + 1)]


def one(number: int, chance: Random) -> Fields:
    received = datetime.fromisoformat("2024-01-02") + timedelta(days=chance.randrange(150), hours=8 + chance.randrange(9))
    due = received + timedelta(days=chance.randrange(1, 40))
    ended = received + timedelta(days=chance.randrange(0, 90), hours=1) if chance.random() < 0.7 else None
    supplements = chance.choice([0, 0, 0, 1, 1, 2])
    waits = ended is None and supplements and chance.random() < 0.6
    updated = ended or received + timedelta(days=chance.randrange(1, 60))
    return dossier(
        number,
        MaDonVi=chance.choice(AGENCIES),
        NgayTiepNhan=received.strftime(TIME),
        NgayHenTra=due.strftime(TIME) if chance.random() < 0.9 else "",
        NgayKetThuc=ended.strftime(TIME) if ended else "",
        TrangThai="9" if ended else "5" if waits else "4",
        SoLanBoSung=str(supplements),
        SoNgayTamDung=str(chance.choice([0, 0, 3, 10]) if supplements else 0),
        ThoiDiemCapNhat=updated.strftime(TIME),
    )


def read(text: Any) -> datetime | None:
    return datetime.strptime(text, TIME) if text else None  # noqa: DTZ007 - the export's times are local, all of them


def counted(rows: Iterable[Fields], agency: str, period: Period) -> tuple[int, int]:
    """In time and judged: what ended in the period and what was open at its end, of dossiers with a promised day."""
    end = datetime.combine(period.end + timedelta(days=1), datetime.min.time())
    in_time = judged = 0
    for row in rows:
        received, due, ended = (read(row[name]) for name in ("NgayTiepNhan", "NgayHenTra", "NgayKetThuc"))
        if row["MaDonVi"] != agency or due is None or received is None or received >= end:
            continue
        limit = due + timedelta(days=int(str(row["SoNgayTamDung"])))
        until = ended
        if ended is None or ended >= end:  # open at the period's end
            asked = read(row["ThoiDiemCapNhat"]) if row["TrangThai"] == "5" else None
            until = asked if asked is not None and asked <= limit else end
        elif ended.date() < period.start:
            continue
        judged += 1
        in_time += int(str(row["SoLanBoSung"])) <= 1 and until is not None and until <= limit
    return in_time, judged


def load(inbox: Inbox, *exports: list[Fields]) -> None:
    for number, rows in enumerate(exports):
        outcome = inbox.ingest(DOSSIERS, csv_bytes(rows), f"{number}.csv", received=at(1 + number))
        assert outcome.accepted and not outcome.rejected, outcome.issues
        computing.compute_stale(inbox.platform)


def rates(inbox: Inbox, agency: str, period: Period) -> dict[str, Any]:
    rows = answers.indicator_rows(inbox.platform, Question("sq766", period.code, agency))
    return {row.indicator: row for row in rows if row.calendar == period.calendar or row.value is None}


@pytest.mark.parametrize("seed", [1])
def test_on_time_as_the_decision_counts_it(inbox: Inbox, seed: int) -> None:
    chance = Random(seed)
    rows = made(chance, 160)
    first = [row | {"NgayKetThuc": "", "TrangThai": "4", "ThoiDiemCapNhat": row["NgayTiepNhan"]} for row in rows]
    chance.shuffle(rows)
    load(inbox, first, rows[:100], rows[100:101], rows[101:])  # each as it stood when it came in, then in any order as it went on
    for period in PERIODS:
        for agency in AGENCIES:
            in_time, judged = counted(rows, agency, period)
            found = rates(inbox, agency, period)["sq766_on_time_pct"]
            assert (found.numerator, found.denominator) == (in_time, judged), (agency, period)
            assert found.value == Decimal(in_time) * 100 / judged
    assert verification.verify(inbox.platform)["faults"] == []


def test_an_open_dossier_is_late_from_the_day_after_its_promised_one(inbox: Inbox) -> None:
    given = dossier(1, MaDonVi=AGENCIES[0], NgayTiepNhan="10/03/2024 08:00:00", NgayHenTra="20/04/2024 17:00:00", NgayKetThuc="", TrangThai="4",
                    SoLanBoSung="0", SoNgayTamDung="0", ThoiDiemCapNhat="10/03/2024 08:00:00")  # fmt: skip
    load(inbox, [given])
    assert counted([given], AGENCIES[0], Period.of("2024-03")) == (1, 1)
    assert rates(inbox, AGENCIES[0], Period.of("2024-03"))["sq766_on_time_pct"].value == 100


def test_what_the_data_cannot_give_has_no_value(inbox: Inbox) -> None:
    load(inbox, made(Random(3), 40))
    found = rates(inbox, AGENCIES[0], Period.of("2024-03"))
    for name in ("sq766_openness_points", "sq766_complaints_pct"):
        assert (found[name].value, found[name].status) == (None, "no_data")
    assert found["sq766_progress_points"].value == found["sq766_on_time_pct"].value / 5


def test_explain_lists_what_stands_at_the_period_s_end(inbox: Inbox) -> None:
    rows = made(Random(4), 120)
    load(inbox, rows)
    period = Period.of("2024-04")
    end = datetime.combine(date(2024, 5, 1), datetime.min.time())
    found = answers.explanation(inbox.platform, "sq766_on_time_pct", period.code, "civil", AGENCIES[0], None, rows=True)
    listed = {line["subject"] for line in found["inputs"] if line["measure"] == "dossiers_open"}
    stands = {
        row["MaHoSo"]
        for row in rows
        if row["MaDonVi"] == AGENCIES[0] and row["NgayHenTra"]
        and read(row["NgayTiepNhan"]) < end and (not row["NgayKetThuc"] or read(row["NgayKetThuc"]) >= end)  # type: ignore[operator]
    }  # fmt: skip
    assert {subject.split()[0] for subject in listed} == stands != set()
