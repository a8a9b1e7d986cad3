"""A question about values of one indicator and period that wait: publish them, or not? Answered in the UI, under *Required Actions*.

Runbook: docs/runbooks/approvals.md. `approvals` starts a run for each question; nothing waits in a slot.
"""

from chiso_airflow.factory import approval

dag = approval(doc_md=__doc__)
