"""Reads and casts a file as staging does, without a database: `python -m bench.reading SOURCE FILE` prints the seconds.

`values` for SOURCE reads the values of a workbook's first sheet with calamine, the fastest reader. Imports aren't counted.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter

import pandas  # noqa: F401 - Arrow imports it with its first array
import python_calamine
from chiso import contracts
from chiso.contracts import Contract
from chiso.province.units import Reference, load_reference
from chiso.staging.batch import RawBatch
from chiso.staging.cast import Casts
from chiso.staging.form import read_form
from chiso.staging.json_records import JsonRecords
from chiso.system import settings


def main(source: str, path: Path) -> None:
    """Prints how long reading `path` took."""
    if source == "values":
        started = perf_counter()
        rows = sum(1 for _ in python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())
    else:
        given = settings.load()
        contract, reference = contracts.load(source, given), load_reference(given.schemas)
        started = perf_counter()
        casts = Casts(contract.loaded_columns, reference, date(2024, 6, 30))
        rows = sum(casts.apply(batch)[0].num_rows for batch in _batches(path, contract, reference))
    print(perf_counter() - started, rows)


def _batches(path: Path, contract: Contract, reference: Reference) -> Iterator[RawBatch]:
    if contract.terms.delivery.format == "json":
        with path.open("rb") as stream:
            yield from JsonRecords(stream, contract, path.name).batches()
    else:
        yield from read_form(path, path.name, None, None, contract, reference).batches()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
