"""`chiso source new`: the files of a source, proposed from a sample and tried out on it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from chiso import contracts
from chiso.authoring import documentation, expecting
from chiso.authoring.contract_text import contract_text
from chiso.authoring.linting import lint
from chiso.authoring.proposing import Place, Proposal, propose
from chiso.authoring.samples import Sample, read_sample
from chiso.contracts.loading import contract_file
from chiso.contracts.odcs import read_contract
from chiso.contracts.references import is_identifier
from chiso.deliveries.verdicts import Outcome
from chiso.flow import loading
from chiso.province.period_words import from_file_name
from chiso.province.units import load_reference
from chiso.system.errors import ContractError, Fault, UsageError
from chiso.system.platform import Platform
from chiso.system.settings import Settings
from chiso.validation.suite import suite_file

_TRIES = 3


@dataclass(frozen=True)
class Created:
    """The files written, what was guessed and is to be looked at, and what lint finds."""

    written: list[Path]
    notes: list[str]
    faults: list[Fault]


def create(source: str, sample: Path, owner: str | None, platform: Platform) -> Created:
    """Writes contract, suite, fixture, expected answers and page. Raises UsageError where one is there already."""
    settings = platform.settings
    _check_name(source, settings)
    read = read_sample(sample)
    others = contracts.load_all(settings, source.split("/", maxsplit=1)[0]).contracts
    place = Place(source, sample.name, owner, others, load_reference(settings.schemas), settings.today)
    written = [settings.home / contract_file(source), settings.home / suite_file(source)]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
    written[1].write_text(json.dumps({"name": source, "expectations": []}, indent=2) + "\n", "utf-8")
    proposal, outcome = _fitted(propose(read, place), source, sample, platform)
    written.append(_fixture(source, sample, read, settings))
    notes = [*proposal.notes, *_of_outcome(outcome)]
    if outcome is not None:
        written.append(expecting.write(contracts.load(source, settings), platform)[0])
    written += documentation.write(settings)
    if not others:
        notes.append(f"{source.split('/', maxsplit=1)[0]} is a new family: give it a timetable in dags/ and a connection, as another has")
    return Created(written, notes, lint(platform, [source]))


def _check_name(source: str, settings: Settings) -> None:
    parts = source.split("/")
    if len(parts) != 2 or not all(map(is_identifier, parts)):
        raise UsageError(f"{source!r} is no name of a source; write <family>/<name> in snake case, e.g. departments/health.")
    there = [settings.home / contract_file(source), settings.home / suite_file(source), *expecting.fixtures(source, settings)]
    if found := [path for path in there if path.exists()]:
        raise UsageError(f"{found[0].relative_to(settings.home)} is there already; nothing was written.")


def _fitted(proposal: Proposal, source: str, sample: Path, platform: Platform) -> tuple[Proposal, Outcome | None]:
    """The proposal that the sample itself passes: columns whose texts don't fit are open text. None: it can't be tried."""
    path = platform.settings.home / contract_file(source)
    outcome: Outcome | None = None
    for _ in range(_TRIES):
        path.write_text(contract_text(source, proposal), "utf-8")
        try:
            contract = read_contract(path, platform.settings.home)
        except ContractError:
            return proposal, None  # lint says what is wrong
        outcome = loading.check(sample, contract, platform)
        wrong = _unfitting(outcome, contract.terms.delivery.max_rejected_rows)
        if outcome.accepted or not wrong:
            return proposal, outcome
        for name in wrong:
            proposal = proposal.reading_as_text(name)
    return proposal, outcome


def _unfitting(outcome: Outcome, few: int) -> list[str]:
    """Columns whose cells are rejected, where these are many."""
    rejected = [found["column"] for found in outcome.issues if found["action"] == "reject_row" and found["column"]]
    return [name for name in dict.fromkeys(rejected) if rejected.count(name) > few]


def _fixture(source: str, sample: Path, read: Sample, settings: Settings) -> Path:
    """Copies the sample. Of records that don't say their period, the name goes on saying it."""
    said = None if read.format == "workbook" or read.titles else from_file_name(sample.name)
    ending = "".join(sample.suffixes[-2:]) if sample.suffix == ".gz" else sample.suffix
    path = expecting.folder(settings) / f"{source}{f'.{said}' if said else ''}{ending.lower()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sample, path)
    return path


def _of_outcome(outcome: Outcome | None) -> list[str]:
    if outcome is None:
        return []
    notes = [f"the sample is {'accepted' if outcome.accepted else 'REFUSED'}: rows {outcome.rows}, rejected {outcome.rejected}"]
    shown = [found for found in outcome.issues if found["severity"] != "info"][:10]
    return notes + [f"  {found['cell'] or found['row'] or ''} {found['rule']}: {found['message_en']}" for found in shown]
