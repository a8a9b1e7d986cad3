"""dlt as its documentation recommends for tables of this size: Arrow batches, merged by key. Validates nothing.

Usage: python dlt_load.py FILE URL. What has no key is left out, since the tool wouldn't load it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

TIMES = ("NgayTiepNhan", "NgayHenTra", "NgayKetThuc", "ThoiDiemCapNhat")
PERSONAL = ("ChuHoSo", "SoDinhDanh", "DienThoai", "DiaChi")


def batches(path: str) -> Iterator[pa.Table]:
    """Typed batches without the personal columns; unreadable times are null."""
    with Path(path).open(encoding="utf-8-sig") as first:
        names = first.readline().strip().split(";")
    kept = [name for name in names if name not in PERSONAL]
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=32 << 20),
        parse_options=csv.ParseOptions(delimiter=";", newlines_in_values=True, invalid_row_handler=lambda row: "skip"),
        convert_options=csv.ConvertOptions(
            include_columns=kept, column_types=dict.fromkeys(["MaXa", "MaTTHC", *TIMES], pa.string()), strings_can_be_null=True
        ),
    )
    for batch in reader:
        table = pa.Table.from_batches([batch])
        for name in TIMES:
            parsed = pc.strptime(table.column(name), format="%d/%m/%Y %H:%M:%S", unit="us", error_is_null=True)
            table = table.set_column(table.column_names.index(name), name, parsed)
        yield table.filter(pc.and_(pc.is_valid(table.column("MaHoSo")), pc.is_valid(table.column("ThoiDiemCapNhat"))))


def main() -> None:
    """Loads the file into schema `peer_dlt`."""
    path, url = sys.argv[1:]
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(url), dataset_name="peer_dlt")
    resource = dlt.resource(
        batches(path), name="dossiers", primary_key=("MaHoSo", "ThoiDiemCapNhat"), write_disposition="merge"
    )
    pipeline.run(resource)


main()
