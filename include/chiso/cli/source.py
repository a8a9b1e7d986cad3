"""`chiso source`: which sources there are, whether their files hold together, and their pages in docs/."""

import click

from chiso.cli.session import print_json


@click.group()
def source() -> None:
    """Sources and their contracts."""


@source.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def list_sources(as_json: bool) -> None:
    """Every source: what it delivers, how, how often."""
    from chiso import contracts
    from chiso.system.settings import load

    settings = load()
    rows = []
    for name in contracts.source_names(settings):
        contract = contracts.load(name, settings)
        rows.append(
            {
                "source": name,
                "title_vi": contract.title_vi,
                "version": contract.version,
                "owner": contract.terms.responsible,
                "cadence": ", ".join(contract.terms.delivery.cadences),
                "transport": contract.terms.transport.kind,
                "measures": [measure.id for measure in contract.measures],
            }
        )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['source']:32} {row['transport']:12} {row['cadence']:10} {row['title_vi']}")


@source.command()
@click.argument("names", nargs=-1)
@click.pass_context
def lint(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Checks contract, suite and fixture of the given sources, or of all."""
    from chiso import contracts
    from chiso.authoring import linting
    from chiso.system.errors import UsageError
    from chiso.system.settings import load

    settings = load()
    known = contracts.source_names(settings)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UsageError(f"Unknown source {', '.join(unknown)}. Known: {', '.join(known)}.")
    faults = [f"{name}: {fault}" for name in names or known for fault in linting.lint(name, settings)]
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{len(names or known)} sources, {len(faults)} faults", err=True)
    ctx.exit(1 if faults else 0)


@source.command()
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 if a page isn't what would be written")
@click.pass_context
def docs(ctx: click.Context, check_only: bool) -> None:
    """Renders docs/sources/ and docs/indicators.md from contracts, suites and the catalogue."""
    from chiso.authoring import documentation
    from chiso.system.settings import load

    settings = load()
    changed = documentation.stale(settings) if check_only else documentation.write(settings)
    for path in changed:
        click.echo(f"{path.relative_to(settings.home)}: {'stale' if check_only else 'written'}", err=True)
    if check_only and changed:
        click.echo("Render them again: chiso source docs", err=True)
    ctx.exit(1 if check_only and changed else 0)
