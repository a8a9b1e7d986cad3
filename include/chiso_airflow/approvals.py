"""The operator that asks people whether values are published."""

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowException

from chiso_airflow import tasks

APPROVAL = "approval"
"""The DAG whose runs are questions."""


class Question(HITLOperator):
    """Asks while what the run is about still waits; skips where a newer restatement replaced it, or it was decided of elsewhere."""

    def execute(self, context: Any) -> Any:
        """Puts the question, and leaves its slot until somebody answers."""
        tasks.require_waiting(context["dag_run"].conf)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Takes the answer. One without a reason is none: the try fails, and the next one puts the question again."""
        answer = super().execute_complete(context, event)
        if not (answer["params_input"].get(tasks.REASON) or "").strip():
            raise AirflowException("The answer gives no reason, so the question is put again.")
        return answer


def reason() -> Param:
    """Where whoever answers says why; blank until then, which Airflow takes for a value of its own and holds against the schema."""
    return Param(None, type=["null", "string"], title="Lý do (why)", description="Bắt buộc: vì sao công bố, hoặc không")
