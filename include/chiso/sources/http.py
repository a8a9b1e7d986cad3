"""HTTP as the province's systems need it: repeated with patience, streamed, bounded, never cut short unseen.

Keys that a connection's `extra` may hold: `timeout_seconds` (60, waiting for the next bytes), `retries` (5),
`backoff_seconds` (0.5, doubled each time), `max_wait_seconds` (60, of one wait, `Retry-After` included),
`max_bytes` (8 GiB, of one delivery), `token_path` (/oauth/token), `header` (X-API-Key).
"""

import ipaddress
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
import urllib3
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from chiso.sources.oauth import ApiKey, ClientCredentials, Login, NoLogin
from chiso.system.errors import EndpointError, SettingsError
from chiso.system.settings import Endpoint

Auth = Literal["none", "oauth2", "api_key"]
TRANSIENT = frozenset({429, 500, 502, 503, 504})
LONGEST_CONNECT_SECONDS = 10.0
_ABSURD = 1 << 62
_CHUNK = 1 << 16
_UNPACKED = 1 << 20
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


@dataclass(frozen=True)
class Limits:
    """How long and how much is borne."""

    read_seconds: float = 60
    retries: int = 5
    backoff_seconds: float = 0.5
    longest_wait_seconds: float = 60
    max_bytes: int = 8 << 30

    @classmethod
    def of(cls, extra: Mapping[str, Any], variable: str) -> Self:
        """Those of a connection. Raises SettingsError naming `variable` and the key."""
        given: dict[str, Any] = {}
        for key, field, read in _LIMIT_KEYS:
            if key not in extra:
                continue
            try:
                given[field] = read(str(extra[key]))
            except ValueError:
                given[field] = -1
            if not 0 <= given[field] < _ABSURD or (key == "timeout_seconds" and not given[field]):
                raise SettingsError(f"{variable}: {key}={extra[key]!r} is no usable number; correct it.")
        return cls(**given)


_LIMIT_KEYS: tuple[tuple[str, str, Callable[[str], float]], ...] = (
    ("timeout_seconds", "read_seconds", float),
    ("retries", "retries", int),
    ("backoff_seconds", "backoff_seconds", float),
    ("max_wait_seconds", "longest_wait_seconds", float),
    ("max_bytes", "max_bytes", int),
)


@dataclass(frozen=True)
class Answer:
    """What the headers of a downloaded body say."""

    etag: str | None
    last_modified: datetime | None
    file_name: str | None


class PassingError(Exception):
    """Something that may well go right the next time; `response`, where there is one, may say when."""

    def __init__(self, what: str, response: urllib3.BaseHTTPResponse | None = None) -> None:
        """what: what happened, for a message that begins with the URL."""
        super().__init__(what)
        self.response = response


class Patience:
    """Tries that one thing is given: counted, each after a longer wait, the last ending in an error."""

    def __init__(self, limits: Limits, url: str, advice: str) -> None:
        self._url, self._advice = url, advice
        self._retry = Retry(
            total=limits.retries,
            backoff_factor=limits.backoff_seconds,
            backoff_jitter=limits.backoff_seconds,
            backoff_max=limits.longest_wait_seconds,
            retry_after_max=limits.longest_wait_seconds,  # type: ignore[arg-type] # any number serves
        )

    def wait(self, fault: PassingError) -> None:
        """Waits before the next try. Raises EndpointError where this was the last one."""
        try:
            self._retry = self._retry.increment("GET", self._url, error=fault)
        except urllib3.exceptions.MaxRetryError:
            tries = len(self._retry.history) + 1
            raise EndpointError(f"{self._url}: {fault} (tried {tries} times). {self._advice}") from fault
        try:
            self._retry.sleep(fault.response)
        except urllib3.exceptions.InvalidHeader:  # a Retry-After that nobody can read
            self._retry.sleep()


class Session:
    """Requests to one endpoint: keeps its connections and its token. Use it with `with`."""

    def __init__(self, endpoint: Endpoint, name: str, auth: Auth) -> None:
        """name: of the connection, so that messages can say which variable to check."""
        self.variable = f"AIRFLOW_CONN_CHISO_{name.upper()}"
        extra = endpoint.extra or {}
        self.limits = Limits.of(extra, self.variable)
        self._base = _base(endpoint.url, self.variable)
        self.advice = f"Check that {urlunsplit(self._base)} answers, then run again."
        self.sent = 0
        """Requests so far."""
        self._http = requests.Session()
        self._http.headers["Accept-Encoding"] = "gzip"
        # A proxy can't reach this machine's own loopback, whatever the environment says about proxies.
        self._http.trust_env = not _is_loopback(self._base.hostname or "")
        self._login = self._login_for(auth, endpoint, extra)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def url(self, path: str) -> str:
        """The address of `path` at this endpoint; it holds no secret."""
        return f"{urlunsplit(self._base).rstrip('/')}/{path.lstrip('/')}"

    def patience(self, url: str) -> Patience:
        """A fresh count of tries for `url`."""
        return Patience(self.limits, url, self.advice)

    def download(
        self, url: str, sink: BinaryIO, etag: str | None = None, limit: int | None = None
    ) -> Answer | None:
        """Writes the body to `sink` from where it stands; None, and nothing written, if `etag` still holds.

        A body that breaks off is asked for again, from its beginning. limit: most bytes, at most `max_bytes`.
        Raises: EndpointError. OSError, where `sink` can't be written.
        """
        start = sink.tell()
        most = min(self.limits.max_bytes, self.limits.max_bytes if limit is None else limit)
        patience = self.patience(url)
        headers = {"If-None-Match": etag} if etag else {}
        while True:
            try:
                with self._get(url, headers) as response:
                    if etag and response.status_code == HTTPStatus.NOT_MODIFIED:
                        response.raw.release_conn()  # it has no body, so the connection can go on
                        return None
                    self._expect_ok(response, url)
                    for block in _body(response.raw, most, url):
                        sink.write(block)
                    return _answer(response.headers)
            except PassingError as fault:
                sink.seek(start)
                sink.truncate()
                patience.wait(fault)

    def post_form(self, url: str, form: Mapping[str, str], login: AuthBase) -> tuple[int, bytes]:
        """Posts a form; status and body (64 KiB at most). Repeated like a download. Raises EndpointError."""
        patience = self.patience(url)
        while True:
            try:
                with self._send("POST", url, {}, login, form) as response:
                    _expect_lasting(response)
                    return response.status_code, b"".join(_body(response.raw, 1 << 16, url))
            except PassingError as fault:
                patience.wait(fault)

    def _get(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        response = self._send("GET", url, headers, self._login)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._login.renew():
            response.close()
            response = self._send("GET", url, headers, self._login)
        return response

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        login: AuthBase,
        form: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self.sent += 1
        read = self.limits.read_seconds
        try:
            return self._http.request(
                method,
                url,
                headers=dict(headers),
                data=form,
                auth=login,  # always given, or requests would look for one in ~/.netrc
                timeout=(min(read, LONGEST_CONNECT_SECONDS), read),
                allow_redirects=False,  # the key's header would go along to any host
                stream=True,
            )
        except requests.exceptions.SSLError as fault:
            raise EndpointError(
                f"{url}: no trusted TLS connection ({_cause(fault)}). Check the endpoint's certificate and "
                f"{self.variable}, then run again."
            ) from fault
        except requests.Timeout as fault:
            raise PassingError(f"no answer within {read:g} s") from fault
        except requests.ConnectionError as fault:
            raise PassingError(f"no connection ({_cause(fault)})") from fault
        except (requests.RequestException, ValueError) as fault:
            raise EndpointError(
                f"{url}: not a request that can be sent ({type(fault).__name__}). Check {self.variable}."
            ) from None  # the library's own message quotes headers, and so the key

    def _expect_ok(self, response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            return
        _expect_lasting(response)
        said = f"{url}: {_status_text(status)}"
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise EndpointError(
                f"{said}: the login is not accepted. Check login and password in {self.variable}, "
                "then run again."
            )
        if status == HTTPStatus.NOT_FOUND:
            raise EndpointError(
                f"{said}: the source has no such period. Ask for one that it has; where it should have this "
                f"one, check {self.variable} and the path in the contract."
            )
        if 300 <= status < 400:
            host = urlsplit(response.headers.get("Location", "")).hostname or "another address"
            raise EndpointError(
                f"{said}, to {host}, which is not followed. Set the right address in {self.variable}."
            )
        raise EndpointError(f"{said}. Check the path in the contract, and what the endpoint's owner expects.")

    def _login_for(self, auth: Auth, endpoint: Endpoint, extra: Mapping[str, Any]) -> Login:
        if auth == "none":
            return NoLogin()
        if not endpoint.password:
            raise EndpointError(f"{self.variable} holds no password. Set it, then run again.")
        if auth == "api_key":
            return ApiKey(str(extra.get("header") or "X-API-Key"), endpoint.password)
        token_url = self.url(str(extra.get("token_path") or "/oauth/token"))
        return ClientCredentials(token_url, endpoint.login, endpoint.password, self.post_form, self.variable)


def _base(url: str, variable: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EndpointError(f"{variable}: the address must be http://… or https://… with a host. Correct it.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts._replace(netloc=f"{host}:{port}" if port else host, query="", fragment="")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _expect_lasting(response: requests.Response) -> None:
    if response.status_code in TRANSIENT:
        raise PassingError(_status_text(response.status_code), response.raw)


def _status_text(status: int) -> str:
    try:
        return f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"


def _cause(fault: BaseException) -> str:
    """The innermost reason that the libraries wrapped, without the address they repeat."""
    reason: BaseException = fault
    while isinstance(inner := getattr(reason, "reason", None) or (reason.args or ("",))[0], BaseException):
        reason = inner
    text = re.sub(r"^.*?(?:Connection|ConnectionPool)\([^)]*\): ", "", str(reason))
    return text or type(reason).__name__


def _body(raw: urllib3.BaseHTTPResponse, most: int, url: str) -> Iterator[bytes]:
    """The body with its gzip coding undone, in blocks. Raises PassingError where it breaks off."""
    coding = raw.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if coding not in ("identity", "gzip", "x-gzip"):
        raise EndpointError(
            f"{url}: the body is coded as {coding!r}, which was not asked for. Tell the endpoint's owner."
        )
    received, written = 0, 0
    gzip = None if coding == "identity" else Gunzip()
    for piece in _pieces(raw):
        received += len(piece)
        for block in gzip.blocks(piece) if gzip else (piece,):
            written += len(block)
            if max(received, written) > most:
                raise _too_large(most, url)
            yield block
        if received > most:  # compressed members that unpack to nothing, without an end
            raise _too_large(most, url)
    if gzip:
        gzip.finish()


def _too_large(most: int, url: str) -> EndpointError:
    return EndpointError(
        f"{url}: the body is larger than the {most} bytes that are allowed. If it is right, allow more with "
        "max_bytes in the connection (one page of paged JSON: 64 MiB, ask for smaller pages)."
    )


def _pieces(raw: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body as it is on the wire; urllib3 holds it against Content-Length and the last chunk."""
    try:
        yield from raw.stream(_CHUNK, decode_content=False)
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise PassingError("the body stopped coming") from fault
    except urllib3.exceptions.HTTPError as fault:
        raise PassingError("the body was cut short") from fault


class Gunzip:
    """Undoes gzip piece by piece; unlike the libraries' own decoders it notices that the end is missing."""

    def __init__(self) -> None:
        self._member: Any = None

    def blocks(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` adds, in blocks of bounded size. Raises PassingError where it is damaged."""
        while piece := piece if self._member else piece.lstrip(b"\0"):  # zeros may pad the end of a member
            self._member = self._member or zlib.decompressobj(wbits=31)
            try:
                block = self._member.decompress(piece, _UNPACKED)
            except zlib.error as fault:
                raise PassingError("the gzip body is damaged") from fault
            if block:
                yield block
            piece = self._member.unconsumed_tail
            if self._member.eof:
                piece, self._member = self._member.unused_data, None

    def finish(self) -> None:
        """Raises PassingError where the last member has no end."""
        if self._member is not None:
            raise PassingError("the gzip body was cut short")


def _answer(headers: Mapping[str, str]) -> Answer:
    etag = headers.get("ETag", "").strip()
    return Answer(
        etag=etag if _ETAG.fullmatch(etag) else None,
        last_modified=_moment(headers.get("Last-Modified", "")),
        file_name=_file_name(headers.get("Content-Disposition", "")),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _file_name(disposition: str) -> str | None:
    """The name that a Content-Disposition gives, as a bare name: no folder, no control sign, not hidden."""
    if not disposition:
        return None
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", " ", disposition)
    name = re.split(r"[/\\]", _as_utf8(message.get_filename() or ""))[-1]
    printable = "".join(letter for letter in name if letter.isprintable())
    return printable.lstrip(". ")[-150:] or None


def _as_utf8(text: str) -> str:
    """A header's text is read as Latin-1, though many servers write UTF-8 into it."""
    try:
        return text.encode("latin-1").decode()
    except ValueError:
        return text
