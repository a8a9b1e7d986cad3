"""What a command works on: the environment and a warehouse that runs and is up to date."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from chiso.environment import ensure_platform_env
from chiso.flow import Platform
from chiso.settings import load


@contextmanager
def platform() -> Iterator[Platform]:
    """The platform; starts the embedded server where none runs, and stops what it started."""
    from chiso.database import connect
    from chiso.postgres import warehouse_url
    from chiso.warehouse import upgrade

    settings = load()
    if not settings.has("AIRFLOW_CONN_CHISO_WAREHOUSE") or not settings.has("CHISO_LANDING_KEY"):
        settings = ensure_platform_env(settings)
    with warehouse_url(settings) as url:
        engine = connect(url)
        try:
            upgrade(engine, settings)
            yield Platform(settings, engine)
        finally:
            engine.dispose()


def print_json(value: Any) -> None:
    """Writes `value` to stdout; decimals as numbers at full precision, dates in ISO form."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    from datetime import date
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no JSON form")
