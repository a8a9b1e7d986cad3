"""`chiso timeliness`."""

import click

from chiso.cli.session import period_code, platform, print_json


@click.command()
@click.option("--source", help="<family>/<source>; default: every one that sets a day")
@click.option("--period", callback=period_code, help="Reports on exactly this period; default: on every one")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def timeliness(source: str | None, period: str | None, as_json: bool) -> None:
    """Which reports came on time, which late, which are missing, and which aren't due yet."""
    from chiso import publication
    from chiso.inquiry import timeliness as inquiry

    with platform() as running:
        found = inquiry.timeliness(running, source, period)
    shape = found.as_json()
    if as_json:
        print_json(shape)
        return
    click.echo(publication.timeliness_matrix(shape))
