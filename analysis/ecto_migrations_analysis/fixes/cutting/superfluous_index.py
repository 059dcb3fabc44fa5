"""An index that a new one makes superfluous, dropped by the next migration."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...databases.postgres.quoting import default_name
from ...findings import Finding
from ...operations import CreateIndex
from ...schema.state import IndexState
from .. import elixir
from ..context import Context, Proposal, offer
from ..layout import Call, Expression, List, Pair, write
from ..model import Change, Files, NewFile
from ..naming import snake
from ..new_migrations import Placing, module

STRATEGY = "superfluous-index"
RULE = "redundant-index"


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in context.findings(context.migration.migration.span, (RULE,)):
        name = finding.subject.get("index")
        state = _state(context, finding, name)
        call = _call(state) if state is not None else None
        if state is None or call is None or not context.can_add_files:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                state.name,
                f"Add a migration that drops {state.name} concurrently",
                finding.span,
                findings=(finding,),
                preferred=True,
                new_files=1,
            ),
            partial(_dropped, context, state.name, call),
        )


def _state(context: Context, finding: Finding, name: object) -> IndexState | None:
    """The older index, as it is before the new one is built."""
    for step in context.steps:
        for operation in step.statement.operations:
            if isinstance(operation, CreateIndex) and operation.span == finding.span:
                table = step.before.table(operation.relation)
                found = table.indexes.get(str(name)) if table is not None else None
                # One that is as new as the other is left out (`small`).
                before = context.migration.schema.table(operation.relation)
                return found if before is not None and str(name) in before.indexes else None
    return None


def _call(state: IndexState) -> str | None:
    """`index(…)` as Ecto makes it again on the way back; None where it would be another index."""
    index = state.definition
    table = index.relation.name
    columns = [element.column for element in index.elements]
    plain = all(
        element.column is not None and not (element.order or element.opclass or element.collation)
        for element in index.elements
    )
    if table is None or not plain or index.where is not None or index.include or index.options:
        return None
    if index.unique or index.method != "btree" or not index.nulls_distinct or not index.complete:
        return None
    names = [column for column in columns if column is not None]
    options: list[Pair] = []
    if state.name != default_name(table, "_".join(names), "index"):
        options.append(Pair("name:", elixir.atom(state.name)))
    if index.relation.schema is not None:
        options.append(Pair("prefix:", elixir.string(index.relation.schema)))
    listed = List(tuple(elixir.atom(column) for column in names))
    arguments: tuple[Expression, ...] = (elixir.atom(table), listed, *options, Pair("concurrently:", "true"))
    return f"drop {write(Call('index', arguments), 4, 0)}"


def _dropped(context: Context, name: str, call: str, files: Files) -> Change:
    path, called = context.namer(files).next(f"drop_{snake(name)}")
    placing = Placing(module=called, step=1, steps=1, disable_migration_lock=context.disable_migration_lock)
    comment = (
        f"Drops {name}: the queries that it answers, a longer index answers too. Reads and writes go on."
    )
    parts = [placing.attributes, "def change do\n" + elixir.indent(call, 2) + "\nend"]
    text = module(placing, [comment], "use Ecto.Migration", parts)
    return Change(new_files=(NewFile(path, context.document.lines(text)),))
