"""`make run` on the sandbox: how much of its time the stages work; and what the platform holds in memory when idle."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any

import psutil

from bench import place
from bench.measuring import ROOT, CommandFailedError, pss_mb

_VAR = place.VAR / "run"
_LAUNCHER = (str(place.CHISO.with_name("python")), "-m", "chiso_airflow.launcher")
_TASK_WORK = re.compile(r"stage work from ([^\s\"]+) to ([^\s\"]+)")
_SETTLE_SECONDS = 20

Span = tuple[datetime, datetime]


def measure(repeats: int) -> dict[str, object]:
    """Runs with nothing there yet (the one of median wall time), one with nothing new, and the idle platform."""
    first = sorted((_first_run() for _ in range(repeats)), key=lambda found: found["wall_s"])
    again = _launch("run")
    print(f"  nothing new   {again[0]:6.1f} s", flush=True)
    return {
        "repeats": repeats,
        "first": first[len(first) // 2],
        "all_wall_s": [found["wall_s"] for found in first],
        "nothing_new_s": round(again[0], 1),
        "idle_pss_mb": _idle(),
    }


def _first_run() -> dict[str, Any]:
    """Wall time, the stages' work by task and its share, summed and with what overlaps counted once."""
    _clear()
    wall, lines = _launch("run")
    work = sorted([*_task_work(), ("publication", _report_work(lines))], key=lambda found: found[1])
    if len(work) == 1:
        raise CommandFailedError("No task's log says how long it worked.")
    total = sum(_seconds(span) for _, span in work)
    covered = _covered([span for _, span in work])
    by_stage: dict[str, float] = {}
    for name, span in work:
        by_stage[name] = round(by_stage.get(name, 0) + _seconds(span), 1)
    print(f"  first run     {wall:6.1f} s, of which work {total:.1f} s, in {covered:.1f} s", flush=True)
    return {
        "wall_s": round(wall, 1),
        "ready_s": round(next((at - lines[0][0]).total_seconds() for at, line in lines if "answers at" in line), 1),
        "work_s": round(total, 1),
        "covered_s": round(covered, 1),
        "work_by_group_s": by_stage,
    }


def _clear() -> None:
    from chiso.system.postgres.place import find_place, has_place
    from chiso.system.settings import load

    settings = load(os.environ | {"CHISO_VAR": str(_VAR)})
    if _VAR.exists() and has_place(settings):
        rmtree(find_place(settings).folder)
    rmtree(_VAR, ignore_errors=True)


def _launch(command: str) -> tuple[float, list[tuple[datetime, str]]]:
    """Seconds that the launcher's command takes, and its lines with the time at which they came. Raises CommandFailedError."""
    began = time.perf_counter()
    with subprocess.Popen([*_LAUNCHER, command], cwd=ROOT, env=os.environ | {"CHISO_VAR": str(_VAR)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # fmt: skip
        lines = [(datetime.now(UTC), line) for line in process.stdout or ()]
    if process.returncode:
        raise CommandFailedError(f"launcher {command}: exit {process.returncode}\n{''.join(line for _, line in lines)[-3000:]}")
    return time.perf_counter() - began, lines


def _task_work() -> Iterator[tuple[str, Span]]:
    """What the tasks' logs say about their work in the core, by the task's name."""
    for log in (_VAR / "airflow" / "logs").rglob("attempt=*.log"):
        for line in log.read_text("utf-8").splitlines():
            if found := _TASK_WORK.search(line):
                task = next(part for part in log.parts if part.startswith("task_id=")).removeprefix("task_id=")
                yield task.partition(".")[0], (datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2]))


def _report_work(lines: Sequence[tuple[datetime, str]]) -> Span:
    """From the launcher's word that reports are built until the scoreboard, which is printed when they are."""
    began = next(number for number, (_, line) in enumerate(lines) if line.rstrip().endswith("Reports"))
    return lines[began][0], next(at for at, line in lines[began + 1 :] if line.startswith("nq09."))


def _seconds(span: Span) -> float:
    return (span[1] - span[0]).total_seconds()


def _covered(spans: Sequence[Span]) -> float:
    """Seconds in which at least one was at work. spans: by their beginning."""
    total, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for began, ended in spans:
        total += max(0.0, (ended - max(began, until)).total_seconds())
        until = max(until, ended)
    return total


# --- The idle platform ---


def _idle() -> dict[str, float]:
    """Proportional set size of each part in MB, all work done: a page that several share is counted once in all."""
    _launch("up")
    try:
        time.sleep(_SETTLE_SECONDS)
        sizes: dict[str, float] = {}
        for part, process in _parts():
            sizes[part] = sizes.get(part, 0) + pss_mb(process)
    finally:
        _launch("down")
    found = {part: round(size, 1) for part, size in sorted(sizes.items(), key=lambda entry: -entry[1])}
    print(f"  idle platform {sum(found.values()):6.0f} MB", flush=True)
    return found


def _parts() -> Iterator[tuple[str, psutil.Process]]:
    """Every process of the platform with what it belongs to."""
    from chiso.system.postgres.place import find_place
    from chiso.system.settings import load

    record = json.loads((_VAR / "run" / "platform.json").read_text("utf-8"))
    noted = {pid: name for name, (pid, _) in record["processes"].items()}
    supervisor = psutil.Process(record["processes"]["supervisor"][0])
    for process in [supervisor, *supervisor.children(recursive=True)]:
        if process.name() != "postgres":
            yield noted.get(process.pid) or f"below {noted.get(process.ppid(), 'others')}", process
    data = find_place(load(os.environ | {"CHISO_VAR": str(_VAR)})).data
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text("utf-8").split()[0]))
    for process in [postmaster, *postmaster.children()]:
        yield "PostgreSQL", process
