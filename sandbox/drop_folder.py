"""The departments' drop folder: what they sent before `today`, two of the files not what their names say."""

import os
from datetime import date, datetime
from functools import partial
from pathlib import Path

from sandbox import forms, one_stop, published, telecom
from sandbox.days import LOCAL
from sandbox.dossiers import DossierBook
from sandbox.forms import society
from sandbox.forms.periods import Reported
from sandbox.forms.report import Mail, sent_after
from sandbox.procedures import catalogue
from sandbox.protection import opened, protect

HTML_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>\n"
    b"<body><h1>503 Service Unavailable</h1><p>synthetic</p></body></html>\n"
)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


# April's form was due on 16 April 2024: it is a late one.
ONE_STOP_SENT = {
    **{(2024, 1): "2024-01-16 15:40", (2024, 2): "2024-02-16 10:05", (2024, 3): "2024-03-18 09:30"},
    **{(2024, 4): "2024-04-24 16:10", (2024, 5): "2024-05-16 08:50", (2024, 6): "2024-06-18 14:20"},
}
TELECOM_SENT = {
    **{"2022-Q1": "2022-04-05 09:10", "2022-Q2": "2022-07-05 10:20", "2022-Q3": "2022-10-05 14:00", "2022-Q4": "2023-01-05 09:40"},
    **{"2023-Q1": "2023-04-05 15:10", "2023-Q2": "2023-07-05 11:00", "2023-Q3": "2023-10-04 08:45"},
    **{"2023-Q4": "2024-01-05 16:45", "2024-Q1": "2024-04-05 11:10", "2024-Q2": "2024-07-02 09:15"},
}
PUBLISHED_SENT = {"2023": "2024-03-04 10:30", "2024-H1": "2024-07-02 16:30"}


def _one_stop_sent(year: int, month: int) -> datetime:
    known = ONE_STOP_SENT.get((year, month))
    return _at(known) if known else sent_after(one_stop.window(year, month)[1], 2)


def mails(seed: int, book: DossierBook) -> list[Mail]:
    """All files, by name."""
    counted = one_stop.OneStop(book)
    listed = [
        Mail(f"06a_thang{month}_{year}.xlsx", _one_stop_sent(year, month), partial(one_stop.workbook, counted, year, month))
        for year, month in one_stop.MONTHS
    ]
    for code, sent in TELECOM_SENT.items():
        year, _, quarter = code.partition("-")
        listed.append(
            Mail(f"vien_thong_{quarter}_{year}.xlsx", _at(sent), partial(telecom.workbook, seed, code))
        )
    for code, sent in PUBLISHED_SENT.items():
        name = f"so_lieu_cong_bo_{code.replace('-', '')}.xlsx"
        listed.append(Mail(name, _at(sent), partial(published.workbook, code)))
    listed.append(Mail("06a_thang7_2024.xlsx", _at("2024-07-02 17:05"), lambda sent: HTML_PAGE))
    listed.append(
        Mail("vien_thong_Q2_2024_so_y_te.xlsx", _at("2024-07-01 15:25"), partial(society.HEALTH.workbook, seed, Reported(2024, "Q2")))
    )
    listed += forms.mails(seed)
    return sorted(listed, key=lambda mail: mail.name)


def write(folder: Path, seed: int, dossiers: int, today: date, password: str) -> list[Path]:
    """Write what was sent before `today`; a file that holds the same is left alone, its time too.

    dossiers: how many the portal holds, which form II.06a counts. password: opens what offices protect.
    Returns: the paths that were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for mail in mails(seed, DossierBook(seed, dossiers, today, catalogue(seed))):
        path = folder / mail.name
        if mail.sent.date() >= today:
            continue
        content = mail.content(mail.sent)
        if path.exists() and content == (opened(path.read_bytes(), password) if mail.protected else path.read_bytes()):
            continue
        # Renamed into place with its time set, so that a reader never meets half a file.
        partial_path = folder / f".{mail.name}.part"
        partial_path.write_bytes(protect(content, password) if mail.protected else content)
        os.utime(partial_path, (mail.sent.timestamp(), mail.sent.timestamp()))
        partial_path.replace(path)
        written.append(path)
    return written
