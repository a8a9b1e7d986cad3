"""What a command works on: the environment and a warehouse that runs and is up to date."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

import click

from chiso.system import progress
from chiso.system.json_text import plain
from chiso.system.platform import Platform, open_platform
from chiso.system.secrets_file import AUDIT_KEY, LANDING_KEY, SECRETS, ensure_platform_env
from chiso.system.settings import Settings, load


@contextmanager
def platform(*, name_faults: bool = True, lends_terminal: bool = False, mends: bool = True) -> Iterator[Platform]:
    """The platform; starts the embedded server where none runs, and stops what it started.

    name_faults: of contracts. lends_terminal: another program has it inside the `with`, so no progress is shown there. mends: views and
    functions that somebody altered are made anew before.
    """
    from chiso.warehouse import upgrade, upgrade_if_older

    settings = load()
    embedded = not settings.has("AIRFLOW_CONN_CHISO_WAREHOUSE")
    settings = ensure_platform_env(settings, SECRETS if embedded else {name: SECRETS[name] for name in (LANDING_KEY, AUDIT_KEY)})
    command = nullcontext() if lends_terminal else progress.step(click.get_current_context().command_path)
    with command, open_platform(settings) as running:
        with progress.step("bringing the warehouse up to date"):
            (upgrade if mends else upgrade_if_older)(running.engine, settings)
        if name_faults:
            name_faulty_contracts(settings)
        yield running


def tell_faults(settings: Settings) -> None:
    """Says on stderr what of the indicator catalogue is faulty; the rest is answered without it."""
    from chiso.indicators import load_catalogue

    for fault in load_catalogue(settings).faults:
        click.echo(str(fault), err=True)


def name_faulty_contracts(settings: Settings) -> None:
    """Says on stderr which contracts are faulty: every command goes on with the sound ones."""
    from chiso import contracts

    for fault in contracts.load_all(settings).faults:
        click.echo(f"Faulty contract, left out: {fault}", err=True)


def print_json(value: Any) -> None:
    """Writes `value` to stdout; decimals as JSON numbers (double precision), dates in ISO form, invisible signs escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=plain)
    click.echo("\n".join(map(_escaped, text.split("\n"))))


def _escaped(line: str) -> str:
    """The same JSON with every invisible sign as JSON's own escape."""
    return line if line.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def period_code(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Option callback: a valid period code, else a usage error."""
    del ctx, param
    from chiso.province.periods import Period

    if value is None:
        return None
    try:
        return Period.of(value).code
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Option callback: an ISO time; without a zone the province's; a day alone means its end."""
    del ctx, param
    from datetime import time

    from chiso.system.settings import LOCAL_TIME

    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as fault:
        raise click.BadParameter(f"{value!r} is no time; write 2024-08-05 or 2024-08-05T17:00:00+07:00") from fault
    if len(value) == len("2024-08-05"):
        parsed = datetime.combine(parsed.date(), time.max)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=LOCAL_TIME)


def login() -> str:
    """The name under which the user is logged in; "" where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
