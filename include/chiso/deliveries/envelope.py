"""What an envelope of JSON says beside its records."""

import json
from collections.abc import Iterable
from typing import Any

from chiso.province.text import header_key

_NAMES = frozenset({"error", "errors", "errormessage", "errordescription", "fault", "loi", "thongbaoloi"})
_NONE = frozenset({"", "0", "false", "null", "none", "no", "không"})


def stated_error(members: Iterable[tuple[str, Any]]) -> str | None:
    """The words of the first error among an envelope's members, as text or JSON; None where none says that there is one.

    Records beside it, or their absence, say nothing then: they may be a part.
    """
    for name, value in members:
        if header_key(name) in _NAMES and not _says_none(value):
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return None


def _says_none(value: Any) -> bool:
    return value.strip().lower() in _NONE if isinstance(value, str) else not value
