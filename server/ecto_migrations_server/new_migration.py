"""New migrations from a template: their names, their timestamps, their texts.

The command line and the language server make them here, so that they are the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from ecto_migrations_analysis.fixes import naming
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.records import dataclass
from ecto_migrations_snippets import Context, Template, templates
from ecto_migrations_snippets.filling import fill, named

from . import whole_files

# Values of `migration_lock` that keep no transaction open (ecto_sql, `Ecto.Adapters.Postgres`).
_NO_LOCK: Final = frozenset({"pg_advisory_lock", "false", "nil"})
_STAMP: Final = "%Y%m%d%H%M%S"


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """`snippet` is the text with tab stops; None where several files share them."""

    path: str
    text: str
    snippet: str | None = None


def template_named(name: str) -> Template:
    """The template of this name. Raises ValueError where there is none."""
    for template in templates():
        if template.name == name:
            return template
    from difflib import get_close_matches

    near = get_close_matches(name, [template.name for template in templates()], n=1)
    raise ValueError(f"there is no template {name!r}" + (f"; did you mean {near[0]}?" if near else ""))


def plan(
    template: Template,
    folder: str,
    *,
    project_of: Callable[[str], ProjectContext],
    taken: Collection[str],
    name: str | None = None,
    words: Mapping[str, str] | None = None,
) -> tuple[PlannedFile, ...]:
    """The files that the template makes in `folder`, where the file names `taken` are.

    `project_of` gives the project around a path in the folder. `name` is that of the migration, for a
    template that makes one; `words` stand in the place of the template's own. Raises ValueError for what
    cannot be.
    """
    filled = fill(template, words or {})
    names = _names(filled, name, taken)
    project = project_of(os.path.join(folder, f"{_now()}_{names[0]}.exs"))
    namespace = module_namespace(project)
    prepared = named(filled, names, naming.camelize)
    single = len(names) == 1
    module = naming.camelize(names[0])
    body = prepared.body_for(
        Context(
            where="file",
            module=f"{namespace}.{module}" if single and namespace else None,
            namespace=namespace,
            disable_migration_lock=needs_lock_disabled(project),
            lock_timeout=project.settings.lock_timeout,
            batch_size=project.settings.backfill_batch_size,
        )
    )
    if body is None:
        raise ValueError(f"{template.name} makes no migration of its own")
    return tuple(
        PlannedFile(
            path=os.path.join(folder, str(naming.FileName(version, file.name))),
            text=file.text,
            snippet=f"{body.snippet}\n" if single else None,
        )
        for version, file in zip(_versions(taken, len(names)), body.files, strict=True)
    )


def write(files: Iterable[PlannedFile]) -> None:
    """Creates the files: all of them or none, and never over another. Raises OSError."""
    whole_files.create((file.path, file.text) for file in files)


def module_namespace(project: ProjectContext) -> str | None:
    """Where the folder's modules are: as in the newest one, else as `mix ecto.gen.migration` does it."""
    if project.sibling_modules and "." in project.sibling_modules[-1]:
        return project.sibling_modules[-1].rpartition(".")[0]
    return f"{project.repo.module}.Migrations" if project.repo.module else None


def needs_lock_disabled(project: ProjectContext) -> bool:
    """Whether what runs outside of a transaction must do without Ecto's migration lock too."""
    return (project.repo.migration_lock or "").removeprefix(":") not in _NO_LOCK


def _names(template: Template, name: str | None, taken: Collection[str]) -> tuple[str, ...]:
    """Names of the files without version and ending; Ecto refuses two migrations of one name."""
    used = {found.name for file in taken if (found := naming.parse(file))}
    if name is None:
        return tuple(_free(file.name, used) for file in template.files)
    if len(template.files) > 1:
        raise ValueError(
            f"{template.name} makes {len(template.files)} migrations, which have their own names"
        )
    wanted = naming.snake(name)
    if not wanted or not wanted[0].isalpha():
        raise ValueError(
            f"{name!r} is no name for a migration; it begins with a letter, as add_status_to_posts"
        )
    if wanted in used:
        raise ValueError(f"there is a migration {wanted} already")
    return (wanted,)


def _free(wanted: str, used: set[str]) -> str:
    name, count = wanted, 1
    while name in used:
        count += 1
        name = f"{wanted}_{count}"
    used.add(name)
    return name


def _versions(taken: Collection[str], count: int) -> list[str]:
    """Timestamps from now on; after the newest migration, where that one is of the future."""
    versions = [found.version for file in taken if (found := naming.parse(file))]
    newest = max((version for version in versions if len(version) == 14), default="")
    current = _now()
    made: list[str] = []
    if newest >= current or any(int(version) == int(current) for version in versions):
        current = naming.next_version(max(newest, current), taken)
    for _ in range(count):
        made.append(current)
        current = naming.next_version(current, taken)
    return made


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime(_STAMP)
