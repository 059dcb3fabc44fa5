"""From files, or the folder somebody stands in, to what will be run and where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.project.files import Files
from ecto_migrations_analysis.project.migrations import folder_of, list_migrations, migration_file
from ecto_migrations_analysis.project.mix import MixProject, applications_of, project_around, read_mix

from .errors import Refused
from .model import MigrationText, Plan

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.migrations import MigrationFile
    from ecto_migrations_analysis.project.repos import Repo


def plan(
    paths: Sequence[str],
    *,
    step: int | None = None,
    environment: str = "test",
    repo: str | None = None,
    prefix: str | None = None,
    tests: bool = False,
) -> Plan:
    """What to run for these migrations, or for the newest `step` of the project around the current folder.

    Raises `Refused` where it is not known in which project or repo, and OSError where a migration cannot be
    read.
    """
    own = [_migration(path) for path in paths]
    project = _project(own)
    folders = list(dict.fromkeys(folder_of(item.path) for item in own))
    if len(folders) > 1:
        raise Refused(
            f"one folder of migrations is wanted, and these are {len(folders)}: {', '.join(folders)}"
        )
    repos = Workspace(settled=True).repos(os.path.join(project.root, "mix.exs"))
    found = _repo(repos, repo, folders[0] if folders else None, project.root)
    options: list[str] = []
    if repo is not None or len(repos) > 1:
        name = repo or (found.module if found is not None else None)
        options += ["-r", name] if name is not None else []
    usual = _folder(project.root, found)
    folder = folders[0] if folders else usual
    if folder != usual:
        options += ["--migrations-path", os.path.relpath(folder, project.root)]
    if prefix is not None:
        options += ["--prefix", prefix]
    to = min((item.version for item in own), default=None)
    wanted = step or 1
    listed = list_migrations(folder, Files())
    back = [item for item in listed if item.version >= to] if to is not None else listed[-wanted:]
    if not back:
        raise Refused(f"there are no migrations in {folder}")
    return Plan(
        folder=project.root,
        environment=environment,
        repo=repo or (found.module if found is not None and len(repos) > 1 else None),
        options=tuple(options),
        to=to,
        step=wanted,
        tests=tests,
        migrations=tuple(_text(item) for item in back),
    )


def _migration(path: str) -> MigrationFile:
    found = migration_file(os.path.abspath(path))
    if found is None:
        raise Refused(
            f"{path} is not called as a migration is, <version>_<name>.exs, so Ecto does not run it"
        )
    return found


def _text(item: MigrationFile) -> MigrationText:
    with open(item.path, "rb") as file:
        return MigrationText(item.version, item.name, item.path, file.read())


def _project(own: Sequence[MigrationFile]) -> MixProject:
    """The one mix project of the migrations; in the root of an umbrella the one that has migrations."""
    files = Files()
    if own:
        around = {
            found.root: found for item in own if (found := project_around(item.path, files)) is not None
        }
        if not around:
            raise Refused(f"{own[0].path} lies in no mix project: there is no mix.exs above it")
        if len(around) > 1:
            raise Refused(
                f"one application is wanted, and these are {len(around)}: {', '.join(sorted(around))}"
            )
        return next(iter(around.values()))
    here = os.getcwd()
    found = project_around(os.path.join(here, "mix.exs"), files)
    if found is None:
        raise Refused(f"there is no mix.exs in {here} or above it")
    if found.apps_path is None:
        return found
    with_migrations = [folder for folder in applications_of(found, files) if _has_migrations(folder, files)]
    if len(with_migrations) != 1:
        names = ", ".join(os.path.relpath(folder, found.root) for folder in with_migrations)
        raise Refused(
            f"several applications have migrations ({names}): name a migration, or start in one of them"
            if names
            else f"no application of {found.root} has migrations"
        )
    inside = read_mix(with_migrations[0], files)
    assert inside is not None
    return inside


def _has_migrations(folder: str, files: Files) -> bool:
    priv = os.path.join(folder, "priv")
    return any(list_migrations(os.path.join(priv, name, "migrations"), files) for name in files.names(priv))


def _repo(repos: Sequence[Repo], named: str | None, folder: str | None, root: str) -> Repo | None:
    """The repo that was named, whose folder holds the migrations, or the only one."""
    if named is not None:
        return next((repo for repo in repos if repo.module == named), None)
    if folder is not None:
        below = [
            repo
            for repo in repos
            if f"{folder}{os.sep}".startswith(os.path.normpath(os.path.join(root, repo.priv)) + os.sep)
        ]
        if below:
            return max(below, key=lambda repo: len(repo.priv))
    if len(repos) > 1:
        raise Refused(
            f"the project has several repos, --repo names one: {', '.join(r.module for r in repos)}"
        )
    return repos[0] if repos else None


def _folder(root: str, repo: Repo | None) -> str:
    """Where mix looks for migrations when nothing else is said."""
    return os.path.normpath(os.path.join(root, repo.priv if repo is not None else "priv/repo", "migrations"))
