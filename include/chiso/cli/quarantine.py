"""`chiso quarantine`: rows in quarantine, as cases."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from chiso.cli.deliveries import exit_code, gathered, show_outcomes
from chiso.cli.session import login, period_code, platform, print_json
from chiso.inquiry.cases import STATES

_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
_BY = click.option("--by", "decided_by", default=login, show_default="the user's login", help="Who decides it")
_WHY = click.option("--why", required=True, help="The reason, kept with the decision")


@click.group()
def quarantine() -> None:
    """Rows that break a rule: what is wrong, and what becomes of each."""


@quarantine.command(name="list")
@click.option("--source", help="<family>/<source>; default: all")
@click.option("--period", callback=period_code, help="Of this period; default: every one")
@click.option("--state", type=click.Choice(STATES), help="In this state; default: any")
@_JSON
def list_cases(source: str | None, period: str | None, state: str | None, as_json: bool) -> None:
    """Cases, each a row and the rule that it breaks; rows of refused deliveries too."""
    from chiso import contracts
    from chiso.inquiry.cases import case_rows

    with platform() as running:
        if source is not None:
            contracts.load(source, running.settings)
        rows = case_rows(running, source, period, state)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(_line(row))
    click.echo(f"{len(rows)} cases", err=True)


@quarantine.command()
@click.argument("case", type=int)
@_JSON
def show(case: int, as_json: bool) -> None:
    """The story of a CASE: when it was found, who did what, how it ended."""
    from chiso.inquiry.cases import case_story

    with platform() as running:
        story = case_story(running, case)
    if as_json:
        print_json(story)
        return
    click.echo(f"{_line(story)}\n       {story['message_en']}")
    for step in story["steps"]:
        click.echo(f"  {_told(step)}")


@quarantine.command()
@click.option("--source", help="<family>/<source>; default: all")
@_JSON
def times(source: str | None, as_json: bool) -> None:
    """How long faults wait until a corrected file comes, by source and unit."""
    from chiso import contracts
    from chiso.inquiry.cases import times_to_fix

    with platform() as running:
        if source is not None:
            contracts.load(source, running.settings)
        rows = times_to_fix(running, source)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(_waiting(row))


@quarantine.command()
@click.option("--delivery", type=int, required=True, help="Number of the delivery")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write: .xlsx, of a text export .csv")
@_BY
@click.option("--why", default="trả lại để sửa", show_default=True, help="The reason, kept with the cases")
@_JSON
def export(delivery: int, out: Path, decided_by: str, why: str, as_json: bool) -> None:
    """Writes the file that goes back to the sender, each bad cell marked; its open cases are returned by it."""
    from chiso.flow import returning

    with platform() as running:
        done = returning.export(running, delivery, out, decided_by, why)
    if as_json:
        print_json(done.as_json())
        return
    click.echo(f"{done.file}: {done.marked} places marked, {len(done.cases)} cases returned")


@quarantine.command()
@click.argument("cases", metavar="CASE…", type=int, nargs=-1, required=True)
@_BY
@_WHY
@_JSON
def discard(cases: tuple[int, ...], decided_by: str, why: str, as_json: bool) -> None:
    """Closes cases without loading their rows."""
    from chiso.flow import quarantining

    with platform() as running:
        done = quarantining.discard(running, cases, decided_by, why)
    _show_decided([case.case_id for case in done], "discarded", as_json=as_json)


@quarantine.command()
@click.argument("cases", metavar="CASE…", type=int, nargs=-1, required=True)
@_BY
@_WHY
@_JSON
@click.pass_context
def release(ctx: click.Context, cases: tuple[int, ...], decided_by: str, why: str, as_json: bool) -> None:
    """Loads the rows of cases by decision: their delivery is read again, and these rules reject these rows no more."""
    from chiso.flow import computing, quarantining

    with platform() as running:
        outcome = quarantining.release(running, cases, decided_by, why)
        computing.compute_stale(running)
    show_outcomes([outcome], as_json, many=False)
    if not outcome.accepted:
        click.echo("The delivery stays refused, so nothing was released.", err=True)
    ctx.exit(exit_code([outcome]))


@quarantine.command()
@click.option("--delivery", type=int, help="This delivery")
@click.option("--source", help="Of this source every refused delivery, and every one that stands with rejected rows, if rules have changed since")
@_JSON
@click.pass_context
def replay(ctx: click.Context, delivery: int | None, source: str | None, as_json: bool) -> None:
    """Judges kept bytes again by today's rules, after a contract, an alias or an agency was mended."""
    from chiso.flow import computing, quarantining

    with platform() as running:
        outcomes, fault = gathered(quarantining.replay(running, delivery=delivery, source=source))
        if outcomes:
            computing.compute_stale(running)
    if outcomes or not fault:
        show_outcomes(outcomes, as_json, many=source is not None, nothing="all of it was judged by today's rules")
    if fault:
        raise fault
    ctx.exit(exit_code(outcomes))


def _show_decided(cases: list[int], state: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"decided": len(cases), "cases": cases, "state": state})
        return
    click.echo(f"{state}: {', '.join(map(str, cases))}")


def _line(row: dict[str, Any]) -> str:
    place = " ".join(filter(None, [row["sheet"], row["cell"] or f"dòng {row['row']}"]))
    return (
        f"{row['case']:>6} {row['state']:9} {row['source']} {row['period']} [{row['row_key']}] lượt {row['delivery']} {place} "
        f"{row['rule']}\n       {row['message_vi']}"
    )


def _waiting(row: dict[str, Any]) -> str:
    from chiso.system.settings import LOCAL_TIME

    since = f" từ {row['waiting_since'].astimezone(LOCAL_TIME):%d/%m/%Y}" if row["waiting"] else ""
    fixed = f"; sửa sau {_days(row['median_days'])} (lâu nhất {_days(row['longest_days'])})" if row["corrected"] else ""
    counts = f"đang chờ {row['waiting']}{since}, đã sửa {row['corrected']}{fixed}"
    return f"{row['source']} {row['unit_code'] or '–'} ({row['responsible']}): {counts}"


def _days(days: Decimal) -> str:
    return f"{days:.1f} ngày".replace(".", ",")


_STEPS = {
    "opened": "phát hiện ở", "seen": "vẫn còn ở", "returned": "trả lại để sửa, từ", "corrected": "đã sửa ở", "released": "cho nạp theo quyết định, ở",
    "discarded": "bỏ theo quyết định, ở", "gone": "không còn ở",
}  # fmt: skip


def _told(step: dict[str, Any]) -> str:
    from chiso.system.settings import LOCAL_TIME

    at: datetime = step["at"]
    place = " ".join(filter(None, [step["sheet"], step["cell"] or (step["row"] and f"dòng {step['row']}")]))
    value = f" “{step['value']}”" if step["value"] is not None else ""
    who = f"; {step['by']}: {step['why']}" if step["by"] else ""
    delivery = f"lượt {step['delivery']} ({step['file_name']})"
    found = " ".join(filter(None, [_STEPS[step["step"]], delivery, place]))
    return f"{at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M} {found}{value}{who}"
