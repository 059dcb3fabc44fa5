"""Starts the language server: `ecto-migrations server`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import BinaryIO

from .server import create_server


def run(args: argparse.Namespace) -> int:
    """Serves one client until it leaves; `args.tcp` is None or the `(host, port)` to listen at.

    The exit code is 0 where the client said `shutdown` first, 1 otherwise (LSP 3.17, "Exit Notification").
    """
    address: tuple[str, int] | None = getattr(args, "tcp", None)
    server = create_server()
    try:
        if address is not None:
            server.start_tcp(*address)
        else:
            requests, answers = _take_stdio()
            server.start_io(requests, answers)
    finally:
        server.worker.stop()
    return 0 if server.was_shut_down else 1


def _take_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for the protocol alone.

    What else is printed, also by a C library or a child process, goes to stderr: one stray byte on stdout
    would end the connection.
    """
    requests = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return requests, answers
