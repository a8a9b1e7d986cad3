"""`chiso corrections`."""

import click

from chiso.cli.session import platform, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def corrections(as_json: bool) -> None:
    """Figures that are known to be wrong in what was delivered: what is taken instead, until when, and where it was used.

    They stand in include/schemas/reference/corrections.csv. One is used when a delivery is read; one that was loaded
    before: `chiso quarantine replay --delivery D`.
    """
    from chiso.inquiry import corrected

    with platform() as running:
        rows = corrected.corrections(running)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        used = ", ".join(map(str, row["deliveries"])) or "chưa dùng (not used yet)"
        click.echo(
            f"{row['id']} [{row['state']}] {row['source']} {row['calendar']}/{row['period']} {row['row_key']}, {row['column']}: "
            f"{row['expected']} → {row['value']}, đến (until) {row['expires_on']:%d/%m/%Y}; {row['reason']} "
            f"({row['requested_by']}; {row['reviewed_by']}); lượt gửi (deliveries): {used}"
        )
