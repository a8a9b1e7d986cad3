"""What may be wrong with the stream of a text delivery itself, as refusals."""

from collections.abc import Iterator
from contextlib import contextmanager

from chiso.contracts import Contract
from chiso.deliveries.raw import ExpandsError, TruncatedError
from chiso.findings.issues import refusal


@contextmanager
def refusing(contract: Contract, file_name: str) -> Iterator[None]:
    """Raises DeliveryRefused where the stream read inside breaks off, or unpacks to far too much."""
    owner = contract.terms.responsible
    try:
        yield
    except TruncatedError as fault:
        raise refusal("truncated", owner, file=file_name, reason=str(fault)) from fault
    except ExpandsError as fault:
        size = {"unpacked_mb": fault.unpacked >> 20, "ratio": fault.ratio}
        raise refusal("file_expands", owner, file=file_name, **size) from fault
