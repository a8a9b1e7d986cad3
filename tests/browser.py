"""A real browser, headless, which reaches this machine alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Chromium through its driver; both come from the distribution's packages (Debian: chromium, chromium-driver)."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program and driver, "Tests of pages need Chromium and its driver. Debian: apt install chromium chromium-driver"
    with TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for argument in (*_QUIET, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        session = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield session
        finally:
            session.quit()


def resize(session: webdriver.Chrome, width: int, height: int = 900) -> None:
    """The page's own width, which a window of a desktop browser can't be made small enough for."""
    session.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    )


def complaints(session: webdriver.Chrome) -> list[str]:
    """What the console says since it was asked last."""
    return [entry["message"] for entry in session.get_log("browser")]


def requests(session: webdriver.Chrome) -> list[str]:
    """The addresses that were asked for since it was asked last."""
    import json

    messages: list[dict[str, Any]] = [json.loads(entry["message"])["message"] for entry in session.get_log("performance")]
    return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]


def scrolls_sideways(session: webdriver.Chrome) -> bool:
    """Whether the page as a whole is wider than the screen."""
    return bool(session.execute_script("return document.documentElement.scrollWidth > window.innerWidth"))


def as_url(path: Path) -> str:
    """A file's address."""
    return path.resolve().as_uri()
