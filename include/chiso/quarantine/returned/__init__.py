"""What goes back to who sent it: their own workbook with comments on the bad cells, or the rejected lines of a text export."""

from chiso.quarantine.returned.plain_workbook import Page, write_workbook
from chiso.quarantine.returned.xlsx_comments import mark

__all__ = ["Page", "mark", "write_workbook"]
