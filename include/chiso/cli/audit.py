"""`chiso audit`: what an auditor verifies."""

from pathlib import Path

import click

from chiso.cli.session import platform, print_json


@click.group()
def audit() -> None:
    """The audit chain, and what it says of rows, files, structure and reports."""


@audit.command()
@click.option("--head", "kept", metavar="SEQ:HASH", help="A head that you kept: the chain must still have it")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
@click.pass_context
def verify(ctx: click.Context, kept: str | None, as_json: bool) -> None:
    """Compares everything stored with the audit chain, both ways. Exit code 1 with any fault."""
    from chiso.inquiry import verification, verified

    head = verification.read_head(kept) if kept else None
    with platform(mends=False) as running:
        report = verification.verify(running, head)
        verified.note(running.settings, report)
    if as_json:
        print_json(report)
    else:
        for fault in report["faults"]:
            where = " ".join(part for part in (fault["where"], fault["key"]) if part)
            click.echo(f"TAMPERED OR LOST: {where}: {fault['message']}", err=True)
        checked = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in report["checked"].items())
        click.echo(f"{checked}; head {report['head']}; {report['seconds']} s: " + ("holds" if report["ok"] else f"{len(report['faults'])} faults"))
    ctx.exit(0 if report["ok"] else 1)


@audit.command()
@click.option("--period", required=True, help="Whose numbers, on either calendar, e.g. 2024-H1")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The zip to write")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
def pack(period: str, out: Path, as_json: bool) -> None:
    """Packs what a period's numbers rest on, with its proof and a verifier that needs Python alone."""
    from chiso.inquiry import pack as packing

    with platform(mends=False) as running:
        packed = packing.pack(running, period, out)
    if as_json:
        print_json(packed.as_json())
    else:
        click.echo(f"{packed.out}: {packed.rows} rows, {packed.values} explained values, {packed.events} events whole; head {packed.head}")


@audit.command()
def head() -> None:
    """Prints the chain's newest event as SEQ:HASH: keep it where nobody of this platform can write."""
    from chiso.inquiry import verification

    with platform(mends=False) as running:
        newest = verification.head(running)
    if newest is not None:
        click.echo(str(newest))
