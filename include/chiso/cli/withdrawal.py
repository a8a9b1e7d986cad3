"""`chiso withdraw`."""

import click

from chiso.cli.session import login, platform, print_json


@click.command()
@click.argument("delivery", type=int)
@click.option("--by", "decided_by", default=login, show_default="the user's login", help="Who decides it")
@click.option("--why", required=True, help="The reason, kept with the decision")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def withdraw(delivery: int, decided_by: str, why: str, as_json: bool) -> None:
    """Takes a wrongly accepted DELIVERY back and recomputes what it fed. Nothing that was loaded is altered."""
    from chiso.flow import withdrawing

    with platform() as running:
        done = withdrawing.withdraw(delivery, decided_by, why, running)
    if as_json:
        print_json(done.as_json())
        return
    click.echo(f"{done.source} {done.period.code}: delivery {done.delivery} withdrawn; periods computed: {len(done.recomputed)}")
    if done.with_it:
        click.echo(f"  Of the same content, and withdrawn with it: {', '.join(map(str, done.with_it))}")
