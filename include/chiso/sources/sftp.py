"""A folder over SFTP. The server must show the host key that the connection names."""

import base64
import binascii
import io
import logging
import re
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import SplitResult, unquote

import paramiko

from chiso.sources.servers import Access, Entry
from chiso.system.errors import EndpointError, SettingsError

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it logs beneath, it raises too

_REQUEST = 1 << 15
_WINDOW = 256 * _REQUEST
"""What is asked for at once, since each request takes its time to come back. paramiko's own limit of requests sleeps between them, and where
what it waits for comes meanwhile takes the file for read, and keeps the rest of it in memory."""
_HOST_KEY = re.compile(r"((?:ssh|ecdsa)-\S+)\s+(\S+)")
_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


class Sftp:
    """A folder of an SFTP server."""

    def __init__(self, address: SplitResult, access: Access) -> None:
        access.expect_known("host_key", "private_key", "key_file", "private_key_passphrase")
        self._folder = unquote(address.path).rstrip("/") or "/"
        wanted, own = _host_key(access), _private_key(access)
        place = (address.hostname or "", address.port or 22)
        self._host = f"sftp://{address.netloc}"
        self._transport = paramiko.Transport(socket.create_connection(place, timeout=access.connect_seconds))
        try:
            self._log_in(wanted, own, access)
            self._sftp = cast(paramiko.SFTPClient, paramiko.SFTPClient.from_transport(self._transport))
            self._sftp.get_channel().settimeout(access.limits.read_seconds)
        except BaseException:
            self._transport.close()
            raise

    def _log_in(self, wanted: tuple[str, bytes] | None, own: "paramiko.PKey | None", access: Access) -> None:
        transport, login = self._transport, access.endpoint.login
        transport.banner_timeout = transport.auth_timeout = access.limits.read_seconds
        if wanted:
            transport.get_security_options().key_types = _SIGNATURES.get(wanted[0], (wanted[0],))
        try:
            transport.start_client(timeout=access.limits.read_seconds)
        except paramiko.ssh_exception.IncompatiblePeer as fault:
            raise EndpointError(
                f"{self._host}: no way to speak to it ({fault}). If it has changed its host key, ask its administrator for "
                f"the new one and set it as host_key in {access.variable}."
            ) from fault
        shown = transport.get_remote_server_key()
        if wanted is None:
            raise SettingsError(
                f"{access.variable}: set host_key in its extra, so that no other machine can pose as {self._host}. It shows "
                f"“{shown.get_name()} {shown.get_base64()}”, fingerprint {shown.fingerprint}; ask its administrator whether that is right."
            )
        if shown.asbytes() != wanted[1]:
            raise EndpointError(
                f"{self._host} shows another host key than host_key in {access.variable}: fingerprint {shown.fingerprint}. "
                "Nothing was sent to it. Ask its administrator which is right."
            )
        if own:
            transport.auth_publickey(login, own)
        else:
            transport.auth_password(login, access.endpoint.password)

    def entries(self) -> Iterator[Entry]:
        """Regular files and links of the folder."""
        for said in self._sftp.listdir_iter(self._folder):
            if stat.S_ISREG(said.st_mode or 0) or stat.S_ISLNK(said.st_mode or 0):
                yield _entry(f"{self._folder.rstrip('/')}/{said.filename}", said)

    def entry(self, key: str) -> Entry:
        """A file as it is now; a link is one itself."""
        return _entry(key, self._sftp.lstat(key))

    def open(self, file: Entry) -> BinaryIO:
        """Its content, asked for ahead."""
        return io.BufferedReader(_Ahead(self._sftp.open(file.key, "rb"), file.size), _REQUEST)

    def close(self) -> None:
        """Ends the connection."""
        self._sftp.close()
        self._transport.close()


def _entry(key: str, said: Any) -> Entry:
    if said.st_size is None or said.st_mtime is None:
        raise EndpointError(f"{key}: the server doesn't say how large files are and when they were modified; it can't be a drop folder.")
    return Entry(key, said.st_size, datetime.fromtimestamp(said.st_mtime, UTC), is_link=stat.S_ISLNK(said.st_mode or 0))


def _host_key(access: Access) -> tuple[str, bytes] | None:
    """Type and bytes. Raises SettingsError where it is none."""
    given = str(access.extra.get("host_key") or "")
    if not given:
        return None
    found = _HOST_KEY.search(given)
    try:
        if found:
            return found[1], base64.b64decode(found[2], validate=True)
    except binascii.Error:
        pass
    raise SettingsError(f"{access.variable}: host_key is none; write its type and its text, as `ssh-keyscan` prints them.")


def _private_key(access: Access) -> "paramiko.PKey | None":
    passphrase = access.extra.get("private_key_passphrase") or None
    text, file = access.extra.get("private_key"), access.extra.get("key_file")
    if not text and not file:
        return None
    try:
        return _key_of(Path(str(file)).expanduser().read_text("ascii") if file else str(text), passphrase)
    except (OSError, ValueError, TypeError, paramiko.SSHException) as fault:
        raise SettingsError(
            f"{access.variable}: its {'key_file' if file else 'private_key'} can't be used ({access.without_secrets(str(fault))}). "
            "Check it and private_key_passphrase."
        ) from fault


def _key_of(text: str, passphrase: str | None) -> "paramiko.PKey":
    """A key of any kind, of which only trying tells."""
    faults = []
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError) as fault:
            faults.append(fault)
    raise faults[0]


class _Ahead(io.RawIOBase):
    """A file of the server, read a window at a time."""

    def __init__(self, opened: paramiko.SFTPFile, size: int) -> None:
        self._opened = opened
        self._pieces = _pieces(opened, size)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fills as much of the buffer as the next piece has; 0 at the file's end."""
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken

    def close(self) -> None:
        """Ends the reading."""
        self._opened.close()
        super().close()


def _pieces(opened: paramiko.SFTPFile, size: int) -> Iterator[bytes]:
    """size: when it was listed; what was written since follows."""
    for first in range(0, size, _WINDOW):
        last = min(first + _WINDOW, size)
        for piece in opened.readv([(at, min(_REQUEST, last - at)) for at in range(first, last, _REQUEST)]):
            if not piece:
                return
            yield piece
    opened.seek(size)
    while piece := opened.read(_REQUEST):
        yield piece
