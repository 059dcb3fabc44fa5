"""What the migrations that a split adds are about, and the frame of their texts (`backfill`, `enforce`)."""

from __future__ import annotations

from ..databases.postgres.quoting import default_name
from ..operations import Relation
from ..project.settings import BATCH_SIZE, LOCK_TIMEOUT
from ..records import dataclass
from ..schema.state import Table
from . import elixir
from .values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The primary key that a backfill goes along; `columns` is empty where the table has none.

    `assumed`: the migration that creates the table is not known, so the name is Ecto's default.
    """

    columns: tuple[str, ...]
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column to be filled; `value` None: to be chosen, nothing suggests one.

    `type` is the SQL type, where it is known.
    """

    name: str
    value: Value | None
    type: str | None = None
    check: str = ""
    # The column that the value is taken from: rows that have none there need none.
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to be filled and enforced. `validate` names foreign keys to be validated with it."""

    relation: Relation
    key: Key
    columns: tuple[Column, ...]
    validate: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """As comments name it: `posts.status`, `posts.inserted_at and posts.updated_at`."""
        return " and ".join(f"{self.relation}.{column.name}" for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Which step of how many, the module's name, and whether Ecto's migration lock must be switched off."""

    module: str
    step: int
    steps: int
    disable_migration_lock: bool = True
    # As the project sets them: how long a lock is waited for, how many rows a batch has.
    lock_timeout: str = LOCK_TIMEOUT
    batch_size: int = BATCH_SIZE

    @property
    def attributes(self) -> str:
        lines = ["@disable_ddl_transaction true"]
        if self.disable_migration_lock:
            lines.append("@disable_migration_lock true")
        return "\n".join(lines)


def not_null_name(table: Table | None, relation: Relation, column: str) -> str:
    """A name for the constraint that proves NOT NULL: `posts_status_not_null`, shortened as PostgreSQL does.

    `table` is what is known of it: no constraint there has the name.
    """
    taken = table.constraints if table is not None else {}
    name, count = default_name(relation.name or "", column, "not_null"), 1
    while name in taken:
        name = default_name(relation.name or "", column, f"not_null{count}")
        count += 1
    return name


def module(placing: Placing, comments: list[str], uses: str, parts: list[str]) -> str:
    """A migration: the comments above it, then `uses` and the parts with an empty line between them."""
    head = "\n".join(elixir.comment(comment) for comment in comments)
    body = elixir.indent("\n\n".join([uses, *parts]), 2)
    return f"{head}\ndefmodule {placing.module} do\n{body}\nend\n"
