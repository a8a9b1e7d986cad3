"""Bulk loads: a partition of their own for large deliveries; counts of current versions kept as a ledger."""

from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = """ma_ho_so, thoi_diem_cap_nhat, ma_tthc, ma_don_vi, ma_xa, kenh_thuc_hien, muc_do, ngay_tiep_nhan, ngay_hen_tra,
    ngay_ket_thuc, trang_thai, so_lan_bo_sung, so_ngay_tam_dung, phi_le_phi, thanh_toan_truc_tuyen, co_ket_qua_dien_tu,
    ho_so_so_hoa, tai_su_dung_du_lieu, muc_do_hai_long, delivery_id, row_no, recorded_at"""

TABLES = f"""
ALTER TABLE warehouse.dossier_version RENAME TO dossier_version_0001;
ALTER INDEX warehouse.dossier_version_pkey RENAME TO dossier_version_0001_pkey;
CREATE TABLE warehouse.dossier_version (
    LIKE warehouse.dossier_version_0001 INCLUDING DEFAULTS,
    portion bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (ma_ho_so, thoi_diem_cap_nhat, delivery_id, portion)
) PARTITION BY LIST (portion);
COMMENT ON TABLE warehouse.dossier_version IS 'Every version of every dossier; local times (Asia/Ho_Chi_Minh), fees in đồng. Insert-only.';
COMMENT ON COLUMN warehouse.dossier_version.portion IS 'Physical only: 0, or the delivery''s id where it is large enough for a partition of its own, which is filled before it is indexed.';
CREATE TABLE warehouse.dossier_version_0 PARTITION OF warehouse.dossier_version FOR VALUES IN (0);
INSERT INTO warehouse.dossier_version ({COLUMNS}) SELECT {COLUMNS} FROM warehouse.dossier_version_0001
    ORDER BY delivery_id, row_no;
DROP TABLE warehouse.dossier_version_0001;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON warehouse.dossier_version
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON warehouse.dossier_version_0
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();

CREATE TABLE warehouse.version_count (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    measure text NOT NULL,
    unit_code text COLLATE "C",
    unit_valid_from date,
    span_start date NOT NULL,
    change bigint NOT NULL
);
CREATE INDEX ON warehouse.version_count (span_start, measure);
COMMENT ON TABLE warehouse.version_count IS 'By how much each load changed a measure that is counted over current versions: their sum is the count. Derived from the versions; made anew when a measure or the list of agencies changes.';
COMMENT ON COLUMN warehouse.version_count.span_start IS 'The 1st or the 15th: first day of the half-month, which lies in one month of either calendar.';
CREATE TABLE warehouse.version_origin (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    counted_by text NOT NULL,
    span_start date NOT NULL,
    origin_id bigint NOT NULL REFERENCES landing.delivery,
    change bigint NOT NULL
);
CREATE INDEX ON warehouse.version_origin (span_start, counted_by);
COMMENT ON TABLE warehouse.version_origin IS 'By how much each load changed the number of versions that are current and came with delivery origin_id: the lineage of version_count.';
CREATE INDEX ON warehouse.version_count (delivery_id);
CREATE INDEX ON warehouse.version_origin (delivery_id);
CREATE INDEX ON indicators.value (period, calendar);
CREATE TABLE warehouse.count_basis (
    source text PRIMARY KEY,
    basis_sha256 text NOT NULL
);
COMMENT ON TABLE warehouse.count_basis IS 'What version_count was counted by: the contract''s measures and the list of agencies.';
"""


def upgrade() -> None:
    op.execute(TABLES)
