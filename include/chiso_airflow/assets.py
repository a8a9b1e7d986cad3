"""The assets that tie ingest to indicators."""

from airflow.sdk import Asset


def loaded(family: str) -> Asset:
    """The facts that a family's deliveries feed; its partitions are reporting periods, `calendar/period`."""
    return Asset(name=f"warehouse_{family}", uri=f"chiso://warehouse/{family}")
