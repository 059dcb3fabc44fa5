"""`mix.exs`: the application, its place in an umbrella, its dependencies."""

from __future__ import annotations

import os
import re

from ..program.terms import Atom, ListTerm, Options, Text, TupleTerm, as_name
from ..program.values import to_options
from ..records import dataclass
from .files import Files
from .terms import read_elixir, result_of

_APP = re.compile(rb"\bapp:\s*:(\w+)")
_ECTO_SQL = re.compile(rb'"ecto_sql":\s*\{:hex,\s*:ecto_sql,\s*"(\d+(?:\.\d+)*)')
# How far above an application its umbrella may lie (`apps/<name>` by default).
_UMBRELLA_DEPTH = 3


@dataclass(frozen=True)
class MixProject:
    """`app` is None in the root of an umbrella; `config` is the folder of its configuration."""

    root: str
    app: str | None
    config: str
    apps_path: str | None = None
    dependencies: frozenset[str] = frozenset()


def project_around(path: str, files: Files) -> MixProject | None:
    """The nearest mix project that a file lies in."""
    folder = os.path.dirname(path)
    while True:
        found = read_mix(folder, files)
        if found is not None:
            return found
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def umbrella_of(project: MixProject, files: Files) -> MixProject | None:
    """The umbrella whose `apps_path` holds the project; None outside of one (and for a poncho)."""
    folder = project.root
    for _ in range(_UMBRELLA_DEPTH):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
        found = read_mix(folder, files)
        if found is not None and found.apps_path is not None:
            apps = os.path.join(folder, found.apps_path)
            return found if project.root.startswith(os.path.normpath(apps) + os.sep) else None
    return None


def applications_of(umbrella: MixProject, files: Files) -> list[str]:
    """The folders of an umbrella's applications."""
    apps = os.path.normpath(os.path.join(umbrella.root, umbrella.apps_path or "apps"))
    folders = [os.path.join(apps, name) for name in files.names(apps)]
    return [folder for folder in folders if files.exists(os.path.join(folder, "mix.exs"))]


def read_mix(folder: str, files: Files) -> MixProject | None:
    """The mix project whose `mix.exs` lies in `folder`; None where there is none."""
    data = files.read(os.path.join(folder, "mix.exs"))
    if data is None:
        return None
    options = Options()
    file = read_elixir(data)
    for module in file.modules.values():
        if module.clauses("project", 0):
            options = to_options(result_of(file, module, "project"))
            break
    app = as_name(options.get("app"))
    if app is None and (stated := _APP.search(data)):
        app = stated[1].decode()
    config = options.get("config_path")
    config_path = config.value if isinstance(config, Text) else None
    apps = options.get("apps_path")
    return MixProject(
        root=folder,
        app=app,
        config=os.path.dirname(os.path.normpath(os.path.join(folder, config_path or "config/config.exs"))),
        apps_path=apps.value if isinstance(apps, Text) else None,
        dependencies=_names(options.get("deps")),
    )


def _names(deps: object) -> frozenset[str]:
    if not isinstance(deps, ListTerm):
        return frozenset()
    return frozenset(
        item.items[0].name
        for item in deps.items
        if isinstance(item, TupleTerm) and item.items and isinstance(item.items[0], Atom)
    )


def ecto_sql_version(folders: list[str], files: Files) -> tuple[int, ...] | None:
    """The release of ecto_sql that the nearest `mix.lock` names."""
    for folder in folders:
        data = files.read(os.path.join(folder, "mix.lock"))
        found = _ECTO_SQL.search(data) if data is not None else None
        if found is not None:
            return tuple(int(number) for number in found[1].split(b"."))
    return None
