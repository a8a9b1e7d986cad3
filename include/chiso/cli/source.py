"""`chiso source`: which sources there are, and whether their files hold together."""

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
    from chiso.settings import load

    settings = load()
    rows = []
    for name in contracts.source_names(settings):
        contract = contracts.load(name, settings)
        rows.append(
            {
                "source": name,
                "title_vi": contract.title_vi,
                "version": contract.version,
                "owner": contract.terms.owner,
                "cadence": contract.terms.delivery.cadence,
                "transport": contract.terms.transport.kind,
                "measures": [measure.id for measure in contract.terms.measures],
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
    from chiso import contracts, linting
    from chiso.errors import UsageError
    from chiso.settings import load

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
