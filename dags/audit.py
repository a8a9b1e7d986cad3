"""Verifies every night that nothing stored was altered or lost; fails with what was, and shows the outcome on the pages.

Runbook: docs/runbooks/incidents.md. `chiso audit verify` does the same by hand.
"""

from chiso_airflow.factory import nightly_audit

dag = nightly_audit(schedule="30 3 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
