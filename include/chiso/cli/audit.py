"""`chiso audit verify`."""

import click

from chiso.cli.session import platform, print_json


@click.group()
def audit() -> None:
    """The audit chain and the raw files."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Checks every event's hash, the anchored heads, every raw file, and that what was loaded is there."""
    from chiso.inquiry import verification

    with platform() as running:
        report = verification.verify(running)
    if as_json:
        print_json(report)
    else:
        for fault in report["faults"]:
            click.echo(f"TAMPERED OR LOST: {fault}", err=True)
        click.echo(
            f"{report['events']} events, {report['raw_files']} raw files, head {report['head']}: "
            + ("holds" if report["holds"] else f"{len(report['faults'])} faults")
        )
    ctx.exit(0 if report["holds"] else 1)
