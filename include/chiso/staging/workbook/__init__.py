"""Reads a department's form from a spreadsheet file, whatever its format and layout.

container says what the file is, budget what it may become; xlsx, xls, ods, html_table bring its sheets into one shape
(grids); header finds the form's columns; rows says what each row is; layout, which rows a total sums; form puts it
together.

Of an .xlsx package, sheet_scan and sheet_xml find the cells, strings and styles what they refer to; texts makes texts of
them, which placing puts in a grid.
"""

from chiso.staging.workbook.form import Form, TotalRow, read_workbook

__all__ = ["Form", "TotalRow", "read_workbook"]
