"""`chiso source`: which sources there are, what is wrong in their files, and what is made for whoever adds one."""

from dataclasses import asdict
from pathlib import Path

import click

from chiso.cli.session import platform, print_json

_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")


@click.group()
def source() -> None:
    """Sources and their contracts."""


@source.command(name="list")
@_JSON
def list_sources(as_json: bool) -> None:
    """Every source: what it delivers, how often, and what came last."""
    from chiso.inquiry import listing

    with platform() as running:
        rows = listing.source_rows(running)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['source']:32} {row['format']:9} {row['cadence']:11} {row['last_accepted_period'] or '–':10} {row['title_vi']}")


@source.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]…")
@_JSON
@click.pass_context
def lint(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Finds everything that is wrong in contract, suite and fixture of the given sources, or of all."""
    from chiso import contracts
    from chiso.authoring import linting
    from chiso.system.errors import UsageError
    from chiso.system.settings import load

    known = contracts.source_names(load())
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UsageError(f"Unknown source {', '.join(unknown)}. Known: {', '.join(known)}.")
    with platform(name_faults=False) as running:
        faults = linting.lint(running, names)
    if as_json:
        print_json([asdict(fault) for fault in faults])
    else:
        for fault in faults:
            click.echo(str(fault), err=True)
        click.echo(f"{len(names or known)} sources, {len(faults)} faults", err=True)
    ctx.exit(1 if faults else 0)


@source.command()
@click.argument("name", metavar="SOURCE")
@click.option(
    "--from", "sample", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A delivery as it comes"
)
@click.option("--owner", help="Code of the agency that answers for it; else it is asked for in the contract")
@click.pass_context
def new(ctx: click.Context, name: str, sample: Path, owner: str | None) -> None:
    """Proposes contract, suite and fixture of SOURCE from a sample; says what was guessed. Overwrites nothing."""
    from chiso.authoring import creating

    with platform() as running:
        made = creating.create(name, sample, owner, running)
    for path in made.written:
        click.echo(f"written: {path.relative_to(running.settings.home)}")
    for said in made.notes:
        click.echo(f"  {said}")
    for fault in made.faults:
        click.echo(str(fault), err=True)
    ctx.exit(1 if made.faults else 0)


@source.command()
@click.argument("name", metavar="SOURCE")
def expect(name: str) -> None:
    """Writes the answers that are expected of the fixture: what comes out of it today. Look at them before you commit."""
    from chiso import contracts
    from chiso.authoring import expecting

    with platform() as running:
        path, found = expecting.write(contracts.load(name, running.settings), running)
    click.echo(
        f"{path.relative_to(running.settings.home)}: {'accepted' if found['accepted'] else 'REFUSED'}, rows {found['rows']}, "
        f"rejected {found['rejected']}, findings {len(found['issues'])}, sums {len(found['sums'])}"
    )


@source.command()
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 if a page isn't what would be written")
@click.pass_context
def docs(ctx: click.Context, check_only: bool) -> None:
    """Renders the pages of docs/ that are made from contracts, suites, the catalogue and their models."""
    from chiso.authoring import documentation
    from chiso.cli.session import name_faulty_contracts
    from chiso.system.settings import load

    settings = load()
    name_faulty_contracts(settings)
    changed = documentation.stale(settings) if check_only else documentation.write(settings)
    for path in changed:
        click.echo(f"{path.relative_to(settings.home)}: {'stale' if check_only else 'written'}", err=True)
    if check_only and changed:
        click.echo("Render them again: chiso source docs", err=True)
    ctx.exit(1 if check_only and changed else 0)


@source.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]…")
def suite(names: tuple[str, ...]) -> None:
    """Writes into suites the queries and words of rules against earlier figures, as their `meta.history` says them."""
    from chiso import contracts
    from chiso.authoring import suite_queries
    from chiso.system.settings import load

    settings = load()
    for path in suite_queries.write(settings, names or contracts.source_names(settings)):
        click.echo(f"{path.relative_to(settings.home)}: written", err=True)
