"""Exports of the procedure system and the national portal, once a day after its nightly export.

Runbook: docs/runbooks/families.md. Dossiers come as a file a month or a day, procedures as pages.
"""

from chiso_airflow.factory import ingest_family

dag = ingest_family("portal", schedule="30 1 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
