"""Loads suites with Great Expectations alone, and runs one on a table; prints as JSON what became of each.

Runs isolated (`-I -S`): of this project nothing can be imported, only what is installed beside it.
arguments: the folder of the installed packages, a JSON object {"suites": paths, "run": path, "url": …, "table": …}.
"""

import importlib.util
import json
import sys
import warnings
from pathlib import Path

packages, asked = sys.argv[1], json.loads(sys.argv[2])
sys.path.append(packages)
assert importlib.util.find_spec("chiso") is None, "this project can be imported"
warnings.simplefilter("ignore")

import great_expectations as gx  # noqa: E402 - from the folder that was just added

context = gx.get_context(mode="ephemeral")
said = {"loaded": {}}
for path in asked["suites"]:
    suite = gx.ExpectationSuite(**json.loads(Path(path).read_text("utf-8")))
    context.suites.add(suite)
    said["loaded"][path] = [
        {"type": each.expectation_type, "severity": each.severity.value, "meta": each.meta} for each in context.suites.get(suite.name).expectations
    ]

suite = context.suites.get(json.loads(Path(asked["run"]).read_text("utf-8"))["name"])
# What speaks of the delivery's period has no meaning for a table that has none.
suite.expectations = [each for each in suite.expectations if "{period_" not in str(each.configuration.kwargs)]
source = context.data_sources.add_postgres("warehouse", connection_string=asked["url"])
batch = source.add_table_asset("rows", table_name=asked["table"]).add_batch_definition_whole_table("rows").get_batch()
said["holds"] = {each.expectation_config.meta["rule"]: each.success for each in batch.validate(suite).results}
print(json.dumps(said))
