"""CREATE, ALTER, DROP and RENAME of tables and their parts."""

from __future__ import annotations

from ..records import dataclass, field
from ..syntax.span import Span
from .base import NOWHERE, Operation, Relation
from .columns import ColumnDefinition, DataType, Expression, Identity
from .constraints import ConstraintDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOperation(Operation):
    """Everything that is done to one existing or new table."""

    relation: Relation
    # `ALTER TABLE IF EXISTS`, `ALTER TABLE ONLY`.
    table_if_exists: bool = False
    only: bool = False
    relation_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(TableOperation):
    columns: tuple[ColumnDefinition, ...] = ()
    constraints: tuple[ConstraintDefinition, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    # "range", "list" or "hash", and the key columns, for a partitioned table.
    partition_by: str | None = None
    partition_key: tuple[str, ...] = ()
    partition_of: Relation | None = None
    default_partition: bool = False
    inherits: tuple[Relation, ...] = ()
    like: tuple[Relation, ...] = ()
    # `CREATE TABLE … AS`: the relations it reads.
    reads: tuple[Relation, ...] = ()
    # `FOR VALUES …` of a partition.
    bound: Expression | None = None
    # `CREATE TABLE … AS`, which also makes its rows unless WITH NO DATA.
    from_query: bool = False
    with_data: bool = True
    # False where a part of the columns is not known (a dynamic name, `LIKE`, `AS`).
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(TableOperation):
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(TableOperation):
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTableSchema(TableOperation):
    schema: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOperation(TableOperation):
    column: str | None
    column_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(TableOperation):
    """The column's foreign keys, checks and keys follow as `AddConstraint` of the same statement."""

    column: ColumnDefinition
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(ColumnOperation):
    if_exists: bool = False
    cascade: bool = False
    # The Ecto type given to `remove/2,3`, as a database type; None for `remove/1` and SQL.
    stated_type: DataType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn(ColumnOperation):
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumnType(ColumnOperation):
    type: DataType
    using: Expression | None = None
    collation: str | None = None
    # True where it comes from `modify/3`, which always restates the type.
    from_modify: bool = False
    # `from:` of `modify/3` as a database type, where given and known.
    stated_from: DataType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNotNull(ColumnOperation):
    from_modify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropNotNull(ColumnOperation):
    from_modify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefault(ColumnOperation):
    default: Expression
    from_modify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDefault(ColumnOperation):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIdentity(ColumnOperation):
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class SetExpression(ColumnOperation):
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class DropExpression(ColumnOperation):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSetting(ColumnOperation):
    """A clause that only changes how a column is kept; `clause` is one of these, lower case:

    "set statistics", "set", "reset" (attribute options), "set storage", "set compression",
    "set identity" (any change of an existing identity), "drop identity", "options".
    """

    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint(TableOperation):
    constraint: ConstraintDefinition
    # The `AddColumn` of the same statement that it belongs to, by column name.
    of_new_column: str | None = None
    # True where it is written inside the column's definition (`ADD COLUMN x bigint REFERENCES t`): PostgreSQL
    # then does not validate a foreign key of a column without a default. Ecto writes a clause of its own.
    inline: bool = False
    from_modify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(TableOperation):
    name: str | None
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameConstraint(TableOperation):
    name: str | None
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateConstraint(TableOperation):
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterConstraint(TableOperation):
    """`ALTER CONSTRAINT … [NOT] DEFERRABLE`, `[NOT] ENFORCED`, `[NO] INHERIT`.

    `clause` is what follows the name, lower case: "deferrable initially deferred", "not enforced".
    """

    name: str | None
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPartition(TableOperation):
    partition: Relation
    default: bool = False
    # `FOR VALUES …` as written.
    bound: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachPartition(TableOperation):
    partition: Relation
    concurrently: bool = False
    finalize: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSetting(TableOperation):
    """A clause about the table as a whole; `clause` is one of these, lower case as the manual spells it:

    "owner to", "cluster on", "set without cluster", "set without oids", "set logged", "set unlogged",
    "set access method", "set tablespace", "set", "reset" (storage `parameters`), "inherit", "no inherit",
    "of", "not of", "replica identity" (`subject`: "default", "full", "nothing" or the index's name),
    "enable trigger", "enable always trigger", "enable replica trigger", "disable trigger" (`subject`: a
    name, "all" or "user"), "enable rule", "enable always rule", "enable replica rule", "disable rule",
    "enable row level security", "disable row level security", "force row level security",
    "no force row level security", "options" (of a foreign table).

    `subject` is the name the clause mentions (a trigger, a role, a tablespace, a parent table).
    """

    clause: str
    subject: str | None = None
    parameters: tuple[str, ...] = ()
