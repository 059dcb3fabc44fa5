"""`ecto-migrations tables`: how large the tables of a database are, written to a file that is committed."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Final

from .errors import CommandError, complain

if TYPE_CHECKING:
    from ..measuring import Measured

HELP: Final = "measure the tables of a database, and write a file of their sizes to commit"
_TIMEOUT: Final = 30
_MOST_SECONDS: Final = 24 * 60 * 60
_SHOWN: Final = 5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database-url",
        metavar="URL",
        required=True,
        help="the database to measure, in READ ONLY transactions; a replica will do. The password can stand"
        " in PGPASSWORD or ~/.pgpass instead",
    )
    parser.add_argument(
        "--schema", metavar="NAME", action="append", default=[], help="only this schema; may be repeated"
    )
    parser.add_argument(
        "--prefix",
        metavar="NAME",
        help="only this schema, and its tables without it: what migrations mean that run with this prefix",
    )
    parser.add_argument(
        "--count", action="store_true", help="count the rows instead of estimating them: reads every table"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=_TIMEOUT,
        help=f"for each statement (default: {_TIMEOUT})",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write here; - is standard output (default: .ecto-migrations.tables.json of the project)",
    )


def run(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from . import exit_codes
    from .cells import printable

    if arguments.prefix is not None and arguments.schema:
        raise CommandError("--prefix and --schema both choose schemas")
    _need_postgres(arguments.database_url)
    path = _output(arguments.output)
    measured = _measure(arguments)
    if not measured.sizes:
        raise CommandError("the database has no tables there; no file was written")
    from ..measuring import text_of

    text = text_of(measured, datetime.now(UTC).date().isoformat())
    for name, reason in measured.not_counted:
        complain(f"the rows of {printable(name)} are estimated: {reason}")
    if path is None:
        print(text, end="")
        return exit_codes.OK
    _write(path, text)
    _tell(measured, path)
    return exit_codes.OK


def _seconds(text: str) -> int:
    seconds = int(text) if text.isdecimal() else 0
    if not 1 <= seconds <= _MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 1 to {_MOST_SECONDS}")
    return seconds


def _need_postgres(url: str) -> None:
    """Raises `CommandError` for a URL of another database, and where psycopg is not installed."""
    scheme = re.match(r"[\w+.-]+(?=:)", url)
    other = {"mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite", "sqlserver": "SQL Server"}
    for name, shown in other.items():
        if scheme is not None and scheme[0].lower().startswith(name):
            raise CommandError(
                f"tables measures PostgreSQL only, and this URL is of {shown};"
                " the file can be written by hand (docs/tables.md)"
            )
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise CommandError("tables needs psycopg: pip install 'ecto-migrations[rehearse]'") from error


def _measure(arguments: argparse.Namespace) -> Measured:
    from ..measuring import NotMeasured, measure
    from ..rehearse.errors import Refused
    from .cells import printable
    from .progress_line import progress_line

    prefix = arguments.prefix
    try:
        with progress_line() as progress:
            return measure(
                arguments.database_url,
                schemas=[prefix] if prefix is not None else arguments.schema,
                prefix=prefix if prefix is not None else "public",
                count=arguments.count,
                seconds=arguments.timeout,
                progress=progress,
            )
    except (NotMeasured, Refused) as error:
        raise CommandError(printable(str(error))) from error


def _output(given: str | None) -> str | None:
    """The file to write: what is given, what settings name, what is there, or a new one of the project."""
    import os

    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.project.settings import FILE_NAME
    from ecto_migrations_analysis.project.table_sizes import FILE_NAME as SIZES_NAME

    if given is not None:
        return None if given == "-" else given
    found = Workspace(settled=True).surroundings(os.path.join(os.getcwd(), SIZES_NAME))
    if found.settings.tables.sizes is not None:
        return found.settings.tables.sizes
    paths = [file.path for file in found.settings_files]
    for path in paths:
        if os.path.basename(path) == SIZES_NAME:
            return path
    beside = next((path for path in paths if os.path.basename(path) == FILE_NAME), None)
    folder = os.path.dirname(beside) if beside is not None else found.root or os.getcwd()
    return os.path.join(folder, SIZES_NAME)


def _write(path: str, text: str) -> None:
    """All of it or nothing: what reads the file never sees a half."""
    import os

    from .cells import printable
    from .files import reason

    part = f"{path}.{os.getpid()}.part"
    try:
        try:
            with open(part, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(part, path)
        except BaseException:
            if os.path.exists(part):
                os.unlink(part)
            raise
    except OSError as error:
        raise CommandError(f"{printable(path)} cannot be written: {reason(error)}") from error


def _tell(measured: Measured, path: str) -> None:
    from .cells import printable
    from .places import Places

    count = len(measured.sizes)
    print(f"{printable(Places.shown(path))}: {count} table{'s' * (count != 1)}, the largest are")
    largest = sorted(measured.sizes.items(), key=lambda item: (-(item[1].bytes or 0), item[0]))[:_SHOWN]
    width = max(len(printable(name)) for name, _ in largest)
    for name, size in largest:
        print(f"  {printable(name):{width}}  {size}")
