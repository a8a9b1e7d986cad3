"""The server's configuration files, written at every start, so that they follow the machine."""

from collections.abc import Mapping
from pathlib import Path

from chiso.system.postgres.sizing import machine_settings

_ACCESS = "# Passwords only, from this machine only.\nhost all all 127.0.0.1/32 scram-sha-256\n"


def write_configuration(folder: Path, port: int) -> Path:
    """Writes `folder`/postgresql.conf and the access rules beside it; returns the former.

    They lie beside the data, where the server's user reads but doesn't write.
    """
    settings = dict(machine_settings()) | {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "hba_file": str(folder / "pg_hba.conf"),
        "ident_file": str(folder / "pg_ident.conf"),
        "password_encryption": "scram-sha-256",
    }
    _write(folder / "pg_hba.conf", _ACCESS)
    _write(folder / "pg_ident.conf", "")
    return _write(folder / "postgresql.conf", _rendered(settings))


def literal(text: str) -> str:
    """The text as a quoted literal, for configuration and SQL alike."""
    return "'" + text.replace("'", "''") + "'"


def _rendered(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = {literal(value)}\n" for name, value in settings.items())


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(0o644)
    return path
