"""Reads a department's form from a spreadsheet file, whatever its format and layout.

container says what the file is; xlsx, xls, ods, html_table bring its sheets into one shape (grids); header finds
the form's columns; rows says what each row is; layout, which rows a total sums; form puts it together.
"""

from chiso.staging.workbook.form import Form, TotalRow, read_workbook

__all__ = ["Form", "TotalRow", "read_workbook"]
