"""The migrations that enforce: NOT NULL through a CHECK, and the validation of a constraint."""

from __future__ import annotations

from ..operations import Relation
from . import elixir, module_edits, sql_names
from .layout import Call, write
from .new_migrations import Placing, Target, module


def enforce(target: Target, placing: Placing) -> str:
    """The migration that sets NOT NULL without a scan under a lock that blocks."""
    comments = [
        f"Step {placing.step} of {placing.steps}: NOT NULL. Deploy only when every node writes"
        f" {target.subject} and step {placing.step - 1} has run.",
        "Each statement is its own transaction: while VALIDATE scans the table, reads and writes go on.",
    ]
    table = sql_names.relation(target.relation)
    up: list[str] = []
    down: list[str] = []
    for column in target.columns:
        name = sql_names.name(column.name)
        check = sql_names.name(column.check)
        alter = f"ALTER TABLE {table}"
        up.append(
            elixir.block(
                [
                    # What an interrupted run left.
                    brief_lock(f"{alter} DROP CONSTRAINT IF EXISTS {check}"),
                    brief_lock(f"{alter} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID"),
                    execute(f"{alter} VALIDATE CONSTRAINT {check}"),
                    brief_lock(f"{alter} ALTER COLUMN {name} SET NOT NULL"),
                    brief_lock(f"{alter} DROP CONSTRAINT {check}"),
                ]
            )
        )
        down.insert(
            0,
            elixir.block(
                [
                    brief_lock(f"{alter} DROP CONSTRAINT IF EXISTS {check}"),
                    brief_lock(f"{alter} ALTER COLUMN {name} DROP NOT NULL"),
                ]
            ),
        )
    up += [
        execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {sql_names.name(constraint)}")
        for constraint in target.validate
    ]
    parts = [
        placing.attributes,
        "def up do\n" + elixir.indent("\n\n".join(up), 2) + "\nend",
        "def down do\n" + elixir.indent("\n\n".join(down), 2) + "\nend",
        BRIEF_LOCK.format(timeout=placing.lock_timeout),
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


BRIEF_LOCK = """\
# Gives up soon instead of letting the application queue behind this statement.
defp brief_lock(sql) do
  execute(fn ->
    repo().transaction(fn ->
      repo().query!("SET LOCAL lock_timeout = '{timeout}'")
      repo().query!(sql)
    end)
  end)
end"""


def brief_lock(sql: str) -> str:
    """The call of `BRIEF_LOCK`'s function, for a body of `def`."""
    return write(Call("brief_lock", (elixir.string(sql),)), 4)


def execute(sql: str, reverse: str | None = None) -> str:
    """`execute/1`, or with a reverse (which may be empty) `execute/2`, for a body of `def`."""
    texts = (sql,) if reverse is None else (sql, reverse)
    return write(Call("execute", tuple(map(elixir.string, texts))), 4)


def validate(relation: Relation, constraint: str, what: str, placing: Placing) -> str:
    """The migration that validates a constraint added with `validate: false`; rolled back, it stays valid."""
    comments = [
        f"Step {placing.step} of {placing.steps}: validates the {what}."
        " Deploy when no row breaks it any more.",
        "The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",
    ]
    sql = f"ALTER TABLE {sql_names.relation(relation)} VALIDATE CONSTRAINT {sql_names.name(constraint)}"
    parts = [
        module_edits.after_begin(placing.lock_timeout).rstrip(),
        "def change do\n" + elixir.indent(write(Call("execute", (elixir.string(sql), '""')), 4), 2) + "\nend",
    ]
    return module(placing, comments, "use Ecto.Migration", parts)
