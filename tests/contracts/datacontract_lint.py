"""Runs `datacontract lint` on each of the given files, in one process; prints as JSON what it says of each that it refuses.

Runs in .venv/datacontract, where neither this project is nor what it installs.
"""

import json
import sys

from datacontract.cli import app
from typer.testing import CliRunner

runs = {path: CliRunner().invoke(app, ["lint", "--all-errors", path]) for path in sys.argv[1:]}
print(json.dumps({path: run.output for path, run in runs.items() if run.exit_code}))
