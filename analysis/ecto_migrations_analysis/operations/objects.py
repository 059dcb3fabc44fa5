"""Everything else that has a name: types, views, triggers, functions, policies, extensions, comments."""

from __future__ import annotations

from ..records import dataclass
from .base import Operation, Relation
from .columns import DataType, Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEnum(Operation):
    name: Relation
    values: tuple[str, ...]
    # False where a value is not known.
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEnumValue(Operation):
    name: Relation
    value: str | None
    if_not_exists: bool = False
    # "before" or "after" another value.
    position: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameEnumValue(Operation):
    name: Relation
    value: str | None
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDomain(Operation):
    """`checks` are the conditions of its CHECKs, about `VALUE`; None where a part of it is not known."""

    name: Relation
    type: DataType
    # True where it has a CHECK or NOT NULL: a new column of such a domain is rewritten.
    constrained: bool = False
    not_null: bool = False
    checks: tuple[Expression, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterDomain(Operation):
    """`clause`: "set default", "drop default", "set not null", "drop not null", "add constraint",
    "drop constraint", "validate constraint"."""

    name: Relation
    clause: str
    validated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateView(Operation):
    """`reads` are the relations its query names, `columns_read` the columns it names of them, where clear.

    `definition` is the whole statement; None where it is not known, or where names in it have changed since.
    """

    name: Relation
    materialized: bool = False
    replace: bool = False
    with_data: bool = True
    if_not_exists: bool = False
    reads: tuple[Relation, ...] = ()
    columns_read: frozenset[str] = frozenset()
    reads_every_column: bool = False
    definition: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropView(Operation):
    name: Relation
    materialized: bool = False
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTrigger(Operation):
    name: str | None
    relation: Relation
    replace: bool = False
    # Columns of `UPDATE OF`, which keep their type from being changed.
    update_of: tuple[str, ...] = ()
    constraint_from: Relation | None = None
    function: Relation | None = None
    # "insert", "update", "delete", "truncate".
    events: tuple[str, ...] = ()
    # FOR EACH ROW, which a partitioned table hands on to its partitions, or FOR EACH STATEMENT.
    for_each_row: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFunction(Operation):
    name: Relation
    language: str | None = None
    volatility: str = "volatile"
    replace: bool = False
    procedure: bool = False
    has_search_path: bool = False
    # SECURITY DEFINER: it runs with its owner's rights.
    security_definer: bool = False
    # None where the function is written in a language that PostgreSQL's parser does not read.
    body: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePolicy(Operation):
    name: str | None
    relation: Relation
    expressions: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateObject(Operation):
    """CREATE of an extension, schema, sequence, type, statistics, rule, role, … ; `kind` in lower case."""

    kind: str
    name: Relation
    relation: Relation | None = None
    if_not_exists: bool = False
    replace: bool = False
    # Where it names several tables (a publication).
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DropObject(Operation):
    """DROP of anything but tables, indexes and views; `relation` for what belongs to a table."""

    kind: str
    name: Relation
    relation: Relation | None = None
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameObject(Operation):
    """RENAME, OWNER, SET SCHEMA or another ALTER of such an object; `clause` says which, lower case:

    "rename to", "owner to", "set schema", "grant", "revoke", "rename column", "rename attribute",
    "add attribute", "alter", … ; `kind` as in CREATE ("type", "sequence", "view", "policy", "role").
    """

    kind: str
    name: Relation
    clause: str
    to: str | None = None
    relation: Relation | None = None
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Operation):
    """`COMMENT ON`; `relation` is the table for tables, columns, constraints, triggers and policies."""

    kind: str
    name: str | None
    relation: Relation | None = None
    text: str | None = None
