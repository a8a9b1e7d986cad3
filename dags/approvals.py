"""Looks every quarter of an hour for values that wait for approval, and puts a question about each to people.

Runbook: docs/runbooks/approvals.md. The questions are runs of `approval`.
"""

from chiso_airflow.factory import open_questions

dag = open_questions(schedule="*/15 * * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
