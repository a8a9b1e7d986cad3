"""`chiso report build`: Data Docs, exports, and the scoreboard on the terminal."""

from datetime import datetime

import click

from chiso.cli.session import moment, platform


@click.group()
def report() -> None:
    """Data Docs, exports and the scoreboard."""


@report.command()
@click.option("--since", callback=moment, help="Also say what was loaded since this moment")
def build(since: datetime | None) -> None:
    """Builds every report and prints the scoreboard, what was refused, and where the reports lie."""
    from chiso import publication
    from chiso.inquiry import answers, reports, shapes

    with platform() as running:
        made = reports.build(running)
        counts = answers.loaded_since(running, since) if since else None
        folder, head = running.settings.reports, answers.chain_head(running)
    click.echo(publication.scoreboard([shapes.public(row) for row in made.targets]))
    if counts is not None:
        click.echo()
        click.echo(publication.this_run(counts))
    click.echo()
    click.echo(publication.summary(made.refused, made.rejected, made.held, made.left_alone))
    click.echo()
    click.echo(f"Báo cáo (reports): {folder}")
    click.echo(f"Trang đầu (first page): {made.written.first if made.written else folder}")
    click.echo(f"Chuỗi kiểm toán (audit chain), sự kiện cuối: {head}")
