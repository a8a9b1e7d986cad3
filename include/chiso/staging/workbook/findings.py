"""Findings of the workbook reader: the file they speak of, who answers for it, and how libraries' faults become one."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chiso.findings.issues import Action, DeliveryRefused, Issue, Severity, issue


@dataclass(frozen=True)
class Findings:
    """Makes findings about one file."""

    file: str
    responsible: str
    source: str

    def issue(self, rule: str, severity: Severity, action: Action, *, sheet: str | None = None, cell: str | None = None,
              row: int | None = None, column: str | None = None, value: str | None = None,
              **details: Any) -> Issue:
        """A finding; `details` are what its texts name besides file, source and the finding's own fields."""
        return issue(rule, severity, action, self.responsible, sheet=sheet, cell=cell, row=row, column=column, value=value,
                     file=self.file, source=self.source, **details)

    def refusal(self, rule: str, *, sheet: str | None = None, cell: str | None = None, row: int | None = None,
                value: str | None = None, **details: Any) -> DeliveryRefused:
        """The finding that refuses the file, to be raised."""
        return DeliveryRefused(self.issue(rule, "critical", "refuse_delivery", sheet=sheet, cell=cell, row=row,
                                          value=value, **details))

    def damaged(self, vi: str, en: str, *, sheet: str | None = None) -> DeliveryRefused:
        """The refusal of a damaged file, to be raised; `vi` and `en` say in a few words what is wrong."""
        return self.refusal("file_damaged", sheet=sheet, reason_vi=vi, reason_en=en)

    @contextmanager
    def reading(self, sheet: str | None = None) -> Iterator[None]:
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
            raise self.damaged(*_reason(fault), sheet=sheet) from fault


def _reason(fault: Exception) -> tuple[str, str]:
    """What is wrong in a person's words, Vietnamese and English; the library's own words stay with the cause."""
    match fault:
        case zipfile.BadZipFile() | zlib.error() | EOFError():
            return "tệp nén bị cắt cụt hoặc hỏng", "the archive is cut short or broken"
        case SyntaxError(lineno=line):  # lxml's, of XML
            return f"nội dung XML sai cú pháp ở dòng {line}", f"its XML is malformed at line {line}"
        case UnicodeError():
            return "có chữ sai bảng mã", "it holds text in another encoding than it says"
    return "các phần trong tệp mâu thuẫn với nhau", "its parts contradict each other"
