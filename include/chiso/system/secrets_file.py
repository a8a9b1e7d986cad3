"""`var/platform.env`: the secrets and endpoints of the embedded default, made once, private to their owner.

What the process environment already holds is never written: a deployment that brings its own secrets
leaves no copy of them on disk. How to rotate each: docs/runbooks/keys.md.
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from chiso.system.errors import SettingsError, StorageError
from chiso.system.settings import Settings, read_env_file

_HEADER = "# Written by the set-up: secrets and endpoints of this checkout. Keep it; docs/runbooks/keys.md\n"


def random_password() -> str:
    """256 random bits in characters that need no quoting in a URL, a shell or SQL."""
    return secrets.token_urlsafe(32)


def _age_identity() -> str:
    from pyrage import x25519

    return str(x25519.Identity.generate())


def _signing_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


LANDING_KEY = "CHISO_LANDING_KEY"
AUDIT_KEY = "CHISO_AUDIT_KEY"
"""Signs the heads of the audit chain: an Ed25519 private key, 32 bytes in base64."""
SECRETS: Mapping[str, Callable[[], str]] = {
    LANDING_KEY: _age_identity,
    AUDIT_KEY: _signing_key,
    "CHISO_POSTGRES_PASSWORD": random_password,
    "CHISO_WAREHOUSE_PASSWORD": random_password,
    "CHISO_READER_PASSWORD": random_password,
    "CHISO_AIRFLOW_DB_PASSWORD": random_password,
}
"""What `chiso` alone needs, with a server of one's own the first; the launcher adds Airflow's."""


def ensure_platform_env(settings: Settings, wanted: Mapping[str, Callable[[], str]] = SECRETS) -> Settings:
    """Makes every secret of `wanted` that neither the environment nor the file holds; returns fresh settings.

    Raises: StorageError, if `var` can't be written; SettingsError, if it belongs to another user.
    """
    given = settings.values
    if all(given.get(name) for name in wanted):
        return settings
    with _exclusive(settings) as path:
        held = read_env_file(path)
        made = {name: make() for name, make in wanted.items() if not (held.get(name) or given.get(name))}
        if made:
            _write(path, held | made)
        return replace(settings, values=held | made | dict(given))


def update_platform_env(settings: Settings, changes: Mapping[str, str | None]) -> None:
    """Sets the given names in `var/platform.env`, or removes those whose value is None."""
    with _exclusive(settings) as path:
        held = read_env_file(path)
        after = {name: value for name, value in (held | dict(changes)).items() if value is not None}
        if after != held:
            _write(path, after)


@contextmanager
def _exclusive(settings: Settings) -> Iterator[Path]:
    path = settings.var / "platform.env"
    try:
        settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = settings.var.stat().st_uid
        if owner != os.geteuid():
            raise SettingsError(
                f"{settings.var} belongs to user id {owner}, this process is {os.geteuid()}: "
                f"run as its owner, or set CHISO_VAR to a folder of your own."
            )
        with (settings.var / "platform.env.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield path
    except OSError as fault:
        raise StorageError(
            f"{path} can't be written ({fault}): make {settings.var} writable, or set CHISO_VAR to a folder that is."
        ) from fault


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Replaces the file in one step, so that a reader or a crash never meets half of it."""
    fresh = path.with_suffix(".env.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
