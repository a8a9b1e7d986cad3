"""The static site: pages that need neither network nor scripts, of which only those are written whose content changed.

A page is a template and what it shows. Whatever is shown is escaped, invisible signs are made visible, numbers and times are written as
Vietnamese readers write them. The Content-Security-Policy in each page allows the site's own style sheet and plots, and nothing else.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiso.publication.site.plots import Plot
from chiso.publication.site.words import WORDS
from chiso.publication.texts import number
from chiso.system.settings import LOCAL_TIME
from chiso.system.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST = "index.html"
_STYLE = "style.css"
_KNOWN = "pages.json"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A page of the site.

    path: below the site's folder; stamp: changes whenever what is shown does; shows: the template's names, asked for only where the
    page is written.
    """

    path: str
    template: str
    stamp: object
    shows: Callable[[], Mapping[str, Any]]

    @staticmethod
    def of(path: str, template: str, shows: Mapping[str, Any]) -> "Page":
        """A page whose content is known already."""
        return Page(path, template, shows, lambda: shows)


    def text(self) -> str:
        """The page as HTML."""
        return _environment().get_template(f"{self.template}.html.j2").render(_shown(self))


@dataclass(frozen=True)
class Picture:
    """A plot of the site. stamp: what it shows, which changes whenever the picture does."""

    path: str
    stamp: Plot
    draw: Callable[[Plot], str]
    template = "picture"

    def text(self) -> str:
        """The picture as SVG."""
        return self.draw(self.stamp)


@dataclass(frozen=True)
class Written:
    """What a building of the site wrote and removed, by path; and its first page."""

    first: Path
    written: tuple[str, ...]
    removed: tuple[str, ...]


def write(folder: Path, pages: Iterable[Page | Picture]) -> Written:
    """Writes the pages that changed, and removes those that there are no more."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = _known(folder)
    digests: dict[str, str] = {}
    written = []
    for page in pages:
        digests[page.path] = digest = _digest(page)
        if known.get(page.path) != digest or not (folder / page.path).exists():
            _write(folder / page.path, page.text())
            written.append(page.path)
    _write(folder / _STYLE, (_HERE / _STYLE).read_text("utf-8"))
    removed = sorted(known.keys() - digests.keys())
    for path in removed:
        (folder / path).unlink(missing_ok=True)
    _write(folder / _KNOWN, json.dumps(digests, indent=0))
    return Written(folder / FIRST, tuple(written), tuple(removed))


def _shown(page: Page) -> Mapping[str, Any]:
    return {**page.shows(), "root": "../" * page.path.count("/"), "here": page.path}


def _known(folder: Path) -> dict[str, str]:
    path = folder / _KNOWN
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _digest(page: Page | Picture) -> str:
    text = json.dumps([_made_of(), page.template, page.stamp], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _made_of() -> str:
    """Identifies templates and words: pages of other ones are written anew."""
    digest = hashlib.sha256()
    for path in sorted(path for path in _HERE.rglob("*") if path.suffix in (".j2", ".py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """A reader never meets half a page."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    scratch.write_text(text, "utf-8")
    scratch.replace(path)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["words"] = WORDS
    environment.filters |= {"word": _word, "lasting": _lasting}
    return environment


def _word(key: str | None, kind: str) -> tuple[str, str]:
    """The words for a key of a kind, in Vietnamese and English; what has none stands for itself."""
    return WORDS[kind].get(key or "", (key or "–", key or "–"))


def shown(value: object) -> object:
    """A value as a page shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, Decimal | float):
        return number(Decimal(value))
    if isinstance(value, datetime):
        return f"{value.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return visible(value) if type(value) is str else value


def _lasting(value: timedelta | None) -> str:
    return "–" if value is None else f"{number(Decimal(value.total_seconds()) / 86400, 1)} ngày"
