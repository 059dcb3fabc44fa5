"""The repos of an application: their modules, adapters, configuration and folders of migrations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ..program.scope import Scope
from ..program.terms import NIL, Atom, ListTerm, Options, Text, Unknown, as_bool, as_name
from ..program.values import to_options
from ..records import dataclass
from ..syntax.tree import Node
from .config import Environment
from .context import RepoConfig
from .files import Files
from .terms import ElixirFile, read_elixir

POSTGRES = "Ecto.Adapters.Postgres"
# The adapter of a project that names none: that of its only driver.
_DRIVERS = {
    "postgrex": POSTGRES,
    "myxql": "Ecto.Adapters.MyXQL",
    "tds": "Ecto.Adapters.Tds",
    "ecto_sqlite3": "Ecto.Adapters.SQLite3",
}
# The database of an adapter, by which this tool calls it.
_DATABASES = {
    POSTGRES: "postgres",
    "Ecto.Adapters.MyXQL": "mysql",
    "Ecto.Adapters.Tds": "mssql",
    "Ecto.Adapters.SQLite3": "sqlite",
    "Ecto.Adapters.LibSql": "sqlite",
    "Ecto.Adapters.Exqlite": "sqlite",
}
_UNDERSCORE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Repo:
    """A repo as its application sees it; `priv` is its folder below the application's root."""

    module: str
    adapter: str
    priv: str
    config: Options


def database_of(adapter: str) -> str:
    """`postgres`, `mysql`, `mssql` or `sqlite`; the adapter's own name where it is none of Ecto's."""
    return _DATABASES.get(adapter, adapter)


def adapter_for(database: str) -> str:
    """The adapter of a database that `database_of` names."""
    return next((adapter for adapter, name in _DATABASES.items() if name == database), POSTGRES)


def underscore(name: str) -> str:
    """`Macro.underscore/1` of a module name: `MyApp.FooRepo` to `my_app/foo_repo`."""
    return "/".join(_UNDERSCORE.sub("_", part) for part in name.split(".")).lower()


def repos_of(
    app: str | None, roots: list[str], environment: Environment, dependencies: frozenset[str], files: Files
) -> list[Repo]:
    """The repos of an application: those of `ecto_repos`, else every module that says `use Ecto.Repo`.

    `roots` are the folders whose `lib` may hold the modules, the application's own first.
    """
    own = environment.get(app or "", Options())
    stated = own.get("ecto_repos")
    names = (
        [item.name for item in stated.items if isinstance(item, Atom)] if isinstance(stated, ListTerm) else []
    )
    found: list[Repo] = []
    for name in names:
        options = _use_of(name, roots, files)
        found.append(_repo(name, options, app, environment, dependencies))
    if not names:
        for name, options in _modules(roots[:1], files):
            found.append(_repo(name, options, app, environment, dependencies))
    return found


def _repo(
    name: str, used: Options, app: str | None, environment: Environment, dependencies: frozenset[str]
) -> Repo:
    application = as_name(used.get("otp_app")) or app or ""
    config = to_options(environment.get(application, Options()).get(name))
    adapter = as_name(used.get("adapter")) or as_name(config.get("adapter"))
    if adapter is None:
        drivers = [_DRIVERS[item] for item in sorted(dependencies) if item in _DRIVERS]
        adapter = drivers[0] if len(drivers) == 1 else POSTGRES
    priv = config.get("priv")
    folder = priv.value if isinstance(priv, Text) else None
    return Repo(name, adapter, folder or f"priv/{underscore(name.rpartition('.')[2])}", config)


def _use_of(name: str, roots: list[str], files: Files) -> Options:
    """The options of `use Ecto.Repo` in the module; empty where it is not found."""
    for root in roots:
        # Where the generators put it.
        data = files.read(os.path.join(root, "lib", *underscore(name).split("/")) + ".ex")
        if data is not None:
            for module, options in _repos_in(data):
                if module == name:
                    return options
    return next((options for module, options in _modules(roots, files) if module == name), Options())


def _modules(roots: list[str], files: Files) -> Iterator[tuple[str, Options]]:
    for root in roots:
        for path in files.below(os.path.join(root, "lib"), ".ex"):
            data = files.read(path)
            if data is not None and b"Ecto.Repo" in data:
                yield from _repos_in(data)


def _repos_in(data: bytes) -> Iterator[tuple[str, Options]]:
    file = read_elixir(data)
    for module in file.modules.values():
        for used, node, _ in module.uses:
            if used == "Ecto.Repo":
                yield module.name, _options(file, module.name, node)


def _options(file: ElixirFile, name: str, use: Node) -> Options:
    """The keyword list of `use Ecto.Repo, otp_app: …, adapter: …`."""
    module = file.modules[name]
    arguments = use.child("arguments")
    given = arguments.children[1:] if arguments is not None else []
    if not given:
        return Options()
    return to_options(file.evaluator.value(given[0], Scope({}, module, module.attributes())))


def repo_config(repo: Repo) -> RepoConfig:
    """What migrations read of the configuration."""
    config = repo.config
    primary_key = config.get("migration_primary_key")
    prefix = config.get("migration_default_prefix")
    return RepoConfig(
        module=repo.module,
        adapter=repo.adapter,
        priv=repo.priv,
        migration_lock=_lock(config),
        after_connect=config.get("after_connect") is not None,
        migration_primary_key=False if as_bool(primary_key) is False else to_options(primary_key),
        migration_foreign_key=to_options(config.get("migration_foreign_key")),
        migration_timestamps=to_options(config.get("migration_timestamps")),
        migration_default_prefix=as_name(prefix),
        parameters=to_options(config.get("parameters")),
    )


def _lock(config: Options) -> str | None:
    """`Ecto.Migrator` and its adapter: false and nil lock nothing; without the option it is a table lock."""
    value = config.get("migration_lock")
    if value is None:
        return "table_lock" if config.complete else None
    if isinstance(value, Unknown) or not isinstance(value, Atom):
        return None
    return "false" if value in (NIL, Atom("false")) else value.name
