"""The only code that imports both the core and Airflow: DAG factory, task functions, assets."""
