"""How a request says who asks: a bearer token of the gateway, a key in a header, or nothing."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from http import HTTPStatus

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from chiso.system.errors import EndpointError

PostForm = Callable[[str, Mapping[str, str], AuthBase], tuple[int, bytes]]


class Login(AuthBase):
    """Adds to each request what the endpoint wants to see."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be shown nowhere."""
        return ()

    def renew(self) -> bool:
        """Makes the login fresh after a 401; False where there is nothing to renew."""
        return False


class NoLogin(Login):
    """For an open endpoint."""

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """The request as it is."""
        return r


class ApiKey(Login):
    """A key in a header."""

    def __init__(self, header: str, key: str) -> None:
        self._header, self._key = header, key

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key."""
        return (self._key,)

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """The request with the key."""
        r.headers[self._header] = self._key
        return r


class ClientCredentials(Login):
    """OAuth2 client credentials (RFC 6749, 4.4): fetched at the first request, kept until a 401."""

    def __init__(self, token_url: str, client_id: str, secret: str, post: PostForm, variable: str) -> None:
        """post: sends a form and gives status and body. variable: holds the credentials, for messages."""
        self._token_url, self._post, self._variable = token_url, post, variable
        self._basic = HTTPBasicAuth(client_id.encode(), secret.encode())
        self._secret, self._sent = secret, b64encode(f"{client_id}:{secret}".encode()).decode()
        self._token = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The client's secret, alone and as it is sent, and the token."""
        return (self._secret, self._sent, self._token)

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """The request with the token. Raises EndpointError where none is given."""
        self._token = self._token or self._fresh()
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r

    def renew(self) -> bool:
        """Forgets the token, so that the next request fetches another."""
        self._token = ""
        return True

    def _fresh(self) -> str:
        status, body = self._post(self._token_url, {"grant_type": "client_credentials"}, self._basic)
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise EndpointError(
                f"{self._token_url}: no token is given ({status}). Check login and password in "
                f"{self._variable}, then run again.",
                status,
                body,
            )
        token = _token_in(body) if status == HTTPStatus.OK else ""
        if not token:
            raise EndpointError(
                f"{self._token_url}: the answer ({status}) holds no token. Check the address and token_path "
                f"in {self._variable}, then run again."
            )
        return token


def _token_in(body: bytes) -> str:
    """The bearer token of a token answer; "" where it holds none that can stand in a header."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    token = answer.get("access_token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) and re.fullmatch(r"[\x21-\x7e]+", token) else ""
