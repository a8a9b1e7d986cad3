"""Pages of docs/ that are rendered from contracts, suites, the catalogue and their models, so that they can't go stale."""

from collections.abc import Mapping
from pathlib import Path

from chiso import contracts, indicators
from chiso.authoring.contract_words import contract_page
from chiso.authoring.data_dictionary import dictionary_page
from chiso.authoring.indicator_page import indicator_page
from chiso.authoring.source_page import index_page, page_name, source_page
from chiso.contracts import Contract
from chiso.province.units import Reference, load_reference
from chiso.system.errors import ContractError
from chiso.system.settings import Settings


def pages(settings: Settings) -> dict[Path, str]:
    """Every rendered page: absolute path and text. A source with a faulty contract or suite has none."""
    docs, reference = settings.home / "docs", load_reference(settings.schemas)
    loaded = contracts.load_all(settings).contracts
    rendered = {
        docs / page_name(contract.source): text for contract in loaded if (text := _source_page(contract, settings, reference))
    }
    return rendered | {
        docs / "sources.md": index_page(loaded, reference),
        docs / "contracts.md": contract_page(settings),
        docs / "data-dictionary.md": dictionary_page(settings),
        docs / "indicators.md": indicator_page(indicators.load_catalogue(settings), reference),
    }


def write(settings: Settings) -> list[Path]:
    """Writes the pages that differ and removes those of sources that are gone; returns what changed."""
    wanted = pages(settings)
    differing = [path for path, text in wanted.items() if _read(path) != text]
    for path in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    orphans = _orphans(settings, wanted)
    for path in orphans:
        path.unlink()
    return [*differing, *orphans]


def stale(settings: Settings) -> list[Path]:
    """Pages that `write` would change or remove."""
    wanted = pages(settings)
    return [*(path for path, text in wanted.items() if _read(path) != text), *_orphans(settings, wanted)]


def _source_page(contract: Contract, settings: Settings, reference: Reference) -> str | None:
    try:
        return source_page(contract, settings, reference)
    except ContractError:
        return None  # of its suite, which lint says


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _orphans(settings: Settings, wanted: Mapping[Path, str]) -> list[Path]:
    """Pages of no source; one of a faulty source stays as it was."""
    docs = settings.home / "docs"
    kept = {docs / page_name(source) for source in contracts.source_names(settings)}
    return sorted(path for path in (docs / "sources").glob("*.md") if path not in wanted and path not in kept)
