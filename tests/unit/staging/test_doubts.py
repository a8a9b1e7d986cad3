"""What is odd about the period of a delivery."""

from datetime import UTC, datetime

import pytest
from chiso import contracts
from chiso.province.periods import Period
from chiso.staging.reporting import doubts
from chiso.system.settings import load

SETTINGS = load({})
RECEIVED = datetime(2024, 7, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "period", "found"),
    [
        ("soc/alerts", "2024-06-30", []),
        ("soc/alerts", "2024-06", []),  # its days are summed, so a past month comes as one delivery
        ("soc/alerts", "2024-Q2", ["period_grain"]),
        ("soc/monitored_assets", "2024-06", ["period_grain"]),
        ("soc/malware", "2024-06-30", ["period_grain"]),
        ("soc/malware", "2024-08", ["period_future"]),
    ],
)
def test_a_period_of_another_length_or_yet_to_come(source: str, period: str, found: list[str]) -> None:
    contract = contracts.load(source, SETTINGS)
    assert [each.rule for each in doubts(Period.of(period), contract, RECEIVED)] == found
