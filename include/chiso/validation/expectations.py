"""Great Expectations, the validator of record: runs native expectations on a staging table, and puts each into words.

Runs as a process (`chiso.validation.judge` talks to it); nothing else imports the library.
"""

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import json
import queue
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from string import Template
from typing import Any

from chiso.system.errors import ContractError
from chiso.validation.deferred import defer
from chiso.validation.suite import QUERY

for _unused in ("scipy.stats", "altair"):  # no rule here needs a distribution or a chart
    defer(_unused)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        get_renderer_impl,
        list_registered_expectation_implementations,
    )
    from great_expectations.render.components import LegacyRendererType
    from pydantic.v1 import ValidationError


_LONGEST_WORDS = 300


def judge(rules: Sequence[Mapping[str, Any]], url: str, table: str, suite_name: str) -> dict[str, dict[str, Any]]:
    """`chiso.validation.judge.judge`, with the rules in the library's own form.

    The batch is asked itself: a validation definition of the context would store suite and results, which takes as long as judging.
    """
    suite = gx.ExpectationSuite(name=suite_name, expectations=[dict(rule) for rule in rules])
    if len(suite.expectations) != len(rules):
        raise ContractError(f"{suite_name}: Great Expectations took {len(suite.expectations)} of {len(rules)} rules.")
    source = _context().data_sources.add_or_update_postgres(name="warehouse", connection_string=url)
    asset = source.add_table_asset(name=table, table_name=table, schema_name="staging")
    try:
        result = asset.add_batch_definition_whole_table("delivery").get_batch().validate(suite, result_format="BOOLEAN_ONLY")
    finally:
        _dispose(source)
    return _verdicts(result, {rule["meta"]["rule"] for rule in rules}, suite_name)


def faults(expectations: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, str]]]:
    """`chiso.validation.judge.faults`."""
    return [_faults(entry["type"], entry["kwargs"]) for entry in expectations]


def _faults(kind: str, kwargs: Mapping[str, Any]) -> list[tuple[str, str]]:
    if kind not in list_registered_expectation_implementations():
        return [("type", f"Great Expectations has no {kind}; mend its spelling")]
    try:
        get_expectation_impl(kind)(**kwargs)
    except ValidationError as fault:
        said = {".".join(map(str, error["loc"])): error["msg"] for error in reversed(fault.errors())}
        return [(f"kwargs.{place}", f"Great Expectations can't take it: {message}") for place, message in said.items()]
    except Exception as fault:  # noqa: BLE001 - whatever the library raises is what is wrong with the expectation
        return [("kwargs", f"Great Expectations can't take it: {str(fault).splitlines()[0]}")]
    return []


_SERVED: dict[str, Callable[..., Any]] = {"judge": judge, "faults": faults}


def main() -> None:
    """Answers requests from standard input until it ends. What the library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        print(json.dumps(_answer(json.loads(requests.get()))), file=answers, flush=True)


def _listen(requests: queue.Queue[str]) -> None:
    """Hands requests over; ends the process with its owner, whatever it is judging."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(1)


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": _SERVED[request["call"]](**request["arguments"])}
    except ContractError as fault:
        return {"refused": str(fault)}
    except Exception as fault:  # noqa: BLE001 - the owner raises it again
        traceback.print_exc()
        return {"fault": f"{type(fault).__name__}: {fault}"}


def _dispose(source: Any) -> None:
    """Closes the library's own connections, of which it holds two kinds: a staging table in use can't be dropped."""
    source.get_execution_engine().close()
    source.get_engine().dispose()


def _verdicts(result: Any, rules: set[str], suite_name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in result.results:
        rule_id = entry.expectation_config.meta["rule"]
        fault = entry.exception_info
        if isinstance(fault, dict) and _raised(fault):
            raise ContractError(f"{suite_name}: rule {rule_id} could not be judged: {_raised(fault)}")
        config = entry.expectation_config
        found[rule_id] = {"success": bool(entry.success), "type": config.type, "words": words(config)}
    missing = sorted(rules - set(found))
    if missing:
        raise ContractError(f"{suite_name}: Great Expectations gave no verdict on {', '.join(missing)}.")
    return found


def words(config: Any) -> str | None:
    """The expectation as Data Docs put it, as plain text: its description, else by the library's renderer. None of SQL without one."""
    if config.description or config.type == QUERY:
        return str(config.description) if config.description else None
    found = get_renderer_impl(config.type, LegacyRendererType.PRESCRIPTIVE)
    if found is None:
        return None
    rendered: Any = found.renderer(configuration=config, runtime_configuration={"styling": None})
    return " ".join(filter(None, map(_plain, rendered)))[:_LONGEST_WORDS] or None


def _plain(part: Any) -> str:
    """A rendered part: a template with parameters, or a table, of which the header is what follows."""
    if not hasattr(part, "string_template"):
        return ""
    template: Mapping[str, Any] = part.string_template
    return Template(template["template"]).safe_substitute({name: str(value) for name, value in (template.get("params") or {}).items()})


def _raised(fault: dict[str, Any]) -> str:
    """The exception's text, from either of the two shapes the library uses; "" where nothing was raised."""
    if "raised_exception" in fault:
        return str(fault.get("exception_message")) if fault["raised_exception"] else ""
    return "; ".join(filter(None, (_raised(inner) for inner in fault.values() if isinstance(inner, dict))))


@cache
def _context() -> Any:
    """A context in memory: what is found is kept in our verdicts."""
    memory = {"class_name": "InMemoryStoreBackend"}
    stores = {
        "expectations": ("ExpectationsStore", memory),
        "results": ("ValidationResultsStore", memory),
        "checkpoint_store": ("CheckpointStore", memory),
        "validation_definition_store": ("ValidationDefinitionStore", memory),
    }
    config = DataContextConfig(
        stores={name: {"class_name": kind, "store_backend": backend} for name, (kind, backend) in stores.items()},
        expectations_store_name="expectations",
        validation_results_store_name="results",
        checkpoint_store_name="checkpoint_store",
        data_docs_sites={},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    return gx.get_context(project_config=config, mode="ephemeral")


if __name__ == "__main__":
    main()
