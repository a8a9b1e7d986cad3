"""Statistics of the security operations centre, twice a night: what the first run misses the second fetches.

Runbook: docs/runbooks/families.md. Yesterday's may be restated and are asked for again.
"""

from chiso_airflow.factory import ingest_family

dag = ingest_family("soc", schedule="0 2,5 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
