"""`chiso deliveries` and `chiso fetches`."""

import click

from chiso.cli.session import platform, print_json


@click.command()
@click.argument("delivery", type=int, required=False)
@click.option("--source", help="<family>/<source>; default: all")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def deliveries(delivery: int | None, source: str | None, as_json: bool) -> None:
    """What came and what became of it; of one DELIVERY also which columns came otherwise than before."""
    from chiso.inquiry.deliveries import delivery_rows

    with platform() as running:
        rows = delivery_rows(running, source, delivery)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['delivery']:>6} {row['source']:32} {row['period'] or '–':10} {row['state']:10} {row['received_at']:%Y-%m-%d} "
            f"due {row['due'] or '–':10} {row['file_name']}"
        )
        if row["withdrawn_by"]:
            click.echo(f"       withdrawn by {row['withdrawn_by']}: {row['withdrawn_why']}")
        for drift in row["drift"]:
            click.echo(f"       {drift['kind']:8} {drift['column']}: {drift['before'] or '–'} → {drift['now'] or '–'} ({drift['policy']})")
    if not rows:
        click.echo("No deliveries yet.")


@click.command()
@click.option("--source", help="<family>/<source>; default: all")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def fetches(source: str | None, as_json: bool) -> None:
    """What could not be fetched, and hasn't come since: address, status, reason, and what the answer began with."""
    from chiso.inquiry.fetches import not_fetched

    with platform() as running:
        rows = not_fetched(running, source)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['fetch_id']:>6} {row['source']:32} {row['period']:10} {row['finished_at']:%Y-%m-%d %H:%M} {row['status'] or '–'}")
        click.echo(f"       {row['reason']}")
        if row["evidence"]:
            click.echo(f"       answered: {row['evidence']}")
    if not rows:
        click.echo("Everything that was asked for came.")
