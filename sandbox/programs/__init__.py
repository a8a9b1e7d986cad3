"""The programs that offices write their forms with; each turns a drawn page into a file of its own format."""

from collections.abc import Callable, Mapping

from sandbox.programs import excel, excel2003, libreoffice, web_export
from sandbox.programs.page import Page, Program

WRITERS: Mapping[Program, Callable[[Page], bytes]] = {
    "excel": excel.write,
    "excel2003": excel2003.write,
    "libreoffice": libreoffice.write,
    "web_export": web_export.write,
}
ENDINGS: Mapping[Program, str] = {"excel": ".xlsx", "excel2003": ".xls", "libreoffice": ".ods", "web_export": ".xls"}
"""How the files' names end; a web page that is a table is named as if it were Excel's."""
