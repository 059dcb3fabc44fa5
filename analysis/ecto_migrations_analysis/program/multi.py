"""`Ecto.Multi`: steps that run when the repo's transaction gets them.

A multi is a `MapTerm` with the struct `Ecto.Multi`, which holds its steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import dataclass
from ..syntax.span import Span
from .scope import Call, Scope
from .terms import Atom, FunctionTerm, MapTerm, Term, Unknown

if TYPE_CHECKING:
    from .interpreter import Interpreter

MULTI = "Ecto.Multi"


@dataclass(frozen=True, slots=True)
class Step:
    """A function of the repo and its arguments; for `run`, the function that is called."""

    function: str
    arguments: tuple[Term, ...]
    span: Span


def multi(steps: tuple[Step, ...], span: Span) -> MapTerm:
    return MapTerm(((Atom("steps"), FunctionTerm(None, span, steps)),), span, MULTI)


def steps_of(term: Term) -> tuple[Step, ...] | None:
    """The steps of a multi; None where it is none."""
    if not isinstance(term, MapTerm) or term.struct != MULTI or not term.items:
        return None
    held = term.items[0][1]
    return held.closure if isinstance(held, FunctionTerm) and isinstance(held.closure, tuple) else None


def multi_call(interpreter: Interpreter, call: Call, scope: Scope) -> Term:
    """A function of `Ecto.Multi`: the multi with one more step."""
    values = interpreter.hand_over(call, scope) if call.name == "merge" else _values(interpreter, call, scope)
    if call.name == "new":
        return multi((), call.span)
    before = steps_of(values[0]) if values else None
    if before is None:
        return Unknown("a multi that is not known", call.span)
    # `Multi.update_all(multi, :name, query, updates)`
    return multi((*before, Step(call.name, tuple(values[2:]), call.span)), call.span)


def _values(interpreter: Interpreter, call: Call, scope: Scope) -> list[Term]:
    interpreter.operands += 1
    try:
        return interpreter.values(call.arguments, scope)
    finally:
        interpreter.operands -= 1
