"""How large the embedded server may be, derived from the machine it finds."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import psutil

MAX_CONNECTIONS = 120
_MIB = 1024 * 1024


def server_settings(memory_mib: int, cores: int, shm_free_mib: int) -> Mapping[str, str]:
    """The server's settings, for a machine that also runs Airflow and the loading processes.

    memory_mib: what the machine or container has. cores: logical. shm_free_mib: free in /dev/shm.

    Memory: a sixth for shared buffers, so that a large staged delivery, which is read some twenty times, stays in
    them (a table above a quarter of them is read past them); a small share a sort, since a query may sort several
    times and several tasks run at once. Cores: two sessions work on a delivery
    at once (judging beside merging), so each may use half of them. WAL: a bulk load must not be chased by checkpoints,
    so 4 GiB may gather; minimal, since nobody replicates this server, so that COPY into a fresh table skips
    it; fsync and synchronous commit stay on, since the audit chain must survive a power cut; full-page images
    are compressed by the only method the wheel was built with. The clock is UTC, as Airflow expects; civil
    dates are computed with the zone named.
    """
    helpers = max(0, min(4, cores // 2 - 1))
    return {
        "max_connections": str(MAX_CONNECTIONS),
        "superuser_reserved_connections": "3",
        "max_locks_per_transaction": "256",  # counting anew makes some twenty for each load, in one transaction
        "shared_buffers": f"{_within(128, memory_mib // 6, 4096)}MB",
        "effective_cache_size": f"{max(256, memory_mib // 2)}MB",
        "work_mem": f"{_within(16, memory_mib // 256, 96)}MB",
        "maintenance_work_mem": f"{_within(64, memory_mib // 24, 1024)}MB",
        "min_wal_size": "256MB",
        "max_wal_size": f"{_within(1024, memory_mib // 4, 4096)}MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "wal_compression": "pglz",
        "checkpoint_timeout": "15min",
        "max_worker_processes": str(cores + 4),
        "max_parallel_workers": str(max(1, cores)),
        "max_parallel_workers_per_gather": str(helpers),
        "max_parallel_maintenance_workers": str(max(1, helpers)),
        "random_page_cost": "1.1",
        # Containers often give /dev/shm 64 MB, which one parallel join can fill: files then.
        "dynamic_shared_memory_type": "posix" if shm_free_mib >= 512 else "mmap",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }


def machine_settings() -> Mapping[str, str]:
    """`server_settings` of this machine, or of the container it is."""
    return server_settings(_memory_mib(), len(os.sched_getaffinity(0)), _shm_free_mib())


def _memory_mib() -> int:
    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        path = Path("/sys/fs/cgroup") / name
        if path.is_file() and (text := path.read_text("ascii").strip()).isdecimal():
            limits.append(int(text))
    return min(limits) // _MIB


def _shm_free_mib() -> int:
    return shutil.disk_usage("/dev/shm").free // _MIB if Path("/dev/shm").is_dir() else 0  # noqa: S108 - not a file of ours


def _within(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
