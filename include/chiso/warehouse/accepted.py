"""Which staged rows become facts."""

from chiso.deliveries.scratch import Scratch


def accepted_rows(scratch: Scratch, without: str | None = None) -> str:
    """SQL for the staged rows that no rule rejects, of rows alike in key and content the first.

    without: a table whose `row_no` name rows that are left out too.
    """
    more = f"UNION ALL SELECT row_no FROM {without}" if without else ""
    return (
        f"(SELECT * FROM {scratch.rows} s WHERE NOT EXISTS (SELECT 1 FROM (SELECT row_no FROM {scratch.marks} WHERE rejects "
        f"UNION ALL SELECT row_no FROM {scratch.twins} WHERE nth > 1 {more}) o WHERE o.row_no = s.row_no))"
    )
