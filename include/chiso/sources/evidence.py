"""What an answer that was no delivery began with, as it may be kept and shown: without secrets and personal data."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from chiso.province.text import mask_addresses, mask_personal
from chiso.system.visible import visible

FIRST_BYTES = 500
"""As many characters are kept at most."""
READ_BYTES = 16 << 10
"""So many are looked at: a token that begins among the first ones must be seen whole to be known."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_STARS = re.compile(r"\*{4,}")


def as_evidence(body: bytes, secrets: Iterable[str], *, personal: bool) -> str | None:
    """The first bytes as a line of text; None where there are none.

    Secrets, personal numbers and network addresses are starred. personal: whether the source holds personal data; of
    words the first letters alone are kept then, since any may be a name.
    """
    text = body[:READ_BYTES].decode(errors="replace")
    for secret in sorted({form for each in secrets for form in (each, quote(each, safe="")) if each}, key=len, reverse=True):
        text = text.replace(secret, "*" * len(secret))
    masked = mask_addresses(mask_personal(text))  # as long as before, so that nothing moves to the front
    shown = masked[:FIRST_BYTES]
    if personal:
        shown = _WORD.sub(lambda word: f"{word[0][0]}…", shown)
    line = visible(_STARS.sub("***", " ".join(shown.split())))
    return f"{line}…" if line and len(masked) > FIRST_BYTES else line or None
