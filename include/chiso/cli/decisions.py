"""`chiso held`, `chiso approve`, `chiso refuse`, `chiso reconcile`."""

from typing import Literal

import click

from chiso.cli.session import login, period_code, platform, print_json

_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
_INDICATOR = click.option("--indicator", help="Id of one indicator; default: every one")
_UNIT = click.option("--unit", help="Code of one unit or agency; default: every one")


@click.command()
@click.option("--period", callback=period_code, help="This period; default: every one")
@_INDICATOR
@_UNIT
@_JSON
def held(period: str | None, indicator: str | None, unit: str | None, as_json: bool) -> None:
    """Values that wait for a decision: what is published, what was computed since, and why it waits."""
    from chiso import publication
    from chiso.inquiry import answers

    with platform() as running:
        rows = answers.held(running, period, indicator, unit)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(publication.held_line(row))
    click.echo(f"{len(rows)} values wait; decide by `chiso approve` or `chiso refuse`", err=True)


@click.command()
@click.option("--period", required=True, callback=period_code, help="The period of the figures")
@click.option("--unit", help="Code of one unit or agency; default: every one")
@_JSON
def reconcile(period: str, unit: str | None, as_json: bool) -> None:
    """Figures of different sources that speak of the same thing: what was computed, reported, printed, and where they contradict each other."""
    from chiso import publication
    from chiso.inquiry import reconciliation

    with platform() as running:
        lines = reconciliation.reconcile(running, period, unit)
    if as_json:
        print_json(lines)
        return
    for line in lines:
        if not line["agrees"]:
            click.echo(publication.reconciled_line(line))
    apart = [line for line in lines if not line["agrees"]]
    unexplained = sum(not line["explained_by"] for line in apart)
    click.echo(f"{len(lines)} compared, {len(apart)} contradict each other, {unexplained} of them unexplained", err=True)


@click.command()
@click.option("--period", required=True, callback=period_code, help="The period of the values")
@_INDICATOR
@_UNIT
@click.option("--by", "decided_by", default=login, show_default="the user's login", help="Who decides it")
@click.option("--why", required=True, help="The reason, kept with the decision")
@_JSON
def approve(period: str, indicator: str | None, unit: str | None, decided_by: str, why: str, as_json: bool) -> None:
    """Publishes values of a period that wait."""
    _decide("approve", period, indicator, unit, decided_by, why, as_json=as_json)


@click.command()
@click.option("--period", required=True, callback=period_code, help="The period of the values")
@_INDICATOR
@_UNIT
@click.option("--by", "decided_by", default=login, show_default="the user's login", help="Who decides it")
@click.option("--why", required=True, help="The reason, kept with the decision")
@_JSON
def refuse(period: str, indicator: str | None, unit: str | None, decided_by: str, why: str, as_json: bool) -> None:
    """Keeps values of a period that wait from being published; what is approved stays."""
    _decide("refuse", period, indicator, unit, decided_by, why, as_json=as_json)


def _decide(
    verb: Literal["approve", "refuse"], period: str, indicator: str | None, unit: str | None, by: str, why: str, *, as_json: bool
) -> None:
    from chiso.flow import deciding
    from chiso.indicators import Decided

    with platform() as running:
        done = deciding.decide(running, Decided(verb, by.strip(), why.strip(), "command"), period, indicator, unit)
    if as_json:
        print_json(done.as_json())
        return
    for value in done.values:
        click.echo(f"{value['decision']} {value['indicator']} {value['unit_code']} {value['calendar']}/{value['period']}: {value['value']}")
    click.echo(f"{len(done.values)} values decided", err=True)
