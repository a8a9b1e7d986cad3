"""What the departments send, form by form."""

from collections.abc import Iterator

from sandbox.forms import administration, data, economy, society, towns
from sandbox.forms.report import Mail

REPORTS = (*administration.REPORTS, *data.REPORTS, *economy.REPORTS, *society.REPORTS)


def mails(seed: int) -> Iterator[Mail]:
    """Every file of these forms that is ever sent."""
    for report in REPORTS:
        yield from report.mails(seed)
    yield from towns.smart_city_mails()
    yield from towns.dti_mails()
    yield from towns.digital_economy_mails()
