"""Which period a delivery speaks of, and whose form it is: decided from what it says itself."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from chiso.contracts import Contract
from chiso.findings.issues import Issue, issue, refusal
from chiso.province import period_words
from chiso.province.period_words import UnclearPeriodError
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.units import ADMIN_LEVELS, Agency, Level, Reference, Unit
from chiso.system.settings import LOCAL_TIME


def form_period(titles: list[tuple[str, str]], file_name: str, stated: str | None, contract: Contract) -> Period | None:
    """The period in the form's titles; the file's name must not contradict it, `stated` neither.

    titles: cell (A1) and text. A year in the name agrees with every period of it. None where neither titles nor name
    say one and rows have periods of their own. Raises DeliveryRefused: unclear, or the name or `stated` says another.
    """
    owner = contract.terms.responsible
    named = period_words.from_file_name(file_name)
    period = _titled(titles, file_name, contract)
    if period is None:
        code = stated or named
        return Period.of(code, contract.terms.delivery.calendar) if code else None
    if stated and stated != period.code:
        raise refusal("period_stated", owner, file=file_name, stated=stated, period=period.code)
    if named and named not in (period.code, str(period.year)):
        raise refusal("period_file_name", owner, file=file_name, named=named, period=period.code)
    return period


def _titled(titles: list[tuple[str, str]], file_name: str, contract: Contract) -> Period | None:
    """What the titles state; None where they may state none."""
    read = period_words.from_titles_if_stated if contract.terms.period else period_words.from_titles
    try:
        return read([text for _, text in titles], contract.terms.delivery.calendar)
    except UnclearPeriodError as fault:
        cell = titles[fault.line][0] or None if fault.line is not None else None
        reasons = {"reason_vi": fault.vi, "reason_en": fault.en}
        owner = contract.terms.responsible
        raise refusal("period_unclear", owner, file=file_name, cell=cell, **reasons) from fault


def rows_period(own: Sequence[Period], file_name: str, contract: Contract) -> Period:
    """Of a delivery that states no period: the shortest one that holds those of its rows; the years' last where they span several.

    Raises DeliveryRefused where no row states one.
    """
    if not own:
        reason = {"reason_vi": "cả tiêu đề lẫn các dòng đều không nêu kỳ báo cáo", "reason_en": "neither the titles nor the rows state a period"}
        raise refusal("period_unclear", contract.terms.responsible, file=file_name, **reason)
    shared = [outer for outer in (own[0], *own[0].enclosing()) if all(outer.contains(period) for period in own)]
    return shared[0] if shared else Period.of(str(max(period.end for period in own).year), contract.terms.delivery.calendar)


def record_period(
    contract: Contract, stated: str | None, said: str | None, file_name: str, received: datetime
) -> tuple[Period, list[Issue]]:
    """The period of a snapshot of records: as asked for, as it says, as its name says, else the day of receipt.

    Raises DeliveryRefused where one of these is no period or contradicts another.
    """
    terms = contract.terms
    named = period_words.from_file_name(file_name)
    codes = [code for code in (stated, said, named) if code]
    for code in codes:
        _check_code(code, file_name, contract)
        if not _compatible(codes[0], code):
            rule = "period_stated" if stated else "period_file_name"
            shown = {"stated": stated, "named": named, "period": code if stated else said}
            raise refusal(rule, terms.responsible, file=file_name, **shown)
    if codes:
        return Period.of(codes[0], terms.delivery.calendar), []
    day = received.astimezone(LOCAL_TIME).date()
    code = day.isoformat() if terms.delivery.shortest == "day" else f"{day:%Y-%m}"
    return Period.of(code, terms.delivery.calendar), [
        issue("period_assumed", "warning", "flag", terms.responsible, period=code)
    ]


def _check_code(code: str, file_name: str, contract: Contract) -> None:
    try:
        Period.of(code)
    except ValueError as fault:
        reason_vi = f"“{code}” không phải kỳ báo cáo; ghi như 2024-06-15, 2024-06, 2024-Q2, 2024-H1 hoặc 2024"
        reasons = {"reason_vi": reason_vi, "reason_en": str(fault)}
        raise refusal("period_unclear", contract.terms.responsible, file=file_name, **reasons) from fault


def doubts(period: Period, contract: Contract, received: datetime) -> list[Issue]:
    """What is odd about a snapshot's period: of another length than the source's, or not begun when received."""
    owner, delivery = contract.terms.responsible, contract.terms.delivery
    found = []
    grains = {*delivery.grains, *(["month"] if contract.every_day_counts else [])}
    if period.grain not in grains and "irregular" not in delivery.cadences:
        found.append(issue("period_grain", "warning", "flag", owner, period=period.code, cadence=", ".join(delivery.cadences)))
    if period.start > received.astimezone(LOCAL_TIME).date():
        found.append(issue("period_future", "warning", "flag", owner, period=period.code))
    return found


def _compatible(code: str, other: str) -> bool:
    """Whether two codes may speak of one delivery: a snapshot of 30 June is in a file of June."""
    first, second = Period.of(code), Period.of(other)
    return first.contains(second) or second.contains(first)


def check_department(
    titles: list[tuple[str, str]],
    file_name: str,
    contract: Contract,
    reference: Reference,
    at: date,
    reporters: Collection[str] = (),
) -> None:
    """Refuses a form whose titles name an agency that none of its owners is, was or became, or that reports rows of others.

    reporters: names of who reports the rows, where each sends a form of its own: it is theirs if all rows are. An owner that
    is itself one of those who report (a district, not the department that gathers all) speaks of itself alone.
    """
    owners = contract.terms.owners
    kin = {
        *owners,
        *(agency.code for owner in owners for agency in reference.successors(owner, at)),
        *(code for owner in owners for code in reference.predecessors(owner, at)),
    }
    for cell, text in titles:
        for line in map(_reporter, text.splitlines()):
            named = reference.find_agency(line, at)
            if not isinstance(named, Agency) or fold(line) == fold(contract.title_vi):
                continue
            if named.code in kin:
                if others := _others(named, reporters, contract, reference, at):
                    shown = {"file": file_name, "cell": cell, "value": line.strip(), "others": ", ".join(others)}
                    raise refusal("sender_wrong", contract.terms.responsible, **shown)
            elif not _reports(named, reporters, contract, reference, at):
                ours = [reference.agency(owner, at) for owner in owners]
                raise refusal(
                    "department_wrong",
                    contract.terms.responsible,
                    file=file_name,
                    cell=cell,
                    value=line.strip(),
                    owner=", ".join(agency.name if agency else owner for agency, owner in zip(ours, owners, strict=True)),
                )


def _reports(
    agency: Agency, reporters: Collection[str], contract: Contract, reference: Reference, at: date
) -> bool:
    """Whether every row is reported by that agency, or by the unit that it serves."""
    if not (reporters and contract.terms.delivery.reporter):
        return False
    below = _levels_below(contract)
    return all(_is_of(agency, name, below, reference, at) is True for name in reporters)


def _others(
    agency: Agency, reporters: Collection[str], contract: Contract, reference: Reference, at: date
) -> list[str]:
    """Of the names of who reports the rows those of others than the unit that the agency serves, where units like it report.

    A name that can't be told is none of them: its row is rejected for it.
    """
    below = _levels_below(contract) if contract.terms.delivery.reporter else ()
    if reference.unit(agency.unit_code, at, below) is None:
        return []
    return [name for name in reporters if _is_of(agency, name, below, reference, at) is False]


def _levels_below(contract: Contract) -> tuple[Level, ...]:
    """Levels below the province of the units that report rows."""
    levels = contract.column(str(contract.terms.delivery.reporter)).levels
    return tuple(level for level in ADMIN_LEVELS if level in levels and level != "province")


def _is_of(agency: Agency, name: str, levels: tuple[Level, ...], reference: Reference, at: date) -> bool | None:
    """Whether a name means the agency or the unit that it serves; None where it means nothing that is known."""
    own, unit = reference.find_agency(name, at), reference.find_unit(name, at, levels=levels)
    if not isinstance(own, Agency) and not isinstance(unit, Unit):
        return None
    return getattr(own, "code", None) == agency.code or (isinstance(unit, Unit) and unit.code == agency.unit_code)


_REPORTER_LABELS = {
    "don vi bao cao",
    "co quan bao cao",
    "don vi lap bao cao",
    "co quan lap bao cao",
    "don vi gui",
    "co quan gui",
}


def _reporter(line: str) -> str:
    """The name in a line such as `Đơn vị báo cáo: Sở Y tế`; any other line as it is."""
    label, colon, name = line.partition(":")
    return name.strip() if colon and fold(label) in _REPORTER_LABELS else line.strip()
