"""`chiso db`: the warehouse's URL, migrations, psql."""

import os
from pathlib import Path

import click

from chiso.cli.session import platform, print_json


@click.group()
def db() -> None:
    """The warehouse."""


@db.command()
@click.option(
    "--role", type=click.Choice(["owner", "reader"]), default="owner", show_default=True,
    help="reader: chiso_reader, which reads schema publication and nothing else",
)  # fmt: skip
def url(role: str) -> None:
    """Prints a URL, with its password, that psql and SQLAlchemy take.

    The embedded server is started where none runs, and goes on running for whoever was given the address: until `make down`.
    """
    from chiso.system.postgres import keep_embedded_server, reader_url

    with platform() as running:
        address = running.engine.url if role == "owner" else reader_url(running.settings, running.engine.url)
        if not running.settings.has("AIRFLOW_CONN_CHISO_WAREHOUSE"):
            keep_embedded_server(running.settings)
            click.echo("The embedded server runs on for this address. Stop it with: make down", err=True)
        click.echo(address.set(drivername="postgresql").render_as_string(hide_password=False))


@db.command()
def upgrade() -> None:
    """Brings migrations, views and reference lists to this version (every command does so by itself)."""
    with platform():
        click.echo("The warehouse is up to date.", err=True)


@db.command()
@click.argument("views", nargs=-1)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that isn't there yet")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def export(views: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Writes VIEWS of schema publication (default: all) as CSV and Parquet, with a dictionary and checksums."""
    from dataclasses import asdict

    from chiso.inquiry import exporting

    with platform() as running:
        done = exporting.export(running, out, views)
    if as_json:
        print_json([asdict(each) for each in done])
    else:
        for each in done:
            click.echo(f"{each.view}: {each.rows} rows")


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def psql(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Opens psql on the warehouse; ARGUMENTS are handed to it, e.g. -c 'SELECT 1'."""
    import subprocess

    from chiso.system.postgres import psql_command

    with platform(lends_terminal=True) as running:
        command, environment = psql_command(running.engine.url.render_as_string(hide_password=False))
        done = subprocess.run([*command, *arguments], env=os.environ | environment, check=False)
    ctx.exit(done.returncode if done.returncode < 3 else 3)
