"""What stands around a migration file: its project, its repo, the database, and the history before it.

    context_for("/app/priv/repo/migrations/20240101000000_add_status.exs")

Everything is found from the file upwards; no root has to be known. Nothing of the project is run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..databases.registry import database_named
from ..records import dataclass, replace
from ..schema.state import Schema
from .config import read_config
from .configured import Adjust, effective, folders_beside, other_settings, stated_folders, version_of
from .context import DatabaseVersion, PastMigration, ProjectContext, RepoConfig, Siblings
from .files import Files, Stamp, Watch
from .history import History
from .migrations import (
    MigrationFile,
    MigrationList,
    folder_of,
    is_main,
    list_migrations,
    migration_file,
)
from .mix import MixProject, applications_of, ecto_sql_version, project_around, umbrella_of
from .repos import Repo, adapter_for, database_of, repo_config, repos_of
from .settings import Settings
from .settings_search import SettingsSearch
from .structure import Structure, read_structure
from .versions import database_version

if TYPE_CHECKING:
    from ..program.migration import Migration
    from ..syntax.span import Place
    from .ecto_schema_index import SchemaIndex
    from .ecto_schema_model import EctoSchema, NamedConstraint
    from .programs import Programs
    from .released import Released
    from .settings_file import SettingsFile

# Projects and histories are few; what is not asked for any more is forgotten.
_MAX_KEPT = 16


@dataclass(frozen=True)
class Application:
    """A mix project with its repos and the version of its database."""

    project: MixProject
    umbrella: MixProject | None
    repos: tuple[Repo, ...]
    version: DatabaseVersion
    ecto_sql: tuple[int, ...] | None
    # Its folder, and in an umbrella those of the other applications.
    roots: tuple[str, ...]
    # What is set in another tool's configuration.
    settings: Settings = Settings()


class Workspace:
    """Answers for any number of files, remembering what it has read.

    It looks at the files' times again at each call. Not so where `settled`: for a run over many files, during
    which nothing changes.
    """

    def __init__(
        self,
        settled: bool = False,
        settings: tuple[SettingsFile, ...] | None = None,
        adjust: Adjust | None = None,
        base: str | None = None,
    ) -> None:
        """With `settings` those files count, and none is looked for; `adjust` is that of `context_for`.

        `base`: the revision of git from which the present work branched off; None: the branch that is
        deployed, as it is usually called.
        """
        self._settled = settled
        self._base_revision = base
        self._given = settings
        self._adjust = adjust
        self._search = SettingsSearch(settled)
        self._lock = RLock()
        self._histories: dict[tuple[str, str | None, RepoConfig], History] = {}
        self._indexes: dict[tuple[str, ...], SchemaIndex] = {}
        self._structures: dict[str, tuple[Stamp, Structure | None]] = {}
        self._lists: dict[str, MigrationList] = {}
        self._programs: dict[str, Programs] = {}
        self._bases: dict[str, Released] = {}
        # By folder of the migration, with what was looked at on the disk to make it.
        self._applications: dict[str, tuple[dict[str, Stamp], Application | None]] = {}

    def surroundings(
        self,
        path: str,
        overrides: Mapping[str, bytes] | None = None,
        adjust: Adjust | None = None,
    ) -> ProjectContext:
        """What `context_for` finds without any other migration or schema module: a few files are read."""
        path = os.path.abspath(path)
        with self._lock:
            application = self._application(path, overrides)
            found = self._settings_files(path, Files(overrides))
        settings = self._settings(application, found, adjust)
        config = _config_for(path, application, settings)
        return ProjectContext(
            root=application.project.root if application else None,
            application=application.project.app if application else None,
            umbrella=application.umbrella.root if application and application.umbrella else None,
            only_repo=_is_only(application),
            repo=config,
            database=database_of(config.adapter),
            version=version_of(settings, application.version if application else None),
            settings=settings,
            settings_files=found,
        )

    def context_for(
        self,
        path: str,
        overrides: Mapping[str, bytes] | None = None,
        watch: Watch | None = None,
        adjust: Adjust | None = None,
    ) -> ProjectContext:
        """The project around the migration at `path`, which need not exist.

        `overrides` are the texts of open buffers by absolute path; they count instead of the files. Paths
        may be relative. `adjust` makes the settings that count from those of the project's files. Raises
        nothing but what `watch` raises: what cannot be found has Ecto's defaults.
        """
        path = os.path.abspath(path)
        files = Files(overrides, watch)
        with self._lock:
            application = self._application(path, overrides)
            settings_files = self._settings_files(path, files)
            settings = self._settings(application, settings_files, adjust)
            config = _config_for(path, application, settings)
            database = database_of(config.adapter)
            root = application.project.root if application else None
            stated = stated_folders(settings, root)
            folder = settings.migration_folder(path) or folder_of(path)
            history = self._history(folder, config, database, root, folder in stated)
            if history.fresh or not self._settled:
                migrations = list_migrations(folder, files)
                self._lists[folder] = MigrationList(migrations)
                _limit(self._lists)
                for other in folders_beside(folder, stated, _priv_for(path, application), root, files):
                    migrations += list_migrations(other, files)
                history.update(sorted(migrations), files)
            own = migration_file(path)
            version = own.version if own is not None else None
            structure = self._structure(folder, database, files)
            if structure is None:
                schema = history.before(version, files)
            else:
                schema = history.before_with(structure, version, files)
            return ProjectContext(
                root=root,
                application=application.project.app if application else None,
                umbrella=application.umbrella.root if application and application.umbrella else None,
                only_repo=_is_only(application),
                repo=config,
                database=database,
                version=version_of(settings, application.version if application else None),
                settings=settings,
                settings_files=settings_files,
                schema=schema,
                ecto_schemas=cache(partial(self._schemas, application, files)) if application else None,
                named_constraints=(
                    cache(partial(self._constraints, application, files)) if application else None
                ),
                migrates_on_boot=cache(partial(self._boot, application, files)) if application else None,
                latest=partial(self._latest, history, files),
                earlier=(
                    cache(partial(self._earlier, folder, own, files, config, root))
                    if database_named(database) is None
                    else None
                ),
                released=cache(partial(self._released, folder, files)),
                released_text=partial(self._released_text, folder, path, files),
                released_schemas=(
                    cache(partial(self._released_schemas, folder, application.roots, files))
                    if application
                    else None
                ),
                siblings=_siblings(own, self._lists.get(folder)),
                history=partial(self._past, history, files),
                file_of=partial(self._file_of, history, folder),
                read_file=partial(files.text_below, root) if root is not None else None,
                sibling_modules=history.modules(version),
            )

    def repos(self, path: str) -> tuple[Repo, ...]:
        """The repos of the mix project around a file."""
        with self._lock:
            application = self._application(os.path.abspath(path), None)
        return application.repos if application is not None else ()

    def stated_folders(self, root: str) -> list[str]:
        """The folders below `root` that settings name as folders of migrations, sorted."""
        with self._lock:
            settings = self._stated(root, Files())
        return sorted(stated_folders(settings, root))

    def is_stated(self, path: str) -> bool:
        """Whether the file at this absolute path lies in a folder that settings name."""
        with self._lock:
            return self._stated(os.path.dirname(path), Files()).migration_folder(path) is not None

    def _stated(self, folder: str, files: Files) -> Settings:
        found = self._settings_files(os.path.join(folder, "_"), files)
        return effective(Settings(), found, None, self._adjust)

    def _settings_files(self, path: str, files: Files) -> tuple[SettingsFile, ...]:
        if self._given is not None:
            return self._given
        return self._search.around(os.path.dirname(path), files)

    def _settings(
        self, application: Application | None, found: tuple[SettingsFile, ...], adjust: Adjust | None
    ) -> Settings:
        start, root = Settings(), None
        if application is not None:
            start, root = application.settings, (application.umbrella or application.project).root
        return effective(start, found, root, adjust or self._adjust)

    def _history(
        self, folder: str, config: RepoConfig, database: str, root: str | None, stated: bool
    ) -> History:
        key = (folder, root, config)
        found = self._histories.pop(key, None)
        if found is None:
            # Tables of tenants and of other folders may refer to those of the main one.
            found = History(config, database_named(database), complete=is_main(folder) or stated, root=root)
        self._histories[key] = found
        _limit(self._histories)
        return found

    def _structure(self, folder: str, database: str, files: Files) -> Structure | None:
        """The dump beside the main folder of migrations."""
        path = os.path.join(os.path.dirname(folder), "structure.sql")
        known = database_named(database)
        if known is None or not is_main(folder):
            return None
        stamp = files.stamp(path)
        kept = self._structures.get(path)
        if kept is None or kept[0] != stamp:
            data = files.read(path)
            kept = (stamp, read_structure(data, path, known) if data is not None else None)
            self._structures[path] = kept
            _limit(self._structures)
        return kept[1]

    def _latest(self, history: History, files: Files) -> Schema:
        with self._lock:
            return history.before(None, files)

    def _earlier(
        self,
        folder: str,
        own: MigrationFile | None,
        files: Files,
        config: RepoConfig,
        root: str | None,
    ) -> tuple[Migration | None, ...]:
        from .programs import Programs

        text_of = partial(files.text_below, root) if root is not None else None
        with self._lock:
            programs = self._programs.setdefault(folder, Programs())
            _limit(self._programs)
            return programs.before(list_migrations(folder, files), own, files, config, text_of)

    def _past(self, history: History, files: Files) -> tuple[PastMigration, ...]:
        with self._lock:
            return history.past(files)

    def _released(self, folder: str, files: Files) -> tuple[MigrationFile, ...] | None:
        with self._lock:
            return self._base(folder).migrations(files)

    def _released_text(self, folder: str, path: str, files: Files, data: bytes) -> str | None:
        with self._lock:
            return self._base(folder).text(path, data, files)

    def _released_schemas(
        self, folder: str, roots: tuple[str, ...], files: Files, table: str
    ) -> tuple[EctoSchema, ...] | None:
        found: tuple[EctoSchema, ...] = ()
        with self._lock:
            for root in roots:
                schemas = self._base(folder).schemas(root, table, files)
                if schemas is None:
                    return None
                found += schemas
        return found

    def _base(self, folder: str) -> Released:
        from .released import Released

        found = self._bases.setdefault(folder, Released(folder, self._base_revision))
        _limit(self._bases)
        return found

    def _file_of(self, history: History, folder: str, module: str) -> str | None:
        with self._lock:
            path = history.file_of(module)
        return path if path is not None and path.startswith(folder + os.sep) else None

    def _schemas(self, application: Application, files: Files) -> tuple[EctoSchema, ...]:
        """The schema modules of an application, in an umbrella of all applications."""
        with self._lock:
            return self._index(application, files).schemas()

    def _constraints(self, application: Application, files: Files) -> tuple[NamedConstraint, ...]:
        with self._lock:
            return self._index(application, files).constraints()

    def _boot(self, application: Application, files: Files) -> Place | None:
        with self._lock:
            return self._index(application, files).boot()

    def _index(self, application: Application, files: Files) -> SchemaIndex:
        # Imported here: reading a migration alone does not need it.
        from .ecto_schema_index import SchemaIndex

        index = self._indexes.get(application.roots)
        if index is None or not self._settled:
            index = index or SchemaIndex(list(application.roots))
            index.update(files)
            self._indexes[application.roots] = index
            _limit(self._indexes)
        return index

    def _application(self, path: str, overrides: Mapping[str, bytes] | None) -> Application | None:
        folder = os.path.dirname(path)
        files = Files(overrides)
        kept = self._applications.pop(folder, None)
        if kept is None or not (self._settled or files.unchanged(kept[0])):
            project = project_around(path, files)
            application = _read_application(project, files) if project is not None else None
            kept = (files.seen, application)
        self._applications[folder] = kept
        _limit(self._applications)
        return kept[1]


def _siblings(own: MigrationFile | None, others: MigrationList | None) -> Siblings | None:
    if own is None or others is None:
        return None
    return Siblings(
        own=own,
        same_version=others.same_version(own),
        same_name=others.same_name(own),
        newer=others.newest > own.version,
    )


def _limit(kept: dict[Any, Any]) -> None:
    """Forgets what was not asked for longest."""
    while len(kept) > _MAX_KEPT:
        del kept[next(iter(kept))]


def _read_application(project: MixProject, files: Files) -> Application:
    umbrella = umbrella_of(project, files)
    roots = [project.root]
    configs = [project.config]
    folders = [project.root]
    if umbrella is not None:
        configs.append(umbrella.config)
        roots += [root for root in applications_of(umbrella, files) if root != project.root]
        folders.append(umbrella.root)
    else:
        folders += _above(project.root, files)
    environment = read_config(dict.fromkeys(configs), files)
    repos = repos_of(project.app, roots, environment, project.dependencies, files)
    return Application(
        project,
        umbrella,
        tuple(repos),
        database_version(folders, files),
        ecto_sql_version([project.root, *(folders if umbrella is not None else [])], files),
        tuple(roots),
        other_settings(environment),
    )


def _above(root: str, files: Files) -> list[str]:
    """The folders above a project up to the one that holds the repository (a poncho, a monorepo)."""
    found: list[str] = []
    folder = root
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder or len(found) > 4:
            return []
        folder = parent
        found.append(folder)
    return found


def _config_for(path: str, application: Application | None, settings: Settings) -> RepoConfig:
    repo = _repo_for(path, application)
    config = repo_config(repo) if repo is not None else RepoConfig()
    if settings.database is not None and settings.database != database_of(config.adapter):
        config = replace(config, adapter=adapter_for(settings.database))
    return replace(config, ecto_sql=application.ecto_sql) if application is not None else config


def _repo_for(path: str, application: Application | None) -> Repo | None:
    """The repo whose folder holds the file; the only repo of the application where none does."""
    if application is None or not application.repos:
        return None
    matching = [
        repo
        for repo in application.repos
        if path.startswith(os.path.normpath(os.path.join(application.project.root, repo.priv)) + os.sep)
    ]
    if matching:
        return max(matching, key=lambda repo: len(repo.priv))
    return application.repos[0] if len(application.repos) == 1 else None


def _is_only(application: Application | None) -> bool:
    """Whether `mix ecto.migrate` finds one repo only; in an umbrella it may find those of others too."""
    return application is not None and application.umbrella is None and len(application.repos) == 1


def _priv_for(path: str, application: Application | None) -> str | None:
    repo = _repo_for(path, application)
    return repo.priv if repo is not None else None


_shared = Workspace()


def context_for(
    path: str, overrides: Mapping[str, bytes] | None = None, adjust: Adjust | None = None
) -> ProjectContext:
    """`Workspace.context_for` of a workspace that the whole process shares."""
    return _shared.context_for(path, overrides, adjust=adjust)
