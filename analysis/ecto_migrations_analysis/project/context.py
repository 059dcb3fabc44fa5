"""What the analysis is told about the project; plain data, made by `project.discovery`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..operations import Operation
from ..program.terms import Options
from ..records import dataclass, field
from ..schema.state import Schema
from .settings import Settings

if TYPE_CHECKING:
    from ..program.migration import Migration
    from ..syntax.span import Place
    from .ecto_schema_model import EctoSchema, NamedConstraint
    from .migrations import MigrationFile
    from .settings_file import SettingsFile


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoConfig:
    """The repo's configuration as far as migrations read it (`Ecto.Migration.Runner.repo_config/2`).

    The keyword lists are empty where the project does not set them.
    """

    module: str | None = None
    adapter: str = "Ecto.Adapters.Postgres"
    # ":table_lock" (the default), ":pg_advisory_lock", "false"; None where the text does not tell.
    migration_lock: str | None = "table_lock"
    migration_primary_key: Options | bool = Options()
    migration_foreign_key: Options = Options()
    migration_timestamps: Options = Options()
    migration_default_prefix: str | None = None
    # `parameters: [lock_timeout: "5s"]`: what Postgrex sets on every connection.
    parameters: Options = Options()
    # Whether it has an `after_connect:`, which may set anything on every connection.
    after_connect: bool = False
    # Its folder below the application's root, whose `migrations` it runs.
    priv: str = "priv/repo"
    # The release of ecto_sql that `mix.lock` names, as in (3, 12, 1); None: the newest known to this tool.
    ecto_sql: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseVersion:
    """The server's major version and where we have it from ("compose.yaml", "assumed: oldest supported")."""

    major: int = 13
    source: str = "assumed: the oldest PostgreSQL release known to this tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMigration:
    """A migration of the history and what it does forward."""

    path: str
    version: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """The other migrations of the folder, as far as they concern one of them; `own` is that one.

    `newer`: whether some have a later version.
    """

    own: MigrationFile
    same_version: tuple[MigrationFile, ...] = ()
    same_name: tuple[MigrationFile, ...] = ()
    newer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectContext:
    """`schema` is what earlier migrations leave; its `complete` is False where they are unknown."""

    root: str | None = None
    application: str | None = None
    # The root of the umbrella that the application is in.
    umbrella: str | None = None
    # Whether mix has no other repo than this one to migrate when none is named.
    only_repo: bool = False
    repo: RepoConfig = RepoConfig()
    database: str = "postgres"
    version: DatabaseVersion = field(default_factory=DatabaseVersion)
    settings: Settings = Settings()
    # The files that state them, the nearest first.
    settings_files: tuple[SettingsFile, ...] = field(default=(), compare=False, repr=False)
    schema: Schema = field(default_factory=Schema)
    # The text of a file by its path from the root, as the migration reads it; None where there is none.
    read_file: Callable[[str], str | None] | None = field(default=None, compare=False, repr=False)
    # The schema modules of the project's applications; reads `lib` when it is called.
    ecto_schemas: Callable[[], tuple[EctoSchema, ...]] | None = field(default=None, compare=False, repr=False)
    # The constraints that changesets name, in the same modules.
    named_constraints: Callable[[], tuple[NamedConstraint, ...]] | None = field(
        default=None, compare=False, repr=False
    )
    # Where the application migrates when it starts (`Ecto.Migrator` among the children); None where not.
    migrates_on_boot: Callable[[], Place | None] | None = field(default=None, compare=False, repr=False)
    # The schema after all migrations of the folder, this one and later ones included.
    latest: Callable[[], Schema] | None = field(default=None, compare=False, repr=False)
    # The migrations before this one in their order (None: cannot be read), for a database that is not
    # modelled, of which `schema` tells nothing.
    earlier: Callable[[], tuple[Migration | None, ...]] | None = field(
        default=None, compare=False, repr=False
    )
    # Module names of the migrations in the same folder, newest last: the naming convention of the project.
    sibling_modules: tuple[str, ...] = ()
    # The migrations of the folder, and the schema modules of a table, at the revision where the present work
    # branched off: what has been deployed, or may have been. None where that is not known.
    released: Callable[[], tuple[MigrationFile, ...] | None] | None = field(
        default=None, compare=False, repr=False
    )
    released_schemas: Callable[[str], tuple[EctoSchema, ...] | None] | None = field(
        default=None, compare=False, repr=False
    )
    # The text of this migration at that revision, where it was there and is not the one that is given.
    released_text: Callable[[bytes], str | None] | None = field(default=None, compare=False, repr=False)
    # None for a text that is no file of migrations.
    siblings: Siblings | None = None
    # Every migration of the repo in order, this one and later ones included.
    history: Callable[[], tuple[PastMigration, ...]] | None = field(default=None, compare=False, repr=False)
    # The file of an earlier migration by the name of its module.
    file_of: Callable[[str], str | None] | None = field(default=None, compare=False, repr=False)
