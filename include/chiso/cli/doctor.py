"""`chiso doctor`: what is set up, what is missing, what to do about it."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from chiso.contracts import Contract
from chiso.system import progress
from chiso.system.errors import ChisoError, SettingsError, joined
from chiso.system.settings import Endpoint, Settings, connection_variable

_LEAST_FREE_BYTES = 1 << 30

Check = tuple[str, Callable[[], str]]
"""What is looked at; says what is well there, or raises ChisoError with what to do."""


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Checks disk, secrets, contracts, server, failed fetches, and asks every endpoint for an answer. Exit 3 if something is missing."""
    from chiso import contracts
    from chiso.system.settings import load

    settings = load()
    failed = False
    looks = list(_checks(settings, contracts.load_all(settings).contracts))
    for name, look in progress.each("looking at", looks, lambda look: look[0]):
        try:
            sign, said = "✓", look()
        except ChisoError as fault:
            sign, said, failed = "✗", str(fault), True
        click.echo(f"{sign} {name}: {said}")
    ctx.exit(3 if failed else 0)


def _checks(settings: Settings, sound: list[Contract]) -> Iterator[Check]:
    yield from ((f"disk of {path}", partial(_free, path)) for path in _disks(settings))
    yield "secrets", partial(_secrets, settings)
    yield "contracts", partial(_contracts, settings)
    yield "server", _warehouse
    yield "fetches", _fetches
    for name, users in _endpoints(sound).items():
        yield f"endpoint {name}", partial(_endpoint, name, users, settings)


def _disks(settings: Settings) -> list[Path]:
    """One folder of every disk that is written to: files, raw files, the embedded server."""
    from chiso.system.postgres.place import SHARED

    written = [settings.var, settings.landing, settings.reports]
    if not settings.has("AIRFLOW_CONN_CHISO_WAREHOUSE") and os.geteuid() == 0:
        written.append(SHARED)
    there = [path if path.exists() else settings.home for path in written]
    return list({path.stat().st_dev: path for path in reversed(there)}.values())[::-1]


def _free(path: Path) -> str:
    from chiso.system.errors import StorageError

    free = shutil.disk_usage(path).free
    if free < _LEAST_FREE_BYTES:
        raise StorageError(f"only {free >> 20} MB free; make room (docs/runbooks/incidents.md)")
    return f"{free >> 30} GB free"


def _secrets(settings: Settings) -> str:
    """Whether the secrets are ours alone, and the key of the raw files is one."""
    import pyrage

    for path in (settings.var / "platform.env", settings.var / "airflow" / "passwords.json"):
        if not path.exists():
            continue
        status = path.stat()
        if status.st_uid != os.geteuid():
            raise SettingsError(f"{path} belongs to user id {status.st_uid}; run as its owner, or chown it")
        if status.st_mode & 0o077:
            raise SettingsError(f"others may read {path}; chmod 600 it, and renew what it holds (docs/runbooks/keys.md)")
    if not settings.has("CHISO_LANDING_KEY"):
        return "none yet; the first command makes them"
    try:
        for key in settings.landing_keys:
            pyrage.x25519.Identity.from_str(key)
    except (pyrage.IdentityError, ValueError) as fault:
        raise SettingsError(f"CHISO_LANDING_KEY holds no age identity ({fault}); put it back (docs/runbooks/keys.md)") from fault
    return "private to their owner"


def _contracts(settings: Settings) -> str:
    from chiso import contracts
    from chiso.authoring import linting
    from chiso.system.errors import ContractError

    if faults := linting.lint_files(settings):
        raise ContractError(*faults)
    return f"{len(contracts.source_names(settings))} sources"


def _warehouse() -> str:
    import sqlalchemy as sa

    from chiso.cli.session import platform

    with platform() as running, running.engine.connect() as connection:
        connection.execute(sa.text("SELECT count(*) FROM audit.event"))
    return "PostgreSQL answers, the warehouse is up to date"


def _fetches() -> str:
    from chiso.cli.session import platform
    from chiso.inquiry.fetches import not_fetched
    from chiso.system.errors import EndpointError

    with platform() as running:
        failed = not_fetched(running)
    if failed:
        raise EndpointError(
            f"{len(failed)} could not be fetched and have not come since; `chiso fetches` says which. "
            f"The newest: {failed[-1]['reason']}"
        )
    return "everything that was asked for came"


def _endpoints(sound: list[Contract]) -> dict[str, list[Contract]]:
    """Names of connections, each with the contracts that use it."""
    users: dict[str, list[Contract]] = {}
    for contract in sorted(sound, key=lambda contract: contract.terms.transport.endpoint):
        users.setdefault(contract.terms.transport.endpoint, []).append(contract)
    return users


def _folders(endpoint: Endpoint, dropping: list[Contract]) -> str:
    from chiso import sources

    with sources.scanned_drop_folder(endpoint.impatient, dropping) as scan:
        if scan.faults:
            raise joined(list(scan.faults.values()))
        left = [found.left.message_en for found in scan.files if found.left]
        return "\n    left alone: ".join([f"files: {len(scan.files)}", *left])


def _endpoint(name: str, users: list[Contract], settings: Settings) -> str:
    """Asks the endpoint as those contracts do; of a drop folder, lists it."""
    from chiso import sources

    variable = connection_variable(name)
    if not settings.has(variable):
        return f"{variable} is not set; the sandbox stands in while it runs"
    endpoint = settings.endpoint(name)
    dropping = [contract for contract in users if contract.terms.transport.kind == "drop_folder"]
    said = []
    if dropping:
        said.append(_folders(endpoint, dropping))
    for auth, contract in {each.terms.transport.auth: each for each in users if each not in dropping}.items():
        sources.probe(contract, endpoint)
        said.append(f"answers{' and accepts the login' if auth == 'oauth2' else ''}")
    return "; ".join(said)
