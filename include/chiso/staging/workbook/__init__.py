"""Reads a department's form from a spreadsheet file, whatever its format and layout.

opening says what the file is and what it may become; xlsx, xls, ods and html bring its sheets into one shape (grids); form
finds the form's columns in a sheet, says what each row is and which rows a total sums, and puts it together.
"""

from chiso.staging.workbook.form.reading import Form, TotalRow, read_workbook

__all__ = ["Form", "TotalRow", "read_workbook"]
