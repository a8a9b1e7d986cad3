"""A server on loopback that answers as one function says."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


@dataclass(frozen=True)
class Ask:
    """A request as the server sees it. `number` counts from 1."""

    number: int
    page: int
    handler: BaseHTTPRequestHandler

    @property
    def path(self) -> str:
        return self.handler.path


Reply = tuple[int, bytes, dict[str, str]]


@dataclass
class Answering:
    """Where the server is, and what it was asked: headers, and paths."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


Kind = TypeVar("Kind", bound=Answering)


@contextmanager
def answering(answer: Callable[[Ask], Reply | None], made: Kind) -> Iterator[Kind]:
    """`answer` gives status, body and headers, or None where it wrote its own bytes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            made.asked.append(dict(self.headers.items()))
            made.paths.append(self.path)
            found = re.search(r"[?&]page=(\d+)", self.path)
            reply = answer(Ask(len(made.asked), int(found[1]) if found else 1, self))
            if reply is None:
                return
            status, body, headers = reply
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body)), "Connection": "close", **headers}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up early is part of some tests."""

    with Quiet(("127.0.0.1", 0), Handler) as web:
        made.url = f"http://127.0.0.1:{web.server_address[1]}"
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            web.shutdown()
            thread.join()
