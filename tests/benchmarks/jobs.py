"""`check --jobs`: how much sooner several processes are done with a large project, and what they use for it.

The longest path is one process's CPU time and the others' shared among them: what is needed where nobody else
wants the processors. The time that passed is another thing on a machine with other things to do.

python tests/benchmarks/jobs.py 1000
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import history

COUNT = 400
RUNS = 3
_PROGRAM = """
import os, resource, sys
from ecto_migrations_server.cli.main import main

sys.stdout = open(os.devnull, "w")
main(["check", "--jobs", sys.argv[1]])
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    print(used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def measure(count: int = COUNT) -> None:
    with tempfile.TemporaryDirectory() as name:
        history._project(Path(name), count)
        print(f"check of {count} migrations by several processes, {os.cpu_count()} processors")
        path, cpu, passed = _least(name, 1)
        for jobs in (2, 4):
            own_path, own_cpu, own_passed = _least(name, jobs)
            print(
                f"  --jobs {jobs}: {path / own_path:.2f} x as fast on the longest path,"
                f" {passed / own_passed:.2f} x by the clock, {own_cpu / cpu:.2f} x the CPU time"
            )


def _least(folder: str, jobs: int) -> tuple[float, float, float]:
    """The longest path, all CPU time and the time that passed, the least of each."""
    paths, cpus, times = zip(*(_once(folder, jobs) for _ in range(RUNS)), strict=True)
    return min(paths), min(cpus), min(times)


def _once(folder: str, jobs: int) -> tuple[float, float, float]:
    # As installed: with compiled modules.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(jobs)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    passed = time.monotonic() - begin
    own, others = map(float, done.stderr.split()[-2:])
    return own + others / jobs, own + others, passed


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
