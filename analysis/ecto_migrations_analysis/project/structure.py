"""`structure.sql`, the schema that `mix ecto.dump` writes: what a history with gaps cannot tell."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

from ..databases.registry import Database
from ..operations import UnparsedSQL
from ..program.commands import Execute
from ..program.terms import plain_text
from ..records import replace
from ..schema.apply import apply
from ..schema.state import Column, Origin, Schema, Table
from ..syntax.span import Place
from .context import RepoConfig

# The lines that Ecto appends (`Ecto.Adapters.Postgres.structure_dump/2`), one for each migration that ran.
_VERSIONS = re.compile(r'^INSERT INTO\s+(?:"?\w+"?\.)?"?\w+"?\s+\(version\)\s+VALUES\s+([^;]*);', re.M | re.I)
# Commands of psql, which pg_dump writes since 18.0 (and 17.6, 16.10, …): "\restrict", "\unrestrict".
_META = re.compile(r"^\\.*$", re.M)


class Structure:
    """A dump: `versions` are the migrations that had run. Its schema is read when it is first asked for."""

    def __init__(self, text: str, path: str, versions: frozenset[int], database: Database) -> None:
        self.versions = versions
        self._text = text
        self._path = path
        self._database = database

    @property
    def last(self) -> int:
        return max(self.versions)

    @cached_property
    def schema(self) -> Schema | None:
        """The dumped schema; None where PostgreSQL's grammar refuses the dump."""
        schema = Schema(complete=True)
        for statement in self._database.emit(Execute(up=plain_text(self._text)), RepoConfig()):
            for operation in statement.operations:
                if isinstance(operation, UnparsedSQL):
                    return None
                schema = apply(schema, operation, Origin(place=Place(self._path, operation.span)))
        return schema


def read_structure(data: bytes, path: str, database: Database) -> Structure | None:
    """A dump; None where it names no migration that ran."""
    text = _META.sub(lambda match: " " * len(match[0]), data.decode("utf-8", "replace"))
    versions = frozenset(
        int(number) for match in _VERSIONS.finditer(text) for number in re.findall(r"\d+", match[1])
    )
    return Structure(text, path, versions, database) if versions else None


def with_origins(schema: Schema, replayed: Schema) -> Schema:
    """The dumped schema, with the migrations that made its tables and columns where a replay knows them."""
    tables = {
        relation: _table(table, replayed.tables[relation]) if relation in replayed.tables else table
        for relation, table in schema.tables.items()
    }
    return replace(schema, tables=tables)


def _table(dumped: Table, known: Table) -> Table:
    columns = {
        name: _column(column, known.columns[name]) if name in known.columns else column
        for name, column in dumped.columns.items()
    }
    indexes = {
        name: replace(index, origin=known.indexes[name].origin) if name in known.indexes else index
        for name, index in dumped.indexes.items()
    }
    constraints = {
        name: replace(
            state, origin=known.constraints[name].origin, validated_by=known.constraints[name].validated_by
        )
        if name in known.constraints
        else state
        for name, state in dumped.constraints.items()
    }
    return replace(dumped, columns=columns, indexes=indexes, constraints=constraints, origin=known.origin)


def _column(dumped: Column, known: Column) -> Column:
    return replace(dumped, origin=known.origin, changed=known.changed, backfilled=known.backfilled)


def is_base_for(structure: Structure, version: int | None, replayed: Schema, files: Collection[int]) -> bool:
    """Whether the dump tells more about the schema before `version` than the replay of the files does.

    It must not hold what comes later. Where every migration has its file and could be read, the replay says
    the same and knows more of the origins.
    """
    if version is not None and structure.last >= version:
        return False
    return not structure.versions <= set(files) or not replayed.complete or bool(replayed.uncertain)
