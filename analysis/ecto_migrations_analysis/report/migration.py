"""The report on one migration file: both programs, statement by statement."""

from __future__ import annotations

from ..analysis import Analysis
from ..findings import Finding
from ..records import dataclass
from .operations import is_modelled
from .statements import StatementReport, statements


@dataclass(frozen=True, kw_only=True)
class MigrationReport:
    """`up` and `down` as the database gets them; `down` is None where it cannot be reversed.

    `irreversible` says why, in Ecto's words. `module` is None for a file without a migration. Where
    `modelled` is False, what the database gets is not known: `up` is empty and `down` None.
    """

    module: str | None
    classification: str
    transaction: bool
    database: str
    findings: tuple[Finding, ...]
    up: tuple[StatementReport, ...]
    down: tuple[StatementReport, ...] | None
    irreversible: str | None
    modelled: bool = True


_DATABASES = {"mysql": "MySQL or MariaDB", "sqlite": "SQLite", "mssql": "SQL Server"}


def report(analysis: Analysis) -> MigrationReport:
    """The report on the migration that Ecto runs.

    Of several migration modules in one file Ecto runs the first (`Ecto.Migrator.load_migration!/1`).
    """
    version = analysis.project.version
    database = f"PostgreSQL {version.major} ({version.source})"
    if analysis.project.database != "postgres":
        database = _DATABASES.get(analysis.project.database, analysis.project.database)
    if not analysis.migrations:
        return MigrationReport(
            module=None,
            classification=analysis.classification,
            transaction=True,
            database=database,
            findings=analysis.findings,
            up=(),
            down=None,
            irreversible="the file defines no migration",
        )
    migration = analysis.migrations[0]
    reason = irreversible(analysis)
    sizes = analysis.project.settings.sizes
    down = None
    if migration.down is not None and reason is None:
        down = statements(migration.down, analysis.source, sizes)
    return MigrationReport(
        module=migration.migration.module,
        classification=analysis.classification,
        transaction=migration.transactional,
        database=database,
        findings=analysis.findings,
        up=statements(migration.up, analysis.source, sizes) if migration.up is not None else (),
        down=down,
        irreversible=reason,
        modelled=is_modelled(migration),
    )


def irreversible(analysis: Analysis) -> str | None:
    """Why the migration that Ecto runs cannot be rolled back; None where it can."""
    migration = analysis.migrations[0].migration
    program = migration.down
    if program is None:
        # As `Ecto.Migrator.do_down/5` words it.
        return f"{migration.module} does not implement a `down/0` or `change/0` function"
    return program.irreversible.message if program.irreversible is not None else None
