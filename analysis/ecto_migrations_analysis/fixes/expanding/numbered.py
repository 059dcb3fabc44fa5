"""A serial or identity column for a table that has rows: a sequence for new rows, batches for the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name, single_quote
from ...operations import ColumnDefinition, DataType, Relation
from ...schema.state import Column as KnownColumn
from .. import backfill, elixir, module_edits, separate_default, sql_names
from ..added_columns import Addition, additions
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..new_migrations import Column, Placing, Target, module
from ..values import Value
from . import carried, statements
from .carried import Place
from .texts import brief, brief_lock, statement

STRATEGY = "number-in-steps"
TITLE = "Number in 3 migrations: add {0}, with a sequence for new rows → number the others in batches → {1}"
RULES = ("add-serial-column", "add-identity-column")


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.migration.migration.disable_ddl_transaction.value is not False:
        return
    for addition in additions(context):
        findings = context.findings(addition.span, RULES)
        column = addition.columns[0][1]
        if not findings or len(addition.columns) != 1 or addition.foreign_key is not None:
            continue
        known = addition.step.before.table(addition.relation)
        if known is not None and known.partition_by is not None:
            continue
        edits = _edits(context, addition, column)
        if edits is None:
            continue
        end = "make it an identity" if column.identity is not None else "enforce NOT NULL"
        yield Proposal(
            offer(
                context,
                STRATEGY,
                addition.subject,
                TITLE.format(column.name, end),
                addition.span,
                findings=findings,
                preferred=True,
                new_files=2,
            ),
            partial(_change, context, addition, column, edits),
        )


def _sequence(addition: Addition, column: ColumnDefinition) -> Relation:
    """The name that PostgreSQL gives the sequence of such a column."""
    name = default_name(addition.relation.name or "", column.name, "seq")
    return Relation(name, addition.relation.schema)


def _next(sequence: Relation) -> str:
    return f"nextval({single_quote(sql_names.relation(sequence))})"


def _integer(column: ColumnDefinition) -> DataType:
    return DataType(column.type.name)


def _create_sequence(addition: Addition, column: ColumnDefinition) -> str:
    sequence, table = _sequence(addition, column), sql_names.relation(addition.relation)
    kind = "" if column.type.name == "bigint" else f" AS {column.type.name}"
    owner = f"{table}.{sql_names.name(column.name or '')}"
    return f"CREATE SEQUENCE {sql_names.relation(sequence)}{kind} OWNED BY {owner}"


def _alter(addition: Addition, column: ColumnDefinition) -> str:
    table, name = sql_names.relation(addition.relation), sql_names.name(column.name or "")
    return f"ALTER TABLE {table} ALTER COLUMN {name}"


def _edits(context: Context, addition: Addition, column: ColumnDefinition) -> tuple[Edit, ...] | None:
    document, migration, command = context.document, context.migration.migration, addition.command
    written = ecto_type(_integer(column))
    if written is None or command.callback != "change":
        return None
    sequence = _sequence(addition, column)
    options = [f"comment: {elixir.string(column.comment)}"] if column.comment is not None else []
    add = ", ".join([f"add {elixir.atom(column.name or '')}", written[0], *options])
    table = document.source.text(command.table.span)
    made = statements.instead_of_change(
        document,
        command,
        addition.span,
        [
            statements.alter(table, [add]),
            statements.execute(
                _create_sequence(addition, column), f"DROP SEQUENCE {sql_names.relation(sequence)}"
            ),
            statements.execute(
                f"{_alter(addition, column)} SET DEFAULT {_next(sequence)}",
                f"{_alter(addition, column)} DROP DEFAULT",
            ),
        ],
    )
    if made is None:
        return None
    name = f"{addition.relation}.{column.name}"
    comments = [
        f"Step 1 of 3: adds {name}. New rows get a number from the sequence; existing rows are not touched.",
        "Next: step 2 numbers the others, step 3 enforces it. Both can follow at once.",
    ]
    edits = [*made, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _change(
    context: Context, addition: Addition, column: ColumnDefinition, edits: tuple[Edit, ...], files: Files
) -> Change:
    namer, document = context.namer(files), context.document
    called = separate_default.name_of(addition)
    target = Target(
        relation=addition.relation,
        key=context.key(addition.step, addition.relation),
        columns=(Column(name=column.name or "", value=Value(sql=_next(_sequence(addition, column)))),),
    )
    fill_path, filling = separate_default.place(context, namer, f"number_{called}", 2, 3)
    end_path, ending = separate_default.place(context, namer, f"enforce_{called}", 3, 3)
    return Change(
        edits=edits,
        new_files=(
            NewFile(fill_path, document.lines(_numbering(target, filling))),
            NewFile(end_path, document.lines(_ending(addition, column, ending))),
        ),
    )


def _numbering(target: Target, placing: Placing) -> str:
    comments = [
        "Step 2 of 3: numbers the rows that have no number yet, in small batches outside a transaction.",
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


def _ending(addition: Addition, column: ColumnDefinition, placing: Placing) -> str:
    name = column.name or ""
    place = Place(relation=addition.relation, old=name, new=name)
    required = KnownColumn(name=name, type=column.type, not_null=True)
    check = default_name(addition.relation.name or "", name, "is_set")
    up = [statement(sql) for sql in carried.not_null(place, required, check)]
    down = [statement(sql) for sql in carried.nullable(place, required, check)]
    about = "NOT NULL"
    if column.identity is not None:
        up.append(brief([_to_identity(addition, column)]))
        down.insert(0, brief([_from_identity(addition, column)]))
        about = "NOT NULL, and an identity that goes on counting where the sequence is"
    comments = [
        f"Step 3 of 3: {about}. Deploy when step 2 has run.",
        "While VALIDATE scans the table, reads and writes go on.",
    ]
    parts = [
        placing.attributes,
        "def up do\n" + elixir.indent(elixir.block(up), 2) + "\nend",
        "def down do\n" + elixir.indent(elixir.block(down), 2) + "\nend",
        brief_lock(placing.lock_timeout),
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _to_identity(addition: Addition, column: ColumnDefinition) -> str:
    """In one block, as the next number is taken over; the identity's sequence gets the same name."""
    assert column.identity is not None
    kind = "ALWAYS" if column.identity.always else "BY DEFAULT"
    sequence, alter = _sequence(addition, column), _alter(addition, column)
    return "\n".join(
        [
            "DO $$",
            "DECLARE",
            f"  next bigint := {_next(sequence)};",
            "BEGIN",
            f"  {alter} DROP DEFAULT;",
            f"  DROP SEQUENCE {sql_names.relation(sequence)};",
            "  EXECUTE format(",
            f"    {single_quote(f'{alter} ADD GENERATED {kind} AS IDENTITY (START WITH %s)')},",
            "    next",
            "  );",
            "END",
            "$$",
        ]
    )


def _from_identity(addition: Addition, column: ColumnDefinition) -> str:
    sequence, alter = _sequence(addition, column), _alter(addition, column)
    return "\n".join(
        [
            "DO $$",
            "DECLARE",
            f"  next bigint := {_next(sequence)};",
            "BEGIN",
            f"  {alter} DROP IDENTITY;",
            f"  {_create_sequence(addition, column)};",
            f"  PERFORM setval({single_quote(sql_names.relation(sequence))}, next);",
            f"  {alter} SET DEFAULT {_next(sequence)};",
            "END",
            "$$",
        ]
    )
