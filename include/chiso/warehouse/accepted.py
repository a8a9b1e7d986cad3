"""Which staged rows become facts."""

from chiso.deliveries.scratch import Scratch


def accepted_rows(scratch: Scratch, left_out: str = "") -> str:
    """SQL for the staged rows that no rule rejects, of rows alike in key and content the first, without those `left_out` selects."""
    return (
        f"(SELECT * FROM {scratch.rows} s WHERE NOT EXISTS (SELECT 1 FROM (SELECT row_no FROM {scratch.marks} WHERE rejects "
        f"UNION ALL SELECT row_no FROM {scratch.twins} WHERE nth > 1 {left_out}) o WHERE o.row_no = s.row_no))"
    )
