"""Indicators and targets: one run computes all reporting periods that deliveries touched, whichever family's.

Runbook: docs/runbooks/indicators.md. Families name the periods as partitions, `calendar/period`, e.g. `civil/2024-H1`.
"""

from chiso_airflow.factory import compute_periods, families

dag = compute_periods(families(), doc_md=__doc__)
