"""Statistics of the security operations centre, once a day; yesterday's may be restated and are asked for again.

Runbook: docs/runbooks/families.md.
"""

from chiso_airflow.factory import ingest_family

dag = ingest_family("soc", schedule="0 2 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
