"""Servers that drop folders lie on, run for tests: an object store (moto) and SFTP (asyncssh), each with a login of its own."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import asyncssh
import boto3


class Place(Protocol):
    """A folder on a server, as the departments see it."""

    def connection(self, **other: Any) -> str:
        """The connection in Airflow's JSON; `other`: fields that are to be otherwise, `extra` beside its own."""

    def put(self, name: str, content: bytes) -> None: ...

    def remove(self, name: str) -> None: ...


# --- An object store ---


@dataclass(frozen=True)
class ObjectStore:
    """moto's server, which from now on lets in who has a login."""

    address: str
    login: str
    password: str

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.address, aws_access_key_id=self.login, aws_secret_access_key=self.password, region_name="us-east-1"
        )


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr
        try:
            address = next(found[0] for line in process.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
            threading.Thread(target=process.stderr.read, daemon=True).start()  # its log goes nowhere
            yield _closed_to_others(address)
        finally:
            process.terminate()


def _closed_to_others(address: str) -> ObjectStore:
    iam = boto3.client("iam", endpoint_url=address, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    iam.create_user(UserName="chiso")
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="chiso", PolicyName="all", PolicyDocument=json.dumps(may))
    key = iam.create_access_key(UserName="chiso")["AccessKey"]
    closing = urllib.request.Request(f"{address}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(closing).close()
    return ObjectStore(address, key["AccessKeyId"], key["SecretAccessKey"])


@dataclass(frozen=True)
class Bucket:
    """A prefix of a bucket."""

    store: ObjectStore
    name: str
    prefix: str = "gửi về"

    def connection(self, **other: Any) -> str:
        extra = {"endpoint_url": self.store.address, "region": "us-east-1"} | other.pop("extra", {})
        given = {"conn_type": "s3", "host": self.name, "schema": self.prefix, "login": self.store.login, "password": self.store.password}
        return json.dumps(given | {"extra": extra} | other)

    def put(self, name: str, content: bytes) -> None:
        self.store.client.put_object(Bucket=self.name, Key=f"{self.prefix}/{name}", Body=content)

    def remove(self, name: str) -> None:
        self.store.client.delete_object(Bucket=self.name, Key=f"{self.prefix}/{name}")


# --- SFTP ---


@dataclass
class _Doorman(asyncssh.SSHServer):
    asked: list[str]
    connections: list[asyncssh.SSHServerConnection]

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.asked.append(password)
        return (username, password) == (Sftp.LOGIN, Sftp.PASSWORD)


@dataclass
class Sftp:
    """A folder on an SFTP server, `/in` for who is logged in there."""

    LOGIN = "chiso"
    PASSWORD = "mật khẩu@/"

    root: Path
    own_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """Passwords that were given."""
    stop: Callable[[], None] = lambda: None
    """Ends the server and every connection to it."""

    @property
    def folder(self) -> Path:
        return self.root / "in"

    def connection(self, **other: Any) -> str:
        extra = {"host_key": self.host_key.export_public_key().decode()} | other.pop("extra", {})
        given = {"conn_type": "sftp", "host": "127.0.0.1", "port": self.port, "schema": "in", "login": self.LOGIN, "password": self.PASSWORD}
        return json.dumps(given | {"extra": extra} | other)

    def put(self, name: str, content: bytes, modified: datetime | None = None) -> None:
        path = self.folder / name
        path.write_bytes(content)
        moment = (modified or datetime.fromisoformat("2024-07-01T09:00:00+07:00")).timestamp()
        os.utime(path, (moment, moment))

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        loop, ready = asyncio.new_event_loop(), threading.Event()

        async def serve() -> None:
            keys = asyncssh.import_authorized_keys(self.own_key.export_public_key().decode())
            connections: list[asyncssh.SSHServerConnection] = []
            server = await asyncssh.listen(
                "127.0.0.1", 0, server_factory=lambda: _Doorman(self.asked, connections), server_host_keys=[self.host_key],
                authorized_client_keys=keys,
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self.root).encode()),
            )
            self.port = server.get_port()
            ready.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            server.close()
            for connection in connections:
                connection.abort()
                await connection.wait_closed()
            await server.wait_closed()

        task = loop.create_task(serve())
        thread = threading.Thread(target=loop.run_until_complete, args=(task,))
        thread.start()

        def stop() -> None:
            if thread.is_alive():
                loop.call_soon_threadsafe(task.cancel)
                thread.join()

        self.stop = stop
        try:
            assert ready.wait(10)
            yield
        finally:
            stop()
            loop.close()
