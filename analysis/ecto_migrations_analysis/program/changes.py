"""What stands inside `create table` and `alter`: `add`, `modify`, `remove`, `timestamps`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from . import checks
from .checks import Unfinished, column_name, options_of
from .commands import Add, Modify, Name, Remove, UnknownChange
from .scope import Call, Scope
from .terms import FALSE, Atom, Options, Term, Unknown, as_bool
from .values import mentions_undefined

if TYPE_CHECKING:
    from .interpreter import Interpreter

Handler: TypeAlias = "Callable[[Interpreter, Call, Scope], Term]"

OK = Atom("ok")


def _given(interpreter: Interpreter, call: Call, scope: Scope, least: int, most: int) -> list[Term]:
    """The arguments; while one is still being typed, there is nothing to be said about the call."""
    values = interpreter.arguments(call, scope)
    if not least <= len(values) <= most:
        raise Unfinished(f"`{call.name}/{len(values)}`")
    if any(mentions_undefined(value) for value in values):
        raise Unfinished(f"`{call.name}` with a name that nothing defines")
    return values


def _add(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    """`add/2,3`, `add_if_not_exists/2,3` and `modify/2,3`."""
    values = _given(interpreter, call, scope, 2, 3)
    function = f"{call.name}/3"
    column = column_name(values[0], function, call.span)
    options = options_of(values[2] if len(values) > 2 else None, function, call.span)
    checks.validate_precision(options, column, call.span)
    checks.validate_type(values[1], call.span)
    place = {"column": column, "column_span": values[0].span, "type": values[1], "options": options}
    if call.name == "modify":
        interpreter.change(Modify, call.span, **place)
    else:
        absent = call.name == "add_if_not_exists"
        interpreter.change(Add, call.span, if_not_exists=absent, **place)
    return OK


def _remove(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    """`remove/1,2,3` and `remove_if_exists/1,2`."""
    present = call.name == "remove_if_exists"
    values = _given(interpreter, call, scope, 1, 2 if present else 3)
    function = f"{call.name}/{len(values)}"
    column = column_name(values[0], function, call.span)
    options = Options()
    if len(values) > 1:
        checks.validate_type(values[1], call.span)
    if len(values) > 2:
        options = options_of(values[2], function, call.span)
    interpreter.change(
        Remove,
        call.span,
        column=column,
        column_span=values[0].span,
        type=values[1] if len(values) > 1 else None,
        options=options,
        if_exists=present,
    )
    return OK


def _timestamps(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    """`timestamps(opts \\\\ [])`: the repo's `migration_timestamps`, then the options, then `null: false`."""
    values = _given(interpreter, call, scope, 0, 1)
    given = options_of(values[0] if values else None, "timestamps/1", call.span)
    options = checks.merged(interpreter.config.migration_timestamps, given)
    if not options.complete:
        reason = "`timestamps` with options that are not known"
        interpreter.change(
            UnknownChange, call.span, column=Unknown(reason, call.span), column_span=call.span, reason=reason
        )
        return OK
    if not options.has("null"):
        options = options.put("null", FALSE)
    kind = options.get("type") or Atom("naive_datetime", call.span)
    rest = options.without("type", "inserted_at", "updated_at")
    for key in ("inserted_at", "updated_at"):
        name = options.get(key)
        if as_bool(name) is False:
            continue
        column, span = _timestamp_column(key, name, call.span)
        checks.validate_precision(rest, column, call.span)
        checks.validate_type(kind, call.span)
        interpreter.change(
            Add, call.span, column=column, column_span=span, type=kind, options=rest, origin="timestamps"
        )
    return OK


def _timestamp_column(key: str, name: Term | None, span: Span) -> tuple[Name, Span]:
    if name is None:
        return key, span
    return column_name(name, "add/3", span), name.span if name.span.end else span


CHANGES: dict[str, Handler] = {
    "add": _add,
    "add_if_not_exists": _add,
    "modify": _add,
    "remove": _remove,
    "remove_if_exists": _remove,
    "timestamps": _timestamps,
}
