"""`chiso doctor`: what is set up, what is missing, what to do about it."""

import shutil

import click

from chiso.system.errors import ChisoError


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Checks environment, disk, server, warehouse, contracts, endpoints. Exit 3 if something is missing."""
    from chiso import contracts
    from chiso.authoring import linting
    from chiso.system.settings import load

    settings = load()
    failed = False

    def say(name: str, fault: str | None, good: str) -> None:
        nonlocal failed
        failed |= fault is not None
        click.echo(f"{'✗' if fault else '✓'} {name}: {fault or good}")

    free = shutil.disk_usage(settings.home).free
    say("disk", f"only {free >> 20} MB free; make room" if free < 1 << 30 else None, f"{free >> 30} GB free")
    faults = [f"{name}: {fault}" for name in contracts.source_names(settings) for fault in linting.lint(name, settings)]
    say("contracts", "; ".join(faults) or None, f"{len(contracts.source_names(settings))} sources")
    say("server", _warehouse(), "PostgreSQL answers, the warehouse is up to date")
    for endpoint in sorted(
        {contracts.load(name, settings).terms.transport.endpoint for name in contracts.source_names(settings)}
    ):
        variable = f"AIRFLOW_CONN_CHISO_{endpoint.upper()}"
        known = settings.has(variable)
        state = "set" if known else "not set (needed to fetch; the sandbox sets it while it runs)"
        click.echo(f"{'✓' if known else '–'} endpoint {endpoint}: {variable} is {state}")
    ctx.exit(3 if failed else 0)


def _warehouse() -> str | None:
    import sqlalchemy as sa

    from chiso.cli.session import platform

    try:
        with platform() as running, running.engine.connect() as connection:
            connection.execute(sa.text("SELECT count(*) FROM audit.event"))
    except ChisoError as fault:
        return str(fault)
    return None
