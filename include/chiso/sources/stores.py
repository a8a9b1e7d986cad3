"""Object stores, and whatever else fsspec has a file system for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, BinaryIO, cast
from urllib.parse import SplitResult, unquote

from chiso.sources.servers import Access, Entry
from chiso.system.errors import EndpointError, SettingsError

_READ_AHEAD = 4 << 20
_MODIFIED = ("LastModified", "mtime", "last_modified", "created")
"""What the file systems call the time of modification; of those that say `created`, a file is made anew when it is written."""
_ETAG = ("ETag", "etag")
_S3 = ("s3", "s3a")
_LOGIN = {
    "s3": ("key", "secret"),
    "s3a": ("key", "secret"),
    "abfs": ("account_name", "account_key"),
    "abfss": ("account_name", "account_key"),
    "az": ("account_name", "account_key"),
}


class Store:
    """A folder of an fsspec file system."""

    def __init__(self, address: SplitResult, access: Access) -> None:
        self._variable = access.variable
        kind = _kind(address.scheme, access.variable)
        url = f"{address.scheme}://{address.netloc}{unquote(address.path)}".rstrip("/")
        self._url, self._folder = url, str(kind._strip_protocol(url))
        options = _s3(access) if address.scheme in _S3 else dict(access.extra)
        login = zip(_LOGIN.get(address.scheme, ("username", "password")), (access.endpoint.login, access.endpoint.password), strict=True)
        options |= {name: value for name, value in login if value}
        try:
            self._files = kind(
                **kind._get_kwargs_from_urls(url), **options, skip_instance_cache=True, use_listings_cache=False
            )
        except TypeError as fault:
            raise SettingsError(f"{access.variable}: {kind.__name__} can't be used with its extra ({fault}); correct it.") from fault
        if address.scheme in _S3:
            self._files.retries = 2 if access.limits.retries else 1  # a broken body; the rest is repeated by boto

    def entries(self) -> Iterator[Entry]:
        """Its files. A bucket knows no folders, so a prefix that no object has is an empty one."""
        for said in self._listed():
            name = str(said["name"])
            if said["type"] in ("file", "link") and name.rstrip("/") == name and name != self._folder:
                yield self._entry(said)

    def entry(self, key: str) -> Entry:
        """A file as it is now."""
        return self._entry(self._files.info(key))

    def open(self, file: Entry) -> BinaryIO:
        """Read ahead in blocks, of which one is held."""
        return cast(BinaryIO, self._files.open(file.key, "rb", block_size=_READ_AHEAD, cache_type="readahead"))

    def close(self) -> None:
        """Ends the connections of s3fs, which others end with their last user."""
        if creator := getattr(self._files, "_s3creator", None):
            self._files.close_session(self._files.loop, creator)

    def _listed(self) -> list[Mapping[str, Any]]:
        try:
            return cast(list[Mapping[str, Any]], self._files.ls(self._folder, detail=True))
        except FileNotFoundError:
            bucket = self._folder.partition("/")[0]
            if bucket in ("", self._folder):
                raise
            try:
                self._files.ls(bucket)
            except PermissionError:
                return []  # a login for the folder alone
            return []

    def _entry(self, said: Mapping[str, Any]) -> Entry:
        modified = _moment(next((said[name] for name in _MODIFIED if said.get(name)), None))
        if modified is None or said.get("size") is None:
            raise EndpointError(
                f"{self._url}: its file system doesn't say how large files are and when they were modified, so it can't be a "
                f"drop folder. Set another one in {self._variable}."
            )
        etag = next((str(said[name]) for name in _ETAG if said.get(name)), None)
        return Entry(str(said["name"]), int(said["size"]), modified, etag, said["type"] == "link")


def _moment(said: object) -> datetime | None:
    """A time with its zone, which file systems give as one or in seconds since 1970; None where it is neither."""
    if isinstance(said, int | float):
        return datetime.fromtimestamp(said, UTC)
    return said if isinstance(said, datetime) and said.tzinfo else None


def _kind(scheme: str, variable: str) -> Any:
    """The class of a scheme's file systems. Raises SettingsError, where there is none or its package isn't installed."""
    import fsspec
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.registry import known_implementations

    known = known_implementations.get(scheme, {})
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as fault:
        package = str(known.get("class", fault.name)).partition(".")[0]
        package = fault.name or package if package == "fsspec" else package
        raise SettingsError(
            f"{variable}: {scheme}:// needs the Python package {package}, which is not installed. Add it to requirements.in, "
            "then `make requirements` and `make setup`; or use another folder."
        ) from fault
    except ValueError as fault:
        raise SettingsError(
            f"{variable}: nothing is known that reads {scheme}://. Set file, s3, sftp or another scheme of fsspec "
            "(docs/runbooks/running.md)."
        ) from fault
    if issubclass(kind, LocalFileSystem):
        raise SettingsError(f"{variable}: write a folder of this machine as file:///absolute/path.")
    return kind


@cache
def _boto() -> Any:
    """One for all: it has read what boto knows of S3, which takes longer than a listing."""
    from aiobotocore.session import AioSession

    return AioSession()


def _s3(access: Access) -> dict[str, Any]:
    access.expect_known("endpoint_url", "region", "addressing_style", "anon")
    given, limits = access.extra, access.limits
    style = given.get("addressing_style") or ("path" if given.get("endpoint_url") else "auto")
    return {
        "session": _boto(),
        "endpoint_url": given.get("endpoint_url") or None,
        "anon": str(given.get("anon", "")).lower() == "true",
        "client_kwargs": {"region_name": given["region"]} if given.get("region") else {},
        "config_kwargs": {
            "connect_timeout": access.connect_seconds,
            "read_timeout": limits.read_seconds,
            "retries": {"mode": "standard", "total_max_attempts": 1 + limits.retries},
            "s3": {"addressing_style": style},
        },
    }
