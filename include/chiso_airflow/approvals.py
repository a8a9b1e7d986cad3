"""The operator that asks people whether values are published."""

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

from chiso_airflow import tasks

APPROVAL = "approval"
"""The DAG whose runs are questions."""


class Question(HITLOperator):
    """Asks while what the run is about still waits; skips where a newer restatement replaced it, or it was decided of elsewhere."""

    def execute(self, context: Any) -> Any:
        """Puts the question, and leaves its slot until somebody answers."""
        tasks.require_waiting(context["dag_run"].conf)
        return super().execute(context)
