"""The HTTP server: authentication, caching headers, compression and faults, on loopback only."""

import base64
import binascii
import hmac
import json
import secrets
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.days import UnknownPeriodError
from sandbox.documents import Document, WrongQueryError, page_of, previous_page
from sandbox.faults import KNOWN, Fault, Faults, UnknownFaultError
from sandbox.portal import Box

MAX_POST_BYTES = 65_536
HTML_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1><p>synthetic</p></body></html>\n"
)


@dataclass(frozen=True)
class Access:
    """What a client must know."""

    client_id: str
    client_secret: str
    api_key: str
    token_seconds: int = 3600


class Tokens:
    """The bearer tokens in force; thread-safe."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._ends[token] = time.monotonic() + self.seconds
        return token

    def valid(self, token: str) -> bool:
        """Whether the token was issued and has not ended."""
        with self._lock:
            return self._ends.get(token, 0.0) > time.monotonic()

    def end(self, token: str) -> None:
        """Make a token invalid before its time."""
        with self._lock:
            self._ends.pop(token, None)


class Server(ThreadingHTTPServer):
    """A province behind one port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, port: int, box: Box, access: Access, faults: Faults) -> None:
        self.box, self.access, self.faults = box, access, faults
        self.tokens = Tokens(access.token_seconds)
        self.stopping = threading.Event()  # ends the waiting of the timeout fault
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def shutdown(self) -> None:
        """Stop serving; requests that hang are dropped."""
        self.stopping.set()
        super().shutdown()


def compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip a stream; the header holds no time, so the same input gives the same bytes."""
    deflater = zlib.compressobj(level=1, wbits=31)
    for chunk in chunks:
        if packed := deflater.compress(chunk):
            yield packed
    yield deflater.flush()


def first_bytes(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The first `limit` bytes of a stream."""
    for chunk in chunks:
        if limit <= 0:
            return
        yield chunk[:limit]
        limit -= len(chunk)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    sys_version = ""
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Data endpoints and the list of faults."""
        self._guarded(self._get)

    def do_POST(self) -> None:
        """Tokens and the setting of faults."""
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: clients report what they saw."""

    def _guarded(self, answer: Callable[[], None]) -> None:
        try:
            answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except UnknownPeriodError as error:
            self._error(HTTPStatus.NOT_FOUND, "unknown_period", str(error))
        except (WrongQueryError, UnknownFaultError) as error:
            self._error(HTTPStatus.BAD_REQUEST, "invalid_request", str(error))

    def _get(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/_sandbox/faults":
            self._json(HTTPStatus.OK, {"armed": self.server.faults.listed(), "known": sorted(KNOWN)})
            return
        endpoint = self.server.box.endpoints.get(parts.path)
        if endpoint is None:
            self._error(HTTPStatus.NOT_FOUND, "not_found", f"no such path: {parts.path}")
            return
        if not self._allowed(parts.path):
            return
        fault = self.server.faults.take(parts.path, page_of(query), self._takes_gzip())
        if fault and self._refused_by(fault):
            return
        if fault and fault.name == "repeated_page":
            query = previous_page(query)
        document = endpoint(query)
        if fault and fault.name == "total_changed":
            document = document.with_total(7)
        self._send(document, fault)

    def _post(self) -> None:
        path = urlsplit(self.path).path
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_POST_BYTES:
            self.close_connection = True
            raise WrongQueryError("Content-Length is missing or too large")
        body = self.rfile.read(int(length))
        if path == "/oauth/token":
            self._token(dict(parse_qsl(body.decode("utf-8", "replace"))))
        elif path == "/_sandbox/faults":
            self.server.faults.set(_fault_of(body))
            self._json(HTTPStatus.OK, {"armed": self.server.faults.listed()})
        else:
            self._error(HTTPStatus.NOT_FOUND, "not_found", f"no such path: {path}")

    def _token(self, form: dict[str, str]) -> None:
        """Client credentials, by HTTP Basic or form fields."""
        access = self.server.access
        client, secret = _basic(self.headers.get("Authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        known = _same(client, access.client_id)
        if not (_same(secret, access.client_secret) and known):
            self._error(HTTPStatus.UNAUTHORIZED, "invalid_client", "unknown client or wrong secret", "Basic")
        elif form.get("grant_type") != "client_credentials":
            self._error(HTTPStatus.BAD_REQUEST, "unsupported_grant_type", "grant_type: client_credentials")
        else:
            answer = {
                "access_token": self.server.tokens.issue(),
                "token_type": "Bearer",
                "expires_in": access.token_seconds,
            }
            self._json(HTTPStatus.OK, answer, {"Cache-Control": "no-store"})

    def _bearer(self) -> str:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def _allowed(self, path: str) -> bool:
        """Check the key or token, and answer 401 where it is missing or wrong."""
        if path.startswith("/soc/"):
            if _same(self.headers.get("X-API-Key", ""), self.server.access.api_key):
                return True
            self._error(HTTPStatus.UNAUTHORIZED, "invalid_key", "X-API-Key is missing or wrong")
            return False
        if self.server.tokens.valid(self._bearer()):
            return True
        self._error(
            HTTPStatus.UNAUTHORIZED, "invalid_token", "the token is missing, wrong or expired", "Bearer"
        )
        return False

    def _refused_by(self, fault: Fault) -> bool:
        """Play a fault that replaces the whole answer; False for the others."""
        match fault.name:
            case "token_expired":
                self.server.tokens.end(self._bearer())
                self._error(HTTPStatus.UNAUTHORIZED, "invalid_token", "the token has expired", "Bearer")
            case "rate_limited":
                self._error(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "slow down", retry_after="1")
            case "server_error":
                self._error(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", "synthetic fault")
            case "timeout":
                self.server.stopping.wait(fault.seconds)
                self.close_connection = True
            case "html_page":
                self._whole(HTTPStatus.OK, HTML_PAGE, {"Content-Type": "text/html; charset=utf-8"})
            case "empty_body":
                self._whole(HTTPStatus.OK, b"", {"Content-Type": "application/octet-stream"})
            case _:
                return False
        return True

    def _takes_gzip(self) -> bool:
        codings = self.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
        return any(coding.split(";")[0] == "gzip" and not coding.endswith(";q=0") for coding in codings)

    def _send(self, document: Document, fault: Fault | None) -> None:
        """Put a document on the wire, whole, in part or as 304."""
        gzip = self._takes_gzip()
        headers = {
            "ETag": f'"{document.tag}-gzip"' if gzip else f'"{document.tag}"',
            "Last-Modified": format_datetime(document.modified.astimezone(UTC), usegmt=True),
            "Vary": "Accept-Encoding",
        }
        if not fault and self._knows(document.tag):
            self._head(HTTPStatus.NOT_MODIFIED, headers)
            return
        headers["Content-Type"] = document.content_type
        if document.file_name:
            headers["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
        if gzip:
            headers["Content-Encoding"] = "gzip"

        def stream() -> Iterator[bytes]:
            return compressed(document.chunks()) if gzip else document.chunks()

        if fault and fault.name in {"cut_short", "truncated_gzip"}:
            self._send_half(stream, headers, honest=fault.name == "truncated_gzip")
        elif document.payload is not None:
            self._whole(HTTPStatus.OK, b"".join(stream()), headers)
        else:
            self._stream(stream(), headers)

    def _knows(self, tag: str) -> bool:
        """Whether If-None-Match names the document, compressed or not."""
        named = [name.strip().removeprefix("W/") for name in self.headers.get("If-None-Match", "").split(",")]
        return any(name in {"*", f'"{tag}"', f'"{tag}-gzip"'} for name in named)

    def _send_half(
        self, stream: Callable[[], Iterator[bytes]], headers: dict[str, str], honest: bool
    ) -> None:
        """The first half of a body; an honest Content-Length is that of the half."""
        size = sum(len(chunk) for chunk in stream())
        promised = size // 2 if honest else size
        self._head(HTTPStatus.OK, {**headers, "Content-Length": str(promised)})
        for chunk in first_bytes(stream(), size // 2):
            self.wfile.write(chunk)
        if not honest:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_WR)

    def _stream(self, chunks: Iterator[bytes], headers: dict[str, str]) -> None:
        """A body of unknown length: chunked, or up to the end of the connection for HTTP/1.0."""
        chunked = self.request_version != "HTTP/1.0"
        self._head(HTTPStatus.OK, {**headers, **({"Transfer-Encoding": "chunked"} if chunked else {})})
        self.close_connection = self.close_connection or not chunked
        for chunk in chunks:
            if chunk:
                self.wfile.write(b"%X\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("X-Synthetic", "true")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _whole(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _json(
        self, status: HTTPStatus, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self._whole(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})

    def _error(
        self, status: HTTPStatus, code: str, text: str, scheme: str = "", retry_after: str = ""
    ) -> None:
        headers = {"WWW-Authenticate": f'{scheme} realm="sandbox"'} if scheme else {}
        if retry_after:
            headers["Retry-After"] = retry_after
        self._json(status, {"error": code, "error_description": text}, headers)


def _same(given: str, expected: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def _basic(header: str) -> tuple[str, str] | None:
    """Name and password of an HTTP Basic header, None where there is none."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _fault_of(body: bytes) -> Fault:
    """Read {"name", "times"?, "seconds"?, "path"?}."""
    try:
        given = json.loads(body)
        return Fault(
            name=str(given["name"]),
            times=int(given.get("times", 1)),
            seconds=float(given.get("seconds", 30)),
            path=str(given.get("path", "/")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongQueryError(f"not a fault: {error}") from error
