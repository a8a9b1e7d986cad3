"""Writes into a suite what `meta.history` of its expectations says: the query that the library runs, and its words."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from chiso import contracts
from chiso.system.settings import Settings
from chiso.validation import history
from chiso.validation.suite import read_suite, suite_file
from chiso.validation.suite_checks import with_history


def write(settings: Settings, sources: Sequence[str]) -> Iterator[Path]:
    """The suites that were written anew. Entries that are unsound stay as they are: `chiso source lint` says why.

    Raises ContractError for a contract or suite that can't be read.
    """
    for source in sources:
        contract, suite = contracts.load(source, settings), read_suite(source, settings.home)
        path = settings.home / suite_file(source)
        text = path.read_text("utf-8")
        document = json.loads(text)
        for entry, written in zip(suite.expectations, document["expectations"], strict=True):
            if entry.meta.history and not list(history.faults(entry.meta.history, entry.meta.column, contract)):
                made = with_history(entry, contract)
                written |= {"kwargs": made.kwargs, "description": made.description}
        if document != json.loads(text):
            path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
            yield path
