"""`ecto-migrations server`: the language server. The only command that imports pygls."""

from __future__ import annotations

import argparse
from typing import Final

from .errors import CommandError

HELP: Final = "run the language server"


def configure(parser: argparse.ArgumentParser) -> None:
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument(
        "--stdio", action="store_true", help="talk over standard input and output (the default)"
    )
    transport.add_argument(
        "--tcp", metavar="HOST:PORT", type=_address, help="listen for one client at this address instead"
    )


def run(arguments: argparse.Namespace) -> int:
    import gc

    from ..lsp.main import run as serve

    gc.enable()
    try:
        return serve(arguments)
    except OSError as error:
        if arguments.tcp is None:
            raise
        host, port = arguments.tcp
        # asyncio puts a sentence of its own before the system's.
        why = (error.strerror or str(error)).rpartition(": ")[2]
        raise CommandError(f"cannot listen at {host}:{port}: {why[:1].lower()}{why[1:]}") from error


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host.strip("[]") or "127.0.0.1", int(port)
