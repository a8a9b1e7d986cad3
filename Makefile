# Every target sets up what it needs by itself. Needs Python 3.11 with venv and pip, and nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run up down status test lint bench requirements clean

BIN := .venv/bin
UV := .venv/tools/bin/uv
COMPILE := $(UV) pip compile --quiet --python-version 3.11 --no-emit-index-url --no-emit-find-links

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.* ## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: .venv/ready ## Create .venv with the pinned packages

run: .venv/ready ## Ingest every source, compute the indicators, build the reports, stop again
	@$(BIN)/python -m chiso_airflow.launcher run

up: .venv/ready ## The same, but keep the platform running, with its UI on 127.0.0.1
	@$(BIN)/python -m chiso_airflow.launcher up

down: .venv/ready ## Stop what `make up` started, or what a killed run left behind
	@$(BIN)/python -m chiso_airflow.launcher down

status: .venv/ready ## Say what runs
	@$(BIN)/python -m chiso_airflow.launcher status

test: lint ## Check and test everything
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: .venv/ready-dev ## Check style, types and import directions
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready-dev ## Measure every figure beside its limit and its peers; ONLY="bulk --rows 1e6" names some
	$(BIN)/python -m bench $(ONLY)

requirements: .venv/ready ## Compile the pins of requirements*.txt anew
	$(COMPILE) --generate-hashes requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) --generate-hashes requirements-datacontract.in -o requirements-datacontract.txt

clean: ## Remove .venv and caches; the data in var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache include/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------

# pip is the fallback: where an index is configured for pip alone, uv doesn't find it.
.venv/ready: requirements.txt pyproject.toml $(UV)
	@echo "Installing the pinned packages"
	@rm -f $@ $@-dev
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable . \
		|| $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	@echo "Installing the packages for tests and checks"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements-dev.txt \
		|| $(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

# Of its own, below .venv/datacontract; tests/contracts/test_other_tools.py is who asks for it.
.venv/datacontract/ready: requirements-datacontract.txt $(UV)
	@echo "Installing datacontract-cli in an environment of its own"
	@rm -rf .venv/datacontract
	@$(BIN)/python -m venv .venv/datacontract
	@$(UV) pip install --quiet --python .venv/datacontract/bin/python --require-hashes -r $< \
		|| .venv/datacontract/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Outside site-packages, where `uv pip sync` would remove it.
$(UV): $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .venv/tools uv
	@touch $@

$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3 python; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
			echo "Creating .venv with $$(command -v $$python)"; exec "$$python" -m venv .venv; \
		fi; \
	done; \
	echo "No Python 3.11 with venv and pip is on PATH. Install it (Debian: apt install python3.11-venv)," >&2; \
	echo "or name one: make $(or $(firstword $(MAKECMDGOALS)),setup) PYTHON=/path/to/python3.11" >&2; exit 3
