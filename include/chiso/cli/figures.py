"""`chiso indicators`, `chiso targets`, `chiso explain`, `chiso compute`."""

import sys
from datetime import datetime

import click

from chiso.cli.session import moment, period_code, platform, print_json, tell_faults

_PERIOD = click.option("--period", callback=period_code, help="2024-H1, 2024-Q2, 2024-06, 2024 …")
_AS_OF = click.option(
    "--as-of", callback=moment, help="As the warehouse knew it at this moment (ISO time, or a day: its end)"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")


@click.group(invoke_without_command=True)
@click.option("--framework", help="review, nq09, operations …; default: all")
@click.option("--version", help="A version of the framework; default: all, each with the years that are its own")
@_PERIOD
@_AS_OF
@click.option("--unit", help="Code of a unit or agency; default: the province")
@click.option("--restated", type=click.DateTime(["%Y-%m-%d"]), help="To the units of this day: sums of their parts, and rates of these sums")
@_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, on stdout")
@click.pass_context
def indicators(
    ctx: click.Context,
    framework: str | None,
    version: str | None,
    period: str | None,
    as_of: datetime | None,
    unit: str | None,
    restated: datetime | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Computed values, with what documents print beside them. `chiso indicators lint` checks the catalogue."""
    if ctx.invoked_subcommand is not None:
        return
    from chiso import publication
    from chiso.indicators import Question
    from chiso.inquiry import answers, shapes

    with platform() as running:
        tell_faults(running.settings)
        found = answers.indicator_rows(running, Question(framework, period, unit, as_of, version, restated.date() if restated else None))
    if as_json:
        print_json([shapes.public(row) for row in found])
    elif as_csv:
        publication.write_csv(sys.stdout, [shapes.flat(row) for row in found])
    else:
        for row in found:
            click.echo(publication.indicator_line(shapes.public(row)))


@indicators.command()
@_JSON
@click.pass_context
def lint(ctx: click.Context, as_json: bool) -> None:
    """Checks the catalogue: everything that it names is there, and every file can be read."""
    from dataclasses import asdict

    from chiso.indicators import load_catalogue
    from chiso.system.settings import load

    catalogue = load_catalogue(load())
    if as_json:
        print_json([asdict(fault) for fault in catalogue.faults])
    else:
        for fault in catalogue.faults:
            click.echo(str(fault), err=True)
        click.echo(
            f"{len(catalogue.definitions)} indicators, {len(catalogue.frameworks)} frameworks, {len(catalogue.faults)} faults",
            err=True,
        )
    ctx.exit(1 if catalogue.faults else 0)


@click.command()
@click.option("--period", callback=period_code, help="This period, on each calendar that has data of it")
@click.option("--all", "everything", is_flag=True, help="Every period that deliveries speak of, anew")
@click.option("--rebuild", is_flag=True, help="With --check: the whole history from the kept files, beside the warehouse")
@click.option("--check", is_flag=True, help="Compare what was rebuilt with what stands; exit 1 where a value differs")
@_JSON
@click.pass_context
def compute(ctx: click.Context, period: str | None, everything: bool, rebuild: bool, check: bool, as_json: bool) -> None:
    """Computes the stale periods: those that deliveries touched, or whose definitions changed, since their last run."""
    from chiso.flow import computing
    from chiso.system.errors import UsageError

    if rebuild != check:
        raise UsageError("--rebuild goes with --check: the warehouse is compared, and never replaced.")
    if sum([bool(period), everything, rebuild]) > 1:
        raise UsageError("Give one of --period, --all and --rebuild --check.")
    if rebuild:
        ctx.exit(_rebuilt(as_json))
    with platform() as running:
        done = computing.compute_known(running, period) if period or everything else computing.compute_stale(running)
    periods = [f"{each.calendar}/{each.code}" for each in done.periods]
    if as_json:
        print_json({"periods": periods, "written": done.written})
    else:
        click.echo(f"{len(periods)} periods computed, {done.written} values written")
        for name in periods:
            click.echo(f"  {name}")


def _rebuilt(as_json: bool) -> int:
    """The exit code."""
    from dataclasses import asdict

    from chiso.flow import rebuilding

    with platform() as running:
        found = rebuilding.rebuild(running)
    if as_json:
        print_json({"values": found.values, "differences": [asdict(each) for each in found.differences], "left_out": found.left_out})
    else:
        for each in found.differences:
            where = f"{each.indicator} {each.unit_code} {each.calendar}/{each.period}"
            click.echo(f"{where}: stands {each.stands}, rebuilt {each.rebuilt}")
        for source in found.left_out:
            click.echo(f"{source}: left out, its contract is gone or faulty", err=True)
        click.echo(f"{found.values} values compared, {len(found.differences)} differ")
    return 1 if found.differences else 0


@click.command()
@click.option("--framework", default="nq09", show_default=True)
@click.option("--version", help="A version of the framework; default: the one that applies to the period")
@_PERIOD
@_AS_OF
@_JSON
def targets(framework: str, version: str | None, period: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Targets of a resolution and where they stand."""
    from chiso import publication
    from chiso.inquiry import answers, shapes

    with platform() as running:
        tell_faults(running.settings)
        rows = [shapes.public(row) for row in answers.target_rows(running, framework, period, as_of, version)]
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
    """From a number back to sheet, cell, raw file and fetch. INDICATOR: or a target, like nq09.15: the value by which it is judged."""
    from chiso import publication
    from chiso.inquiry import answers

    with platform() as running:
        found = answers.explanation(running, indicator, period, calendar, unit, as_of, rows=rows)
    if as_json:
        print_json(found)
    else:
        click.echo(publication.explanation_text(found))
