"""The migration that gives existing rows a value, in batches outside a transaction.

Queries name the table by a string, never by an application's schema module, which changes after the migration
was written. Such queries carry keys as the database sends them: a UUID is a binary of 16 bytes, and goes back
as one, so the same text serves every type of key.
"""

from __future__ import annotations

import re

from ..program.inspection import escape
from . import elixir, sql_names
from .elixir import indent
from .layout import Call, Expression, From, List, Operation, Pair, flat, write
from .naming import snake
from .new_migrations import Column, Placing, Target, module

PAUSE_MS = "10"

_CALL = re.compile(r"[A-Za-z_]+(?:\(\))?")
_SLEEP = "Process.sleep(@pause_ms)\n"


def backfill(target: Target, placing: Placing) -> str:
    """The text of the migration."""
    comments = [
        f"Step {placing.step} of {placing.steps}: a value for the rows that have none, in small batches"
        " outside a transaction.",
        f"Deploy after the code that writes {target.subject}; it can be stopped and run again."
        if placing.step < placing.steps
        else "It can be stopped and run again.",
    ]
    if target.key.assumed:
        comments.append(
            f"The primary key is taken to be {target.key.columns[0]}: no migration here creates"
            f" {target.relation}."
        )
    unchosen = [column for column in target.columns if column.value is None]
    begin = start(target)
    parts = [placing.attributes, attributes(placing)]
    if unchosen:
        parts += [_to_choose(column) for column in unchosen]
        guards = [_guard(target, column) for column in unchosen]
        parts.append("def up do\n" + indent(elixir.block([*guards, begin]), 2) + "\nend")
        parts.append("def down, do: :ok")
    else:
        parts.append(f"def up, do: {begin}\ndef down, do: :ok")
    return module(placing, comments, uses(target), [*parts, *functions(target)])


def uses(target: Target) -> str:
    """What a migration that holds `functions` begins with."""
    return "use Ecto.Migration\nimport Ecto.Query" if target.key.columns else "use Ecto.Migration"


def start(target: Target) -> str:
    """The call that goes through the rows."""
    return "backfill(nil)" if target.key.columns else "backfill()"


def attributes(placing: Placing) -> str:
    """The module attributes that the functions read."""
    return f"@batch_size {placing.batch_size:_}\n@pause_ms {PAUSE_MS}"


def functions(target: Target) -> list[str]:
    """The functions that go through the rows."""
    if len(target.key.columns) == 1:
        return [_by_column(target)]
    if target.key.columns:
        return _by_columns(target)
    return [_by_address(target)]


def _to_choose(column: Column) -> str:
    text = f"Choose the value for the rows that exist: nothing suggests one for {column.name}."
    return f"{elixir.comment(text)}\n@{_attribute(column)} nil"


def _attribute(column: Column) -> str:
    return f"value_of_{snake(column.name) or 'column'}"


def _guard(target: Target, column: Column) -> str:
    message = elixir.string(f"choose the value of {target.relation}.{column.name} first")
    return f"if is_nil(@{_attribute(column)}) do\n  raise {message}\nend"


# --- along a key of one column -----------------------------------------------------------------------------


def _by_column(target: Target) -> str:
    key = elixir.field("p", target.key.columns[0])
    rows = Operation("and", (f"{key} in ^ids", _missing(target, parentheses=True)))
    later = Call("where", ("batch", "[p]", f"{key} > ^last_id"))
    found = _with_marks(target, _update(target, _query(target, rows, updating=True), 8))
    statements = [
        "batch =\n" + indent(write(_batch(target, key, [key]), 6), 2),
        _narrowed(later),
        _each_batch("batch", "ids", [found, f"{_SLEEP}backfill(List.last(ids))"]),
    ]
    return "defp backfill(last_id) do\n" + indent("\n\n".join(statements), 2) + "\nend"


def _narrowed(later: Call) -> str:
    line = f"if last_id, do: {flat(later)}, else: batch"
    if 4 + len(f"batch = {line}") <= elixir.WIDTH:
        return f"batch = {line}"
    if 6 + len(line) <= elixir.WIDTH:
        return f"batch =\n  {line}"
    return f"batch =\n  if last_id,\n{indent(write(Pair('do:', later), 8, 1), 4)},\n    else: batch"


def _each_batch(query: str, rows: str, statements: list[str]) -> str:
    return (
        f"case repo().all({query}, timeout: :infinity) do\n"
        f"  [] ->\n    :ok\n\n"
        f"  {rows} ->\n" + indent("\n\n".join(statements), 4) + "\nend"
    )


# --- along a key of several columns ------------------------------------------------------------------------


def _by_columns(target: Target) -> list[str]:
    keys = [elixir.field("p", name) for name in target.key.columns]
    pattern = "{" + ", ".join(f"key{number}" for number in range(1, len(keys) + 1)) + "}"
    first = _missing(target, parentheses=target.columns[0].source is None)
    rows = Operation("and", (first, _compared(keys, "<=")))
    query = write(_query(target, rows, updating=True), 10)
    statements = [
        f"{pattern} = next = List.last(keys)",
        "rows =\n" + indent(query, 2),
        _with_marks(target, _update(target, "later(rows, last)", 8)),
        f"{_SLEEP}backfill(next)",
    ]
    body = [
        "batch =\n" + indent(write(_batch(target, List(tuple(keys), "{}"), keys), 6), 2),
        _each_batch("later(batch, last)", "keys", statements),
    ]
    where = Call("where", ("query", "[p]", _compared(keys, ">")))
    return [
        "defp backfill(last) do\n" + indent("\n\n".join(body), 2) + "\nend",
        "defp later(query, nil), do: query",
        f"defp later(query, {pattern}) do\n" + indent(write(where, 4), 2) + "\nend",
    ]


def _compared(keys: list[str], operator: str) -> Call:
    """A row comparison, which PostgreSQL looks up in the index of the primary key."""
    holes = "(" + ", ".join("?" for _ in keys) + ")"
    pins = [f"^key{number}" for number in range(1, len(keys) + 1)]
    return Call("fragment", (f'"{holes} {operator} {holes}"', *keys, *pins))


# --- without a key -----------------------------------------------------------------------------------------


def _by_address(target: Target) -> str:
    table = sql_names.relation(target.relation)
    missing = " OR ".join(f"{sql_names.name(column.name)} IS NULL" for column in target.columns)
    source = target.columns[0].source
    if source is not None:
        missing += f" AND {sql_names.name(source)} IS NOT NULL"
    condition = f"({missing})" if len(target.columns) > 1 else missing
    sets = ", ".join(_assignment(target, column) for column in target.columns)
    lines = [
        f"UPDATE {table} SET {sets}",
        f"WHERE {condition} AND ctid = ANY (",
        f"  ARRAY(SELECT ctid FROM {table} WHERE {missing} LIMIT #{{@batch_size}})",
        ")",
    ]
    parameters = [f"@{_attribute(column)}" for column in target.columns if column.value is None]
    sql = '"""\n' + "\n".join(lines) + '\n"""'
    arguments = (sql, List(tuple(parameters)), "timeout: :infinity")
    query = write(Call("repo().query!", arguments, apart=True), 6)
    why = (
        f"{target.relation} has no primary key to go along: each batch looks for rows without a value from"
        " the start of the table."
    )
    loop = f"if count > 0 do\n{indent(_SLEEP, 2)}  backfill()\nend"
    statements = _with_marks(target, "%{num_rows: count} =\n" + indent(query, 2)) + "\n\n" + loop
    return elixir.comment(why) + "\ndefp backfill do\n" + indent(statements, 2) + "\nend"


def _assignment(target: Target, column: Column) -> str:
    name = sql_names.name(column.name)
    if column.value is None:
        unchosen = [other for other in target.columns if other.value is None]
        value = f"${unchosen.index(column) + 1}"
    else:
        value = escape(column.value.sql).replace('\\"', '"')
    return f"{name} = {value}" if len(target.columns) == 1 else f"{name} = coalesce({name}, {value})"


# --- queries -----------------------------------------------------------------------------------------------


def _missing(target: Target, *, parentheses: bool) -> Expression:
    tests = tuple(f"is_nil({elixir.field('p', column.name)})" for column in target.columns)
    source = target.columns[0].source
    if source is not None:
        return Operation("and", (tests[0], f"not is_nil({elixir.field('p', source)})"), parentheses)
    return tests[0] if len(tests) == 1 else Operation("or", tests, parentheses)


def _source(target: Target) -> str:
    return f"p in {elixir.string(target.relation.name or '')}"


def _prefix(target: Target) -> tuple[Pair, ...]:
    schema = target.relation.schema
    return (Pair("prefix:", elixir.string(schema)),) if schema else ()


def _batch(target: Target, select: Expression, order: list[str]) -> From:
    """The keys of the next rows without a value."""
    clauses = (
        *_prefix(target),
        Pair("where:", _missing(target, parentheses=False)),
        Pair("order_by:", List(tuple(Pair("asc:", key) for key in order))),
        Pair("limit:", "@batch_size"),
        Pair("select:", select),
    )
    return From(_source(target), clauses, apart=True)


def _query(target: Target, rows: Expression, *, updating: bool) -> From:
    clauses = (*_prefix(target), Pair("where:", rows))
    if updating and _plain_assignment(target) is None:
        clauses = (*clauses, Pair("update:", List((Pair("set:", _computed(target)),))))
    return From(_source(target), clauses)


def _update(target: Target, query: Expression, column: int) -> str:
    assignment = _plain_assignment(target)
    changes = List(()) if assignment is None else List((Pair("set:", List((assignment,))),))
    update = Call("repo().update_all", (query, changes, "timeout: :infinity"), apart=isinstance(query, From))
    return write(update, column)


def _plain_assignment(target: Target) -> Pair | None:
    """The pair of a plain `set:`; None where the new value is SQL or depends on the old one."""
    column = target.columns[0]
    if len(target.columns) != 1:
        return None
    if column.value is None:
        return Pair(elixir.keyword(column.name), f"@{_attribute(column)}")
    literal = column.value.literal
    return Pair(elixir.keyword(column.name), literal) if literal is not None else None


def _computed(target: Target) -> List:
    several = len(target.columns) > 1
    pairs: list[Expression] = []
    for column in target.columns:
        value: Expression = _value(column, several=several)
        if several:
            value = Call("coalesce", (elixir.field("p", column.name), value))
        pairs.append(Pair(elixir.keyword(column.name), value))
    return List(tuple(pairs))


def _value(column: Column, *, several: bool) -> str:
    value = column.value
    if value is None:
        return f"^@{_attribute(column)}"
    # A query holds numbers, booleans and strings as they are; a map it does not.
    if value.literal is not None and not value.literal.startswith("%"):
        return value.literal
    sql = value.sql
    if several and column.type is not None and not value.is_text_literal:
        # COALESCE settles on one type, which need not be the column's (timestamp and now()).
        operand = sql if _CALL.fullmatch(sql) else f"({sql})"
        sql = f"{operand}::{column.type}"
    return elixir.fragment(sql)


def _with_marks(target: Target, statement: str) -> str:
    """The statement below the remarks on values that nobody has chosen yet."""
    suggestions: dict[str, list[str]] = {}
    for column in target.columns:
        if column.value is not None and column.value.suggested:
            suggestions.setdefault(column.value.sql, []).append(column.name)
    marks = [
        elixir.comment(f"Choose the value of {' and '.join(names)}: {sql} is only what the type suggests.")
        for sql, names in suggestions.items()
    ]
    return "\n".join([*marks, statement])
