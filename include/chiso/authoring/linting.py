"""Everything that is wrong in contracts, suites and fixtures: each with its file, its place, and how to mend it."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from chiso import contracts
from chiso.authoring.file_names import faults_of_file_names
from chiso.authoring.fixture_checks import fault_of_file, faults_of_answers
from chiso.authoring.lists import faults_of_lists, indicator_ids
from chiso.authoring.odcs_schema import faults_of_schema
from chiso.authoring.planning import blank_tables, faults_of_measures, faults_of_queries
from chiso.authoring.stray_files import faults_of_stray_files
from chiso.contracts import Contract
from chiso.contracts.loading import contract_file
from chiso.contracts.yaml_text import read_yaml
from chiso.deliveries import corrections
from chiso.province.units import Reference, load_reference
from chiso.system import progress
from chiso.system.errors import ContractError, Fault
from chiso.system.platform import Platform
from chiso.system.settings import Settings
from chiso.validation import judge
from chiso.validation.rules import Rules
from chiso.validation.suite import QUERY, Suite, entries_with_places, read_suite, suite_file


def lint(platform: Platform, sources: Sequence[str] = ()) -> list[Fault]:
    """What is wrong with the sources, or with all of them and what lies beside; [] if nothing.

    What `lint_files` finds, SQL that the platform's server can't plan, expectations that Great Expectations can't take, and
    fixtures from which something else comes than is expected. Nothing is changed.
    """
    names = sources or contracts.source_names(platform.settings)
    found = lint_files(platform.settings, sources)
    for source in progress.each("sources", names, str):
        if contract := _sound(source, platform.settings):
            found += _run(contract, platform)
    return found


def lint_files(settings: Settings, sources: Sequence[str] = ()) -> list[Fault]:
    """What can be said of the files alone, without a server."""
    names = sources or contracts.source_names(settings)
    lists = load_reference(settings.schemas), indicator_ids(settings)
    found = [fault for source in names for fault in _files(source, settings, *lists)]
    files = {contract_file(source) for source in names}
    found += [fault for fault in faults_of_file_names(contracts.load_all(settings).contracts) if fault.file in files]
    if not sources:
        found += [*faults_of_stray_files(settings), *_corrections(settings)]
    return list(dict.fromkeys(found))


def _corrections(settings: Settings) -> list[Fault]:
    known = {contract.source: contract for contract in contracts.load_all(settings).contracts}
    try:
        return corrections.faults(corrections.load(settings.schemas), known)
    except ContractError as fault:
        return list(fault.faults)


def _files(source: str, settings: Settings, reference: Reference, indicators: frozenset[str] | None) -> Iterator[Fault]:
    try:
        contract = contracts.load(source, settings)
    except ContractError as fault:
        yield from fault.faults
        yield from _unsaid(fault.faults, _schema(source, settings))
        yield from _faults_of(lambda: read_suite(source, settings.home))
    else:
        yield from _schema(source, settings)
        yield from _in(contract_file(source), faults_of_lists(contract, reference, indicators))
        yield from _faults_of(lambda: Rules.of(contract, settings))
    if missing := fault_of_file(source, settings):
        yield missing


def _schema(source: str, settings: Settings) -> list[Fault]:
    file = contract_file(source)
    try:
        document = read_yaml(settings.home / file, file)
    except ContractError:
        return []  # said by whoever loads it
    return list(_in(file, faults_of_schema(document)))


def _unsaid(said: Iterable[Fault], more: Iterable[Fault]) -> Iterator[Fault]:
    """Of `more`, what speaks of a place of which nothing was said."""
    places = {fault.place for fault in said}
    yield from (fault for fault in more if not any(fault.place.startswith(place) for place in places))


def _faults_of(read: Callable[[], object]) -> list[Fault]:
    try:
        read()
    except ContractError as fault:
        return fault.faults
    return []


# --- With a server ---


def _sound(source: str, settings: Settings) -> Contract | None:
    """The contract, if nothing is wrong with it and its suite."""
    try:
        contract = contracts.load(source, settings)
        Rules.of(contract, settings)
    except ContractError:
        return None
    return contract


def _run(contract: Contract, platform: Platform) -> list[Fault]:
    suite = read_suite(contract.source, platform.settings.home)
    with platform.engine.connect() as connection, blank_tables(contract, connection) as scratch:
        found = [
            *_in(contract_file(contract.source), faults_of_measures(contract, connection, scratch)),
            *_in(suite_file(contract.source), faults_of_queries(suite, contract, connection, scratch)),
        ]
    found += _faults_of_library(suite, contract.source)
    return found or list(faults_of_answers(contract, platform))


def _faults_of_library(suite: Suite, source: str) -> Iterator[Fault]:
    """Expectations that Great Expectations alone answers are shown to it; its process isn't started where there are none."""
    alone = [(place, entry) for place, entry in entries_with_places(suite) if entry.type != QUERY and not entry.is_row_level]
    if not alone:
        return
    said = judge.faults([{"type": entry.type, "kwargs": entry.kwargs} for _, entry in alone])
    for (place, _), found in zip(alone, said, strict=True):
        yield from (Fault(suite_file(source), f"{place}.{where}", message) for where, message in found)


def _in(file: str, found: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    return (Fault(file, place, message) for place, message in found)
