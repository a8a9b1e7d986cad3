"""`chiso indicators`, `chiso targets`, `chiso explain`."""

import sys
from datetime import datetime

import click

from chiso.cli.session import moment, period_code, platform, print_json

_PERIOD = click.option("--period", callback=period_code, help="2024-H1, 2024-Q2, 2024-06, 2024 …")
_AS_OF = click.option(
    "--as-of", callback=moment, help="As the warehouse knew it at this moment (ISO time, or a day: its end)"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")


@click.command()
@click.option("--framework", help="review, nq09, operations …; default: all")
@_PERIOD
@_AS_OF
@click.option("--unit", help="Code of a unit or agency; default: the province")
@_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, on stdout")
def indicators(
    framework: str | None, period: str | None, as_of: datetime | None, unit: str | None, as_json: bool, as_csv: bool
) -> None:
    """Computed values, with what documents print beside them."""
    from chiso import publication
    from chiso.indicators import Question
    from chiso.inquiry import answers

    with platform() as running:
        rows = answers.indicator_rows(running, Question(framework, period, unit, as_of))
    if as_json:
        print_json(rows)
    elif as_csv:
        publication.write_csv(sys.stdout, rows)
    else:
        for row in rows:
            click.echo(publication.indicator_line(row))


@click.command()
@click.option("--framework", default="nq09", show_default=True)
@_PERIOD
@_AS_OF
@_JSON
def targets(framework: str, period: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Targets of a resolution and where they stand."""
    from chiso import publication
    from chiso.inquiry import answers

    with platform() as running:
        rows = answers.target_rows(running, framework, period, as_of)
    if as_json:
        print_json(rows)
    else:
        click.echo(publication.scoreboard(rows))


@click.command()
@click.argument("indicator")
@click.option("--period", required=True, callback=period_code)
@click.option(
    "--calendar", type=click.Choice(["civil", "administrative"]), help="Where both have a value; default: civil"
)
@click.option("--unit", help="Code of a unit or agency; default: the province")
@_AS_OF
@click.option("--rows", is_flag=True, help="List the lines of counted dossiers")
@_JSON
def explain(
    indicator: str,
    period: str,
    calendar: str | None,
    unit: str | None,
    as_of: datetime | None,
    rows: bool,
    as_json: bool,
) -> None:
    """From a number back to sheet, cell, raw file and fetch."""
    from chiso import publication
    from chiso.inquiry import answers

    with platform() as running:
        found = answers.explanation(running, indicator, period, calendar, unit, as_of, rows=rows)
    if as_json:
        print_json(found)
    else:
        click.echo(publication.explanation_text(found))
