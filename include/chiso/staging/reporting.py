"""Which period a delivery speaks of, and whose form it is: decided from what it says itself."""

from datetime import datetime

from chiso.contracts import Contract
from chiso.findings.issues import Issue, issue, refusal
from chiso.province import period_words
from chiso.province.period_words import UnclearPeriodError
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.units import Agency, Reference
from chiso.system.settings import LOCAL_TIME


def form_period(titles: list[tuple[str, str]], file_name: str, stated: str | None, contract: Contract) -> Period:
    """The period in the form's titles; the file's name must not contradict it, `stated` neither.

    titles: cell (A1) and text. A year in the name agrees with every period of it. Raises DeliveryRefused: unclear, or
    the name or `stated` says another.
    """
    owner, calendar = contract.terms.responsible, contract.terms.delivery.calendar
    named = period_words.from_file_name(file_name)
    try:
        period = period_words.from_titles([text for _, text in titles], calendar)
    except UnclearPeriodError as fault:
        cell = titles[fault.line][0] or None if fault.line is not None else None
        reasons = {"reason_vi": fault.vi, "reason_en": fault.en}
        raise refusal("period_unclear", owner, file=file_name, cell=cell, **reasons) from fault
    if stated and stated != period.code:
        raise refusal("period_stated", owner, file=file_name, stated=stated, period=period.code)
    if named and named not in (period.code, str(period.year)):
        raise refusal("period_file_name", owner, file=file_name, named=named, period=period.code)
    return period


def record_period(
    contract: Contract, stated: str | None, said: str | None, file_name: str, received: datetime
) -> tuple[Period, list[Issue]]:
    """The period of a snapshot of records: as asked for, as it says, as its name says, else the day of receipt."""
    terms = contract.terms
    named = period_words.from_file_name(file_name)
    code = stated or said or named
    for other in filter(None, [said, named]):
        if code and not _compatible(code, other):
            rule = "period_stated" if stated else "period_file_name"
            raise refusal(rule, terms.responsible, file=file_name, stated=stated, named=named, period=other if stated else code)
    if code:
        try:
            return Period.of(code, terms.delivery.calendar), []
        except ValueError as fault:
            raise refusal(
                "period_unclear", terms.responsible, file=file_name, reason_vi=str(fault), reason_en=str(fault)
            ) from fault
    day = received.astimezone(LOCAL_TIME).date()
    code = day.isoformat() if {"day", "week"} & set(terms.delivery.cadences) else f"{day:%Y-%m}"
    return Period.of(code, terms.delivery.calendar), [
        issue("period_assumed", "warning", "flag", terms.responsible, period=code)
    ]


_GRAINS = {"day": "day", "week": "day", "month": "month", "quarter": "quarter", "half": "half", "year": "year"}


def doubts(period: Period, contract: Contract, received: datetime) -> list[Issue]:
    """What is odd about a snapshot's period: of another length than the source's, or not begun when received."""
    owner, cadences = contract.terms.responsible, contract.terms.delivery.cadences
    found = []
    if period.grain not in {_GRAINS.get(cadence, period.grain) for cadence in cadences}:
        found.append(issue("period_grain", "warning", "flag", owner, period=period.code, cadence=", ".join(cadences)))
    if period.start > received.astimezone(LOCAL_TIME).date():
        found.append(issue("period_future", "warning", "flag", owner, period=period.code))
    return found


def _compatible(code: str, other: str) -> bool:
    """Whether two codes may speak of one delivery: a snapshot of 30 June is in a file of June."""
    try:
        first, second = Period.of(code), Period.of(other)
    except ValueError:
        return code == other
    return first.contains(second) or second.contains(first)


def check_department(
    titles: list[tuple[str, str]], file_name: str, contract: Contract, reference: Reference, period: Period
) -> None:
    """Refuses a form whose titles name another department than its owner (or the one it was, or became)."""
    owner = contract.terms.responsible
    kin = {
        owner,
        *(agency.code for agency in reference.successors(owner, period.end)),
        *reference.predecessors(owner, period.end),
    }
    for cell, text in titles:
        for line in map(_reporter, text.splitlines()):
            named = reference.find_agency(line, period.end)
            if isinstance(named, Agency) and named.code not in kin and fold(line) != fold(contract.title_vi):
                ours = reference.agency(owner, period.end)
                raise refusal(
                    "department_wrong",
                    owner,
                    file=file_name,
                    cell=cell,
                    value=line.strip(),
                    owner=ours.name if ours else owner,
                )


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
