"""Statements about rows, and maintenance of tables."""

from __future__ import annotations

from typing import Literal

from ..records import dataclass
from .base import Operation, Relation
from .columns import Expression


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call in a query; `arguments` holds literals as text, None for everything else. Lower-case name."""

    name: str
    schema: str | None = None
    arguments: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert(Operation):
    relation: Relation
    columns: tuple[str, ...] = ()
    # The number of rows of VALUES; None for `INSERT … SELECT` and what cannot be known.
    rows: int | None = None
    reads: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Operation):
    """`restricted` is True with a WHERE, False without; `bounded` where a LIMIT or a key range limits it."""

    relation: Relation
    columns: tuple[str, ...] = ()
    restricted: bool | None = True
    bounded: bool = False
    # Columns set to the literal NULL.
    nulled: tuple[str, ...] = ()
    reads: tuple[Relation, ...] = ()
    where: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Operation):
    relation: Relation
    restricted: bool | None = True
    bounded: bool = False
    reads: tuple[Relation, ...] = ()
    where: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Operation):
    relations: tuple[Relation, ...]
    cascade: bool = False
    restart_identity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Operation):
    """A query; `locking` is "update", "no key update", "share" or "key share" for `FOR UPDATE` and its like.

    `functions` are the names of `calls` once each, with their schema where it is written ("app.fill").
    """

    reads: tuple[Relation, ...] = ()
    locking: str | None = None
    functions: tuple[str, ...] = ()
    calls: tuple[FunctionCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTable(Operation):
    """`mode` as PostgreSQL spells it: `ACCESS EXCLUSIVE`."""

    relations: tuple[Relation, ...]
    mode: str
    nowait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindex(Operation):
    kind: Literal["index", "table", "schema", "database", "system"]
    name: Relation
    concurrently: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshMaterializedView(Operation):
    name: Relation
    concurrently: bool = False
    with_data: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance(Operation):
    """`VACUUM`, `VACUUM FULL`, `ANALYZE` or `CLUSTER` (lower case); no relation means every table."""

    command: Literal["vacuum", "vacuum full", "analyze", "cluster"]
    relations: tuple[Relation, ...] = ()
