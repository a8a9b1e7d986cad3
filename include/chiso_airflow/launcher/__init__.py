"""Starts, watches and stops the platform on one machine: what `make run`, `make up`, `make down` call.

`configuration` says how everything is set, `platform` what is started in which order, `main_job` what is then
done through Airflow's own API; `processes` and `ledger` see to it that nothing outlives its supervisor.
"""
