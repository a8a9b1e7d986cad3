"""`chiso check` and `chiso ingest`."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chiso.cli.session import period_code, platform, print_json
from chiso.province.numbers import as_printed
from chiso.province.periods import Period
from chiso.system.errors import ChisoError, UsageError

if TYPE_CHECKING:
    from chiso.deliveries.verdicts import Outcome


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", "source_name", required=True, help="<family>/<source>, e.g. departments/telecom")
@click.option("--period", callback=period_code, help="2024-Q2, 2024-06, 2024-06-15 …; must not contradict the file")
@click.option("--values", "with_values", is_flag=True, help="Also the sum of each measure over the accepted rows")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
@click.pass_context
def check(
    ctx: click.Context, file: Path, source_name: str, period: str | None, with_values: bool, as_json: bool
) -> None:
    """Dry run: says what would be accepted, rejected and why. Writes nothing."""
    from chiso import contracts
    from chiso.flow import loading

    with platform() as running:
        contract = contracts.load(source_name, running.settings)
        outcome = loading.check(file, contract, running, period, with_values=with_values)
    show_outcomes([outcome], as_json, many=False)
    ctx.exit(exit_code([outcome]))


@click.command()
@click.argument("source_name", metavar="SOURCE")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Load this file instead of what is due"
)
@click.option("--period", callback=period_code, help="Fetch, or demand of the file, this period")
@click.option("--from", "first", callback=period_code, help="Fetch what lies from this period on …")
@click.option("--to", "last", callback=period_code, help="… to the end of this one, and wasn't accepted yet")
@click.option("--dry-run", is_flag=True, help="With --from and --to: say what would be fetched, and fetch nothing")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, on stdout")
@click.pass_context
def ingest(
    ctx: click.Context,
    source_name: str,
    file: Path | None,
    period: str | None,
    first: str | None,
    last: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Loads a file, everything of SOURCE that is due, or a range of the past, and recomputes the periods it touches."""
    from chiso import contracts
    from chiso.flow import collecting, computing, drop_folders, ranges

    _require_one_way(file, period, (first, last), dry_run=dry_run)
    with platform() as running:
        contract = contracts.load(source_name, running.settings)
        left: list[drop_folders.LeftAlone] = []
        if file is not None:
            outcomes, fault = [collecting.ingest_file(file, contract, running, period)], None
        else:
            wanted = None if period is None else [Period.of(period, contract.terms.delivery.calendar)]
            if first and last:
                found = ranges.between(contract, first, last, running)
                if dry_run:
                    _show_range(found, as_json)
                    ctx.exit(0)
                wanted = [each for each, had in found.items() if not had]
            outcomes, fault = gathered(collecting.ingest_due(contract, running, wanted))
            left = drop_folders.left_alone(running, source=contract.source)
        computing.compute_stale(running)  # also what an earlier run loaded and, cut short, didn't compute
    if outcomes or not fault:
        show_outcomes(outcomes, as_json, many=file is None and period is None)
    for each in left:
        click.echo(f"Left alone: {each.why.message_vi}\n            {each.why.message_en}", err=True)
    if fault:
        raise fault
    ctx.exit(exit_code(outcomes))


def _require_one_way(file: Path | None, period: str | None, span: tuple[str | None, str | None], *, dry_run: bool) -> None:
    """Raises UsageError for options that contradict each other."""
    if (span[0] is None) != (span[1] is None):
        raise UsageError("Give --from and --to together.")
    if span[0] and (file or period):
        raise UsageError("Give --from and --to, or --file, or --period.")
    if dry_run and not span[0]:
        raise UsageError("--dry-run goes with --from and --to; of a file `chiso check` says what would be found.")


def _show_range(found: dict[Period, bool], as_json: bool) -> None:
    shapes = [{"period": period.code, "would": "have" if had else "fetch"} for period, had in found.items()]
    if as_json:
        print_json(shapes)
        return
    for shape in shapes:
        click.echo(f"{shape['period']:12} {shape['would']}")


def gathered(outcomes: "Iterator[Outcome]") -> tuple["list[Outcome]", ChisoError | None]:
    """What came before it ended, and the fault that it ended with."""
    came: list[Outcome] = []
    try:
        for outcome in outcomes:
            came.append(outcome)  # noqa: PERF402 - what was gathered counts where the next one fails
    except ChisoError as fault:
        return came, fault
    return came, None


def exit_code(outcomes: "list[Outcome]") -> int:
    """0 accepted, 1 refused, 2 where the stated period was wrong."""
    rules = {found["rule"] for outcome in outcomes if not outcome.accepted for found in outcome.issues}
    return 2 if "period_stated" in rules else 0 if all(outcome.accepted for outcome in outcomes) else 1


def show_outcomes(
    outcomes: "list[Outcome]", as_json: bool, *, many: bool, nothing: str = "everything that is due has been loaded"
) -> None:
    """Prints outcomes; many: as a list in JSON, however many there are; nothing: why there is nothing to do, where there are none."""
    if as_json:
        shapes = [outcome.as_json() for outcome in outcomes]
        print_json(shapes if many or len(shapes) != 1 else shapes[0])
        return
    for outcome in outcomes:
        _show_one(outcome)
    if not outcomes:
        click.echo(f"Nothing to do: {nothing}.")


def _show_one(outcome: "Outcome") -> None:
    period = f" {outcome.period.code} ({outcome.period.calendar})" if outcome.period else ""
    click.echo(
        f"{outcome.source}{period}: {'accepted' if outcome.accepted else 'REFUSED'}; rows {outcome.rows}, rejected {outcome.rejected}"
        + (f", loaded {outcome.loaded}, unchanged {outcome.unchanged}" if outcome.loaded is not None else "")
    )
    for found in outcome.issues[:50]:
        place = found["cell"] or (f"line {found['row']}" if found["row"] else "")
        click.echo(
            f"  {found['severity']:8} {found['sheet'] or ''} {place} {found['rule']}: {found['message_vi']}\n"
            f"           {found['message_en']}"
        )
    if outcome.issues_total > 50:
        click.echo(f"  … {outcome.issues_total - 50} more; --json lists up to 1 000")
    for entry in outcome.values or []:
        summed = "–" if entry["sum"] is None else as_printed(Decimal(entry['sum']))
        click.echo(f"  {entry['measure']:40} {summed:>20} {entry['unit']:12} rows {entry['rows']}")
