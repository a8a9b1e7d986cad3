"""The province in a box, for every endpoint that the environment doesn't name."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiso.system.settings import Settings

from chiso_airflow.launcher.configuration import file_connection, http_connection

TODAY = "2024-07-03"
"""The sandbox's day: its deliveries end the day before."""
_SEED = "34"
_DOSSIERS = "20000"

PORTAL = "AIRFLOW_CONN_CHISO_PORTAL"
SOC = "AIRFLOW_CONN_CHISO_SOC"
DEPARTMENTS = "AIRFLOW_CONN_CHISO_DEPARTMENTS"
_WORKBOOK_PASSWORD = "SANDBOX_WORKBOOK_PASSWORD"  # noqa: S105


@dataclass(frozen=True)
class Sandbox:
    """How to start it on a port of ours."""

    settings: Settings
    port: int

    @property
    def needed(self) -> bool:
        """Whether some endpoint is not set."""
        return not all(self.settings.has(name) for name in (PORTAL, SOC, DEPARTMENTS))

    @property
    def inbox(self) -> Path:
        """The operators' drop folder; the sandbox writes nothing there."""
        return self.settings.var / "drop"

    @property
    def drop(self) -> Path:
        """The folder into which the sandbox's departments drop their forms."""
        return self.settings.var / "sandbox" / "drop"

    def environment(self) -> Mapping[str, str]:
        """The credentials it shall ask for, and the password of the workbooks that its offices protect."""
        return {name: self.settings.values[name]
                for name in ("SANDBOX_CLIENT_ID", "SANDBOX_CLIENT_SECRET", "SANDBOX_API_KEY", _WORKBOOK_PASSWORD)}

    def files_command(self) -> list[str]:
        """Writes its drop folder."""
        return [sys.executable, "-m", "sandbox", "files", "--out", str(self.drop), *self._world]

    def serve_command(self) -> list[str]:
        """Serves the portal and the SOC."""
        return [sys.executable, "-m", "sandbox", "serve", "--port", str(self.port), *self._world]

    def endpoints(self) -> dict[str, str]:
        """The connections to it, for those endpoints that are not set."""
        values = self.settings.values
        url = f"http://127.0.0.1:{self.port}"
        ours = {
            PORTAL: http_connection(url, values["SANDBOX_CLIENT_ID"], values["SANDBOX_CLIENT_SECRET"]),
            SOC: http_connection(url, "", values["SANDBOX_API_KEY"]),
            DEPARTMENTS: file_connection(self.inbox, self.drop, values[_WORKBOOK_PASSWORD]),
        }
        return {name: value for name, value in ours.items() if not self.settings.has(name)}

    @property
    def _world(self) -> tuple[str, ...]:
        """What both must agree on: forms count the portal's dossiers."""
        values = self.settings.values
        return ("--seed", _SEED, "--dossiers", values.get("CHISO_SANDBOX_DOSSIERS") or _DOSSIERS, "--today", values.get("CHISO_TODAY") or TODAY)


def listens(log: Path) -> bool:
    """Whether the sandbox has said, in its log, where it listens."""
    for line in log.read_text("utf-8", "replace").splitlines():
        try:
            if "url" in json.loads(line):
                return True
        except (json.JSONDecodeError, TypeError):
            continue
    return False
