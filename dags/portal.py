"""Exports of the procedure system and the national portal, twice a night: what the first run misses the second fetches.

Runbook: docs/runbooks/families.md. Dossiers come as a file a month or a day, procedures as pages.
"""

from chiso_airflow.factory import ingest_family

dag = ingest_family("portal", schedule="30 1,5 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
