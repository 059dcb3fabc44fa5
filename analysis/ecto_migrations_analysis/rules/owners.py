"""Whose code a migration calls: the application's own, or a library's."""

from __future__ import annotations

from .context import MigrationContext

# What helps to write DDL and is kept for that: `MyApp.Migration`, `MyApp.Repo.Migrations.Helpers`.
_HELPS = ("Migration", "Migrations", "MigrationHelpers", "MigrationHelper", "EctoMigration")


def is_own(context: MigrationContext, module: str) -> bool:
    """Whether the module belongs to the application of the migration, by the first part of its name."""
    root = module.partition(".")[0].removesuffix("Web")
    names = {context.migration.migration.module.partition(".")[0]}
    application = context.analysis.project.application
    if application:
        names.add("".join(part.capitalize() for part in application.split("_")))
    repo = context.analysis.project.repo.module
    if repo:
        names.add(repo.partition(".")[0])
    return root in {name.removesuffix("Web") for name in names}


def helps_migrations(module: str) -> bool:
    """Whether the name says that the module is made for migrations."""
    return any(part in _HELPS for part in module.split("."))


def is_library_migration(module: str) -> bool:
    """`Oban.Migration`, `Carbonite.Migrations`, `ErrorTracker.Migration`."""
    return module.rpartition(".")[2] in ("Migration", "Migrations", "Migrator")
