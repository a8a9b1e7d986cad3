"""Spreadsheets that the departments put into the drop folder, twice a working day.

Runbook: docs/runbooks/families.md.
"""

from chiso_airflow.factory import ingest_family

dag = ingest_family("departments", schedule="0 6,13 * * 1-5", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
