"""Indicators and targets: one run per reporting period that any family's deliveries touched.

Runbook: docs/runbooks/indicators.md. The partition key is `calendar/period`, e.g. `civil/2024-H1`.
"""

from chiso_airflow.factory import compute_periods, families

dag = compute_periods(families(), doc_md=__doc__)
