"""The history of a repo: its migrations in order, and the schema before and after each of them.

Reading a file is remembered until the file changes; schemas are kept at intervals, so that the schema at any
place costs the replay of a few migrations only. What an edit of an old migration changes is replayed from
there on.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence

from ..databases.registry import Database
from ..operations import (
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    DropTable,
    Operation,
    Relation,
)
from ..operations.tables import TableOperation
from ..records import replace
from ..schema.apply import apply
from ..schema.edit import doubt
from ..schema.state import Origin, Schema
from ..schema.unknown import in_doubt
from ..syntax.source import Source
from ..syntax.span import Place
from .context import PastMigration, RepoConfig
from .file_operations import FileOperations, operations_of
from .files import Files, Stamp
from .migrations import MigrationFile
from .structure import Structure, is_base_for, with_origins

_TOLERANT = (3, 11)
# A schema is kept before every n-th migration.
INTERVAL = 32


class History:
    """The migrations of one repo, replayed. `complete`: they make the schema from nothing.

    `root` is the folder from which migrations read files.
    """

    def __init__(
        self, config: RepoConfig, database: Database | None, complete: bool = True, root: str | None = None
    ) -> None:
        self._root = root
        # What an option that Ecto does not know raises today, it passed over before 3.12: the migrations of
        # the history did run.
        self._config = replace(config, ecto_sql=_TOLERANT)
        self._database = database
        self._start = Schema(complete=complete)
        # Whether nothing is known of its files yet.
        self.fresh = True
        self._migrations: list[tuple[MigrationFile, Stamp]] = []
        # By path: what was read for it (the file itself, and files that it reads), and what it does.
        self._read: dict[str, tuple[dict[str, Stamp], FileOperations]] = {}
        self._kept: dict[int, Schema] = {0: self._start}
        # The last answer: neighbours are asked for one after the other.
        self._last: tuple[int, Schema] = (0, self._start)

    def update(self, migrations: Sequence[MigrationFile], files: Files) -> None:
        """Takes over the files as they are now. Nothing is read yet."""
        self.fresh = False
        now = [(item, files.stamp(item.path)) for item in migrations]
        same = 0
        for old, new in zip(self._migrations, now, strict=False):
            if old != new:
                break
            if not self._unchanged(new[0], files):
                del self._read[new[0].path]
                break
            same += 1
        self._migrations = now
        self._kept = {at: schema for at, schema in self._kept.items() if at <= same}
        if self._last[0] > same:
            self._last = (0, self._start)
        present = {item.path for item, _ in now}
        self._read = {path: kept for path, kept in self._read.items() if path in present}

    def before(self, version: int | None, files: Files) -> Schema:
        """The schema that a migration of this version meets; the last one for None."""
        count = len(self._migrations)
        if version is not None:
            count = bisect_left(self._migrations, version, key=lambda entry: entry[0].version)
        at, schema = max(
            [item for item in (*self._kept.items(), self._last) if item[0] <= count], key=lambda item: item[0]
        )
        while at < count:
            files.step("migrations", at, count)
            schema = self._replay(schema, at, files)
            at += 1
            if at % INTERVAL == 0:
                self._kept[at] = schema
        if version is None:
            # The end is asked for in between, file after file.
            self._kept[at] = schema
        else:
            self._last = (at, schema)
        return schema

    def before_with(self, structure: Structure, version: int | None, files: Files) -> Schema:
        """As `before`, from a dump where that tells more than the files do."""
        replayed = self.before(version, files)
        versions = [item.version for item, _ in self._migrations]
        dumped = structure.schema if is_base_for(structure, version, replayed, versions) else None
        if dumped is None:
            missing = [item for item in structure.versions if item not in versions]
            gaps = any(version is None or item < version for item in missing)
            return replace(replayed, complete=False) if gaps else replayed
        schema = with_origins(dumped, replayed)
        for at, item in enumerate(versions):
            if item not in structure.versions and (version is None or item < version):
                schema = self._replay(schema, at, files)
        return schema

    def modules(self, version: int | None) -> tuple[str, ...]:
        """The modules of the migrations before this version, as far as they have been read."""
        found: list[str] = []
        for item, _ in self._migrations:
            if version is not None and item.version >= version:
                break
            kept = self._read.get(item.path)
            if kept is not None and kept[1].module is not None:
                found.append(kept[1].module)
        return tuple(found)

    def file_of(self, module: str) -> str | None:
        """The first file that has been read and whose migration has this name."""
        return next((path for path, kept in self._read.items() if kept[1].module == module), None)

    def past(self, files: Files) -> tuple[PastMigration, ...]:
        """Every migration with its operations, in order."""
        return tuple(
            PastMigration(
                path=item.path,
                version=item.version,
                operations=tuple(step.operation for step in self._operations(at, files).steps),
            )
            for at, (item, _) in enumerate(self._migrations)
        )

    def _replay(self, schema: Schema, at: int, files: Files) -> Schema:
        migration = self._migrations[at][0]
        done = self._operations(at, files)
        for step in done.steps:
            origin = Origin(version=migration.version, place=Place(migration.path, step.operation.span))
            schema = _known(schema, step.operation)
            after = apply(schema, step.operation, origin)
            schema = after if step.doubt is None else in_doubt(schema, after, step.doubt)
        for reason in done.doubts:
            schema = doubt(schema, reason)
        return schema

    def _operations(self, at: int, files: Files) -> FileOperations:
        migration, stamp = self._migrations[at]
        kept = self._read.get(migration.path)
        if kept is not None and kept[0].get(migration.path) == stamp:
            return kept[1]
        name = os.path.basename(migration.path)
        seen: dict[str, Stamp] = {migration.path: stamp}
        data = files.read(migration.path)
        if data is None or self._database is None:
            reason = f"{name} cannot be read" if data is None else "the repo's database is not modelled"
            found = FileOperations(None, doubts=(reason,))
        else:

            def text_of(path: str) -> str | None:
                if self._root is None:
                    return None
                seen.update(files.stamp_below(self._root, path))
                return files.text_below(self._root, path)

            source = Source(data, migration.path)
            found = operations_of(source, name, self._config, self._database, text_of)
        self._read[migration.path] = (seen, found)
        return found

    def _unchanged(self, migration: MigrationFile, files: Files) -> bool:
        """Whether the files that the migration reads are as they were."""
        kept = self._read.get(migration.path)
        return kept is None or len(kept[0]) == 1 or files.unchanged(kept[0])


def _known(schema: Schema, operation: Operation) -> Schema:
    """An old migration worked on a table that no migration made: the history does not tell everything."""
    if not schema.complete or all(_is_known(schema, relation) for relation in _needed(operation)):
        return schema
    return replace(schema, complete=False)


def _needed(operation: Operation) -> list[Relation]:
    """The tables that must exist for the operation to succeed, as far as that is plain."""
    if isinstance(operation, CreateIndex):
        return [operation.relation]
    if not isinstance(operation, TableOperation) or operation.table_if_exists:
        return []
    if isinstance(operation, DropTable) and operation.if_exists:
        return []
    definitions: tuple[ConstraintDefinition, ...] = ()
    if isinstance(operation, AddConstraint):
        definitions = (operation.constraint,)
    elif isinstance(operation, CreateTable):
        definitions = operation.constraints
    own = Schema.key(operation.relation)
    referenced = [item.references for item in definitions if item.references is not None]
    needed = [] if isinstance(operation, CreateTable) else [operation.relation]
    return [*needed, *(item for item in referenced if Schema.key(item) != own)]


def _is_known(schema: Schema, relation: Relation) -> bool:
    if relation.name is None:
        return True
    return schema.table(relation) is not None or Schema.key(relation) in schema.views
