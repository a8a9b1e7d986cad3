"""Findings of the workbook reader: the file they speak of, who answers for it, and their texts."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chiso.errors import DeliveryRefused
from chiso.issues import Action, Issue, Severity
from chiso.text import mask_personal

TEXTS: dict[str, tuple[str, str]] = {
    # The file
    "file_empty": ("{file}: tệp trống (0 byte); gửi lại tệp.", "{file} is empty (0 bytes); send it again."),
    "file_unknown": ("{file}: không phải bảng tính (nội dung là {found_vi}); gửi tệp .xlsx, .xls hoặc .ods.",
                     "{file} is no spreadsheet (it holds {found_en}); send an .xlsx, .xls or .ods file."),
    "html_page": ("{file}: là trang web (HTML), không phải bảng tính; tải lại tệp gốc từ hệ thống và gửi lại.",
                  "{file} is a web page (HTML), not a spreadsheet; download the original again and send it."),
    "file_damaged": ("{file}: tệp bị cắt cụt hoặc hỏng ({reason}); mở bằng bảng tính, lưu lại và gửi lại.",
                     "{file} is cut short or damaged ({reason}); open it, save it anew and send it again."),
    "file_expands": ("{file}: tệp nén nở ra {unpacked_mb} MB (gấp {ratio} lần), quá giới hạn; chỉ gửi biểu báo cáo.",
                     "{file} unpacks to {unpacked_mb} MB ({ratio} times its size), too much; send the form only."),
    "file_too_large": ("{file}: tệp {size_mb} MB, quá giới hạn {limit_mb} MB; chỉ gửi biểu báo cáo.",
                       "{file} has {size_mb} MB, the limit is {limit_mb} MB; send the form only."),
    "file_macros": ("{file}: tệp có macro ({part}); lưu thành .xlsx không macro rồi gửi lại.",
                    "{file} holds macros ({part}); save it as .xlsx without macros and send it again."),
    "file_encrypted": ("{file}: tệp đặt mật khẩu mà hệ thống không có; gửi tệp không mật khẩu hoặc báo mật khẩu.",
                       "{file} is protected by a password that the platform doesn't have; send it without one, "
                       "or hand the password in."),
    "password_wrong": ("{file}: mật khẩu đã đăng ký không mở được tệp; báo mật khẩu mới hoặc gửi tệp không mật khẩu.",
                       "{file}: the registered password doesn't open it; hand in the new one, or send it without."),
    # The table
    "header_not_found": ("{file}, trang “{sheet}”: không có dòng nào chứa tiêu đề {wanted} (gần nhất: {nearest_vi}). "
                         "Gửi đúng biểu {source}, hoặc thêm tên gọi khác vào hợp đồng dữ liệu.",
                         '{file}, sheet "{sheet}": no row holds {wanted} (nearest: {nearest_en}). '
                         "Send form {source}, or add an alias in its contract."),
    "header_missing_column": ("{file}, trang “{sheet}”, dòng tiêu đề {row}: thiếu cột {wanted}. "
                              "Thêm cột, hoặc thêm tên gọi khác vào hợp đồng {source}.",
                              '{file}, sheet "{sheet}", header row {row}: column {wanted} is missing. '
                              "Add it, or add an alias in contract {source}."),
    "header_ambiguous": ("{file}, trang “{sheet}”: ô {cells} cùng là cột “{printed}”; đổi tên hoặc bỏ cột thừa.",
                         '{file}, sheet "{sheet}": cells {cells} are all “{printed}”; rename or drop the extra one.'),
    "header_unit_differs": ("{file}, trang “{sheet}”, ô {cell}: cột ghi “{value}”, biểu quy định “{printed}”; "
                            "đổi số liệu về đúng đơn vị tính.",
                            '{file}, sheet "{sheet}", cell {cell}: the column says “{value}”, the form “{printed}”; '
                            "give the figures in that unit."),
    "several_sheets": ("{file}: các trang {sheets} đều có số liệu của biểu; chỉ để lại một trang.",
                       "{file}: sheets {sheets} all hold figures of the form; keep one of them."),
    # What is read in spite of it
    "column_unknown": ("Cột “{value}” không có trong hợp đồng dữ liệu; không đọc.",
                       "The column “{value}” is not in the contract; it wasn't read."),
    "optional_column_missing": ("Không có cột “{printed}”; coi như trống.",
                                "The column “{printed}” is missing; taken as blank."),
    "hidden_row": ("Dòng {row} bị ẩn nhưng vẫn được tính; bỏ ẩn hoặc xóa dòng.",
                   "Row {row} is hidden and was read all the same; show it or delete it."),
    "hidden_sheet_read": ("Trang “{sheet}” bị ẩn; vẫn được đọc vì không trang nào khác có biểu.",
                          "Sheet “{sheet}” is hidden; it was read since no other holds the form."),
    "hidden_sheet_ignored": ("Trang “{sheet}” bị ẩn; không đọc.", "Sheet “{sheet}” is hidden; it wasn't read."),
    "formula_uncached": ("Ô {cell} ở cột “{printed}” là công thức chưa có giá trị lưu; mở tệp, tính lại và lưu.",
                         "Cell {cell} in “{printed}” is a formula without a stored value; open, recalculate, save."),
    "formula_injection": ("Ô ở cột “{printed}” chứa công thức; chỉ ghi giá trị.",
                          "The cell in “{printed}” holds a formula; write the value only."),
}


@dataclass(frozen=True)
class Findings:
    """Makes findings about one file."""

    file: str
    responsible: str
    source: str

    def issue(self, rule: str, severity: Severity, action: Action, *, sheet: str | None = None, cell: str | None = None,
              row: int | None = None, column: str | None = None, value: str | None = None,
              **details: object) -> Issue:
        """A finding; `details` are what its texts name besides file, source and the finding's own fields."""
        shown = None if value is None else mask_personal(value)
        fields = details | {"file": self.file, "source": self.source, "sheet": sheet, "cell": cell, "row": row,
                            "value": shown}
        vi, en = (text.format(**fields) for text in TEXTS[rule])
        return Issue(severity, rule, action, sheet, cell, row, column, shown, vi, en, self.responsible)

    def refusal(self, rule: str, *, sheet: str | None = None, cell: str | None = None, row: int | None = None,
                value: str | None = None, **details: Any) -> DeliveryRefused:
        """The finding that refuses the file, to be raised."""
        return DeliveryRefused(self.issue(rule, "critical", "refuse_delivery", sheet=sheet, cell=cell, row=row,
                                          value=value, **details))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around every call of a library that decodes the file: what it stumbles on is a refusal, not a crash.

        In damaged bytes the libraries meet anything from struct errors to failed assertions, and they warn of
        features that don't matter here; neither can be listed.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except (DeliveryRefused, MemoryError):
            raise
        except Exception as fault:
            raise self.refusal("file_damaged", reason=_reason(fault)) from fault


def _reason(fault: Exception) -> str:
    """One short line; library messages may quote the file's content."""
    return mask_personal(f"{type(fault).__name__}: {fault}".splitlines()[0][:120])
