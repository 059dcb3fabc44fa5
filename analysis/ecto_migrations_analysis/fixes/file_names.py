"""Names of files and modules: a version that is free, an ending that Ecto reads, a module of its own.

Never applied unasked, and not offered for a migration that the base revision has: where it has run, another
version makes it run again (`schema_migrations` knows versions alone).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial

from ..findings import Finding
from ..project.migrations import migration_file
from ..rules.spelling import file_name
from ..syntax.span import Span
from . import naming
from .context import Context, Proposal, offer
from .in_place.common import answer, found
from .model import Change, Edit, Files, Rename

# The name of a file among the names of its folder; None for those, as long as it is only to be shown.
NewName = Callable[[Context, "frozenset[str] | None"], "str | None"]

STRATEGY = "rename-file"
_VERSIONED = re.compile(r"(\d+)[^\d.]*?_?([A-Za-z].*)?\.exs")


def proposals(context: Context) -> Iterator[Proposal]:
    path = context.analysis.source.path
    if path is None or context.analysis.migrations[0] is not context.migration:
        return
    for rule, (title, new_name) in _FILES.items():
        findings = found(context, rule)
        if not findings or _is_released(context):
            continue
        shown = title.replace("…", new_name(context, None) or "…")
        yield Proposal(
            offer(
                context,
                STRATEGY,
                rule,
                shown,
                findings[0].span,
                findings=findings,
                preferred=True,
                renames=True,
            ),
            partial(_change, context, new_name),
        )
    for rule, fix in _MODULES.items():
        for finding in found(context, rule)[:1]:
            made = fix(context, finding)
            if made is not None:
                yield answer(context, "whole-file", rule, made[0], (finding,), made[1])


def _change(context: Context, new_name: NewName, files: Files) -> Change:
    path = context.analysis.source.path
    assert path is not None
    folder, own = naming.split_path(path)
    names = files.names(folder or ".") - {own}
    wanted = new_name(context, names)
    assert wanted is not None
    return Change(rename=Rename(path=path, to=folder + wanted))


def _is_released(context: Context) -> bool:
    """Whether the base revision has the file."""
    project = context.analysis.project
    own = migration_file(context.analysis.source.path or "")
    released = project.released() if project.released is not None else None
    return any(
        own is not None and (item.version, item.name) == (own.version, own.name) for item in released or ()
    )


def _own(context: Context) -> str:
    return file_name(context.analysis.source.path or "")


def _now() -> str:
    """As `mix ecto.gen.migration` makes it: UTC, to the second."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime())


def _newest(context: Context, names: frozenset[str] | None) -> str | None:
    """The time of now, or the first version after it that is free."""
    own = naming.parse(_own(context))
    if own is None:
        return None
    if names is None:
        return f"…_{own.name}.exs"
    return str(naming.FileName(_free(_now(), names), own.name))


def _free(version: str, names: frozenset[str]) -> str:
    taken = {found.version for file in names if (found := naming.parse(file))}
    return naming.next_version(version, names) if version in taken else version


def _another(context: Context, names: frozenset[str] | None) -> str | None:
    """The same version, and the name with a number."""
    own = naming.parse(_own(context))
    if own is None:
        return None
    taken = {found.name for file in names or () if (found := naming.parse(file))}
    count = 2
    while f"{own.name}_{count}" in taken:
        count += 1
    return str(naming.FileName(own.version, f"{own.name}_{count}"))


def _script(context: Context, names: frozenset[str] | None) -> str | None:
    return _own(context) + "s"


def _versioned(context: Context, names: frozenset[str] | None) -> str | None:
    """A version in front: the number that is there, else the time of now; and a name behind it."""
    match = _VERSIONED.fullmatch(_own(context))
    module = naming.snake(context.migration.migration.module.rpartition(".")[2])
    if match is not None:
        version, name = match[1], match[2] or module
        return str(naming.FileName(_free(version, names or frozenset()), naming.snake(name)))
    stem = naming.snake(_own(context).removesuffix(".exs")) or module
    if names is None:
        return f"…_{stem}.exs"
    return str(naming.FileName(_free(_now(), names), stem))


_FILES: dict[str, tuple[str, NewName]] = {
    "duplicate-version": ("Give the file a timestamp of now: … (where it was not deployed yet)", _newest),
    "out-of-order-version": ("Give the file a timestamp of now: …", _newest),
    "future-timestamp": ("Give the file a timestamp of now: … (where it was not deployed yet)", _newest),
    "duplicate-name": ("Rename the file to …", _another),
    "migration-ext-ex": ("Rename the file to …: it will run", _script),
    "bad-version-prefix": ("Rename the file to …: it will run", _versioned),
}


# --- modules -----------------------------------------------------------------------------------------------

Made = tuple[str, list[Edit]]


def _free_module(context: Context, finding: Finding) -> Made | None:
    """The name that the file has, or the same with a number."""
    module = context.migration.migration.module
    taken = {*context.analysis.project.sibling_modules, module}
    namespace, _, last = module.rpartition(".")
    own = naming.parse(_own(context))
    wanted = [naming.camelize(own.name)] if own is not None and own.name == naming.snake(own.name) else []
    names = [*wanted, *(f"{last}{number}" for number in range(2, 100))]
    for name in names:
        whole = f"{namespace}.{name}" if namespace else name
        if whole not in taken:
            return _module(context, finding, name)
    return None


def _file_module(context: Context, finding: Finding) -> Made | None:
    """The module named after its file."""
    own = naming.parse(_own(context))
    if own is None or not re.fullmatch(r"[a-z][a-z0-9_]*", own.name):
        return None
    name = naming.camelize(own.name)
    namespace = context.migration.migration.module.rpartition(".")[0]
    if (f"{namespace}.{name}" if namespace else name) in context.analysis.project.sibling_modules:
        return None
    return _module(context, finding, name)


def _module(context: Context, finding: Finding, name: str) -> Made | None:
    written = context.analysis.source.text(finding.span)
    last = written.rpartition(".")[2]
    if not re.fullmatch(r"[\w.]+", written):
        return None
    start = finding.span.end - len(last.encode())
    return f"Rename the module to {name}", [Edit(Span(start, finding.span.end), name)]


def _use(context: Context, finding: Finding) -> Made | None:
    """`use Ecto.Migration` below the line of `defmodule`."""
    document = context.document
    line = document.rest_of_line(finding.span.end)
    at = document.line_end(finding.span.end)
    if line.strip() != b"do":
        return None
    below = document.next_line(at)
    gap = "\n" if document.data[below : document.line_end(below)].strip() else ""
    indent = document.indentation(finding.span.start) + "  "
    return "Add use Ecto.Migration", [
        Edit(Span(at, at), document.lines(f"\n{indent}use Ecto.Migration{gap}"))
    ]


def _as_deployed(context: Context, finding: Finding) -> Made | None:
    """The text that the base revision has."""
    source = context.analysis.source
    released = context.analysis.project.released_text
    text = released(source.data) if released is not None else None
    if text is None or not source.path:
        return None
    return "Write it as it was deployed (takes the change back)", [Edit(Span(0, len(source.data)), text)]


_MODULES: dict[str, Callable[[Context, Finding], Made | None]] = {
    "duplicate-module": _free_module,
    "module-name-mismatch": _file_module,
    "no-migration-module": _use,
    "edited-released-migration": _as_deployed,
}
