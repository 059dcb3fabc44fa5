"""The command `ecto-migrations`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Final, NoReturn

from . import check, cycle, exit_codes, expand, explain, new, rehearse, report, server, tables
from .cells import printable
from .errors import PROGRAM, CommandError, complain
from .terminal import Terminal

_DESCRIPTION: Final = "Knows what an Ecto migration will do to the database."
_EPILOG: Final = f"""\
examples:
  {PROGRAM} check                                 the migrations of the project in this folder
  {PROGRAM} check priv/repo/migrations/2026*.exs  these files
  {PROGRAM} report FILE                           SQL and locks, statement by statement
  {PROGRAM} rehearse FILE                         try it and its rollback on a throwaway PostgreSQL
  {PROGRAM} cycle --with-tests                    roll the newest one back and forth with mix, then test
  {PROGRAM} expand FILE:7                         the safe form of what stands in line 7, as a diff
  {PROGRAM} explain index-not-concurrent          what a rule is about
  {PROGRAM} new add-index-concurrently            a migration from a template

exit codes: 0 nothing found, 1 findings, 2 wrong usage or an unreadable file
"""
# Each module: HELP, configure(parser), run(arguments) -> exit code. What a command needs it imports in `run`:
# `--help` and the language server do not pay for the rest.
_COMMANDS: Final[dict[str, ModuleType]] = {
    "check": check,
    "report": report,
    "rehearse": rehearse,
    "tables": tables,
    "cycle": cycle,
    "expand": expand,
    "explain": explain,
    "new": new,
    "server": server,
}


class _Parser(argparse.ArgumentParser):
    """Errors in one line instead of two paragraphs of usage."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{printable(message)}; see {self.prog} --help")


class _Help(argparse.RawDescriptionHelpFormatter):
    """argparse makes one of these at every start and asks shutil for the width, 11 ms to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=24, width=min(100, Terminal.of(sys.stdout).width))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # Nothing of what a start makes is garbage, and looking for some takes a tenth of it. Commands that run
    # long turn the collector on again.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # What the encoding of the terminal has no character for is shown as an escape, not raised.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except CommandError as error:
        complain(str(error))
        return exit_codes.ERROR
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return exit_codes.BROKEN_PIPE
    except OSError as error:
        _discard_output()
        complain(_system_error(error))
        return exit_codes.ERROR
    except Exception as error:
        complain(f"internal error: {type(error).__name__}: {printable(str(error))}")
        return exit_codes.ERROR
    finally:
        gc.enable()


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if parsed.command is None:
        parser.print_help()
        return exit_codes.ERROR
    return int(_COMMANDS[parsed.command].run(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, module in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=_sentence(module.HELP),
            formatter_class=_Help,
            allow_abbrev=False,
        )
        module.configure(command)
    return parser


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: reading package metadata takes as long as a check."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from ..version import version

        print(f"{PROGRAM} {version()}")
        parser.exit()


def _discard_output() -> None:
    """Nobody reads standard output any more: what is left in its buffer must not be written at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _system_error(error: OSError) -> str:
    from .files import reason

    where = f"{printable(str(error.filename))}: " if error.filename is not None else ""
    return where + reason(error)


if __name__ == "__main__":
    sys.exit(main())
