"""Pattern matching: does a value match, and what does it bind?

Three-valued: True, False, or None where an unknown part decides. In the last case every variable of the
pattern is bound all the same, to what is known of its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..syntax.tree import Node
from .scope import Scope, pair_key
from .terms import Atom, ListTerm, MapTerm, Number, Piece, Term, Text, TupleTerm, Unknown
from .values import REST, every, known, same

if TYPE_CHECKING:
    from .evaluator import Evaluator


def match(evaluator: Evaluator, pattern: Node, value: Term, scope: Scope) -> bool | None:
    """Matches `value` against `pattern` and binds its variables in `scope`."""
    found: list[bool | None] = []
    evaluator.guarded(lambda: found.append(_match(evaluator, pattern, value, scope)), None)
    if not found:
        bind_unknown(pattern, scope, "nested too deeply")
        return None
    return found[0]


def _match(evaluator: Evaluator, pattern: Node, value: Term, scope: Scope) -> bool | None:
    kind = pattern.kind
    if kind == "identifier":
        name = pattern.text
        if name == "__MODULE__":
            return same(evaluator.evaluate(pattern, scope), value)
        if not name.startswith("_") or name != "_":
            scope.variables[name] = evaluator.held(value)
        return True
    if kind in ("tuple", "list", "keywords"):
        return _sequence(evaluator, pattern, value, scope)
    if kind == "binary_operator":
        return _operator(evaluator, pattern, value, scope)
    if kind in ("map", "bitstring", "access_call", "call"):
        return _map(evaluator, pattern, value, scope) if kind == "map" else _opaque(pattern, scope)
    if kind == "unary_operator" and pattern.operator == "^":
        return same(evaluator.evaluate(pattern.children[0], scope), value) if pattern.children else None
    if kind == "block" and len(pattern.children) == 1:
        return match(evaluator, pattern.children[0], value, scope)
    return same(evaluator.evaluate(pattern, scope), value)


def bind_unknown(pattern: Node, scope: Scope, reason: str) -> None:
    """Binds every variable of `pattern` to something unknown."""
    for node in pattern.walk():
        if node.kind == "identifier":
            scope.variables[node.text] = Unknown(reason, node.span)


def _opaque(pattern: Node, scope: Scope) -> bool | None:
    bind_unknown(pattern, scope, "a value taken out of a binary")
    return None


def _operator(evaluator: Evaluator, pattern: Node, value: Term, scope: Scope) -> bool | None:
    if len(pattern.children) != 2:
        return None
    left, right = pattern.children
    if pattern.operator == "=":
        return every([match(evaluator, left, value, scope), match(evaluator, right, value, scope)])
    if pattern.operator == "\\\\":
        return match(evaluator, left, value, scope)
    if pattern.operator == "<>":
        prefix = evaluator.evaluate(left, scope)
        if isinstance(prefix, Text) and isinstance(value, Text):
            start, whole = prefix.value, value.value
            if start is not None and whole is not None:
                if not whole.startswith(start):
                    return False
                rest = whole[len(start) :]
                return match(evaluator, right, Text((Piece(rest, value.span),), value.span), scope)
        bind_unknown(right, scope, "the end of a string that is not known")
        return None if isinstance(value, Text | Unknown) else False
    if pattern.operator == "|":
        return _head_and_tail(evaluator, [left], right, value, scope)
    return same(evaluator.evaluate(pattern, scope), value)


def _head_and_tail(
    evaluator: Evaluator, heads: list[Node], tail: Node, value: Term, scope: Scope
) -> bool | None:
    if isinstance(value, ListTerm) and known(value.items[: len(heads)]):
        if len(value.items) < len(heads):
            return False
        verdicts = [
            match(evaluator, node, item, scope) for node, item in zip(heads, value.items, strict=False)
        ]
        rest = ListTerm(value.items[len(heads) :], value.span)
        return every([*verdicts, match(evaluator, tail, rest, scope)])
    for node in (*heads, tail):
        bind_unknown(node, scope, "an item of a list that is not known")
    return None if isinstance(value, Unknown | ListTerm) else False


def _sequence(evaluator: Evaluator, pattern: Node, value: Term, scope: Scope) -> bool | None:
    if pattern.kind == "tuple":
        nodes, pairs = pattern.children, []
    else:
        nodes = [child for child in pattern.children if child.kind != "keywords"]
        pairs = [pair for child in pattern.children if child.kind == "keywords" for pair in child.children]
    if pattern.kind == "keywords":
        nodes, pairs = [], pattern.children
    expected = TupleTerm if pattern.kind == "tuple" else ListTerm
    last = nodes[-1] if nodes else None
    if (
        pattern.kind == "list"
        and last is not None
        and last.kind == "binary_operator"
        and last.operator == "|"
    ):
        if len(last.children) == 2:
            return _head_and_tail(evaluator, [*nodes[:-1], last.children[0]], last.children[1], value, scope)
    if isinstance(value, Unknown) or (isinstance(value, ListTerm) and not known(value.items)):
        for node in nodes:
            match(evaluator, node, Unknown(value_reason(value), node.span), scope)
        for pair in pairs:
            if len(pair.children) == 2:
                bind_unknown(pair.children[1], scope, value_reason(value))
        return None
    if not isinstance(value, expected):
        return False
    items = value.items if isinstance(value, ListTerm | TupleTerm) else ()
    if len(items) != len(nodes) + len(pairs):
        return False
    verdicts: list[bool | None] = []
    for node, item in zip(nodes, items, strict=False):
        verdicts.append(match(evaluator, node, item, scope))
    for pair, item in zip(pairs, items[len(nodes) :], strict=True):
        if len(pair.children) != 2 or not isinstance(item, TupleTerm) or len(item.items) != 2:
            return False
        verdicts.append(same(Atom(pair_key(pair)), item.items[0]))
        verdicts.append(match(evaluator, pair.children[1], item.items[1], scope))
    return every(verdicts)


def value_reason(value: Term) -> str:
    if isinstance(value, Unknown):
        return value.reason if value.reason != REST else "an item of a list that is not known"
    return "an item of a list that is not known"


def _map(evaluator: Evaluator, pattern: Node, value: Term, scope: Scope) -> bool | None:
    content = pattern.child("map_content")
    pairs: list[tuple[Term, Node]] = []
    for child in content.children if content else ():
        if child.kind == "keywords":
            pairs.extend((Atom(pair_key(p)), p.children[1]) for p in child.children if len(p.children) == 2)
        elif child.kind == "binary_operator" and child.operator == "=>" and len(child.children) == 2:
            pairs.append((evaluator.evaluate(child.children[0], scope), child.children[1]))
    if not isinstance(value, MapTerm):
        for _, node in pairs:
            bind_unknown(node, scope, value.reason if isinstance(value, Unknown) else "a field of a struct")
        simple = (Atom, Number, Text, ListTerm, TupleTerm)
        return False if isinstance(value, simple) else None
    verdicts: list[bool | None] = []
    struct = pattern.child("struct")
    if struct is not None:
        name = evaluator.evaluate(struct.children[0], scope) if struct.children else Unknown("struct")
        verdicts.append(name.name == value.struct if isinstance(name, Atom) else None)
    for key, node in pairs:
        found = [item for item in value.items if same(item[0], key)]
        if found:
            verdicts.append(match(evaluator, node, found[0][1], scope))
        else:
            bind_unknown(node, scope, "a key that the map does not show")
            verdicts.append(
                None if value.struct or any(same(k, key) is None for k, _ in value.items) else False
            )
    return every(verdicts)
