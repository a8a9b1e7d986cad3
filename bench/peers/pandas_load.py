"""pandas, Great Expectations on the data frame, to_sql: what is written first in most places.

Usage: python pandas_load.py FILE URL
"""

import sys
import warnings

import pandas as pd
import sqlalchemy as sa

warnings.simplefilter("ignore")
import great_expectations as gx  # noqa: E402

CODE = r"^(?:(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}|[0-9]{1,3}\.[0-9]{2})\.[GH][0-9]{2}|[GH][0-9]{2}(?:\.[0-9]{1,3}){0,3})-(?:[0-9]{6}|[0-9]{8})-[0-9]{4,7}$"
REQUIRED = ("MaHoSo", "MaTTHC", "MaDonVi", "KenhThucHien", "MucDo", "NgayTiepNhan", "TrangThai", "ThoiDiemCapNhat")


def main() -> None:
    """Loads the rows that break no rule into table `peer_pandas`."""
    path, url = sys.argv[1:]
    frame = pd.read_csv(path, sep=";", dtype={"MaXa": str, "MaTTHC": str}).drop(
        columns=["ChuHoSo", "SoDinhDanh", "DienThoai", "DiaChi"]
    )
    for name in ("NgayTiepNhan", "NgayHenTra", "NgayKetThuc", "ThoiDiemCapNhat"):
        frame[name] = pd.to_datetime(frame[name], format="%d/%m/%Y %H:%M:%S", errors="coerce")
    rules = [
        *(gx.expectations.ExpectColumnValuesToNotBeNull(column=name) for name in REQUIRED),
        gx.expectations.ExpectColumnValuesToMatchRegex(column="MaHoSo", regex=CODE),
        gx.expectations.ExpectColumnValuesToBeInSet(column="KenhThucHien", value_set=[1, 2, 3]),
        gx.expectations.ExpectColumnValuesToBeInSet(column="TrangThai", value_set=list(range(1, 11))),
        gx.expectations.ExpectColumnValuesToBeBetween(column="PhiLePhi", min_value=0),
        gx.expectations.ExpectColumnValuesToBeBetween(column="MucDoHaiLong", min_value=1, max_value=5),
    ]
    context = gx.get_context(mode="ephemeral")
    batch = context.data_sources.add_pandas("frame").add_dataframe_asset("dossiers").add_batch_definition_whole_dataframe("all")
    result = batch.get_batch({"dataframe": frame}).validate(
        gx.ExpectationSuite(name="dossiers", expectations=rules), result_format={"result_format": "COMPLETE"}
    )
    bad = {place for entry in result.results for place in entry.result.get("unexpected_index_list") or []}
    frame.drop(index=list(bad)).to_sql("peer_pandas", sa.create_engine(url), if_exists="replace", index=False, chunksize=10_000)


main()
