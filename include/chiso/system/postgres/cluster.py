"""One PostgreSQL cluster: made, started, stopped, and its two databases with their owners."""

import shlex
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiso.system import progress
from chiso.system.errors import DatabaseError
from chiso.system.postgres.configuration import literal, write_configuration
from chiso.system.postgres.place import Place
from chiso.system.postgres.processes import end_orphans, postmaster, postmaster_fields
from chiso.system.roles import READER, WRITER

SUPERUSER = "postgres"
OWNERS = {"warehouse": "chiso", "airflow": "airflow"}
"""Database -> the role that owns it."""

_PATIENCE_SECONDS = 120
_START_ATTEMPTS = 3
_LOG_LINES = 12


@dataclass(frozen=True)
class Cluster:
    """A cluster at its place. passwords: role -> password, for the superuser, both owners and the reader."""

    place: Place
    passwords: Mapping[str, str]

    @property
    def running(self) -> bool:
        """Whether its postmaster lives."""
        return postmaster(self.place.data) is not None

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, as its owner. Raises DatabaseError if the server doesn't run."""
        owner = OWNERS[database]
        return f"postgresql+psycopg2://{owner}:{self.passwords[owner]}@127.0.0.1:{self._port()}/{database}"

    def ensure_running(self) -> None:
        """Makes the cluster, starts it and provides the databases, whatever of that is still to do.

        Raises: DatabaseError, with the end of the server's log.
        """
        if self.running:
            return
        if not self.place.data.exists():
            with progress.step("making the embedded PostgreSQL"):
                self._create()
        end_orphans(self.place.account.uid)
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)  # stale: nobody runs here
        with progress.step("starting the embedded PostgreSQL"):
            self._start()
            self._provide()

    def stop(self) -> None:
        """Ends the server: sessions are rolled back, data are flushed. Nothing to do if it doesn't run."""
        if not self.running:
            return
        with progress.step("stopping the embedded PostgreSQL"):
            done = self._pg_ctl("stop", "-m", "fast")
        if self.running:
            raise self._fault("doesn't stop", done)

    def keep(self) -> None:
        """The server that runs now isn't stopped by the last one out."""
        self._kept_mark.write_text(self._identity(), "utf-8")

    def stop_unless_kept(self) -> None:
        """`stop`, but for a server that was asked to stay."""
        mark = self._kept_mark
        if not (mark.exists() and mark.read_text("utf-8") == self._identity()):
            self.stop()

    @property
    def _kept_mark(self) -> Path:
        return self.place.folder / "kept"

    def _identity(self) -> str:
        """The running server's process and its start; "" where none runs."""
        process = postmaster(self.place.data)
        return f"{process.pid} {process.create_time()}" if process else ""

    def _port(self) -> int:
        fields = postmaster_fields(self.place.data)
        if len(fields) < 4 or not self.running:
            raise self._fault("has stopped")
        return int(fields[3])

    def _create(self) -> None:
        """Runs initdb beside the final place and moves it there whole: a crash leaves no half cluster."""
        server = self.place.server
        fresh = server / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        secret = server / "initial-password"
        secret.touch(mode=0o600)
        try:
            self.place.account.own(secret)
            secret.write_text(self.passwords[SUPERUSER], "utf-8")
            done = self.place.account.run(
                [self.place.programs / "initdb", "-D", fresh, "-U", SUPERUSER, f"--pwfile={secret}",
                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                 "--builtin-locale=C.UTF-8", "--no-instructions"], cwd=server)
        finally:
            secret.unlink()
        if done.returncode != 0:
            raise DatabaseError(f"No PostgreSQL cluster can be made in {server}:\n{_end(done.stdout)}")
        fresh.rename(self.place.data)

    def _start(self) -> None:
        """Starts the server on a free port; somebody may take the port in between, hence the attempts."""
        for _ in range(_START_ATTEMPTS):
            configuration = write_configuration(self.place.folder, _free_port())
            done = self._pg_ctl("start", "-l", str(self.place.log),
                                "-o", shlex.join(["-c", f"config_file={configuration}"]))
            if self.running:
                return
            if "could not bind" not in self._log_end():
                break
        raise self._fault("doesn't start", done)

    def _provide(self) -> None:
        """Makes roles and databases that are absent, and sets the roles' passwords to the environment's."""
        statements = ["SET log_min_error_statement = 'panic';"]  # no password in the log
        for role in (*OWNERS.values(), READER):
            statements += [
                f"SELECT 'CREATE ROLE {role} LOGIN' "
                f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec",
                f"ALTER ROLE {role} PASSWORD {literal(self.passwords[role])};",
            ]
        for database, owner in OWNERS.items():
            statements += [
                f"SELECT 'CREATE DATABASE {database} OWNER {owner}' "
                f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec",
                f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;",
            ]
        statements += [f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;" for database in ("postgres", "template1")]
        owner = OWNERS["warehouse"]
        statements += [
            f"SELECT 'CREATE ROLE {WRITER} NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{WRITER}') \\gexec",
            f"GRANT {WRITER} TO {owner};",
            f"ALTER ROLE {owner} SET role = '{WRITER}';",
            f"GRANT CONNECT ON DATABASE warehouse TO {READER};",
            f"ALTER ROLE {READER} SET idle_in_transaction_session_timeout = '10min';",  # who went away holds up no upgrade
        ]
        done = self.place.account.run(
            [self.place.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
             "-h", "127.0.0.1", "-p", str(self._port()), "-U", SUPERUSER, "-d", "postgres"],
            cwd=self.place.server, text="\n".join(statements), env={"PGPASSWORD": self.passwords[SUPERUSER]})
        if done.returncode == 0:
            return
        self.stop()
        if "password authentication failed" in done.stdout:
            raise DatabaseError(f"CHISO_POSTGRES_PASSWORD is not what the cluster was made with: put that back, "
                                f"or remove {self.place.server} to begin with an empty warehouse.")
        raise self._fault("doesn't provide its databases", done)

    def _pg_ctl(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.place.account.run(
            [self.place.programs / "pg_ctl", action, "-D", self.place.data,
             "-w", "-t", str(_PATIENCE_SECONDS), *options],
            cwd=self.place.server)

    def _log_end(self) -> str:
        log = self.place.log
        return _end(log.read_text("utf-8", "replace")) if log.exists() else "(no log yet)"

    def _fault(self, what: str, done: subprocess.CompletedProcess[str] | None = None) -> DatabaseError:
        said = f"{_end(done.stdout)}\n" if done else ""
        return DatabaseError(f"The embedded PostgreSQL server {what}. {said}"
                             f"End of {self.place.log}:\n{self._log_end()}")


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
