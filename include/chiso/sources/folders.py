"""What a drop folder is, wherever it lies: it lists its files, and has the bytes of each of them here for a while."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

HALF_COPIED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download")
"""Endings that browsers and copying programs give to a file that isn't all there yet."""


def is_finished(name: str) -> bool:
    """Whether it is no hidden file, no lock file of Office, and not half copied."""
    return not name.startswith((".", "~$")) and not name.lower().endswith(HALF_COPIED)


class ListedFile(Protocol):
    """A file as its folder lists it."""

    @property
    def name(self) -> str:
        """As text; bytes that are no UTF-8 are replaced."""

    @property
    def uri(self) -> str:
        """Where it lies, without secrets."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def modified_at(self) -> datetime:
        """When it was last modified, with its zone: by the clock of the machine that it lies on."""

    @property
    def etag(self) -> str | None:
        """What changes with its bytes, where the folder says such a thing; such a file appears only when it is whole."""

    @property
    def is_fetched(self) -> bool:
        """Whether its bytes come from another machine."""

    @property
    def status(self) -> os.stat_result | None:
        """Of a file of this machine, how it stood; who reads it compares it."""

    @property
    def flaw(self) -> str | None:
        """The rule by which it can't be taken whatever its name; None where it can."""

    def here(self, landing: Path) -> AbstractContextManager[Path]:
        """A file of this machine with its bytes, of a fetched one in a private folder below `landing`.

        Raises: ArrivalError, where it can't be read, is gone, or is another one than was listed; EndpointError, where
        its server doesn't answer; StorageError, where `landing` can't be written.
        """


class Folder(Protocol):
    """A folder that people put files into."""

    @property
    def uri(self) -> str:
        """Where it lies, without secrets."""

    def listed(self) -> AbstractContextManager[Sequence[ListedFile]]:
        """Its finished files; as long as the context lasts they may be read. Raises EndpointError, SettingsError."""
