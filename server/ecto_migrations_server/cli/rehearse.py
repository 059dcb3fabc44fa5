"""`ecto-migrations rehearse FILE`: a migration and its way back, tried on a throwaway PostgreSQL."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_analysis.syntax.source import Source

    from ..rehearse.model import Rehearsal
    from .files import Target

HELP: Final = "try a migration and its rollback on a throwaway PostgreSQL, and watch what it locks"
_ROWS: Final = 10_000
_MOST_ROWS: Final = 10_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a migration file")
    parser.add_argument(
        "--rows",
        metavar="N",
        type=_rows,
        default=_ROWS,
        help=f"rows in each table that it touches (default: {_ROWS})",
    )
    parser.add_argument(
        "--no-nulls",
        action="store_true",
        help="fill every column; otherwise every tenth value of a nullable one is NULL",
    )
    parser.add_argument(
        "--database-url", metavar="URL", help="an empty scratch database to use instead of a throwaway server"
    )
    parser.add_argument(
        "--database", metavar="NAME", help="name it once more: what is in that database is dropped"
    )
    parser.add_argument(
        "--verified",
        metavar="FILE",
        help="write down that it was rehearsed in FILE, which report --verified reads, and not in the user's"
        " folder of state",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="default: text"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys

    from . import exit_codes, files
    from .ending import ending_in_order
    from .formats import rehearsal_json, rehearsal_markdown, rehearsal_text
    from .terminal import Terminal

    if arguments.database is not None and arguments.database_url is None:
        raise CommandError("--database names the database of --database-url once more, which is not given")
    target = files.target(arguments.file)
    source = target.read()
    with ending_in_order():
        found = _rehearse(target, source, arguments)
    _remember(target, source, found, arguments.verified)
    nulls = not arguments.no_nulls
    if arguments.format == "json":
        rehearsal_json.write(target.shown, found, sys.stdout)
    elif arguments.format == "markdown":
        rehearsal_markdown.write(target.shown, found, nulls, sys.stdout)
    else:
        rehearsal_text.write(target.shown, found, nulls, sys.stdout, Terminal.of(sys.stdout))
    if found.verdict in ("failed", "differs"):
        return exit_codes.FINDINGS
    return exit_codes.OK if all(item.succeeded for item in found.passes) else exit_codes.ERROR


def _rows(text: str) -> int:
    rows = int(text) if text.isdecimal() else -1
    if not 0 <= rows <= _MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to {_MOST_ROWS}")
    return rows


def _remember(target: Target, source: Source, found: Rehearsal, record: str | None) -> None:
    """For the report; where it cannot be written down, that is all that is lost."""
    from .. import verification
    from ..rehearse.record import record as record_of
    from .cells import printable
    from .errors import complain
    from .files import reason

    run = record_of(target.path, source.data, found)
    try:
        verification.remember([run], record or verification.record_of(target.path))
    except OSError as error:
        complain(f"what was rehearsed could not be written down: {printable(reason(error))}")


def _rehearse(target: Target, source: Source, arguments: argparse.Namespace) -> Rehearsal:
    from ..rehearse.errors import Missing, NoMigration, NoRehearsal
    from ..rehearse.request import Request, rehearse_file
    from .cells import printable
    from .progress_line import progress_line

    request = Request(
        path=target.path,
        source=source,
        rows=arguments.rows,
        nulls=not arguments.no_nulls,
        database_url=arguments.database_url,
        database=arguments.database,
    )
    try:
        with progress_line() as tell:
            return rehearse_file(request, lambda text, percent: tell(text))
    except Missing as error:
        own = ", or a server of yours: --database-url URL" if arguments.database_url is None else ""
        raise CommandError(f"{printable(str(error))}{own}") from error
    except NoMigration as error:
        raise CommandError(f"{printable(target.shown)}: {printable(str(error))}") from error
    except NoRehearsal as error:
        raise CommandError(printable(str(error))) from error
