"""Commands: serve the endpoints, write the drop folder, write one export."""

import argparse
import json
import os
import signal
import sys
import threading
from datetime import date
from pathlib import Path
from types import FrameType

from sandbox import drop_folder
from sandbox.days import UnknownPeriodError, span_of
from sandbox.dossiers import DossierBook
from sandbox.faults import DEFAULT_HANG_SECONDS, Faults, UnknownFaultError, parse
from sandbox.portal import Box
from sandbox.procedures import catalogue
from sandbox.server import Access, Server

SECRETS = {
    "client_id": "SANDBOX_CLIENT_ID",
    "client_secret": "SANDBOX_CLIENT_SECRET",
    "api_key": "SANDBOX_API_KEY",
}
PASSWORD = "SANDBOX_WORKBOOK_PASSWORD"  # noqa: S105


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A province in a box; all synthetic."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    world = argparse.ArgumentParser(add_help=False)
    world.add_argument("--seed", type=int, default=34)
    world.add_argument("--today", type=date.fromisoformat, default=date(2024, 7, 3), help="YYYY-MM-DD")
    counted = argparse.ArgumentParser(add_help=False)
    counted.add_argument("--dossiers", type=int, default=20_000, help="dossiers received since 2024-01-01, beside a few earlier")

    serve = commands.add_parser("serve", parents=[world, counted], help="serve the endpoints on 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    for name, variable in SECRETS.items():
        serve.add_argument(f"--{name.replace('_', '-')}", help=f"or the variable {variable}")
    serve.add_argument("--token-seconds", type=int, default=3600)
    serve.add_argument(
        "--hang-seconds", type=float, default=DEFAULT_HANG_SECONDS, help="of the timeout fault"
    )
    serve.add_argument("--fault", action="append", default=[], metavar="NAME[:TIMES]")

    files = commands.add_parser("files", parents=[world, counted], help="write the departments' workbooks")
    files.add_argument("--out", type=Path, required=True, metavar="DIR")
    files.add_argument("--password", help=f"opens what offices protect; or the variable {PASSWORD}")

    export = commands.add_parser("dossiers", parents=[world, counted], help="write one export of dossiers")
    export.add_argument("--period", required=True, help="2024-06 or 2024-06-15")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    return parser


def _serve(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    known = {name: getattr(given, name) or os.environ.get(variable) for name, variable in SECRETS.items()}
    if missing := [SECRETS[name] for name, value in known.items() if not value]:
        parser.error(f"set {', '.join(missing)}, or give the options of the same names")
    access = Access(**{name: str(value) for name, value in known.items()}, token_seconds=given.token_seconds)
    faults = Faults([])
    for text in given.fault:
        fault = parse(text)
        fault.seconds = given.hang_seconds
        faults.set(fault)
    server = Server(given.port, Box(given.seed, given.dossiers, given.today), access, faults)

    def stop(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for serve_forever(), which this very thread runs.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    with server:
        server.serve_forever(poll_interval=0.1)


def _files(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    password = given.password or os.environ.get(PASSWORD)
    if not password:
        parser.error(f"set {PASSWORD}, or give --password")
    drop_folder.write(given.out, given.seed, given.dossiers, given.today, password)


def _dossiers(given: argparse.Namespace) -> None:
    book = DossierBook(given.seed, given.dossiers, given.today, catalogue(given.seed))
    chunks = book.export(span_of(given.period))
    with given.out.open("wb") as stream:
        for chunk in chunks:
            stream.write(chunk)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; wrong usage ends with 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.command == "serve":
            _serve(parser, given)
        elif given.command == "files":
            _files(parser, given)
        else:
            _dossiers(given)
    except (UnknownPeriodError, UnknownFaultError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
