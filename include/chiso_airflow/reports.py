"""Files below `var/reports` (the site, exports), shown inside Airflow's UI to whoever is logged in there.

A plugin's app is not behind Airflow's login by itself: its route asks for the user. Every task process loads the
plugins too, so the app and what it imports are made at the first request.

What is shown has Airflow's own origin, where a script could use whoever's token is logged in. So none runs: the policy that goes
with each file allows the site's style sheet and plots alone, and puts the page into a sandbox. The sandbox keeps the origin, since
a browser sends no cookie with links inside a frame of an opaque one, and every page but the first would ask for the login.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

NAVIGATION = {"name": "Báo cáo", "href": "/bao-cao/site/index.html", "destination": "nav", "url_route": "bao-cao"}
PROTECTION = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-downloads",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Headers of every file."""


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """The ASGI app that the plugin registers."""
    await _reports()(scope, receive, send)


@cache
def _reports() -> "FastAPI":
    from airflow.api_fastapi.core_api.security import GetUserDep
    from chiso.system.settings import load
    from fastapi import FastAPI, HTTPException
    from fastapi.responses import FileResponse

    reports = FastAPI(title="Chỉ Số reports", docs_url=None, redoc_url=None, openapi_url=None)

    @reports.get("/{path:path}")
    def report(path: str, user: GetUserDep) -> FileResponse:
        """A file below the reports' folder; 404 for anything else. user: who is logged in (401 where nobody is)."""
        del user
        root = load().reports.resolve()
        wanted = (root / path).resolve()
        if not wanted.is_relative_to(root) or wanted == root or not _is_public(wanted.relative_to(root)) or not wanted.is_file():
            raise HTTPException(404, "There is no such report; build it with `chiso report build`.", PROTECTION)
        return FileResponse(wanted, headers=PROTECTION)

    return reports


def _is_public(path: Path) -> bool:
    """Pages and exports, and nothing else that may lie there."""
    return (path.parts[0] == "site" and path.suffix in (".html", ".css", ".svg")) or (len(path.parts) == 1 and path.suffix == ".csv")
