"""Migrations that bring a second column in step with a first one, fill it, and take the first one away."""

from __future__ import annotations

from ...databases.postgres.quoting import default_name
from ...operations import Relation
from ...records import dataclass
from ...schema.state import Column, Schema, Table
from .. import backfill, elixir, sql_names
from ..layout import Call, write
from ..new_migrations import Column as Filled
from ..new_migrations import Key, Placing, Target, module
from ..values import Value
from . import carried
from .carried import Copy, Place, Sql

_BRIEF_LOCK = """\
# One short transaction, which gives up soon instead of letting the application queue behind it.
defp brief_lock(statements) do
  execute(fn ->
    repo().transaction(fn ->
      repo().query!("SET LOCAL lock_timeout = '{timeout}'")
      Enum.each(statements, fn sql -> repo().query!(sql) end)
    end)
  end)
end"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """A trigger that keeps `target` equal to `source`; `both_ways`: whichever of them was written counts."""

    relation: Relation
    source: str
    target: str
    both_ways: bool
    # The type of `target`, where an UPDATE has to say it: PL/pgSQL converts by the text where nothing else
    # does (PostgreSQL documentation, PL/pgSQL, "Assignment"), SQL does not.
    cast: str | None = None

    @property
    def table(self) -> str:
        return sql_names.relation(self.relation)

    @property
    def name(self) -> str:
        return sql_names.name(self._name)

    @property
    def _name(self) -> str:
        return default_name(self.relation.name or "", f"{self.source}_{self.target}", "sync")

    @property
    def function(self) -> str:
        return sql_names.relation(Relation(self._name, self.relation.schema))

    @property
    def create_function(self) -> str:
        source, target = sql_names.name(self.source), sql_names.name(self.target)
        if self.both_ways:
            lines = [
                "  IF TG_OP = 'INSERT' THEN",
                f"    IF NEW.{target} IS NULL THEN",
                f"      NEW.{target} := NEW.{source};",
                "    ELSE",
                f"      NEW.{source} := NEW.{target};",
                "    END IF;",
                f"  ELSIF NEW.{target} IS DISTINCT FROM OLD.{target} THEN",
                f"    NEW.{source} := NEW.{target};",
                # Not in every other case: a row that is not filled yet would lose the other one's value.
                f"  ELSIF NEW.{source} IS DISTINCT FROM OLD.{source} THEN",
                f"    NEW.{target} := NEW.{source};",
                "  END IF;",
            ]
        else:
            lines = [f"  NEW.{target} := NEW.{source};"]
        head = f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql AS $$"
        return "\n".join([head, "BEGIN", *lines, "  RETURN NEW;", "END", "$$"])

    @property
    def create_trigger(self) -> str:
        return (
            f"CREATE TRIGGER {self.name} BEFORE INSERT OR UPDATE ON {self.table}\n"
            f"FOR EACH ROW EXECUTE FUNCTION {self.function}()"
        )

    @property
    def drop_trigger(self) -> str:
        return f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}"

    @property
    def drop_function(self) -> str:
        return f"DROP FUNCTION IF EXISTS {self.function}()"

    @property
    def begin(self) -> list[str]:
        """What puts it in place, also where it is."""
        return [self.create_function, self.drop_trigger, self.create_trigger]

    @property
    def end(self) -> list[str]:
        return [self.drop_trigger, self.drop_function]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How `target` gets the values of `source` and everything that belongs to it."""

    sync: Sync
    key: Key
    copies: tuple[Copy, ...]
    # NOT NULL and the comment.
    rest: tuple[Sql, ...]
    # What takes NOT NULL back.
    undo: tuple[Sql, ...]

    @property
    def target(self) -> Target:
        source = sql_names.name(self.sync.source)
        if self.sync.cast is not None:
            source += f"::{self.sync.cast}"
        column = Filled(name=self.sync.target, value=Value(sql=source), source=self.sync.source)
        return Target(relation=self.sync.relation, key=self.key, columns=(column,))

    @property
    def statements(self) -> list[str]:
        made = [sql for copy in self.copies for sql in copy.sql]
        return [statement(sql) for sql in (*made, *self.rest)]

    @property
    def undone(self) -> list[str]:
        return [statement(sql) for sql in (*self.undo, *(copy.undo for copy in reversed(self.copies)))]


def filling(
    schema: Schema, table: Table, column: Column, place: Place, sync: Sync, key: Key, *, comment: bool
) -> Filling | None:
    """Everything of `column` for the one of `place`; None where a part cannot be said."""
    copies = carried.copies(schema, table, column, place)
    if copies is None:
        return None
    check = default_name(place.relation.name or "", place.new, "not_null")
    rest = carried.not_null(place, column, check)
    if comment:
        rest = (*carried.comment(place, column), *rest)
    return Filling(sync=sync, key=key, copies=copies, rest=rest, undo=carried.nullable(place, column, check))


def fill(filling: Filling, placing: Placing, comments: list[str]) -> str:
    """The migration that fills the column in batches and then builds what belongs to it."""
    sync = filling.sync
    up = elixir.block([backfill.start(filling.target), *filling.statements])
    down = elixir.block(filling.undone)
    parts = [
        placing.attributes,
        backfill.attributes(placing),
        "def up do\n" + elixir.indent(up, 2) + "\nend",
        "def down do\n" + elixir.indent(down, 2) + "\nend" if down else "def down, do: :ok",
        *backfill.functions(filling.target),
    ]
    if any(sql.brief for copy in filling.copies for sql in copy.sql) or filling.rest:
        parts.append(brief_lock(placing.lock_timeout))
    return module(
        placing, _with_key(comments, filling.key, sync.relation), backfill.uses(filling.target), parts
    )


def contract(
    filling: Filling, column: Column, placing: Placing, up: list[str], down: list[str], comments: list[str]
) -> str:
    """The migration that drops a column (`filling.sync.target`), and rolled back makes and fills it again.

    `up` are the statements beside the drop, `down` those that take them back; `column` is what is dropped.
    """
    sync = filling.sync
    name = sql_names.name(sync.target)
    alter = f"ALTER TABLE {sync.table}"
    default = column.default.sql if column.default is not None else None
    there = brief([*up, f"{alter} DROP COLUMN IF EXISTS {name}"])
    back = [
        f"{alter} ADD COLUMN IF NOT EXISTS {name} {column.type}",
        *down,
        *([f"{alter} ALTER COLUMN {name} SET DEFAULT {default}"] if default is not None else []),
    ]
    again = elixir.block([brief(back), "flush()", backfill.start(filling.target), *filling.statements])
    parts = [
        placing.attributes,
        backfill.attributes(placing),
        "def up do\n" + elixir.indent(there, 2) + "\nend",
        f"# Makes {sync.relation}.{sync.target} again, with its values, and what belonged to it.\n"
        "def down do\n" + elixir.indent(again, 2) + "\nend",
        *backfill.functions(filling.target),
        brief_lock(placing.lock_timeout),
    ]
    return module(
        placing, _with_key(comments, filling.key, sync.relation), backfill.uses(filling.target), parts
    )


def _with_key(comments: list[str], key: Key, relation: Relation) -> list[str]:
    if not key.assumed:
        return comments
    return [
        *comments,
        f"The primary key is taken to be {key.columns[0]}: no migration here creates {relation}.",
    ]


def statement(sql: Sql) -> str:
    return brief([sql.text]) if sql.brief else write(Call("execute", (elixir.string(sql.text),)), 4)


def brief(statements: list[str]) -> str:
    """`brief_lock([…])` at the indent of a callback's body."""
    items = [elixir.literal(item) for item in statements]
    line = f"brief_lock([{', '.join(items)}])"
    if len(line) + 4 <= elixir.WIDTH and "\n" not in line:
        return line
    return "brief_lock([\n" + elixir.indent(",\n".join(items), 2) + "\n])"


def brief_lock(timeout: str) -> str:
    """The function that `brief` calls."""
    return _BRIEF_LOCK.format(timeout=timeout)
