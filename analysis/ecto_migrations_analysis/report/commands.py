"""The commands that migrate and roll back, with all that mix has to be told of this project."""

from __future__ import annotations

from ..project.context import ProjectContext
from ..project.migrations import migration_file
from ..project.other_folder import OtherFolder, other_folder
from ..records import dataclass


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Commands of a shell, to be started at the root of the project, of an umbrella where there is one.

    `migrate` and `release_migrate` run everything pending up to the last version, `rollback` and
    `release_rollback` take back everything down to the first one, that included (`Ecto.Migrator.run/4`).
    """

    migrate: str
    rollback: str
    release_migrate: str
    release_rollback: str


def commands(project: ProjectContext, path: str, last: str | None = None) -> Commands | None:
    """For the migration at `path`, or for all from it to the one at `last`, a file of the same folder.

    None where the file's name has no version.
    """
    first_file, last_file = migration_file(path), migration_file(last or path)
    if first_file is None or last_file is None:
        return None
    first, newest = first_file.version, last_file.version
    module = project.repo.module
    folder = other_folder(project, path)
    named = "" if module is None or project.only_repo else f" -r {module}"
    where = f" --migrations-path {folder.for_mix}" if folder is not None else ""
    return Commands(
        migrate=f"mix ecto.migrate{named}{where} --to {newest}",
        rollback=f"mix ecto.rollback{named}{where} --to {first}",
        release_migrate=_release(project, folder, "up", newest),
        release_rollback=_release(project, folder, "down", first),
    )


def _release(project: ProjectContext, folder: OtherFolder | None, direction: str, version: int) -> str:
    """By the functions that every release has; a module for it (`MyApp.Release`) is the project's own.

    A release starts `eval` with nothing loaded, and a repo is configured by its application.
    """
    application = project.application or "my_app"
    module = project.repo.module or "MyApp.Repo"
    # The release of an umbrella has a name of its own.
    binary = application if project.umbrella is None else "RELEASE"
    if folder is None:
        given = "&1"
    else:
        given = f'&1, Application.app_dir(:{application}, "{folder.in_release}")'
    run = f"&Ecto.Migrator.run({given}, :{direction}, to: {version})"
    return f"bin/{binary} eval 'Application.load(:{application}); Ecto.Migrator.with_repo({module}, {run})'"
