"""The only code that knows both Chỉ Số and Airflow: the DAG factory, the UI, the launcher."""
