"""Findings of the workbook reader: the file they speak of, who answers for it, and how libraries' faults become one."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chiso.findings.issues import Action, DeliveryRefused, Issue, Severity, issue
from chiso.province.text import mask_personal


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
