"""Mail to those who owe reports, and the data centre's daily digest: what is to be told, in which words, and what was told.

Sending is somebody else's (`chiso_airflow.mail`): `due_mails` says what is to be sent now, `note` that a mail was.
"""

from chiso.notices.composing import due_mails
from chiso.notices.letters import Mail
from chiso.notices.sent import note, turn

__all__ = ["Mail", "due_mails", "note", "turn"]
