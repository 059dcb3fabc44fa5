"""Control structures. Decided where the condition is known; else each branch runs as an uncertain one.

A function here gets a call and answers its value, or None where the call is not of the form it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from ..syntax.tree import Node
from . import operators
from .patterns import bind_unknown, match, value_reason
from .scope import Call, Scope, Sections, pair_key
from .shapes import read_directive
from .terms import NIL, Atom, FunctionTerm, ListTerm, MapTerm, Term, Text, TupleTerm, Unknown
from .values import REST, join, known_or, truth

if TYPE_CHECKING:
    from .evaluator import Evaluator

Control: TypeAlias = "Callable[[Evaluator, Call, Scope], Term | None]"

# Rounds of one loop that are followed; a longer loop is read as one of an unknown number of rounds.
MAX_ROUNDS = 1000

CONDITION = "decided by a condition that is not known"


def run_body(evaluator: Evaluator, sections: Sections, scope: Scope) -> Term:
    """The body of a function or of `try`: `do`, and `rescue`, `catch`, `else`, `after` where they are."""
    main = sections.get("do", [])
    handlers = [*sections.get("rescue", []), *sections.get("catch", [])]
    if not handlers and "after" not in sections and "else" not in sections:
        return evaluator.block(main, scope)
    results: list[Term] = []
    if handlers:
        value = evaluator.attempt(partial(evaluator.block, main, scope.child()))
        results.extend([] if value is None else [value])
        for node in handlers:
            clause = operators.stab(node)
            inner = scope.child()
            for parameter in clause.parameters:
                bind_unknown(parameter, inner, "an exception")
            value = evaluator.uncertain(partial(evaluator.block, clause.body, inner))
            results.extend([] if value is None else [value])
    else:
        try:
            results.append(evaluator.block(main, scope.child()))
        finally:
            if "after" in sections:
                evaluator.block(sections["after"], scope.child())
        return results[0]
    if "after" in sections:
        evaluator.block(sections["after"], scope.child())
    return join(results, "result of `try`", NO_SPAN)


NO_SPAN = Span(0, 0)


def _if(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if len(arguments) != 1 or "do" not in sections:
        return None
    inner = scope.child()
    decided = truth(evaluator.given(arguments[0], inner))
    branches = [sections["do"], sections.get("else", [])]
    if call.name == "unless":
        branches.reverse()
    if decided is not None:
        return evaluator.block(branches[0 if decided else 1], inner)
    return _both(evaluator, branches, inner, call.span)


def _both(evaluator: Evaluator, branches: list[list[Node]], scope: Scope, span: Span) -> Term:
    results = []
    for branch in branches:
        value = evaluator.uncertain(partial(evaluator.block, branch, scope.child()))
        results.extend([] if value is None else [value])
    return join(results, CONDITION, span)


def _case(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if len(arguments) != 1 or "do" not in sections:
        return None
    subject = evaluator.given(arguments[0], scope)
    value = _clauses(evaluator, sections["do"], subject, scope, call.span)
    return evaluator.unresolved("no clause of `case` matches", call, scope) if value is None else value


def _clauses(
    evaluator: Evaluator, nodes: list[Node], subject: Term, scope: Scope, span: Span, certain: bool = True
) -> Term | None:
    """The `->` clauses that match `subject`; None where none does."""
    results: list[Term] = []
    reached = False
    for node in nodes:
        if node.kind != "stab_clause":
            continue
        clause = operators.stab(node)
        inner = scope.child()
        if len(clause.parameters) != 1:
            continue
        verdict = match(evaluator, clause.parameters[0], subject, inner)
        if verdict is not False and clause.guard is not None:
            passed = operators.condition(evaluator, clause.guard, inner)
            verdict = False if passed is False else (None if passed is None else verdict)
        if verdict is False:
            continue
        if verdict is True and certain and not reached:
            return evaluator.block(clause.body, inner)
        reached = True
        value = evaluator.uncertain(partial(evaluator.block, clause.body, inner))
        results.extend([] if value is None else [value])
        if verdict is True:
            break
    return join(results, CONDITION, span) if reached else None


def _cond(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if arguments or "do" not in sections:
        return None
    results: list[Term] = []
    certain = True
    for node in sections["do"]:
        if node.kind != "stab_clause":
            continue
        clause = operators.stab(node)
        if len(clause.parameters) != 1:
            continue
        inner = scope.child()
        verdict = operators.condition(evaluator, clause.parameters[0], inner)
        if verdict is False:
            continue
        if verdict is True and certain:
            return evaluator.block(clause.body, inner)
        certain = False
        value = evaluator.uncertain(partial(evaluator.block, clause.body, inner))
        results.extend([] if value is None else [value])
        if verdict is True:
            break
    return join(results, CONDITION, call.span)


def _with(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if "do" not in sections:
        return None
    inner = scope.child()
    results: list[Term] = []
    certain = True
    for argument in arguments:
        if not isinstance(argument, Node):
            return None
        if argument.kind != "binary_operator" or argument.operator != "<-" or len(argument.children) != 2:
            evaluator.evaluate(argument, inner)
            continue
        pattern, expression = argument.children
        guard: Node | None = None
        if pattern.kind == "binary_operator" and pattern.operator == "when" and len(pattern.children) == 2:
            pattern, guard = pattern.children
        value = evaluator.evaluate(expression, inner)
        verdict = match(evaluator, pattern, value, inner)
        if guard is not None and verdict is not False:
            passed = operators.condition(evaluator, guard, inner)
            verdict = False if passed is False else (None if passed is None else verdict)
        if verdict is True:
            continue
        if "else" in sections:
            fallback = _clauses(
                evaluator, sections["else"], value, scope, call.span, certain and verdict is False
            )
        else:
            fallback = value
        results.extend([] if fallback is None else [fallback])
        if verdict is False:
            return join(results, CONDITION, call.span)
        certain = False
    if certain:
        return evaluator.block(sections["do"], inner)
    value_or_none = evaluator.uncertain(lambda: evaluator.block(sections["do"], inner))
    results.extend([] if value_or_none is None else [value_or_none])
    return join(results, CONDITION, call.span)


def _try(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if arguments or "do" not in sections:
        return None
    return run_body(evaluator, sections, scope.child())


def _for(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    sections, arguments = call.sections()
    if "do" not in sections:
        return None
    options: dict[str, Node] = {}
    steps: list[Node] = []
    for argument in arguments:
        if not isinstance(argument, Node):
            return None
        if argument.kind == "keywords":
            options = {
                pair_key(pair): pair.children[1] for pair in argument.children if len(pair.children) == 2
            }
        else:
            steps.append(argument)
    if "reduce" in options:
        return _reduce(evaluator, options["reduce"], steps, sections["do"], scope, call.span)
    results: list[Term] = []
    sure = _rounds(
        evaluator,
        steps,
        scope.child(),
        lambda inner: results.append(evaluator.block(sections["do"], inner)),
    )
    if "into" in options:
        return _into(evaluator.evaluate(options["into"], scope), results, sure, call.span)
    if not sure:
        results.append(Unknown(REST, call.span))
    return ListTerm(tuple(results), call.span)


def _into(target: Term, results: list[Term], sure: bool, span: Span) -> Term:
    pairs = [item.items for item in results if isinstance(item, TupleTerm) and len(item.items) == 2]
    if not sure or len(pairs) != len(results):
        return Unknown("a collection", span)
    if isinstance(target, MapTerm):
        return MapTerm((*target.items, *((key, value) for key, value in pairs)), span)
    if isinstance(target, ListTerm):
        return ListTerm((*target.items, *results), span)
    return Unknown("a collection", span)


def _reduce(
    evaluator: Evaluator, initial: Node, steps: list[Node], body: list[Node], scope: Scope, span: Span
) -> Term:
    accumulator = evaluator.evaluate(initial, scope)

    def run(inner: Scope) -> None:
        nonlocal accumulator
        value = _clauses(evaluator, body, accumulator, inner, span)
        accumulator = Unknown("result of a loop", span) if value is None else value

    sure = _rounds(evaluator, steps, scope.child(), run)
    return accumulator if sure else Unknown("result of a loop", span)


def _rounds(evaluator: Evaluator, steps: list[Node], scope: Scope, run: Callable[[Scope], None]) -> bool:
    """Runs `run` for each combination of a comprehension; whether their number is known."""
    if not steps:
        run(scope)
        return True
    step, rest = steps[0], steps[1:]
    if step.kind != "binary_operator" or step.operator != "<-" or len(step.children) != 2:
        verdict = truth(evaluator.evaluate(step, scope))
        if verdict is True:
            return _deeper(evaluator, rest, scope, run)
        if verdict is None:
            evaluator.uncertain(partial(_loop, evaluator, rest, scope, run))
            return False
        return True
    pattern, expression = step.children
    guard: Node | None = None
    if pattern.kind == "binary_operator" and pattern.operator == "when" and len(pattern.children) == 2:
        pattern, guard = pattern.children
    collection = evaluator.evaluate(expression, scope)
    items = items_of(collection)
    sure = True
    for item in items:
        if isinstance(item, Unknown) and item.reason == REST:
            sure = False
            inner = scope.child()
            bind_unknown(pattern, inner, value_reason(collection))
            evaluator.uncertain(partial(_loop, evaluator, rest, inner, run), repeated=True)
            continue
        inner = scope.child()
        verdict = match(evaluator, pattern, item, inner)
        if verdict is not False and guard is not None:
            passed = operators.condition(evaluator, guard, inner)
            verdict = False if passed is False else (None if passed is None else verdict)
        if verdict is False:
            continue
        if verdict is None and not isinstance(item, Unknown):
            sure = False
            evaluator.uncertain(partial(_loop, evaluator, rest, inner, run))
        else:
            sure = _deeper(evaluator, rest, inner, run) and sure
    return sure


def _deeper(evaluator: Evaluator, steps: list[Node], scope: Scope, run: Callable[[Scope], None]) -> bool:
    return evaluator.guarded(lambda: _rounds(evaluator, steps, scope, run), False)


def _loop(evaluator: Evaluator, steps: list[Node], scope: Scope, run: Callable[[Scope], None]) -> Term:
    """`_deeper` as a branch, whose value does not matter."""
    _deeper(evaluator, steps, scope, run)
    return NIL


def items_of(collection: Term) -> tuple[Term, ...]:
    """What a loop over `collection` runs over; an item `Unknown(REST)` stands for any number of items."""
    unknown = Unknown(REST, collection.span)
    if isinstance(collection, MapTerm) and collection.struct is None:
        return tuple(TupleTerm(pair, collection.span) for pair in collection.items)
    if not isinstance(collection, ListTerm):
        return (unknown,)
    if len(collection.items) > MAX_ROUNDS:
        return (unknown,)
    return collection.items


def _raise(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    arguments = evaluator.values(call.arguments, scope)
    first = arguments[0] if arguments else NIL
    if isinstance(first, Text):
        raise evaluator.raised("RuntimeError", first.display(), call.span)
    message = ""
    if len(arguments) > 1:
        text = arguments[1]
        if isinstance(text, ListTerm):
            text = operators.access(text, Atom("message"), text.span)
        message = text.display() if isinstance(text, Text) else ""
    error = first.name if isinstance(first, Atom) else "an exception"
    if isinstance(first, MapTerm) and first.struct:
        error = first.struct
    raise evaluator.raised(error, message, call.span)


def _throw(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    evaluator.values(call.arguments, scope)
    raise evaluator.raised(f"{call.name}/1", "", call.span)


def _then(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    arguments = evaluator.values(call.arguments, scope)
    if len(arguments) != 2 or not isinstance(arguments[1], FunctionTerm):
        return None
    value = evaluator.apply(arguments[1], [arguments[0]], call.span)
    return arguments[0] if call.name == "tap" else value


def _directive(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    """`alias`, `import` and `require` inside a function; they hold for the rest of the module here."""
    arguments = [argument for argument in call.arguments if isinstance(argument, Node)]
    read_directive(call.name, arguments, evaluator, scope)
    return NIL


def _matches(evaluator: Evaluator, call: Call, scope: Scope) -> Term | None:
    """`match?(pattern, expression)`."""
    if len(call.arguments) != 2 or not isinstance(call.arguments[0], Node):
        return None
    pattern = call.arguments[0]
    value = evaluator.given(call.arguments[1], scope)
    inner = scope.child()
    guard: Node | None = None
    if pattern.kind == "binary_operator" and pattern.operator == "when" and len(pattern.children) == 2:
        pattern, guard = pattern.children
    verdict = match(evaluator, pattern, value, inner)
    if guard is not None and verdict is not False:
        passed = operators.condition(evaluator, guard, inner)
        verdict = passed if passed is not True else verdict
    return known_or(verdict, "a test", call.span)


CONTROL: dict[str, Control] = {
    "if": _if,
    "unless": _if,
    "case": _case,
    "cond": _cond,
    "with": _with,
    "try": _try,
    "for": _for,
    "raise": _raise,
    "reraise": _raise,
    "throw": _throw,
    "exit": _throw,
    "then": _then,
    "tap": _then,
    "match?": _matches,
    "alias": _directive,
    "import": _directive,
    "require": _directive,
}
