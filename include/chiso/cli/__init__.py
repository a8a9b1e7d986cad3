"""The command line: `chiso`. Exit 0 done, 1 the data were refused, 2 wrong usage, 3 something outside failed.

JSON goes to stdout alone; everything else to stderr, progress on a terminal too. Commands import what they need when they run, so that
`chiso --help` is quick.
"""

import sys

import click

from chiso.system.errors import ChisoError
from chiso.system.terminal import shown
from chiso.system.visible import safe_output

_COMMANDS = {
    "check": ("chiso.cli.deliveries:check", "Dry run: what would be found in a file. Writes nothing."),
    "ingest": ("chiso.cli.deliveries:ingest", "Load a file, or what is due of a source."),
    "deliveries": ("chiso.cli.received:deliveries", "What came, and what became of it."),
    "fetches": ("chiso.cli.received:fetches", "What could not be fetched, and why."),
    "timeliness": ("chiso.cli.timeliness:timeliness", "Which reports came on time, late, or not at all."),
    "withdraw": ("chiso.cli.withdrawal:withdraw", "Take a wrongly accepted delivery back."),
    "quarantine": ("chiso.cli.quarantine:quarantine", "Rows that break a rule, as cases: list, send back, decide."),
    "indicators": ("chiso.cli.figures:indicators", "Computed indicators; lint checks their catalogue."),
    "targets": ("chiso.cli.figures:targets", "The targets of a resolution and where they stand."),
    "explain": ("chiso.cli.figures:explain", "From a number back to its cells and raw files."),
    "compute": ("chiso.cli.figures:compute", "Compute what is stale, a period, or everything anew."),
    "held": ("chiso.cli.decisions:held", "Values that wait for a decision."),
    "approve": ("chiso.cli.decisions:approve", "Publish values that wait."),
    "refuse": ("chiso.cli.decisions:refuse", "Keep values that wait from being published."),
    "reconcile": ("chiso.cli.decisions:reconcile", "Where sources and documents contradict each other."),
    "corrections": ("chiso.cli.corrections:corrections", "Wrong figures of deliveries, and what is taken instead."),
    "audit": ("chiso.cli.audit:audit", "Verify everything stored; pack a period for an auditor."),
    "db": ("chiso.cli.db:db", "The warehouse: its URL, migrations, psql."),
    "source": ("chiso.cli.source:source", "Sources: list, and lint their contracts."),
    "report": ("chiso.cli.report:report", "Exports, pages and the scoreboard."),
    "doctor": ("chiso.cli.doctor:doctor", "What is set up, what is missing."),
}
"""Name → where the command is, and what the list of commands says of it."""


class _Lazy(click.Group):
    """Imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from importlib import import_module

        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_Lazy)
def cli() -> None:
    """Chỉ Số: digital-transformation indicators of a province, from raw file to published number."""


def _database_fault() -> type[Exception]:
    """What the database's driver raises; asked for only where something was raised."""
    from sqlalchemy.exc import DBAPIError

    return DBAPIError


def main() -> None:
    """Entry point: turns errors into their message and exit code."""
    with shown(), safe_output():
        code = _run()
    sys.exit(code)


def _run() -> int:
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as fault:
        fault.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except ChisoError as fault:
        click.echo(f"{type(fault).__name__}: {fault}", err=True)
        code = fault.exit_code
    except BrokenPipeError:
        code = 0
    except _database_fault() as fault:
        click.echo(
            f"DatabaseError: {str(fault).splitlines()[0]} Nothing was half loaded; look at the server, then run again.",
            err=True,
        )
        code = 3
    except OSError as fault:
        click.echo(
            f"{fault.filename or 'The system'}: {fault.strerror or fault}. Check disk space and permissions, then run again.",
            err=True,
        )
        code = 3
    return code if isinstance(code, int) else 0
