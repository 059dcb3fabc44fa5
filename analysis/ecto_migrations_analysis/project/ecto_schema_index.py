"""The schema modules of a project: every application's `lib`, read again where a file has changed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..program.terms import Term
from ..syntax.span import Place
from .ecto_schema_model import EctoSchema, NamedConstraint, SchemaFile
from .ecto_schemas import read_schemas, used_defaults
from .files import Files, Stamp
from .repos import underscore


class SchemaIndex:
    """The schemas below the `lib` folders of `roots`."""

    def __init__(self, roots: list[str]) -> None:
        self._roots = roots
        self._read: dict[str, tuple[Stamp, SchemaFile]] = {}
        self._defaults: dict[str, tuple[str, Stamp, Mapping[str, Term] | None]] = {}

    def update(self, files: Files) -> None:
        """Reads what has changed."""
        before = dict(self._defaults)
        self._defaults = {name: kept for name, kept in before.items() if files.stamp(kept[0]) == kept[1]}
        if len(before) != len(self._defaults):
            self._read = {}  # what they set in others may be anywhere
        paths = [path for root in self._roots for path in files.below(os.path.join(root, "lib"), ".ex")]
        for number, path in enumerate(paths):
            files.step("schema modules", number, len(paths))
            stamp = files.stamp(path)
            kept = self._read.get(path)
            if kept is None or kept[0] != stamp:
                data = files.read(path) or b""
                self._read[path] = (stamp, read_schemas(data, path, lambda name: self._set_by(name, files)))
        self._read = {path: self._read[path] for path in paths}

    def schemas(self) -> tuple[EctoSchema, ...]:
        """Every schema of a table, in the order of the files."""
        return tuple(schema for _, file in self._read.values() for schema in file.schemas)

    def constraints(self) -> tuple[NamedConstraint, ...]:
        """Every constraint that some changeset names."""
        files = [file for _, file in self._read.values()]
        loose = [item for file in files for item in file.constraints]
        own = [item for file in files for schema in file.schemas for item in schema.constraints]
        return (*own, *loose)

    def boot(self) -> Place | None:
        """Where an application runs its migrations when it starts; None where none is seen to."""
        return next((file.boot for _, file in self._read.values() if file.boot is not None), None)

    def _set_by(self, module: str, files: Files) -> Mapping[str, Term] | None:
        """What `use module` sets; None where the module is not the project's."""
        if module in self._defaults:
            return self._defaults[module][2]
        for root in self._roots:
            path = os.path.join(root, "lib", *underscore(module).split("/")) + ".ex"
            data = files.read(path)
            if data is not None:
                found: Mapping[str, Term] = used_defaults(data).get(module, {})
                self._defaults[module] = (path, files.stamp(path), found)
                return found
        return None
