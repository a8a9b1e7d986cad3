"""Mail, every morning: to agencies of what they owe, what was refused and what waits; to the data centre a digest.

Runbook: docs/runbooks/mail.md. Without a connection `chiso_smtp` the task skips.
"""

from chiso_airflow.factory import daily_mail

dag = daily_mail(schedule="30 7 * * *", timezone="Asia/Ho_Chi_Minh", doc_md=__doc__)
