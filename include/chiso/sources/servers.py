"""Machines that drop folders lie on, each reached with what its connection says.

Keys that `extra` of such a connection may hold, beside those of every drop folder: `workbook_password`, `timeout_seconds` (60,
waiting for the next bytes), `retries` (2, of a request to an object store), `max_seconds` (600, one file in all), and

- `s3://`: `endpoint_url` (another store than Amazon's), `region`, `addressing_style` (path, where there is an `endpoint_url`;
  else auto), `anon` (true: without login). Login and password are the access key and its secret; without a login boto's own
  search for one decides.
- `sftp://`: `host_key` (needed: `ssh-ed25519 AAAA…`, as `ssh-keyscan` prints it), `private_key` (the key itself) or `key_file`,
  and `private_key_passphrase`. Without a key the password is the login's.
- others: whatever the file system's class takes in fsspec. Login and password are `account_name` and `account_key` of
  `abfs://`, else `username` and `password`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol
from urllib.parse import SplitResult

from chiso.sources.patience import Limits
from chiso.system.errors import SettingsError
from chiso.system.settings import Endpoint

LONGEST_CONNECT_SECONDS = 10.0
_EVERY_FOLDERS = frozenset({"folders", "max_bytes", "workbook_password", "timeout_seconds", "retries", "max_seconds"})
_SECRET = ("secret", "token", "password", "passphrase", "credential", "private_key", "account_key", "sas")
"""In the names of keys whose values nobody is told."""


@dataclass(frozen=True)
class Entry:
    """A file as its server lists it. key: what the server calls it; modified_at: has its zone."""

    key: str
    size: int
    modified_at: datetime
    etag: str | None = None
    is_link: bool = False

    def is_as(self, then: "Entry") -> bool:
        """Whether it is the file that it was. An ETag says it, or else the time: some stores give one with more digits or with less."""
        return (self.size, self.is_link) == (then.size, then.is_link) and (
            self.etag == then.etag if self.etag or then.etag else self.modified_at == then.modified_at
        )


class Server(Protocol):
    """A folder of a machine, over an open connection. What its library raises comes through as it is."""

    def entries(self) -> Iterator[Entry]:
        """Files and links of the folder."""

    def entry(self, key: str) -> Entry:
        """A file as it is now."""

    def open(self, file: Entry) -> BinaryIO:
        """Its bytes from the first one on."""

    def close(self) -> None:
        """Ends the connection."""


@dataclass(frozen=True)
class Access:
    """What a connection says of a machine. variable: holds it; extra: what is left for the machine's own kind."""

    endpoint: Endpoint
    variable: str
    limits: Limits
    extra: Mapping[str, Any]

    @classmethod
    def of(cls, endpoint: Endpoint, variable: str) -> "Access":
        """Raises SettingsError for limits that are no numbers."""
        given = endpoint.extra or {}
        limits = {"retries": 2} | {key: given[key] for key in ("timeout_seconds", "retries", "max_seconds") if key in given}
        own = {key: value for key, value in given.items() if key not in _EVERY_FOLDERS}
        return cls(endpoint, variable, Limits.of(limits, variable), own)

    @property
    def connect_seconds(self) -> float:
        """How long a connection may take."""
        return min(LONGEST_CONNECT_SECONDS, self.limits.read_seconds)

    def expect_known(self, *known: str) -> None:
        """Raises SettingsError for a key of `extra` that nobody reads."""
        if unknown := sorted(set(self.extra) - set(known)):
            raise SettingsError(
                f"{self.variable}: nothing reads {', '.join(unknown)} of its extra. "
                f"Known are: {', '.join(sorted({*known, *_EVERY_FOLDERS}))}."
            )

    def without_secrets(self, said: str) -> str:
        """What a library says, should it repeat what it was given."""
        secrets = [str(value) for name, value in self.extra.items() if any(word in name for word in _SECRET)]
        for secret in filter(None, [self.endpoint.password, *secrets]):
            said = said.replace(secret, "…")
        return said


def connect(address: SplitResult, access: Access) -> Server:
    """The folder of that address. Raises SettingsError, and whatever the library raises that is meant for it."""
    if address.scheme in ("sftp", "ssh"):
        from chiso.sources.sftp import Sftp

        return Sftp(address, access)
    from chiso.sources.stores import Store

    return Store(address, access)
