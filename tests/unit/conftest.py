"""Unit tests reach nothing outside their process."""

import socket
from typing import Any, NoReturn

import pytest


class SocketForbiddenError(AssertionError):
    """A unit test tried to open a socket: move it to tests/integration."""


def _refuse(*given: Any, **options: Any) -> NoReturn:
    raise SocketForbiddenError(f"a unit test opened a socket: {given} {options}")


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", _refuse)
    monkeypatch.setattr(socket, "create_connection", _refuse)
