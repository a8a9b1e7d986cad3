"""Websites of agencies and communes, and which bear the trust label: 67 of 84 at the end of June 2024.

Names lie below kontum.example, which stands for no real domain.
"""

import random
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.days import Span
from sandbox.documents import csv_body
from sandbox.province import agencies, districts

COLUMNS = ("ten_mien", "ma_don_vi", "da_gan_nhan", "ngay_gan_nhan")
LISTED_ON = date(2024, 1, 1)  # the agencies that have websites are those of this day
WEBSITES, LABELLED = 84, 67
LABELLED_BY = date(2024, 6, 30)
FIRST_LABELS = date(2021, 6, 1)


@dataclass(frozen=True)
class Website:
    """A website; `labelled` is the day it got the label."""

    name: str
    owner: str
    labelled: date | None


def _slug(name: str) -> str:
    """A name as part of a domain: letters without accents, hyphens between the words."""
    bare = unicodedata.normalize("NFD", name.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", bare))


def websites(seed: int) -> list[Website]:
    """All websites: one of each agency, then of communes in the register's order, under their district's name."""
    rng = random.Random(f"{seed}/trust_labels")
    units = agencies(LISTED_ON)
    office = {unit.unit_code: unit.code for unit in units if unit.level == "huyện"}
    owned = [(_slug(unit.name), unit.code) for unit in units]
    owned += [
        (f"{_slug(commune.name)}.{_slug(district.name)}", office[district.code])
        for district in districts()
        for commune in district.communes
    ]
    labelled = set(rng.sample(range(WEBSITES), LABELLED))
    reach = (LABELLED_BY - FIRST_LABELS).days + 1
    return [
        Website(
            name=f"{stem}.kontum.example",
            owner=owner,
            labelled=FIRST_LABELS + timedelta(days=rng.randrange(reach)) if number in labelled else None,
        )
        for number, (stem, owner) in enumerate(owned[:WEBSITES])
    ]


def export(seed: int, month: Span) -> bytes:
    """The CSV as of the month's end."""
    rows = []
    for site in websites(seed):
        day = site.labelled if site.labelled and site.labelled <= month.last else None
        rows.append((site.name, site.owner, int(day is not None), day.isoformat() if day else ""))
    return csv_body(COLUMNS, rows, ",", bom=False)
