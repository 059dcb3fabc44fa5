"""Where the command `ecto-migrations` begins and ends: there, too, Ctrl-C is quiet."""

from __future__ import annotations

import signal


def main() -> int:
    """Runs the command line and returns its exit code."""
    heeded = signal.getsignal(signal.SIGINT) == signal.default_int_handler
    if heeded:
        # While modules are imported Python would print where it was. What nohup has ignored stays ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import exit_codes
    from .cli.main import main as run

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return run()
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
