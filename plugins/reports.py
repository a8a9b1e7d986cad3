"""Registers the reports in Airflow's UI; the pages and their protection are in chiso_airflow.reports."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin
from chiso_airflow.reports import NAVIGATION, app


class ReportsPlugin(AirflowPlugin):
    """Reports behind Airflow's login."""

    name = "chiso_reports"
    fastapi_apps: ClassVar[list[Any]] = [{"app": app, "url_prefix": "/bao-cao", "name": "Chỉ Số reports"}]
    external_views: ClassVar[list[Any]] = [NAVIGATION]
