"""Secrets that the running platform needs beside the core's: Airflow's, its UI's, the sandbox's."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from chiso.system.secrets_file import SECRETS, ensure_platform_env, random_password
from chiso.system.settings import Settings

UI_USER = "admin"
AUDITOR = "auditor"
"""Sees everything in the UI, and changes nothing."""


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


PLATFORM_SECRETS: Mapping[str, Callable[[], str]] = dict(SECRETS) | {
    "AIRFLOW__CORE__FERNET_KEY": _fernet_key,
    "AIRFLOW__API_AUTH__JWT_SECRET": lambda: secrets.token_urlsafe(64),
    "AIRFLOW__API__SECRET_KEY": random_password,
    "CHISO_UI_PASSWORD": lambda: secrets.token_urlsafe(12),
    "CHISO_AUDITOR_PASSWORD": lambda: secrets.token_urlsafe(12),
    "SANDBOX_CLIENT_ID": lambda: f"chiso-{secrets.token_hex(4)}",
    "SANDBOX_CLIENT_SECRET": random_password,
    "SANDBOX_API_KEY": random_password,
    "SANDBOX_WORKBOOK_PASSWORD": random_password,
}


def ensure_secrets(settings: Settings) -> Settings:
    """Settings in which every secret has a value; what is missing is made and kept in `var/platform.env`."""
    return ensure_platform_env(settings, PLATFORM_SECRETS)


def write_login(settings: Settings, path: Path) -> None:
    """Writes the password file of Airflow's simple auth manager, private to us."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({UI_USER: settings.values["CHISO_UI_PASSWORD"], AUDITOR: settings.values["CHISO_AUDITOR_PASSWORD"]}, file)
