"""What a project has set for this tool: in `.ecto-migrations.toml`, in the editor, on the command line.

Plain data. `settings_keys` says what each key may hold, `settings_file` reads a file, `settings_search` finds
the files that count for a migration.
"""

from __future__ import annotations

from ..records import dataclass
from .globs import PathPattern, matches_name
from .table_sizes import TableSizes

FILE_NAME = ".ecto-migrations.toml"
LOCK_TIMEOUT = "5s"
BATCH_SIZE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Patterns of table names. A table is large unless `small` names it, and where `large` names it too.

    `sizes` is the absolute path of the file of table sizes; None: `table_sizes.FILE_NAME`, if there is one.
    """

    small: tuple[str, ...] = ()
    large: tuple[str, ...] = ()
    sizes: str | None = None

    def is_small(self, table: str) -> bool:
        """Whether work on the table is short; `table` is its name, with its prefix where it has one."""
        if not self.small or self.is_large(table):
            return False
        return any(matches_name(pattern, table) for pattern in self.small)

    def is_large(self, table: str) -> bool:
        """Whether somebody says that the table is large."""
        return any(matches_name(pattern, table) for pattern in self.large)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default; the names are the keys of the file."""

    # `postgres`, `mysql`, `sqlite`, `mssql`; None: that of the repo's adapter.
    database: str | None = None
    # The server's major version; None: found out.
    database_version: int | None = None
    # Migrations up to this version have no findings.
    start_after: int | None = None
    # Ids of rules, chapters, tags, `default`, `all`. Empty: `default`, every rule that is not optional.
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    # By the id of a rule: `danger`, `risk`, `info` or `off`.
    levels: tuple[tuple[str, str], ...] = ()
    # Names as in `ignore`, for the files that a pattern finds.
    per_file_ignores: tuple[tuple[PathPattern, tuple[str, ...]], ...] = ()
    tables: Tables = Tables()
    # What was measured of the tables; a file of its own has it.
    sizes: TableSizes = TableSizes()
    # As PostgreSQL reads it; stands in generated code.
    lock_timeout: str = LOCK_TIMEOUT
    # Folders whose files are migrations, besides those where Ecto looks.
    migration_paths: tuple[PathPattern, ...] = ()
    backfill_batch_size: int = BATCH_SIZE
    # Checks of excellent_migrations that its configuration skips.
    skip_checks: tuple[str, ...] = ()
    # By key, for those that somebody has set: the file or whatever else says so.
    origins: tuple[tuple[str, str], ...] = ()

    def origin(self, key: str) -> str | None:
        """Who has set the key; None where the default holds."""
        return dict(self.origins).get(key)

    def migration_folder(self, path: str) -> str | None:
        """The folder of `migration_paths` that the file lies in."""
        folders = (pattern.folder_around(path) for pattern in self.migration_paths)
        return max((folder for folder in folders if folder is not None), key=len, default=None)
