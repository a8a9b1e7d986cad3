"""Parts of the transport that need no network."""

import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chiso.sources.bodies import Gunzip
from chiso.sources.http import Session, _answer
from chiso.sources.patience import Limits, PassingError
from chiso.system.errors import EndpointError, SettingsError
from chiso.system.settings import Endpoint
from hypothesis import given
from hypothesis import strategies as st

NAME = "AIRFLOW_CONN_CHISO_PORTAL"


def unpack(data: bytes, size: int) -> bytes:
    decoder = Gunzip()
    blocks = [block for n in range(0, len(data), size) for block in decoder.blocks(data[n : n + size])]
    decoder.finish()
    return b"".join(blocks)


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 80), st.integers(0, 9))
def test_gzip_of_any_members_in_any_pieces(parts: list[bytes], size: int, padding: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert unpack(packed + b"\0" * (padding if parts else 0), size) == b"".join(parts)


@given(st.binary(min_size=1, max_size=500), st.data())
def test_gzip_that_ends_early_is_noticed_wherever_it_ends(text: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(text)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(PassingError, match="cut short"):
        unpack(packed[:cut], 64)


def test_gzip_with_a_wrong_checksum_or_rubbish_is_damaged() -> None:
    packed = bytearray(gzip.compress(b"figures"))
    packed[-6] ^= 1
    for data in (bytes(packed), b"<html>", gzip.compress(b"x") + b"rubbish"):
        with pytest.raises(PassingError, match="damaged"):
            unpack(data, 10)


def test_gzip_bombs_come_in_small_blocks() -> None:
    bomb = gzip.compress(bytes(50 << 20))
    assert max(len(block) for block in Gunzip().blocks(bomb)) <= 1 << 20


def test_limits_of_a_connection() -> None:
    extra = {"timeout_seconds": "1.5", "retries": 2, "max_bytes": "100", "other": "x"}
    assert Limits.of(extra, NAME) == Limits(read_seconds=1.5, retries=2, max_bytes=100)
    assert Limits.of({}, NAME) == Limits()


@pytest.mark.parametrize(
    ("key", "value"),
    [("timeout_seconds", "soon"), ("timeout_seconds", "0"), ("retries", "-1"), ("max_bytes", "8 GB"),
     ("backoff_seconds", "nan"), ("max_wait_seconds", "inf"), ("max_seconds", "0"), ("patience_seconds", "long")],
)
def test_a_limit_that_is_no_number_names_its_place(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{NAME}: {key}='{value}'"):
        Limits.of({key: value}, NAME)


@pytest.mark.parametrize("url", ["ftp://host/", "file:///in", "https://", "host:80", "http://[::1", "http://h:x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(EndpointError, match=f"{NAME}: the address must be http"):
        Session(Endpoint(url), "portal", "none")


@pytest.mark.parametrize("auth", ["oauth2", "api_key"])
def test_a_connection_without_a_password(auth: str) -> None:
    with pytest.raises(EndpointError, match=f"{NAME} holds no password"):
        Session(Endpoint("https://host/"), "portal", auth)  # type: ignore[arg-type]


def test_an_address_loses_its_secrets() -> None:
    session = Session(Endpoint("https://me:s3cret@host:8443/api/?key=s3cret"), "portal", "none")
    assert session.url("/portal/x?period=2024") == "https://host:8443/api/portal/x?period=2024"
    assert "s3cret" not in session.advice
    assert Session(Endpoint("http://[::1]:80"), "portal", "none").url("/x") == "http://[::1]:80/x"


def test_what_the_headers_say() -> None:
    answer = _answer({"ETag": 'W/"a-1"', "Last-Modified": "Sun, 30 Jun 2024 17:30:00 GMT"})
    assert answer.etag == 'W/"a-1"'
    assert answer.last_modified == datetime(2024, 6, 30, 17, 30, tzinfo=UTC)
    nothing = _answer({"ETag": 'two "words"', "Last-Modified": "yesterday"})
    assert (nothing.etag, nothing.last_modified, nothing.file_name) == (None, None, None)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="ho_so_2024-06.csv"', "ho_so_2024-06.csv"),
        ("attachment; filename*=UTF-8''h%E1%BB%93%20s%C6%A1.csv", "hồ sơ.csv"),
        ('attachment; filename="hồ sơ.csv"'.encode().decode("latin-1"), "hồ sơ.csv"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\in\\\\a.csv"', "a.csv"),
        ('attachment; filename="..\x07hidden\n.csv"', "hidden .csv"),
        ('attachment; filename=".."', None),
        ("inline", None),
    ],
)
def test_a_file_name_is_a_bare_name(disposition: str, name: str | None) -> None:
    assert _answer({"Content-Disposition": disposition}).file_name == name


def test_importing_the_stage_is_cheap() -> None:
    code = "import sys, chiso.sources; sys.exit(bool({'requests', 'pydantic', 'viparse'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "include")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
