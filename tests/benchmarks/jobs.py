"""`check --jobs`: how much sooner several processes are done with a large project, and what they use for it.

python tests/benchmarks/jobs.py 1000
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import history

COUNT = 600


def measure(count: int = COUNT) -> None:
    with tempfile.TemporaryDirectory() as name:
        history._project(Path(name), count)
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        print(f"check of {count} migrations by several processes, {processors} processors")
        alone, alone_cpu = _run(name, 1)
        for jobs in sorted({2, processors} - {1}):
            seconds, cpu = _run(name, jobs)
            faster, more = alone / seconds, cpu / alone_cpu
            print(f"  --jobs {jobs}: {faster:.2f} x as fast as --jobs 1, {more:.2f} x the CPU time")


def _run(folder: str, jobs: int) -> tuple[float, float]:
    """Seconds and CPU seconds, the least of three runs each."""
    runs = [_once(folder, jobs) for _ in range(3)]
    return min(seconds for seconds, _ in runs), min(cpu for _, cpu in runs)


def _once(folder: str, jobs: int) -> tuple[float, float]:
    # As installed: with compiled modules.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "ecto_migrations_server.cli.main", "check", "--jobs", str(jobs)]
    before, begin = _children(), time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - begin, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
