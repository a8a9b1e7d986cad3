"""The system user that the embedded server runs as: ours, or an own one when we are root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chiso.system.errors import DatabaseError, SettingsError

NAME = "chiso-postgres"
_OTHERWISE = (f"Create the system user {NAME!r} yourself, or work as an ordinary user, "
              f"or set AIRFLOW_CONN_CHISO_WAREHOUSE to a server of your own.")


@dataclass(frozen=True)
class Account:
    """A system user. `foreign`: another than this process's, so its commands change user first."""

    uid: int
    gid: int
    foreign: bool

    def run(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None,
            text: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a server command as this user, in its own session, so that Ctrl-C never reaches the server.

        The environment is `env` alone: nothing of ours, secrets least, leaks into the server.
        Raises: SettingsError, if the system forbids changing the user; DatabaseError, if it can't be run.
        """
        become = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.foreign else {}
        try:
            return subprocess.run(  # type: ignore[call-overload, no-any-return]
                [str(part) for part in command], cwd=cwd, input=text, text=True, errors="replace",
                check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, umask=0o077,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | dict(env or {}), **become)
        except PermissionError as fault:
            raise SettingsError(f"Can't run {command[0]} as user id {self.uid} ({fault}). "
                                f"{_OTHERWISE}") from fault
        except OSError as fault:
            raise DatabaseError(f"Can't run {command[0]} ({fault}): set up again, make setup.") from fault

    def own(self, path: Path) -> None:
        """Gives `path`, which we made, to this user."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """The user that runs the server. As root it is made when absent.

    Raises: SettingsError, if it can't be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), foreign=False)
    entry = _entry()
    if entry is None:
        _create()
        entry = _entry()
    if entry is None:
        raise SettingsError(f"useradd made no system user {NAME!r}. {_OTHERWISE}")
    return Account(entry.pw_uid, entry.pw_gid, foreign=True)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _create() -> None:
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    if useradd is None:
        raise SettingsError(f"PostgreSQL doesn't run as root, and this system has no useradd. {_OTHERWISE}")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run([useradd, *options, "--shell", "/usr/sbin/nologin", NAME],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0 and _entry() is None:
        raise SettingsError(f"PostgreSQL doesn't run as root, and useradd failed: {made.stderr.strip()}. "
                            f"{_OTHERWISE}")
