"""Function values, and the binding of parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..syntax.span import Span
from ..syntax.tree import Node
from . import operators
from .patterns import match
from .scope import Call, Capture, Lambda, Partial, Scope, is_default
from .terms import FunctionTerm, ListTerm, Term, Unknown
from .values import join, known

if TYPE_CHECKING:
    from .evaluator import Evaluator


def anonymous(node: Node, scope: Scope) -> Term:
    """`fn … -> … end`, with the variables in sight."""
    clauses = [child for child in node.children if child.kind == "stab_clause"]
    arity = None
    if clauses:
        arity = len(operators.stab(clauses[0]).parameters)
    return FunctionTerm(arity, node.span, Lambda(clauses, scope.child()))


def bind(
    evaluator: Evaluator, parameters: list[Node], arguments: list[Term], scope: Scope, guard: Node | None
) -> bool | None:
    """Whether the parameters of a clause match; their variables (or defaults) are bound in `scope`."""
    extra = len(arguments) - sum(1 for parameter in parameters if not is_default(parameter))
    supply = iter(arguments)
    verdict: bool | None = True
    for parameter in parameters:
        if is_default(parameter) and len(parameter.children) == 2:
            pattern, default = parameter.children
            extra -= 1
            value = next(supply) if extra >= 0 else evaluator.evaluate(default, scope)
        else:
            pattern = parameter
            taken = next(supply, None)
            if taken is None:
                return False
            value = taken
        matched = match(evaluator, pattern, value, scope)
        if matched is False:
            return False
        verdict = None if matched is None else verdict
    if guard is not None:
        passed = operators.condition(evaluator, guard, scope)
        if passed is False:
            return False
        verdict = None if passed is None else verdict
    return verdict


def shrinks(before: list[Term], now: list[Term]) -> bool:
    """Whether a recursion works off a list that is known, and so comes to an end."""
    return any(
        isinstance(old, ListTerm)
        and isinstance(new, ListTerm)
        and known(new.items)
        and len(new.items) < len(old.items)
        for old, new in zip(before, now, strict=True)
    )


def apply(evaluator: Evaluator, function: Term, arguments: list[Term], span: Span) -> Term:
    """Calls a function value."""
    closure = function.closure if isinstance(function, FunctionTerm) else None
    if isinstance(closure, Lambda):
        return _apply_lambda(evaluator, closure, arguments, span)
    if isinstance(closure, Partial):
        scope = closure.scope.child()
        for number, argument in enumerate(arguments, 1):
            scope.variables[f"&{number}"] = evaluator.held(argument)
        return evaluator.evaluate(closure.body, scope)
    if isinstance(closure, Capture):
        call = Call(closure.name, arguments, span, closure.node)
        if closure.module is not None:
            return evaluator.qualified(closure.module, call, closure.scope)
        return evaluator.local(call, closure.scope)
    return Unknown("result of a function that is not known", span)


def _apply_lambda(evaluator: Evaluator, closure: Lambda, arguments: list[Term], span: Span) -> Term:
    results: list[Term] = []
    for node in closure.clauses:
        clause = operators.stab(node)
        scope = closure.scope.child()
        verdict = bind(evaluator, clause.parameters, arguments, scope, clause.guard)
        if verdict is False or len(clause.parameters) != len(arguments):
            continue
        if verdict is True and not results:
            return evaluator.block(clause.body, scope)
        value = evaluator.uncertain(partial(evaluator.block, clause.body, scope))
        results.extend([] if value is None else [value])
        if verdict is True:
            break
    return join(results, "result of a function", span) if results else Unknown("a function", span)
