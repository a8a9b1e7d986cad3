"""The assets: a family's facts, which tie ingest to indicators, and each source's deliveries."""

from airflow.sdk import Asset, AssetAlias


def loaded(family: str) -> Asset:
    """The facts that a family's deliveries feed; its partitions are reporting periods, `calendar/period`."""
    return Asset(name=f"warehouse_{family}", uri=f"chiso://warehouse/{family}")


def delivered(source: str) -> Asset:
    """The deliveries of a source: one event each, with its counts and verdict."""
    return Asset(name=source, uri=f"chiso://sources/{source}")


def judged(family: str) -> AssetAlias:
    """What a load may speak of: the sources of its family of which something came."""
    return AssetAlias(name=f"deliveries_{family}")
