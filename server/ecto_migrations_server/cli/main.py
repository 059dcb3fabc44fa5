"""The command `ecto-migrations`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NoReturn

from . import exit_codes
from .cells import printable
from .errors import PROGRAM, CommandError, complain, discard
from .terminal import Terminal

_DESCRIPTION: Final = "Knows what an Ecto migration will do to the database."
_EPILOG: Final = f"""\
examples:
  {PROGRAM} check                                 the migrations of the project in this folder
  {PROGRAM} check priv/repo/migrations/2026*.exs  these files
  {PROGRAM} report FILE                           SQL and locks, statement by statement
  {PROGRAM} report v1.0..v1.1                     what a release brings, as one deploy
  {PROGRAM} rehearse FILE                         try it and its rollback on a throwaway PostgreSQL
  {PROGRAM} cycle --with-tests                    roll the newest one back and forth with mix, then test
  {PROGRAM} expand FILE:7                         the safe form of what stands in line 7, as a diff
  {PROGRAM} explain index-not-concurrent          what a rule is about
  {PROGRAM} new add-index-concurrently            a migration from a template

exit codes: 0 nothing found, 1 findings, 2 wrong usage or an unreadable file
"""
# Each is a module: HELP, configure(parser), run(arguments) -> exit code. Only the one that is asked for is
# imported, and what it needs it imports in `run`.
COMMANDS: Final = (
    "check",
    "report",
    "rehearse",
    "tables",
    "cycle",
    "expand",
    "explain",
    "new",
    "server",
    "completion",
)


class _Parser(argparse.ArgumentParser):
    """Errors in one line instead of two paragraphs of usage."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{printable(message)}; see {self.prog} --help")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse passes over errors, such as a full disk.
        (file or sys.stderr).write(message)

    def format_help(self) -> str:
        from .examples import epilog

        self.epilog = self.epilog or epilog(self.prog.rpartition(" ")[2])
        return super().format_help()


class _Help(argparse.RawDescriptionHelpFormatter):
    """argparse makes one of these at every start and asks shutil for the width, 11 ms to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=24, width=min(100, Terminal.of(sys.stdout).width))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # Nothing of what a start makes is garbage, and looking for some takes a tenth of it. Commands that run
    # long turn the collector on again.
    gc.disable()
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        # What the encoding of the terminal has no character for is shown as an escape, not raised.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            code = _run(arguments)
        except SystemExit:
            # `--help`, and a request to end.
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return code
    except CommandError as error:
        complain(str(error))
        return exit_codes.ERROR
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        discard(sys.stdout)
        return exit_codes.BROKEN_PIPE
    except OSError as error:
        discard(sys.stdout)
        complain(_system_error(error))
        return exit_codes.ERROR
    except Exception as error:
        complain(f"internal error: {type(error).__name__}: {printable(str(error))}")
        return exit_codes.ERROR
    finally:
        gc.enable()
        _flush_or_discard()


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    every = parser(given[0] if given and given[0] in COMMANDS else None)
    parsed = every.parse_args(given)
    if parsed.command is None:
        every.print_help()
        return exit_codes.ERROR
    return int(_module(parsed.command).run(parsed))


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """What reads the command line: all commands, or one of them, which takes a fifth of the time."""
    made = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    made.add_argument("--version", action=_Version, help="print the version and exit")
    commands = made.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name in COMMANDS if only is None else (only,):
        module = _module(name)
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=_sentence(module.HELP),
            formatter_class=_Help,
            allow_abbrev=False,
        )
        module.configure(command)
    return made


def _module(name: str) -> ModuleType:
    return import_module(f"{__package__}.{name}")


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


def _open_what_is_closed() -> None:
    """A shell can start a program without standard streams (`>&-`): other files would get their numbers."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def _flush_or_discard() -> None:
    """What is left in the buffer. At exit an error would be a page for the user, and exit code 120."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard(sys.stdout)


def _system_error(error: OSError) -> str:
    from .files import reason

    if error.filename is not None:
        return f"{printable(str(error.filename))}: {reason(error)}"
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder does not exist any more"
    return reason(error)


if __name__ == "__main__":
    sys.exit(main())
