"""The functions and macros of `Ecto.Migration`, each as the commands that it queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..syntax.span import Span
from ..syntax.tree import Node
from . import checks, structs
from .changes import CHANGES
from .checks import Unfinished, column_name, name_of, no_clause
from .commands import (
    Add,
    AlterTable,
    Change,
    Constraint,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    Flush,
    Index,
    KeywordCommand,
    RenameColumn,
    RenameIndex,
    RenameTable,
    Table,
    UnknownChange,
)
from .runner import OpenBlock
from .scope import Call, Exhausted, Raised, Scope
from .terms import (
    Atom,
    Fragment,
    FunctionTerm,
    ListTerm,
    Piece,
    Term,
    Text,
    Unknown,
)
from .values import MIGRATOR_PREFIX, is_undefined, mentions_undefined, to_options

if TYPE_CHECKING:
    from .interpreter import Interpreter

Handler: TypeAlias = "Callable[[Interpreter, Call, Scope], Term]"

OK = Atom("ok")
# What `repo()` answers; nothing else is written like that.
REPO = Atom("repo()", is_module=True)


class Entry(NamedTuple):
    """`effect`: it queues something; the others are values only."""

    run: Handler
    effect: bool = True


# --- create, alter, drop -----------------------------------------------------------------------------------


def _create(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    sections, rest = call.sections()
    if sections:
        if len(rest) != 1:
            raise Unfinished(f"`{call.name}` of {len(rest)} things with a block")
        subject = interpreter.arguments(call, scope, rest)[0]
        return _block(interpreter, call, subject, sections.get("do", []), scope)
    values = interpreter.arguments(call, scope)
    if len(values) != 1:
        raise Unfinished(f"`{call.name}/{len(values)}`")
    subject = values[0]
    absent = call.name == "create_if_not_exists"
    if isinstance(subject, Table):
        columns = _implied(interpreter, subject)
        interpreter.enqueue(CreateTable, call.span, table=subject, columns=columns, if_not_exists=absent)
    elif isinstance(subject, Index):
        interpreter.enqueue(CreateIndex, call.span, index=subject, if_not_exists=absent)
    elif isinstance(subject, Constraint) and not absent:
        interpreter.enqueue(CreateConstraint, call.span, constraint=subject)
    elif isinstance(subject, Unknown):
        raise Unfinished(f"`{call.name}` of {subject.reason}")
    else:
        raise no_clause(f"{call.name}/1", call.span)
    return subject


def _implied(interpreter: Interpreter, table: Table) -> tuple[Change, ...]:
    """The primary key that `create table` adds by itself."""
    key = structs.implied_primary_key(table, interpreter.config)
    if key is None:
        return ()
    if isinstance(key, Unknown):
        return (UnknownChange(column=key, reason=f"primary key: {key.reason}", span=table.span),)
    name, kind, options = key
    return (
        Add(
            column=name,
            type=kind,
            options=options,
            origin="table",
            span=table.span,
            column_span=table.span,
            via=interpreter.via,
        ),
    )


def _block(interpreter: Interpreter, call: Call, subject: Term, statements: list[Node], scope: Scope) -> Term:
    """`create table(…) do` and `alter table(…) do`: the statements run with the command open."""
    if isinstance(subject, Unknown):
        raise Unfinished(f"`{call.name}` of {subject.reason}")
    if not isinstance(subject, Table):
        raise checks.Refused("MatchError", "no match of right hand side value", call.span)
    runner = interpreter.runner
    if runner.open is not None:
        raise interpreter.nesting(call.span)
    block = OpenBlock(subject)
    if call.name != "alter":
        block.changes.extend(_implied(interpreter, subject))
        for change in block.changes:
            if isinstance(change, Add):
                checks.validate_precision(change.options, change.column, subject.span)
                checks.validate_type(change.type, subject.span)
    runner.open = block
    saved = interpreter.operands, interpreter.nested
    interpreter.operands = interpreter.nested = 0
    try:
        interpreter.block(statements, scope)
    except (Raised, Exhausted):
        # The exception leaves the block open for good; only a branch that may not run goes on after it.
        runner.open = None
        raise
    finally:
        interpreter.operands, interpreter.nested = saved
    runner.open = None
    changes = tuple(block.changes)
    if call.name == "alter":
        interpreter.enqueue(AlterTable, call.span, table=subject, changes=changes)
        return OK
    absent = call.name == "create_if_not_exists"
    interpreter.enqueue(CreateTable, call.span, table=subject, columns=changes, if_not_exists=absent)
    return subject


def _alter(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    sections, rest = call.sections()
    if not sections or len(rest) != 1:
        raise Unfinished("`alter` without a block")
    subject = interpreter.arguments(call, scope, rest)[0]
    return _block(interpreter, call, subject, sections.get("do", []), scope)


def incomplete_create(interpreter: Interpreter, call: Call, scope: Scope) -> bool:
    """`create table(…) do` with something inside that did not parse.

    That the table is new is certain, and what follows in the file is judged by it; its columns are unknown.
    """
    sections, rest = call.sections()
    if not sections or len(rest) != 1 or interpreter.runner.open is not None:
        return False
    first = rest[0]
    if isinstance(first, Node) and first.has_error:
        return False
    subject = interpreter.arguments(call, scope, rest)[0]
    if not isinstance(subject, Table):
        return False
    reason = "code that did not parse"
    unread = UnknownChange(column=Unknown(reason, call.span), reason=reason, span=call.span)
    interpreter.enqueue(
        CreateTable,
        call.span,
        table=subject,
        columns=(unread,),
        if_not_exists=call.name == "create_if_not_exists",
    )
    return True


def _drop(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = interpreter.arguments(call, scope)
    if not 1 <= len(values) <= 2:
        raise Unfinished(f"`{call.name}/{len(values)}`")
    subject = values[0]
    options = checks.options_of(values[1] if len(values) > 1 else None, f"{call.name}/2", call.span)
    mode = options.get("mode")
    cascade: bool | None = None
    if isinstance(mode, Atom):
        cascade = mode.name == "cascade"
    elif mode is None and options.complete:
        cascade = False
    present = call.name == "drop_if_exists"
    if isinstance(subject, Table):
        interpreter.enqueue(DropTable, call.span, table=subject, if_exists=present, cascade=cascade)
    elif isinstance(subject, Index):
        interpreter.enqueue(DropIndex, call.span, index=subject, if_exists=present, cascade=cascade)
    elif isinstance(subject, Constraint):
        interpreter.enqueue(DropConstraint, call.span, constraint=subject, if_exists=present, cascade=cascade)
    elif isinstance(subject, Unknown):
        raise Unfinished(f"`{call.name}` of {subject.reason}")
    else:
        raise no_clause(f"{call.name}/2", call.span)
    return subject


def _rename(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = interpreter.arguments(call, scope)
    if not 2 <= len(values) <= 3:
        raise Unfinished(f"`rename/{len(values)}`")
    subject, options = values[0], values[-1]
    if isinstance(subject, Unknown):
        raise Unfinished(f"`rename` of {subject.reason}")
    target = to_options(options).get("to")
    if target is None or mentions_undefined(target):
        raise Unfinished("`rename` without `to:`")
    if len(values) == 2:
        if isinstance(subject, Table) and isinstance(target, Table):
            interpreter.enqueue(RenameTable, call.span, table=subject, to=target)
            return target
        if isinstance(subject, Table) and isinstance(target, Unknown):
            raise Unfinished(f"`rename` to {target.reason}")
        if isinstance(subject, Index):
            name = name_of(target)
            to = Unknown("a name", target.span) if name is None else name
            interpreter.enqueue(RenameIndex, call.span, index=subject, to=to)
            return subject
        raise no_clause("rename/2", call.span)
    if not isinstance(subject, Table):
        raise no_clause("rename/3", call.span)
    column = column_name(values[1], "rename/3", call.span)
    renamed = column_name(target, "rename/3", call.span)
    interpreter.enqueue(
        RenameColumn, call.span, table=subject, column=column, to=renamed, column_span=values[1].span
    )
    return subject


# --- execute -----------------------------------------------------------------------------------------------


def _execute(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = interpreter.arguments(call, scope)
    if not 1 <= len(values) <= 2:
        raise Unfinished(f"`execute/{len(values)}`")
    function = f"execute/{len(values)}"
    sides = [_executed(value, function, call.span) for value in values]
    interpreter.enqueue(Execute, call.span, up=sides[0], down=sides[1] if len(sides) > 1 else None)
    return OK


def _executed(value: Term, function: str, span: Span) -> Text | FunctionTerm | KeywordCommand | Unknown:
    if is_undefined(value):
        raise Unfinished("`execute` of a name that nothing defines")
    if isinstance(value, Text | Unknown):
        return value
    if isinstance(value, FunctionTerm) and value.arity in (0, None):
        return value
    if isinstance(value, ListTerm):
        return KeywordCommand(value.span, value)
    raise no_clause(function, span)


def _execute_file(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = interpreter.arguments(call, scope)
    if not 1 <= len(values) <= 2:
        raise Unfinished(f"`execute_file/{len(values)}`")
    sides = []
    for value in values:
        if not isinstance(value, Text | Unknown):
            raise no_clause(f"execute_file/{len(values)}", call.span)
        sides.append(interpreter.contents(value, value.span))
    interpreter.enqueue(Execute, call.span, up=sides[0], down=sides[1] if len(sides) > 1 else None)
    return OK


def _flush(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    """The macro `flush/0`: it asks the module in which it stands whether that has a `down/0`."""
    module = scope.module
    if interpreter.direction == "down" and not (module is not None and module.exports("down")):
        message = "calling flush() inside change when doing rollback is not supported."
        raise interpreter.raised("RuntimeError", message, call.span)
    interpreter.flush()
    interpreter.now(Flush, call.span)
    return OK


# --- values ------------------------------------------------------------------------------------------------


def _table(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return structs.table(_checked(interpreter, call, scope), call.span, interpreter.config)


def _index(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = _checked(interpreter, call, scope)
    return structs.index(values, call.span, interpreter.config, call.name == "unique_index")


def _constraint(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return structs.constraint(_checked(interpreter, call, scope), call.span, interpreter.config)


def _references(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return structs.references(_checked(interpreter, call, scope), call.span, interpreter.config)


def _checked(interpreter: Interpreter, call: Call, scope: Scope) -> list[Term]:
    values = interpreter.arguments(call, scope)
    if any(mentions_undefined(value) for value in values):
        raise Unfinished(f"`{call.name}` with a name that nothing defines")
    return values


def _fragment(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    values = interpreter.arguments(call, scope)
    if len(values) == 1 and isinstance(values[0], Text):
        return Fragment(values[0], call.span)
    if len(values) == 1 and isinstance(values[0], Unknown):
        return Fragment(Text((Piece(None, values[0].span),), values[0].span), call.span)
    return Unknown("a fragment", call.span)


def _direction(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return Atom(interpreter.direction, call.span)


def _repo(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return Atom(REPO.name, call.span, True)


def _prefix(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    return Unknown(MIGRATOR_PREFIX, call.span)


DSL: dict[str, Entry] = {
    "create": Entry(_create),
    "create_if_not_exists": Entry(_create),
    "alter": Entry(_alter),
    "drop": Entry(_drop),
    "drop_if_exists": Entry(_drop),
    "rename": Entry(_rename),
    "execute": Entry(_execute),
    "execute_file": Entry(_execute_file),
    "flush": Entry(_flush),
    **{name: Entry(handler) for name, handler in CHANGES.items()},
    "table": Entry(_table, False),
    "index": Entry(_index, False),
    "unique_index": Entry(_index, False),
    "constraint": Entry(_constraint, False),
    "references": Entry(_references, False),
    "fragment": Entry(_fragment, False),
    "direction": Entry(_direction, False),
    "repo": Entry(_repo, False),
    "prefix": Entry(_prefix, False),
}
