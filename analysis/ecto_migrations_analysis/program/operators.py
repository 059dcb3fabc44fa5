"""Literals of numbers, operators, captures, and the parts of `->` clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..syntax.span import Span
from ..syntax.tree import Node
from .commands import Constraint, Index, Table
from .patterns import bind_unknown, match
from .scope import Capture, Partial, Scope
from .terms import (
    NIL,
    Atom,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
    as_bool,
    plain_text,
)
from .values import REST, boolean, is_undefined, known, known_or, same, to_text, truth, unknown_prefix

if TYPE_CHECKING:
    from .evaluator import Evaluator


class Stab(NamedTuple):
    """`parameters when guard -> body`."""

    parameters: list[Node]
    guard: Node | None
    body: list[Node]


def stab(node: Node) -> Stab:
    """The parts of a `stab_clause`."""
    parameters: list[Node] = []
    guard: Node | None = None
    body: list[Node] = []
    for child in node.children:
        if child.kind == "body":
            body = child.children
        elif child.kind == "arguments":
            parameters = child.children
        elif child.kind == "binary_operator" and child.operator == "when" and len(child.children) == 2:
            left, guard = child.children
            parameters = left.children if left.kind == "arguments" else [left]
    return Stab(parameters, guard, body)


def condition(evaluator: Evaluator, node: Node, scope: Scope) -> bool | None:
    return truth(evaluator.evaluate(node, scope))


def integer(node: Node, _: Scope) -> Term:
    digits = node.text.replace("_", "")
    try:
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
        # Python refuses to read decimal numbers beyond 4300 digits; nothing here needs them.
        return Number(int(digits[2:] if base != 10 else digits, base), node.span)
    except ValueError:
        return Unknown("a number", node.span)


def floating(node: Node, _: Scope) -> Term:
    try:
        return Number(float(node.text.replace("_", "")), node.span)
    except ValueError:
        return Unknown("a number", node.span)


def character(node: Node, _: Scope) -> Term:
    text = node.text[1:]
    if len(text) == 1:
        return Number(ord(text), node.span)
    simple = {"n": 10, "t": 9, "r": 13, "s": 32, "0": 0, "e": 27, "\\": 92}.get(text[1:])
    return Unknown("a character", node.span) if simple is None else Number(simple, node.span)


def access(target: Term, key: Term, span: Span) -> Term:
    """`target[key]` and `target.key`."""
    if isinstance(target, ListTerm):
        for item in target.items:
            if isinstance(item, TupleTerm) and len(item.items) == 2:
                verdict = same(item.items[0], key)
                if verdict:
                    return item.items[1]
                if verdict is None:
                    return Unknown("a value by a key that is not known", span)
            else:
                return Unknown("a value of a list that is not known", span)
        return NIL
    if isinstance(target, MapTerm):
        for name, value in target.items:
            verdict = same(name, key)
            if verdict:
                return value
            if verdict is None:
                return Unknown("a value by a key that is not known", span)
        return NIL if target.struct is None else Unknown(f"a field of %{target.struct}{{}}", span)
    if isinstance(target, Atom) and target.name == "nil":
        return NIL
    return Unknown(target.reason if isinstance(target, Unknown) else "an access", span)


def field_of(value: Term, name: str) -> Term | None:
    """A field of one of Ecto's structs, as in `index.name`; None where it is no simple one."""
    if not isinstance(value, Table | Index | Constraint) or not hasattr(value, name):
        return None
    found = getattr(value, name)
    if isinstance(found, bool):
        return boolean(found)
    if isinstance(found, str):
        # The default name of an index is an atom; both print the same.
        return plain_text(found, value.span)
    if found is None:
        return NIL
    return found if isinstance(found, Text | Unknown | Atom) else None


def unary(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    if not node.children:
        return Unknown(f"`{node.operator}`", node.span)
    operand = node.children[0]
    if node.operator == "@":
        return attribute(evaluator, operand, scope, node.span)
    if node.operator == "&":
        return capture(evaluator, operand, scope, node.span)
    value = evaluator.evaluate(operand, scope)
    if node.operator in ("not", "!"):
        verdict = truth(value)
        return known_or(None if verdict is None else not verdict, "a condition", node.span)
    if isinstance(value, Number) and node.operator in "+-":
        return Number(-value.value if node.operator == "-" else value.value, node.span)
    return Unknown(f"`{node.operator}`", node.span)


def attribute(evaluator: Evaluator, operand: Node, scope: Scope, span: Span) -> Term:
    """`@name`: its value where it is read. `@name value` is a definition, read by `modules`."""
    if operand.kind == "identifier":
        found = scope.attributes.get(operand.text)
        return Unknown(f"attribute `@{operand.text}`", span) if found is None else found
    return Unknown("a module attribute", span)


def capture(evaluator: Evaluator, operand: Node, scope: Scope, span: Span) -> Term:
    if operand.kind == "integer":
        return scope.variables.get(f"&{operand.text}", Unknown(f"`&{operand.text}`", span))
    if operand.kind == "binary_operator" and operand.operator == "/" and len(operand.children) == 2:
        target, count = operand.children
        if count.kind == "integer" and count.text.isdigit():
            arity = int(count.text)
            if target.kind == "identifier":
                return FunctionTerm(arity, span, Capture(target.text, arity, scope.child(), None, target))
            if target.kind == "call" and len(target.children) == 1 and target.children[0].kind == "dot":
                dot = target.children[0]
                module = evaluator.evaluate(dot.children[0], scope) if len(dot.children) == 2 else NIL
                if isinstance(module, Atom):
                    name = module.name if module.is_module else f":{module.name}"
                    closure = Capture(dot.children[1].text, arity, scope.child(), name, target)
                    return FunctionTerm(arity, span, closure)
                return Unknown("a captured function", span)
    numbers = [
        int(node.children[0].text)
        for node in operand.walk()
        if node.kind == "unary_operator"
        and node.operator == "&"
        and node.children
        and node.children[0].kind == "integer"
        and len(node.children[0].text) < 4
        and node.children[0].text.isdigit()
    ]
    return FunctionTerm(max(numbers, default=0), span, Partial(operand, scope.child()))


def binary(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    if len(node.children) != 2:
        return Unknown(f"`{node.operator}`", node.span)
    left, right = node.children
    operator = node.operator
    if operator == "|>":
        return _pipe(evaluator, node, scope)
    if operator == "=":
        return _assign(evaluator, left, right, scope)
    if operator == "<>":
        return _concatenation(evaluator, node, scope)
    if operator in ("and", "or", "&&", "||"):
        return _logical(evaluator, operator, left, right, scope, node.span)
    if operator in ("//", ".."):
        return _range(evaluator, node, scope)
    if operator == "++":
        return _joined(evaluator, node, scope)
    one, other = evaluator.evaluate(left, scope), evaluator.evaluate(right, scope)
    evaluator.charge(_cost(one, other, operator))
    if operator in ("==", "===", "!=", "!=="):
        verdict = same(one, other, strict=len(operator) == 3)
        if verdict is not None and operator[0] == "!":
            verdict = not verdict
        return known_or(verdict, "a comparison", node.span)
    if operator in ("<", ">", "<=", ">="):
        return _order(operator, one, other, node.span)
    if operator in ("in", "not in"):
        return _membership(operator, one, other, node.span)
    if operator == "--" and isinstance(one, ListTerm) and isinstance(other, ListTerm):
        return _difference(one, other, node.span)
    if isinstance(one, Number) and isinstance(other, Number):
        return _arithmetic(operator, one, other, node.span)
    return Unknown(f"`{operator}`", node.span)


def _pipe(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    stages: list[Node] = []
    first = node
    while first.kind == "binary_operator" and first.operator == "|>" and len(first.children) == 2:
        first, stage = first.children
        stages.append(stage)
    value = evaluator.evaluate(first, scope)
    for stage in reversed(stages):
        value = evaluator.call(stage, scope, value, first.start)
    return value


def _assign(evaluator: Evaluator, left: Node, right: Node, scope: Scope) -> Term:
    value = evaluator.evaluate(right, scope)
    if match(evaluator, left, value, scope) is False:
        bind_unknown(left, scope, "a match that fails")
    return value


def _cost(one: Term, other: Term, operator: str) -> int:
    """What a comparison of collections costs beyond a step."""
    sizes = [
        len(term.items) if isinstance(term, ListTerm | TupleTerm | MapTerm) else 0 for term in (one, other)
    ]
    return sizes[0] * sizes[1] // 100 if operator == "--" else min(sizes) + max(sizes) // 10


def _operands(node: Node, operator: str) -> list[Node]:
    """The operands of a chain of one associative operator, in order, without recursion."""
    operands: list[Node] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if current.kind == "binary_operator" and current.operator == operator and len(current.children) == 2:
            pending.extend((current.children[1], current.children[0]))
        else:
            operands.append(current)
    return operands


def _concatenation(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    pieces: list[Piece] = []
    for operand in _operands(node, "<>"):
        value = evaluator.evaluate(operand, scope)
        if is_undefined(value):
            return value
        text = to_text(value)
        if text is None:
            return Unknown("`<>` of something that is no string", node.span)
        evaluator.charge(len(text.pieces) // 10)
        # An unknown operand is a hole; where it stands is all that is known of it.
        pieces.extend(Piece(None, operand.span) if piece.text is None else piece for piece in text.pieces)
    return Text(tuple(pieces), node.span)


def _logical(evaluator: Evaluator, operator: str, left: Node, right: Node, scope: Scope, span: Span) -> Term:
    one = evaluator.evaluate(left, scope)
    # Without `--prefix`, `prefix()` is nil: what the author wrote for that case is the value.
    verdict = False if unknown_prefix(one) and operator == "||" else truth(one)
    if operator in ("and", "&&"):
        if verdict is False:
            return one
        if verdict is True:
            return evaluator.evaluate(right, scope)
        other = evaluator.uncertain(lambda: evaluator.evaluate(right, scope))
        if other is not None and truth(other) is False and as_bool(other) is False:
            return boolean(False)
        return Unknown("a condition", span)
    if verdict is True:
        return one
    if verdict is False:
        return evaluator.evaluate(right, scope)
    other = evaluator.uncertain(lambda: evaluator.evaluate(right, scope))
    if operator == "or" and other is not None and as_bool(other) is True:
        return boolean(True)
    return Unknown(one.reason if isinstance(one, Unknown) else "a condition", span)


def _range(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    step = 1
    bounds = node
    if node.operator == "//":
        bounds, stride = node.children
        value = evaluator.evaluate(stride, scope)
        if not isinstance(value, Number) or not isinstance(value.value, int) or not value.value:
            return Unknown("a range", node.span)
        step = value.value
    if bounds.kind != "binary_operator" or bounds.operator != ".." or len(bounds.children) != 2:
        return Unknown("a range", node.span)
    first, last = (evaluator.evaluate(child, scope) for child in bounds.children)
    if not isinstance(first, Number) or not isinstance(last, Number):
        return Unknown("a range", node.span)
    if not isinstance(first.value, int) or not isinstance(last.value, int):
        return Unknown("a range", node.span)
    if node.operator == ".." and first.value > last.value:
        step = -1
    values = range(first.value, last.value + (1 if step > 0 else -1), step)
    if len(values) > 10_000:
        return ListTerm((Unknown(REST, node.span),), node.span)
    return ListTerm(tuple(Number(value, node.span) for value in values), node.span)


def _order(operator: str, one: Term, other: Term, span: Span) -> Term:
    if isinstance(one, Number) and isinstance(other, Number):
        left, right = one.value, other.value
        verdict = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
        return boolean(verdict)
    return Unknown("a comparison", span)


def _membership(operator: str, one: Term, other: Term, span: Span) -> Term:
    if not isinstance(other, ListTerm):
        return Unknown("membership in a list that is not known", span)
    verdicts = [same(one, item) for item in other.items]
    found = True if True in verdicts else (None if None in verdicts else False)
    if found is not None and operator == "not in":
        found = not found
    return known_or(found, "membership", span)


def _joined(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    items: list[Term] = []
    for operand in _operands(node, "++"):
        value = evaluator.evaluate(operand, scope)
        if isinstance(value, ListTerm):
            evaluator.charge(len(value.items) // 10)
            items.extend(value.items)
        elif isinstance(value, Unknown):
            items.append(Unknown(REST, value.span))
        else:
            return Unknown("`++` of something that is no list", node.span)
    return ListTerm(tuple(items), node.span)


def _difference(one: ListTerm, other: ListTerm, span: Span) -> Term:
    if not known(one.items) or not known(other.items):
        return Unknown("`--` of a list that is not known", span)
    left = list(one.items)
    for item in other.items:
        verdicts = [same(item, candidate) for candidate in left]
        if None in verdicts:
            return Unknown("`--` of values that are not known", span)
        if True in verdicts:
            del left[verdicts.index(True)]
    return ListTerm(tuple(left), span)


def _arithmetic(operator: str, one: Number, other: Number, span: Span) -> Term:
    left, right = one.value, other.value
    # Numbers beyond any use in a migration are not worth the time they take.
    if abs(left) > 2**128 or abs(right) > 2**128:
        return Unknown("a large number", span)
    if operator == "+":
        return Number(left + right, span)
    if operator == "-":
        return Number(left - right, span)
    if operator == "*":
        return Number(left * right, span)
    if operator == "/" and right:
        return Number(left / right, span)
    return Unknown(f"`{operator}`", span)
