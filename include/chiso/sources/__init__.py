"""Stage 1, sources: says what is due, and brings deliveries here as they were sent.

It fetches bytes and follows paging. It never judges what the bytes say: a delivery that isn't what it should
be is handed on as it came, so that later stages refuse it with the evidence. The caller records the fetches.
"""

from chiso.sources.drop_folder import Dropped, Scan, left_alone, scanned_drop_folder, workbook_password
from chiso.sources.due import due_periods, first_period, periods_between
from chiso.sources.fetching import Fetched, address, connect, fetch, probe

__all__ = [
    "Dropped",
    "Fetched",
    "Scan",
    "address",
    "connect",
    "due_periods",
    "fetch",
    "first_period",
    "left_alone",
    "periods_between",
    "probe",
    "scanned_drop_folder",
    "workbook_password",
]
