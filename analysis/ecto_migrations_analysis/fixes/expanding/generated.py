"""A generated column for a table that has rows: computed when it is read, or by a trigger on each write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name
from ...operations import ColumnDefinition, Relation
from ...schema.identifiers import names
from ...schema.state import Table
from ...syntax.span import Span
from .. import backfill, elixir, module_edits, separate_default, sql_names
from ..added_columns import Addition, additions
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..new_migrations import Column, Key, Placing, Target, module
from ..values import Value
from . import statements

VIRTUAL = "generated-when-read"
TRIGGER = "generated-by-trigger"
RULE = "add-generated-stored-column"


def proposals(context: Context) -> Iterator[Proposal]:
    for addition in additions(context):
        findings = context.findings(addition.span, (RULE,))
        column = addition.columns[0][1]
        generated = column.generated
        if not findings or len(addition.columns) != 1 or generated is None:
            continue
        if generated.expression.sql is None:
            continue
        virtual = _virtual(context, addition, generated.expression.sql)
        if virtual is not None:
            made = Change(edits=(virtual,))
            yield Proposal(
                offer(
                    context,
                    VIRTUAL,
                    addition.subject,
                    f"Simpler: compute {column.name} when it is read (VIRTUAL, instant on PostgreSQL 18;"
                    " no index)",
                    addition.span,
                    findings=findings,
                    preferred=True,
                ),
                partial(_same, made),
            )
        edits = _edits(context, addition, column)
        if edits is not None and context.can_add_files and _key(context, addition).columns:
            yield Proposal(
                offer(
                    context,
                    TRIGGER,
                    addition.subject,
                    f"Compute in 2 migrations: add {column.name}, computed by a trigger → compute it for the"
                    " other rows in batches",
                    addition.span,
                    findings=findings,
                    preferred=virtual is None,
                    new_files=1,
                ),
                partial(_change, context, addition, column, edits),
            )


def _same(made: Change, files: Files) -> Change:
    return made


def _key(context: Context, addition: Addition) -> Key:
    return context.key(addition.step, addition.relation)


def _virtual(context: Context, addition: Addition, sql: str) -> Edit | None:
    """STORED as VIRTUAL: a virtual column may use what PostgreSQL brings along only."""
    if context.analysis.project.version.major < 18:
        return None
    own = {relation.name for relation in addition.step.before.functions}
    if own & set(re.findall(r"\w+", sql.lower())):
        return None
    value = addition.options.value("generated")
    if value is None or value.kind != "string":
        return None
    data = context.document.data[value.start : value.end]
    found = list(re.finditer(rb"\bSTORED\b", data, re.IGNORECASE))
    if not found:
        return None
    last = found[-1]
    return Edit(Span(value.start + last.start(), value.start + last.end()), "VIRTUAL")


def _expression(table: Table | None, sql: str) -> str | None:
    """The expression over the row that is written; None where it is not known which names are columns."""
    if table is None or not table.complete:
        return None
    parts, at = [], 0
    for name, start, end in names(sql):
        if name in table.columns:
            parts += [sql[at:start], f"NEW.{sql_names.name(name)}"]
            at = end
    return "".join([*parts, sql[at:]])


def _edits(context: Context, addition: Addition, column: ColumnDefinition) -> tuple[Edit, ...] | None:
    document, migration, command = context.document, context.migration.migration, addition.command
    assert column.generated is not None
    table = addition.step.before.table(addition.relation)
    sql = _expression(table, column.generated.expression.sql or "")
    written = ecto_type(column.type)
    if sql is None or written is None or command.callback != "change" or column.not_null:
        return None
    if migration.disable_ddl_transaction.value is not False or (table is not None and table.partition_by):
        return None
    name = default_name(addition.relation.name or "", column.name, "compute")
    function = sql_names.relation(Relation(name, addition.relation.schema))
    on = sql_names.relation(addition.relation)
    body = [
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$",
        "BEGIN",
        f"  NEW.{sql_names.name(column.name or '')} := {sql};",
        "  RETURN NEW;",
        "END",
        "$$",
    ]
    trigger = (
        f"CREATE TRIGGER {sql_names.name(name)} BEFORE INSERT OR UPDATE ON {on}\n"
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    options = [written[1]] if written[1] else []
    add = ", ".join([f"add {elixir.atom(column.name or '')}", written[0], *options])
    made = statements.instead_of_change(
        document,
        command,
        addition.span,
        [
            statements.alter(document.source.text(command.table.span), [add]),
            statements.execute("\n".join(body), f"DROP FUNCTION {function}()"),
            statements.execute(trigger, f"DROP TRIGGER {sql_names.name(name)} ON {on}"),
        ],
    )
    if made is None:
        return None
    comments = [
        f"Step 1 of 2: adds {addition.relation}.{column.name}. A trigger computes it for every row that is"
        " written; existing rows are not touched.",
        "Next: step 2 computes it for the others. It can follow at once.",
    ]
    edits = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _change(
    context: Context, addition: Addition, column: ColumnDefinition, edits: tuple[Edit, ...], files: Files
) -> Change:
    assert column.generated is not None
    called = f"compute_{separate_default.name_of(addition)}"
    path, placing = separate_default.place(context, context.namer(files), called, 2, 2)
    sql = column.generated.expression.sql or ""
    target = Target(
        relation=addition.relation,
        key=_key(context, addition),
        columns=(Column(name=column.name or "", value=Value(sql=sql)),),
    )
    text = context.document.lines(_computing(target, placing))
    return Change(edits=edits, new_files=(NewFile(path, text),))


def _computing(target: Target, placing: Placing) -> str:
    comments = [
        "Step 2 of 2: computes the column for the rows that were there, in small batches outside a"
        " transaction.",
        "It can be stopped and run again.",
    ]
    if target.key.assumed:
        comments.append(f"The primary key is taken to be {target.key.columns[0]}.")
    parts = [
        placing.attributes,
        backfill.attributes(placing),
        f"def up, do: {backfill.start(target)}\ndef down, do: :ok",
        *backfill.functions(target),
    ]
    return module(placing, comments, backfill.uses(target), parts)
