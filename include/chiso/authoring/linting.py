"""Everything that is wrong in contracts, suites and fixtures: each with its file, its place, and how to mend it."""

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from chiso import contracts
from chiso.authoring.file_names import faults_of_file_names
from chiso.authoring.fixture_checks import faults_of_fixture
from chiso.authoring.lists import faults_of_lists, indicator_ids
from chiso.authoring.odcs_schema import faults_of_schema
from chiso.authoring.planning import empty_tables, faults_of_measures, faults_of_queries
from chiso.authoring.stray_files import faults_of_stray_files
from chiso.contracts import Contract
from chiso.contracts.loading import contract_file
from chiso.contracts.yaml_text import read_yaml
from chiso.province.units import load_reference
from chiso.system.errors import ContractError, Fault
from chiso.system.platform import Platform
from chiso.system.settings import Settings
from chiso.validation import judge
from chiso.validation.rules import Rules
from chiso.validation.suite import QUERY, Suite, entries_with_places, read_suite, suite_file


def lint(platform: Platform, sources: Sequence[str] = ()) -> list[Fault]:
    """What is wrong with the sources, or with all of them and what lies beside; [] if nothing.

    SQL is planned on the platform's server, in transactions that change nothing.
    """
    names = sources or contracts.source_names(platform.settings)
    found = [fault for source in names for fault in _source(source, platform)]
    together = faults_of_file_names(contracts.load_all(platform.settings).contracts)
    files = {contract_file(source) for source in names}
    found += [fault for fault in together if fault.file in files]
    if not sources:
        found += faults_of_stray_files(platform.settings)
    return list(dict.fromkeys(found))


def _source(source: str, platform: Platform) -> Iterator[Fault]:
    settings = platform.settings
    try:
        contract = contracts.load(source, settings)
    except ContractError as fault:
        yield from fault.faults
        yield from _beside(fault.faults, _schema(source, settings))
        yield from _faults_of_form(source, settings)
        return
    yield from _schema(source, settings)
    reference = load_reference(settings.schemas)
    yield from _in(contract_file(source), faults_of_lists(contract, reference, indicator_ids(settings)))
    try:
        Rules.of(contract, settings)
        suite = read_suite(source, settings.home)
    except ContractError as fault:
        yield from fault.faults
        suite = None
    with platform.engine.connect() as connection:
        faults = list(_planned(contract, suite, connection))
    yield from faults
    if suite is None or faults:
        return
    yield from _faults_of_library(suite, source)
    yield from faults_of_fixture(contract, platform)


def _schema(source: str, settings: Settings) -> list[Fault]:
    file = contract_file(source)
    try:
        document = read_yaml(settings.home / file, file)
    except ContractError:
        return []  # said by whoever loads it
    return list(_in(file, faults_of_schema(document)))


def _beside(said: Iterable[Fault], more: Iterable[Fault]) -> Iterator[Fault]:
    """Of `more`, what speaks of a place of which nothing was said."""
    places = {fault.place for fault in said}
    yield from (fault for fault in more if not any(fault.place.startswith(place) for place in places))


def _faults_of_form(source: str, settings: Settings) -> list[Fault]:
    """Of a suite whose contract is faulty: only whether it is a suite."""
    try:
        read_suite(source, settings.home)
    except ContractError as fault:
        return fault.faults
    return []


def _planned(contract: Contract, suite: Suite | None, connection: sa.Connection) -> Iterator[Fault]:
    with empty_tables(contract, connection) as scratch:
        yield from _in(contract_file(contract.source), faults_of_measures(contract, connection, scratch))
        if suite:
            yield from _in(suite_file(contract.source), faults_of_queries(suite, connection, scratch))


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
