"""Parts of a zipped package (.xlsx, .ods), found however the archive spells their names."""

import zipfile
from typing import IO


class Package:
    """Parts by path, relative to the package's root; case and the direction of slashes don't matter."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """archive: open; whoever opened it closes it."""
        self._archive = archive
        self._parts = {_key(part.filename): part for part in archive.infolist() if not part.is_dir()}

    def __contains__(self, path: str) -> bool:
        return _key(path) in self._parts

    def size(self, path: str) -> int:
        """Bytes of the unpacked part. Raises KeyError."""
        return self._parts[_key(path)].file_size

    def read(self, path: str) -> bytes:
        """The unpacked part. Raises KeyError."""
        return self._archive.read(self._parts[_key(path)])

    def open(self, path: str) -> IO[bytes]:
        """The part as a stream. Raises KeyError."""
        return self._archive.open(self._parts[_key(path)])


def _key(path: str) -> str:
    return path.replace("\\", "/").lstrip("/").casefold()
