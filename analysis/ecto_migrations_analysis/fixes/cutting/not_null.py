"""`modify …, null: false` behind the statement that fills the column."""

from __future__ import annotations

from ...operations import Relation, SetDefault, SetNotNull
from ...program.commands import AlterTable
from ...records import dataclass
from ...schema.state import Schema
from .. import elixir, sql_names
from ..context import Context
from ..enforce import enforce
from ..in_steps.modified import only
from ..layout import Call, write
from ..model import Edit
from ..naming import snake
from ..new_migrations import Column, Key, Placing, Target, not_null_name
from . import plain
from .assemble import Part
from .body import Statement
from .in_batches import Write

_OPTIONS = frozenset({"null", "default", "from"})


@dataclass(frozen=True, slots=True)
class Enforced:
    """The columns that become NOT NULL, and the defaults that they get, as SQL."""

    relation: Relation
    columns: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, str], ...]
    callback: str


def read(
    context: Context, kept: tuple[Statement, ...], writes: list[Write], statement: Statement
) -> Enforced | None:
    """The `alter` that does nothing but make columns NOT NULL that were added before and written since."""
    if len(statement.commands) != 1 or not isinstance(statement.commands[0], AlterTable):
        return None
    command = statement.commands[0]
    operations = list(context.operations(command))
    step = statement.steps[0]
    columns: list[tuple[str, str]] = []
    defaults: list[tuple[str, str]] = []
    relation: Relation | None = None
    for change in command.changes:
        name = change.column
        if not isinstance(name, str):
            return None
        own = [item for item in operations if getattr(item, "column", None) == name]
        sets = [item for item in own if isinstance(item, SetNotNull)]
        if len(sets) != 1:
            return None
        relation = sets[0].relation
        table = step.before.table(relation)
        if only(table, command, operations, name, _OPTIONS) is None:
            return None
        filled = any(_fills(one, relation, name) for one in writes)
        if plain.added(kept, relation, name) is None or not filled:
            return None
        columns.append((name, not_null_name(table, relation, name)))
        for item in own:
            if isinstance(item, SetDefault):
                if item.default.sql is None:
                    return None
                defaults.append((name, item.default.sql))
    return Enforced(relation, tuple(columns), tuple(defaults), command.callback) if relation else None


def _fills(one: Write, relation: Relation, column: str) -> bool:
    return Schema.key(one.relation) == Schema.key(relation) and column in one.columns


def part(context: Context, enforced: Enforced) -> Part:
    target = Target(
        relation=enforced.relation,
        key=Key(columns=()),
        columns=tuple(Column(name=name, value=None, check=check) for name, check in enforced.columns),
    )

    def text(module: str) -> str:
        placing = Placing(
            module=module,
            step=2,
            steps=2,
            disable_migration_lock=context.disable_migration_lock,
            lock_timeout=context.analysis.project.settings.lock_timeout,
        )
        return enforce(target, placing)

    names = "_and_".join(snake(name) for name, _ in enforced.columns)
    return Part(name=f"enforce_{snake(enforced.relation.name or '')}_{names}_not_null", about="", text=text)


def defaults(context: Context, enforced: Enforced, last: Statement) -> list[Edit]:
    """SET DEFAULT below the last statement that stays: what is written meanwhile has a value too."""
    alter = f"ALTER TABLE {sql_names.relation(enforced.relation)} ALTER COLUMN"
    statements = []
    for name, sql in enforced.defaults:
        texts = [f"{alter} {sql_names.name(name)} SET DEFAULT {sql}"]
        if enforced.callback == "change":
            texts.append(f"{alter} {sql_names.name(name)} DROP DEFAULT")
        call = Call("execute", tuple(map(elixir.string, texts)), apart=len(texts) > 1)
        statements.append(write(call, 4))
    if not statements:
        return []
    text = "\n\n".join(statements)
    document = context.document
    at = document.line_end(last.node.end)
    indented = document.indented(text, document.indentation(last.node.start))
    return [Edit(type(last.lines)(at, at), document.lines("\n\n" + indented))]
