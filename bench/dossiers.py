"""Files of dossiers of any length, and tables that are filled already. Synthetic data, made by the sandbox or here."""

import csv
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from chiso.system.database import owning
from chiso.system.platform import Platform

from bench import place
from bench.measuring import CommandFailedError, run

_PER_ROW = 2.43
"""Dossiers received since 2024 for one row in June 2024's export."""
_ROWS_OF_A_DELTA = 20_000
_DAYS = 420
"""From 2024 on: all before the agencies were rearranged in March 2025."""


def export(rows: int) -> Path:
    """An export of at least `rows` versions in June 2024, with about 0.3 % of bad rows of twelve kinds."""
    path = place.files() / f"dossiers-{rows}_2024-06.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        run([place.CHISO.with_name("python"), "-m", "sandbox", "dossiers", "--period", "2024-06", "--dossiers",
             str(int(rows * _PER_ROW) + 5000), "--out", part])  # fmt: skip
        part.rename(path)
    return path


def other_bytes(path: Path) -> Path:
    """The same rows, written by another hand: comma for semicolon, everything quoted, newlines of the other kind."""
    other = path.with_name(path.name.replace("dossiers-", "other-"))
    if not other.exists():
        with path.open(encoding="utf-8-sig", newline="") as given, other.with_suffix(".part").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(csv.reader(given, delimiter=";"))
        other.with_suffix(".part").rename(other)
    return other


def restated(path: Path) -> Path:
    """The same dossiers and times, every row with one more supplement than before."""
    other = path.with_name(path.name.replace("dossiers-", "restated-"))
    if not other.exists():
        with path.open(encoding="utf-8-sig", newline="") as given, other.with_suffix(".part").open("w", encoding="utf-8", newline="") as out:
            rows = csv.reader(given, delimiter=";")
            writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
            head = next(rows)
            writer.writerow(head)
            at = head.index("SoLanBoSung")
            writer.writerows([*row[:at], "7", *row[at + 1 :]] if len(row) == len(head) else row for row in rows)
        other.with_suffix(".part").rename(other)
    return other


def clean(running: Platform, rows: int) -> Path:
    """What the loaded export's accepted rows are, in the order of the file: the limit loads this."""
    path = place.files() / f"clean-{rows}.csv"
    command, environment = place.psql(running)
    run([*command, "-c", f"\\copy (SELECT * FROM warehouse.portal_dossiers ORDER BY row_no) TO '{path}' CSV"], environment)
    if not path.stat().st_size:
        raise CommandFailedError("Nothing was loaded that the limit could load.")
    return path


def fill(running: Platform, dossiers: int) -> None:
    """A warehouse that holds `dossiers` already, one version each, received on 420 days from 2024 on."""
    from chiso import contracts
    from chiso.warehouse import ledger

    contract = contracts.load("portal/dossiers", running.settings)
    table = "warehouse.portal_dossiers"
    with running.engine.begin() as connection, owning(connection):
        agencies = connection.execute(sa.text(_AGENCIES)).scalars().all()
        connection.exec_driver_sql("INSERT INTO landing.raw_file VALUES (repeat('0', 64), 0, true)")
        delivery = connection.exec_driver_sql(
            "INSERT INTO landing.delivery (source, sha256, received_at, origin, file_name, uri) "
            "VALUES ('portal/dossiers', repeat('0', 64), '2024-01-01', 'file', 'filled', 'bench:filled') RETURNING delivery_id"
        ).scalar_one()
        connection.exec_driver_sql(
            "INSERT INTO validation.verdict (delivery_id, period, calendar, accepted, row_count, rejected_count, loaded_count, "
            "unchanged_count, content_sha256, rules_sha256, issues, issues_total, checks) VALUES "
            f"({delivery}, '2024', 'civil', true, {dossiers}, 0, {dossiers}, 0, 'filled', 'filled', '[]', 0, '[]')"
        )
        connection.exec_driver_sql(
            "INSERT INTO warehouse.load (delivery_id, source, period, calendar, letters, columns) "
            f"VALUES ({delivery}, 'portal/dossiers', '2024', 'civil', '{{}}', '{{}}')"
        )
        connection.exec_driver_sql(f"INSERT INTO warehouse.slice VALUES ({delivery}, 'civil', '2024', '', NULL)")
        own = f"{table}_{delivery}"
        connection.exec_driver_sql(f"CREATE TABLE {own} (LIKE {table} INCLUDING DEFAULTS)")
        connection.execute(
            sa.text(f"""
            INSERT INTO {own} (ma_ho_so, thoi_diem_cap_nhat, ma_tthc, ma_don_vi, ma_xa, kenh_thuc_hien, muc_do, ngay_tiep_nhan, ngay_hen_tra,
                ngay_ket_thuc, trang_thai, so_lan_bo_sung, so_ngay_tam_dung, phi_le_phi, thanh_toan_truc_tuyen, co_ket_qua_dien_tu,
                ho_so_so_hoa, tai_su_dung_du_lieu, muc_do_hai_long, delivery_id, row_no, recorded_at, portion)
            SELECT code, received + interval '1 hour', '1.001840', agency, NULL, 1 + n % 3, 'toàn trình', received,
                received + interval '9 days', received + interval '8 days', 10, 0, 0, 0, 0, true, true, n % 2 = 0, NULL,
                {delivery}, n, now(), {delivery}
            FROM (SELECT n, a.code AS agency, {_CODE} AS code, {_RECEIVED} AS received FROM generate_series(1, :dossiers) n
                  CROSS JOIN LATERAL (SELECT (CAST(:agencies AS text[]))[1 + n % {len(agencies)}] AS code) a) s"""),
            {"dossiers": dossiers, "agencies": agencies},
        )
        connection.exec_driver_sql(
            f"ALTER TABLE {own} ADD CHECK (portion = {delivery}), ADD PRIMARY KEY (ma_ho_so, thoi_diem_cap_nhat, delivery_id, portion)"
        )
        ledger.count(connection, contract, delivery, own)
        connection.exec_driver_sql(f"ALTER TABLE {table} ATTACH PARTITION {own} FOR VALUES IN ({delivery})")
    with running.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ANALYZE {own}")


_AGENCIES = (
    "SELECT code FROM warehouse.unit WHERE register = 'agency' AND DATE '2024-01-01' >= valid_from AND DATE '2025-02-28' <= valid_to "
    r"AND code ~ '^[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.H34$' ORDER BY code"
)
_CODE = f"a.code || '-' || to_char(DATE '2024-01-01' + n % {_DAYS}, 'YYMMDD') || '-' || lpad((n / {_DAYS})::text, 6, '0')"
_RECEIVED = f"DATE '2024-01-01' + n % {_DAYS} + interval '8 hours'"


def delta(running: Platform, dossiers: int, day: int) -> Path:
    """A day's 20 000 versions against a filled table: half of dossiers that are there, half of new ones."""
    path = place.files() / f"delta-{dossiers}-{day}.csv"
    with running.engine.connect() as connection:
        agencies = connection.execute(sa.text(_AGENCIES)).scalars().all()
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(_HEAD)
        writer.writerows(_versions(agencies, dossiers, day))
    return path


_HEAD = ("MaHoSo", "MaTTHC", "MaDonVi", "KenhThucHien", "MucDo", "NgayTiepNhan", "TrangThai", "SoLanBoSung", "SoNgayTamDung",
         "PhiLePhi", "ThanhToanTrucTuyen", "CoKetQuaDienTu", "HoSoSoHoa", "TaiSuDungDuLieu", "ThoiDiemCapNhat")  # fmt: skip


def _versions(agencies: list[str], dossiers: int, day: int) -> Iterator[list[object]]:
    from datetime import date, timedelta

    known = _ROWS_OF_A_DELTA // 2
    stride = max(1, dossiers // known)
    for number in range(_ROWS_OF_A_DELTA):
        n = (number * stride + day) % dossiers + 1 if number < known else dossiers + number + day * _ROWS_OF_A_DELTA
        received = date(2024, 1, 1) + timedelta(days=n % _DAYS)
        agency = agencies[n % len(agencies)]
        code = f"{agency}-{received:%y%m%d}-{n // _DAYS:06d}"
        at = f"{28 - day:02d}/02/2026 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
        yield [code, "1.001840", agency, 2, "toàn trình", f"{received:%d/%m/%Y} 08:00:00", 9, 0, 0, 0, 0, 1, 1, 0, at]
