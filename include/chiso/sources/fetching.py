"""One delivery from an HTTP endpoint into a file."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote

from chiso.province.periods import Period
from chiso.system.errors import ContractError, StorageError
from chiso.system.settings import Endpoint

if TYPE_CHECKING:
    from chiso.contracts import Contract
    from chiso.sources.http import Answer, Session

_SUFFIXES = {"csv": ".csv", "json": ".json", "workbook": ".xlsx"}


@dataclass(frozen=True)
class Fetched:
    """A delivery that was downloaded, and what the fetch record says of it. Every time has its zone."""

    path: Path
    uri: str
    """Where it came from, without secrets and without the number of a page."""
    file_name: str
    """As the endpoint names it, else `<source>_<period>.<format>`."""
    received_at: datetime
    """`Last-Modified` (of pages the newest), never later than the fetch; where it isn't sent, the fetch."""
    etag: str | None
    """What `fetch` takes to ask again: of pages one ETag each, a space between. None: nothing to ask by."""
    requests: int
    """Requests that were sent for it: tokens, pages and repetitions included."""
    started_at: datetime
    finished_at: datetime


def connect(contract: "Contract", endpoint: Endpoint) -> "Session":
    """A session for the contract's endpoint, for `with`; keeps connections and token over several fetches.

    Raises: EndpointError or SettingsError, where the connection can't be used as it is set.
    """
    from chiso.sources.http import Session

    transport = contract.terms.transport
    return Session(endpoint, transport.endpoint, transport.auth)


def probe(contract: "Contract", endpoint: Endpoint) -> None:
    """Asks the contract's endpoint for any answer, once and without much patience. Raises EndpointError, SettingsError."""
    with connect(contract, endpoint.impatient) as session:
        session.probe()


def fetch(
    contract: "Contract",
    period: Period,
    endpoint: Endpoint,
    target: Path,
    *,
    etag: str | None = None,
    session: "Session | None" = None,
) -> Fetched | None:
    """Downloads the delivery of `period` into `target`, in a folder that exists; None if `etag` still holds.

    The file holds the body as sent, a transfer's own compression undone; of paged JSON the pages' bodies, a
    newline between. It is private to its owner, appears only when it is complete, and nothing is left where
    the fetch fails. A body that isn't what it should be (an HTML page, none at all) is a delivery too.

    etag: `Fetched.etag` of the current accepted delivery; that of a refused one would hide what is wanted.
    session: of `connect`, to share a token between fetches; it stands in for `endpoint`.
    Raises: EndpointError, where the endpoint doesn't answer as agreed after some tries; StorageError, where
    `target` can't be written; ContractError, where the source isn't fetched over HTTP.
    """
    if contract.terms.transport.kind == "drop_folder":
        raise ContractError(f"{contract.source} comes through a drop folder; there is nothing to fetch.")
    started = datetime.now(UTC)
    with ExitStack() as stack:
        session = session or stack.enter_context(connect(contract, endpoint))
        session.begin_delivery()
        sent_before = session.sent
        uri = address(contract, period, session)
        answer = _download(contract, uri, session, target, etag)
    if answer is None:
        return None
    finished = datetime.now(UTC)
    return Fetched(
        path=target,
        uri=uri,
        file_name=answer.file_name or _file_name(contract, period),
        # A clock that goes fast over there would make this delivery the newest one for ever.
        received_at=min(answer.last_modified or finished, finished),
        etag=answer.etag,
        requests=session.sent - sent_before,
        started_at=started,
        finished_at=finished,
    )


def address(contract: "Contract", period: Period, session: "Session") -> str:
    """Where the delivery of `period` is asked for; it holds no secret."""
    return session.url(contract.terms.transport.path.replace("{period}", quote(period.code, safe="")))


def _download(
    contract: "Contract", uri: str, session: "Session", target: Path, etag: str | None
) -> "Answer | None":
    """Writes beside `target` and renames; None, and no file, where nothing changed."""
    from chiso.sources.paging import download_pages

    transport = contract.terms.transport
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w+b", dir=target.parent, prefix=".fetch-", suffix=".part", delete=False
        ) as file:
            part, sink = Path(file.name), cast(BinaryIO, file)
            if transport.kind == "paged_json":
                answer = download_pages(session, uri, transport.page_size, sink, etag)
            else:
                answer = session.download(uri, sink, etag)
        if answer is not None:
            part.replace(target)
    except OSError as fault:
        raise StorageError(
            f"{target} can't be written: {fault.strerror or fault}. Check the folder and the space on its "
            "disk, then run again."
        ) from fault
    else:
        return answer
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _file_name(contract: "Contract", period: Period) -> str:
    stem = contract.source.rsplit("/", 1)[-1]
    return f"{stem}_{period.code}{_SUFFIXES[contract.terms.delivery.format]}"
