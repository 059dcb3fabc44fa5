"""Exit codes, the same for every subcommand."""

from __future__ import annotations

from typing import Final

OK: Final = 0
# A finding at or above the failing level.
FINDINGS: Final = 1
# Wrong usage, an unreadable input, a broken configuration, or an error of this program.
ERROR: Final = 2
# What a shell reports for a process that SIGINT or SIGPIPE ended.
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
