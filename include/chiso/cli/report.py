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
    from chiso import publication, validation
    from chiso.indicators import Question
    from chiso.inquiry import answers, shapes

    with platform() as running:
        targets = answers.target_rows(running, "nq09")
        refused, rejected, held = answers.refused(running), answers.rejected(running), answers.held(running)
        counts = answers.loaded_since(running, since) if since else None
        folder = running.settings.reports
        publication.export(
            folder,
            {
                "targets": [shapes.flat(row) for row in targets],
                "indicators": [shapes.flat(row) for row in answers.indicator_rows(running, Question())],
                "refused": refused,
                "rejected": rejected,
                "held": held,
            },
        )
        docs = validation.build_docs(running.settings)
        head = answers.chain_head(running)
    click.echo(publication.scoreboard([shapes.public(row) for row in targets]))
    if counts is not None:
        click.echo()
        click.echo(publication.this_run(counts))
    click.echo()
    click.echo(publication.summary(refused, rejected, held))
    click.echo()
    click.echo(f"Báo cáo (reports): {folder}")
    click.echo(f"Data Docs: {docs or 'none yet'}")
    click.echo(f"Chuỗi kiểm toán (audit chain), sự kiện cuối: {head}")
