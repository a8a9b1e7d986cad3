"""HTTP as the province's systems need it: repeated with patience, streamed, bounded, never cut short unseen.

Keys that a connection's `extra` may hold: `timeout_seconds` (60, waiting for the next bytes), `retries` (5),
`backoff_seconds` (0.5, doubled each time), `max_wait_seconds` (60, of one wait, `Retry-After` included),
`patience_seconds` (60, failed tries and waits of a session together), `max_seconds` (600, one delivery in all),
`max_bytes` (8 GiB, of one delivery), `token_path` (/oauth/token), `header` (X-API-Key).
"""

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress
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

from chiso.sources.bodies import decoded
from chiso.sources.evidence import READ_BYTES, as_evidence
from chiso.sources.oauth import ApiKey, ClientCredentials, Login, NoLogin
from chiso.sources.pace import Pace, PacedAdapter
from chiso.sources.patience import Clock, Limits, PassingError, Patience, StalledError, UnreachableError
from chiso.system.errors import EndpointError
from chiso.system.settings import Endpoint, connection_variable

Auth = Literal["none", "oauth2", "api_key"]
TRANSIENT = frozenset({429, 500, 502, 503, 504})
LONGEST_CONNECT_SECONDS = 10.0
_LARGEST_ERROR_PAGE = 1 << 20
"""Bytes in one block; of an answer that is no delivery the first ones alone are wanted."""
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


@dataclass(frozen=True)
class Answer:
    """What the headers of a downloaded body say."""

    etag: str | None
    last_modified: datetime | None
    file_name: str | None


class Session:
    """Requests to one endpoint: keeps its connections and its token. Use it with `with`."""

    def __init__(self, endpoint: Endpoint, name: str, auth: Auth) -> None:
        """name: of the connection, so that messages can say which variable to check."""
        self.variable = connection_variable(name)
        extra = endpoint.extra or {}
        self.limits = Limits.of(extra, self.variable)
        self._clock = Clock(self.limits, self.variable)
        self._pace = Pace(self._clock)
        self._base = _base(endpoint.url, self.variable)
        self.advice = f"Check that {urlunsplit(self._base)} answers, then run again."
        self.sent = 0
        """Requests so far."""
        self._http = _Direct()
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, PacedAdapter(self._pace))
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

    def evidence(self, fault: EndpointError, *, personal: bool) -> str | None:
        """What the answer that failed began with, without secrets. personal: whether any word may be a person's."""
        return as_evidence(fault.first_bytes, self._login.secrets, personal=personal)

    def begin_delivery(self) -> None:
        """From now on the time of one delivery counts."""
        self._clock.begin_delivery()

    def patience(self, url: str) -> Patience:
        """A fresh count of tries for `url`."""
        return Patience(self._clock, url, self.advice)

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
                        self._clock.note_answer()
                        return None
                    self._expect_ok(response, url)
                    for block in decoded(response.raw, most, url, self._pace):
                        sink.write(block)
                    self._clock.note_answer()
                    return _answer(response.headers)
            except PassingError as fault:
                sink.seek(start)
                sink.truncate()
                patience.wait(fault)

    def probe(self) -> None:
        """Asks once whether somebody answers there, with a login where there is one. Raises EndpointError."""
        url = self.url("")
        try:
            with self._send("GET", url, {}, self._login) as response:
                self._expect_lasting(response, url)
        except PassingError as fault:
            raise EndpointError(f"{url}: {fault}. {self.advice}") from fault

    def post_form(self, url: str, form: Mapping[str, str], login: AuthBase) -> tuple[int, bytes]:
        """Posts a form; status and body (64 KiB at most). Repeated like a download. Raises EndpointError."""
        patience = self.patience(url)
        while True:
            try:
                with self._send("POST", url, {}, login, form) as response:
                    self._expect_lasting(response, url)
                    return response.status_code, b"".join(decoded(response.raw, 1 << 16, url, self._pace))
            except StalledError as fault:
                patience.wait(UnreachableError(str(fault)))  # without a token nothing else can be had
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
        if self._clock.given_up:
            raise self._clock.given_up
        self._clock.expect_time_left(url)
        self.sent += 1
        self._pace.fault = None
        read = self._clock.read_seconds
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
            raise StalledError(self._pace.fault or f"no answer within {read:g} s") from fault
        except requests.ConnectionError as fault:
            kind = UnreachableError if _is_unreachable(fault) else PassingError
            raise kind(f"no connection ({_cause(fault)})") from fault
        except (requests.RequestException, ValueError) as fault:
            raise EndpointError(
                f"{url}: not a request that can be sent ({type(fault).__name__}). Check {self.variable}."
            ) from None  # the library's own message quotes headers, and so the key

    def _expect_ok(self, response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            return
        self._clock.note_answer()
        self._expect_lasting(response, url)
        fault = f"{url}: {_status_text(status)}{self._what_to_do(response)}"
        raise EndpointError(fault, status, self._first_bytes(response, url))

    def _expect_lasting(self, response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in TRANSIENT:
            raise PassingError(_status_text(status), response.raw, self._first_bytes(response, url))

    def _first_bytes(self, response: requests.Response, url: str) -> bytes:
        """Of a body that is no delivery; none where it can't be read."""
        with suppress(PassingError, EndpointError):
            return next(decoded(response.raw, _LARGEST_ERROR_PAGE, url, self._pace), b"")[:READ_BYTES]
        return b""

    def _what_to_do(self, response: requests.Response) -> str:
        """What a lasting status means, and what to do about it."""
        status = response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return f": the login is not accepted. Check login and password in {self.variable}, then run again."
        if status == HTTPStatus.NOT_FOUND:
            return (
                ": the source has no such period. Ask for one that it has; where it should have this one, check "
                f"{self.variable} and the path in the contract."
            )
        if 300 <= status < 400:
            host = urlsplit(response.headers.get("Location", "")).hostname or "another address"
            return f", to {host}, which is not followed. Set the right address in {self.variable}."
        return ". Check the path in the contract, and what the endpoint's owner expects."

    def _login_for(self, auth: Auth, endpoint: Endpoint, extra: Mapping[str, Any]) -> Login:
        if auth == "none":
            return NoLogin()
        if not endpoint.password:
            raise EndpointError(f"{self.variable} holds no password. Set it, then run again.")
        if auth == "api_key":
            return ApiKey(str(extra.get("header") or "X-API-Key"), endpoint.password)
        token_url = self.url(str(extra.get("token_path") or "/oauth/token"))
        return ClientCredentials(token_url, endpoint.login, endpoint.password, self.post_form, self.variable)


class _Direct(requests.Session):
    """Goes nowhere else: of a redirect the library would read the body whole, however long, though it isn't followed."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None."""


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


def _status_text(status: int) -> str:
    try:
        return f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"


def _is_unreachable(fault: requests.ConnectionError) -> bool:
    """Whether no connection was made, rather than one lost."""
    return isinstance(getattr(fault.args[0], "reason", None), urllib3.exceptions.NewConnectionError)


def _cause(fault: BaseException) -> str:
    """The innermost reason that the libraries wrapped, without the address they repeat."""
    reason: BaseException = fault
    while isinstance(inner := getattr(reason, "reason", None) or (reason.args or ("",))[0], BaseException):
        reason = inner
    text = re.sub(r"^.*?(?:Connection|ConnectionPool)\([^)]*\): ", "", str(reason))
    return text or type(reason).__name__


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
