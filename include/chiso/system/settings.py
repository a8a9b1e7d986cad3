"""Everything that comes from the environment, in one place.

Variables are read from the process environment, else from `var/platform.env`, which the set-up writes for
the embedded default (0600). Endpoints are Airflow connections, so that the CLI and the tasks read the same
variables: `AIRFLOW_CONN_CHISO_<NAME>`, as a URI or as Airflow's JSON.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from chiso.system.errors import SettingsError

LOCAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
"""The province's clock: every civil date and hour in a delivery is in it."""


@dataclass(frozen=True)
class Endpoint:
    """A system outside: `url` without credentials (http://…, file:///…, s3://… or a database), and how to log in."""

    url: str
    login: str = ""
    password: str = ""
    extra: Mapping[str, str] | None = None

    @property
    def impatient(self) -> "Endpoint":
        """The same, for who only wants to know whether it answers."""
        return replace(self, extra={**(self.extra or {}), "timeout_seconds": "5", "retries": "0"})


@dataclass(frozen=True)
class Settings:
    """The environment, read once. Paths are absolute."""

    home: Path
    """The checkout: contracts, suites and SQL lie below it."""
    var: Path
    """What the platform writes: raw files, reports, logs, the embedded server."""
    values: Mapping[str, str]

    @property
    def schemas(self) -> Path:
        """Contracts, indicator catalogue, reference lists, migrations."""
        return self.home / "include" / "schemas"

    @property
    def expectations(self) -> Path:
        """Great Expectations suites."""
        return self.home / "expectations"

    @property
    def sql(self) -> Path:
        """Replaceable SQL, numbered by stage."""
        return self.home / "include" / "sql"

    @property
    def landing(self) -> Path:
        """Raw files, one per SHA-256."""
        return self.var / "landing"

    @property
    def reports(self) -> Path:
        """Data Docs and exports."""
        return self.var / "reports"

    @property
    def today(self) -> date:
        """The platform's day (`CHISO_TODAY`, else the real one in the province's time zone)."""
        text = self.values.get("CHISO_TODAY", "")
        if not text:
            return datetime.now(LOCAL_TIME).date()
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise SettingsError(f"CHISO_TODAY={text!r} is no date; write it as 2024-07-05.") from None

    @property
    def data_centre_address(self) -> str:
        """Where the daily digest goes, and what is for agencies without a contact (`CHISO_DATA_CENTRE_EMAIL`)."""
        address = self.values.get("CHISO_DATA_CENTRE_EMAIL", "").strip()
        if not address:
            raise SettingsError("CHISO_DATA_CENTRE_EMAIL is not set: the data centre's digest has no address. Set it, e.g. ttdl@example.vn.")
        return address

    @property
    def landing_keys(self) -> list[str]:
        """Age identities: the first encrypts, every one decrypts. Rotation: docs/runbooks/keys.md."""
        keys = self.values.get("CHISO_LANDING_KEY", "").split()
        if not keys:
            raise SettingsError(
                "CHISO_LANDING_KEY is not set: raw files with personal data can't be kept. "
                "Run `make setup`, or set it to an age identity (docs/runbooks/keys.md)."
            )
        return keys

    def endpoint(self, name: str) -> Endpoint:
        """The connection `chiso_<name>`. Raises SettingsError if the environment doesn't hold it."""
        variable = connection_variable(name)
        text = self.values.get(variable, "")
        if not text:
            raise SettingsError(
                f"{variable} is not set: the platform doesn't know where {name} is. Set it to a "
                f"URL, e.g. http://login:password@host:port/, or start the sandbox: make up."
            )
        return _parse_connection(text, variable)

    def has(self, variable: str) -> bool:
        """Whether the variable is set and not empty."""
        return bool(self.values.get(variable))


def connection_variable(name: str) -> str:
    """The variable that holds the connection `chiso_<name>`, as Airflow calls it."""
    return f"AIRFLOW_CONN_CHISO_{name.upper()}"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings of this process; `environ` (default: the real one) wins over `var/platform.env`."""
    given = dict(os.environ if environ is None else environ)
    home = Path(given.get("CHISO_HOME") or Path(__file__).parents[3]).resolve()
    var = Path(given.get("CHISO_VAR") or home / "var").resolve()
    return Settings(home=home, var=var, values=read_env_file(var / "platform.env") | given)


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of `path` ({} if it doesn't exist); blank lines and lines with # in front are passed over."""
    if not path.exists():
        return {}
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)


def _parse_connection(text: str, variable: str) -> Endpoint:
    if text.lstrip().startswith("{"):
        return _from_json(text, variable)
    parts = urlsplit(text)
    host = parts.hostname or ""
    netloc = f"{host}:{parts.port}" if parts.port else host
    return Endpoint(
        url=f"{parts.scheme}://{netloc}{parts.path}",
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        extra=dict(parse_qsl(parts.query)),
    )


def _from_json(text: str, variable: str) -> Endpoint:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as fault:
        raise SettingsError(f"{variable} is neither a URL nor JSON ({fault}).") from None
    kind, host, schema = (str(fields.get(name) or "") for name in ("conn_type", "host", "schema"))
    port = f":{fields['port']}" if fields.get("port") else ""
    if "://" in host:
        url = f"{host}{port}"
    elif kind in ("http", "https"):
        url = f"{schema or kind}://{host}{port}"
    else:
        url = f"{kind}://{host}{port}/{schema.lstrip('/')}"
    extra = fields.get("extra") or {}
    return Endpoint(
        url,
        str(fields.get("login") or ""),
        str(fields.get("password") or ""),
        json.loads(extra) if isinstance(extra, str) else extra,
    )
