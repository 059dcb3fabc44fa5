"""`Keyword` and `Map`, on known values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from .control import items_of
from .library_collections import mapped, to_list
from .operators import access
from .terms import NIL, Atom, ListTerm, MapTerm, Term, TupleTerm, Unknown
from .values import REST, boolean, is_keyword_list, known, same

if TYPE_CHECKING:
    from .evaluator import Evaluator

Function: TypeAlias = "Callable[[Evaluator, list[Term], Span], Term]"


def _get(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) < 2:
        return Unknown("a value", span)
    found = access(arguments[0], arguments[1], span)
    default = arguments[2] if len(arguments) > 2 else NIL
    # A key that holds nil and one that is absent differ; `access` answers nil for both.
    if isinstance(found, Atom) and found.name == "nil" and len(arguments) > 2:
        return default if not _has_key(arguments[0], arguments[1]) else found
    return found


def _has_key(subject: Term, key: Term) -> bool:
    if isinstance(subject, ListTerm):
        return any(isinstance(i, TupleTerm) and i.items and same(i.items[0], key) for i in subject.items)
    return isinstance(subject, MapTerm) and any(same(name, key) for name, _ in subject.items)


def _fetch(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and _has_key(arguments[0], arguments[1]):
        return access(arguments[0], arguments[1], span)
    return Unknown("a value", span)


def _has_key_function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and _has_key(arguments[0], arguments[1]):
        return boolean(True)
    if len(arguments) == 2 and (is_keyword_list(arguments[0]) or isinstance(arguments[0], MapTerm)):
        return boolean(False)
    return Unknown("a test", span)


def _merge(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("merged values", span)
    one, other = arguments
    if isinstance(one, ListTerm | MapTerm) and isinstance(other, ListTerm | MapTerm):
        evaluator.charge(len(one.items) * len(other.items) // 100)
    if isinstance(one, MapTerm) and isinstance(other, MapTerm):
        kept = tuple(p for p in one.items if not any(same(p[0], key) is not False for key, _ in other.items))
        return MapTerm(kept + other.items, span, one.struct)
    left = one.items if isinstance(one, ListTerm) else (Unknown(REST, one.span),)
    right = other.items if isinstance(other, ListTerm) else (Unknown(REST, other.span),)
    keys = [item.items[0] for item in right if isinstance(item, TupleTerm) and len(item.items) == 2]
    kept_items: list[Term] = []
    for item in left:
        verdicts = (
            [same(item.items[0], key) for key in keys] if isinstance(item, TupleTerm) and item.items else []
        )
        if True not in verdicts:
            # What unknown options of the right side replace is not known either.
            kept_items.append(item if known(right) else Unknown(REST, item.span))
    return ListTerm((*kept_items, *right), span)


def _put(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 3:
        return Unknown("changed values", span)
    subject, key, value = arguments
    if isinstance(subject, MapTerm):
        kept = tuple(pair for pair in subject.items if same(pair[0], key) is False)
        return MapTerm((*kept, (key, value)), span, subject.struct)
    items = subject.items if isinstance(subject, ListTerm) else (Unknown(REST, subject.span),)
    rest = tuple(i for i in items if not (isinstance(i, TupleTerm) and i.items and same(i.items[0], key)))
    return ListTerm((TupleTerm((key, value), value.span), *rest), span)


def _put_new(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 3 and _has_key(arguments[0], arguments[1]):
        return arguments[0]
    if len(arguments) == 3 and isinstance(arguments[0], ListTerm | MapTerm):
        return _put(evaluator, arguments, span) if _certain(arguments[0]) else Unknown("changed values", span)
    return Unknown("changed values", span)


def _certain(subject: Term) -> bool:
    return isinstance(subject, MapTerm) or (isinstance(subject, ListTerm) and known(subject.items))


def _selected(keep: bool) -> Function:
    """`Keyword.take`, `Keyword.drop`, `Map.take`, `Map.drop`, `delete`."""

    def function(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) != 2:
            return Unknown("selected values", span)
        subject = arguments[0]
        keys = arguments[1].items if isinstance(arguments[1], ListTerm) else (arguments[1],)
        if isinstance(subject, ListTerm | MapTerm):
            evaluator.charge(len(subject.items) * len(keys) // 100)
        if isinstance(subject, MapTerm):
            return MapTerm(
                tuple(p for p in subject.items if any(same(p[0], key) for key in keys) is keep), span
            )
        if not isinstance(subject, ListTerm):
            return ListTerm((Unknown(REST, span),), span)
        items: list[Term] = []
        for item in subject.items:
            pair = item.items if isinstance(item, TupleTerm) and len(item.items) == 2 else None
            if pair is None or any(same(pair[0], key) for key in keys) is keep:
                items.append(item)
        return ListTerm(tuple(items), span)

    return function


def _part(at: int) -> Function:
    """The keys or the values."""

    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        items: list[Term] = []
        for item in items_of(arguments[0]) if arguments else ():
            pair = item.items if isinstance(item, TupleTerm) and len(item.items) == 2 else None
            items.append(Unknown(REST, span) if pair is None else pair[at])
        return ListTerm(tuple(items), span)

    return function


def _new_map(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if not arguments:
        return MapTerm((), span)
    items = items_of(mapped(evaluator, arguments, span) if len(arguments) == 2 else arguments[0])
    pairs = [item.items for item in items if isinstance(item, TupleTerm) and len(item.items) == 2]
    if len(pairs) != len(items):
        return Unknown("a map", span)
    return MapTerm(tuple((key, value) for key, value in pairs), span)


KEYED: dict[str, Function] = {
    "Keyword.get": _get,
    "Keyword.fetch!": _fetch,
    "Keyword.has_key?": _has_key_function,
    "Keyword.merge": _merge,
    "Keyword.put": _put,
    "Keyword.put_new": _put_new,
    "Keyword.take": _selected(True),
    "Keyword.drop": _selected(False),
    "Keyword.delete": _selected(False),
    "Keyword.keys": _part(0),
    "Keyword.values": _part(1),
    "Map.get": _get,
    "Map.fetch!": _fetch,
    "Map.has_key?": _has_key_function,
    "Map.merge": _merge,
    "Map.put": _put,
    "Map.put_new": _put_new,
    "Map.take": _selected(True),
    "Map.drop": _selected(False),
    "Map.delete": _selected(False),
    "Map.keys": _part(0),
    "Map.values": _part(1),
    "Map.to_list": to_list,
    "Map.new": _new_map,
}
