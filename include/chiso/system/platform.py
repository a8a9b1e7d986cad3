"""Where everything runs: the environment's settings and the warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from chiso.system.database import connect, reachable
from chiso.system.postgres import warehouse_url
from chiso.system.settings import Settings


@dataclass(frozen=True)
class Platform:
    """Settings, and an engine on the warehouse."""

    settings: Settings
    engine: sa.Engine


@contextmanager
def open_platform(settings: Settings) -> Iterator[Platform]:
    """The platform on the environment's warehouse; the embedded server is started where none runs, then stopped.

    Raises DatabaseError where the warehouse is or becomes out of reach.
    """
    with warehouse_url(settings) as url:
        engine = connect(url)
        try:
            with reachable(engine):
                yield Platform(settings, engine)
        finally:
            engine.dispose()
