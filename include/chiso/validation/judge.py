"""Great Expectations in a process of its own, so that loading it, which takes seconds, holds nothing else up.

One process serves every delivery that its owner judges, and ends with it. Requests and answers are lines of JSON.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chiso.system.errors import ContractError, ProcessError
from chiso.validation.rules import Rule


@dataclass(frozen=True)
class Judged:
    """What the library says of a rule. words: the expectation as its own renderer puts it; None of SQL."""

    success: bool
    type: str
    words: str | None


def warm_up() -> None:
    """Starts the process, if none runs, while something else is done."""
    with _LOCK:
        _running()


def judge(rules: Sequence[Rule], url: str, table: str, suite_name: str) -> dict[str, Judged]:
    """What came of each rule, by its id. Raises ContractError where the library drops or can't run a rule.

    table: in schema `staging`.
    """
    found: Mapping[str, Mapping[str, Any]] = _ask("judge", rules=list(map(_native, rules)), url=url, table=table, suite_name=suite_name)
    return {rule: Judged(**said) for rule, said in found.items()}


def faults(expectations: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, str]]]:
    """Of each expectation (`type`, `kwargs`), the words that the library can't take, and why."""
    return [[(place, said) for place, said in found] for found in _ask("faults", expectations=list(expectations))]


def _native(rule: Rule) -> dict[str, Any]:
    """The rule as the library takes it. Of the rows that a query finds one is enough to know that the rule fails."""
    kwargs = dict(rule.expectation["kwargs"])
    if "unexpected_rows_query" in kwargs:
        kwargs["unexpected_rows_query"] = f"SELECT * FROM ({kwargs['unexpected_rows_query']}) found LIMIT 1"
    return {**rule.expectation, "kwargs": kwargs, "severity": rule.severity, "meta": {"rule": rule.id, "action": rule.action}}


# --- The process ---

_LOCK = threading.Lock()
"""One conversation at a time."""
_PROCESSES: dict[int, subprocess.Popen[str]] = {}
"""By owner: a fork of this process, which inherits the entry, needs one of its own."""


def _ask(call: str, **arguments: Any) -> Any:
    with _LOCK:
        process = _running()
        try:
            print(json.dumps({"call": call, "arguments": arguments}), file=process.stdin, flush=True)
            line = process.stdout.readline() if process.stdout else ""
        except BrokenPipeError:
            line = ""
        if not line:
            raise ProcessError(
                f"The process of Great Expectations ended before it answered (exit {process.wait()}). Nothing was loaded. "
                "Look at what it printed and whether memory ran out, then run again."
            )
    said: Mapping[str, Any] = json.loads(line)
    if "refused" in said:
        raise ContractError(said["refused"])
    if "fault" in said:
        raise ProcessError(
            f"Great Expectations failed: {said['fault']}. Nothing was loaded. Look at what its process printed, then run again."
        )
    return said["answer"]


@atexit.register
def end() -> None:
    """Ends the process that serves this one, if there is one, and closes its pipes. A fork leaves its parent's alone."""
    if process := _PROCESSES.pop(os.getpid(), None):
        process.kill()
        process.communicate()


def _running() -> subprocess.Popen[str]:
    process = _PROCESSES.get(os.getpid())
    if process is None or process.poll() is not None:
        end()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chiso.validation.expectations"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # an interrupt at the terminal is ours to handle
        )
        _PROCESSES[os.getpid()] = process
    return process
