"""How long things take, as ratios measured in one run: those mean the same on every machine.

make bench
"""

from __future__ import annotations

import history
import jobs
import reading
import start

if __name__ == "__main__":
    start.measure()
    print()
    reading.measure()
    print()
    history.measure()
    print()
    jobs.measure()
