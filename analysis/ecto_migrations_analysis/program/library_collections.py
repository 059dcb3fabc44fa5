"""`Enum`, `List`, `Keyword`, `Map` and their like, on known values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from .control import items_of
from .operators import access
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
    plain_text,
)
from .values import REST, boolean, is_keyword_list, known, same, text_of, truth

if TYPE_CHECKING:
    from .evaluator import Evaluator

Function: TypeAlias = "Callable[[Evaluator, list[Term], Span], Term]"


def _is_rest(item: Term) -> bool:
    return isinstance(item, Unknown) and item.reason == REST


def _call_each(evaluator: Evaluator, collection: Term, function: Term, span: Span) -> list[tuple[Term, Term]]:
    """Calls `function` with each item: pairs of the item and the result, `REST` for what is not known."""
    results: list[tuple[Term, Term]] = []
    for item in items_of(collection):
        if _is_rest(item):
            reason = collection.reason if isinstance(collection, Unknown) else "a list that is not known"
            argument = Unknown(f"an item of {reason}", item.span)
            evaluator.uncertain(partial(evaluator.apply, function, [argument], span), repeated=True)
            results.append((item, item))
        else:
            results.append((item, evaluator.apply(function, [item], span)))
    return results


def _each(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2:
        _call_each(evaluator, arguments[0], arguments[1], span)
    return Atom("ok")


def _map(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("a list", span)
    return ListTerm(tuple(r for _, r in _call_each(evaluator, arguments[0], arguments[1], span)), span)


def _flat_map(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("a list", span)
    items: list[Term] = []
    for _, result in _call_each(evaluator, arguments[0], arguments[1], span):
        items.extend(result.items if isinstance(result, ListTerm) else [Unknown(REST, result.span)])
    return ListTerm(tuple(items), span)


def _filter(keep: bool) -> Function:
    def function(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) != 2:
            return Unknown("a list", span)
        items: list[Term] = []
        for item, result in _call_each(evaluator, arguments[0], arguments[1], span):
            verdict = None if _is_rest(item) else truth(result)
            if verdict is None:
                items.append(Unknown(REST, span))
            elif verdict is keep:
                items.append(item)
        return ListTerm(tuple(items), span)

    return function


def _with_index(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if arguments else ()
    start = arguments[1] if len(arguments) > 1 else Number(0)
    if isinstance(start, FunctionTerm):
        pairs = [(item, Number(at)) for at, item in enumerate(items)]
        if not known(items):
            argument = Unknown("an item of a list that is not known", span)
            run = partial(evaluator.apply, start, [argument, Unknown("an index", span)], span)
            evaluator.uncertain(run, repeated=True)
            return ListTerm((Unknown(REST, span),), span)
        return ListTerm(tuple(evaluator.apply(start, list(pair), span) for pair in pairs), span)
    if not known(items) or not isinstance(start, Number) or not isinstance(start.value, int):
        return ListTerm((Unknown(REST, span),), span)
    return ListTerm(
        tuple(TupleTerm((item, Number(start.value + at)), item.span) for at, item in enumerate(items)), span
    )


def _joined(items: list[Term], separator: Term, span: Span) -> Term:
    between = separator.value if isinstance(separator, Text) else None
    if between is None or any(_is_rest(item) for item in items):
        return Text((Piece(None, span),), span)
    pieces: list[Piece] = []
    for item in items:
        if pieces and between:
            pieces.append(Piece(between, span))
        if isinstance(item, Text):
            pieces.extend(item.pieces)
        else:
            pieces.append(Piece(text_of(item), item.span if item.span.end else span))
    return Text(tuple(pieces), span)


def _join(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    separator = arguments[1] if len(arguments) > 1 else plain_text("")
    return _joined(list(items_of(arguments[0])), separator, span) if arguments else Unknown("a string", span)


def _map_join(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) < 2:
        return Unknown("a string", span)
    separator = arguments[1] if len(arguments) > 2 else plain_text("")
    results = [result for _, result in _call_each(evaluator, arguments[0], arguments[-1], span)]
    return _joined(results, separator, span)


def _reduce(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 3:
        return Unknown("result of a loop", span)
    accumulator = arguments[1]
    for item in items_of(arguments[0]):
        if _is_rest(item):
            argument = Unknown("an item of a list that is not known", item.span)
            state = Unknown("result of a loop", span)
            evaluator.uncertain(
                partial(evaluator.apply, arguments[2], [argument, state], span), repeated=True
            )
            accumulator = state
        else:
            accumulator = evaluator.apply(arguments[2], [item, accumulator], span)
    return accumulator


def _zip(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    lists: list[Term] = arguments
    if len(arguments) == 1 and isinstance(arguments[0], ListTerm | TupleTerm):
        lists = list(arguments[0].items)
    columns = [items_of(item) for item in lists]
    if not columns or not all(known(column) for column in columns):
        return ListTerm((Unknown(REST, span),), span)
    return ListTerm(tuple(TupleTerm(row, row[0].span) for row in zip(*columns, strict=False)), span)


def _concat(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    lists: list[Term] = arguments
    if len(arguments) == 1:
        if not isinstance(arguments[0], ListTerm):
            return ListTerm((Unknown(REST, span),), span)
        lists = list(arguments[0].items)
    items: list[Term] = []
    for part in lists:
        items.extend(items_of(part))
    return ListTerm(tuple(items), span)


def _flatten(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if not arguments or not isinstance(arguments[0], ListTerm):
        return ListTerm((Unknown(REST, span),), span)
    items: list[Term] = []
    pending: list[Term] = list(reversed(arguments[0].items))
    while pending:
        item = pending.pop()
        if isinstance(item, ListTerm):
            pending.extend(reversed(item.items))
        else:
            items.append(item)
    return ListTerm(tuple(items), span)


def _reverse(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 1:
        return Unknown("a list", span)
    return ListTerm(tuple(reversed(items_of(arguments[0]))), span)


def _uniq(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    items: list[Term] = []
    evaluator.charge(len(items_of(arguments[0])) ** 2 // 200 if arguments else 0)
    for item in items_of(arguments[0]) if len(arguments) == 1 else ():
        verdicts = [same(item, seen) for seen in items]
        if None in verdicts:
            return ListTerm((Unknown(REST, span),), span)
        if True not in verdicts:
            items.append(item)
    return ListTerm(tuple(items), span) if len(arguments) == 1 else Unknown("a list", span)


def _sort(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if len(arguments) == 1 else (Unknown(REST),)
    texts = [
        item.value if isinstance(item, Text) else item.name if isinstance(item, Atom) else None
        for item in items
    ]
    kinds = {type(item) for item in items}
    if None in texts or len(kinds) > 1:
        return ListTerm((Unknown(REST, span),), span)
    order = sorted(range(len(items)), key=lambda at: (texts[at] or "").encode())
    return ListTerm(tuple(items[at] for at in order), span)


def _count(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if len(arguments) == 1 else (Unknown(REST),)
    return Number(len(items), span) if known(items) else Unknown("a count", span)


def _is_empty(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if arguments else (Unknown(REST),)
    if known(items):
        return boolean(not items)
    return boolean(False) if any(not _is_rest(item) for item in items) else Unknown("a test", span)


def _member(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("a test", span)
    verdicts = [same(item, arguments[1]) for item in items_of(arguments[0])]
    if True in verdicts:
        return boolean(True)
    return Unknown("a test", span) if None in verdicts else boolean(False)


def _at(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[1], Number) and isinstance(arguments[1].value, int):
        items, index = items_of(arguments[0]), arguments[1].value
        if known(items):
            return items[index] if -len(items) <= index < len(items) else NIL
    return Unknown("an item of a list", span)


def _first(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if arguments else (Unknown(REST),)
    if items and not _is_rest(items[0]):
        return items[0]
    return Unknown("an item of a list", span) if items else NIL


def _last(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    items = items_of(arguments[0]) if arguments else (Unknown(REST),)
    if items and not _is_rest(items[-1]):
        return items[-1]
    return Unknown("an item of a list", span) if items else NIL


def _find(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("an item of a list", span)
    for item, result in _call_each(evaluator, arguments[0], arguments[1], span):
        verdict = None if _is_rest(item) else truth(result)
        if verdict is None:
            return Unknown("an item of a list", span)
        if verdict:
            return item
    return NIL


def _numbers(pick: Callable[[list[float]], float]) -> Function:
    """`Enum.max`, `Enum.min` and `Enum.sum` of numbers."""

    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        items = items_of(arguments[0]) if len(arguments) == 1 else ()
        values = [item.value for item in items if isinstance(item, Number)]
        if not items or len(values) != len(items):
            return Unknown("a number", span)
        return Number(pick(values), span)

    return function


def _intersperse(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) != 2:
        return Unknown("a list", span)
    items: list[Term] = []
    for item in items_of(arguments[0]):
        items.extend([arguments[1], item] if items else [item])
    return ListTerm(tuple(items), span)


def _wrap(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    subject = arguments[0] if arguments else NIL
    if isinstance(subject, ListTerm):
        return subject
    if isinstance(subject, Unknown):
        return ListTerm((Unknown(REST, span),), span)
    if isinstance(subject, Atom) and subject.name == "nil":
        return ListTerm((), span)
    return ListTerm((subject,), subject.span)


def _to_list(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    return ListTerm(items_of(arguments[0]) if arguments else (), span)


def _quantified(stop: bool) -> Function:
    """`Enum.any?` (stops at true) and `Enum.all?` (stops at false)."""

    def function(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
        if not arguments:
            return Unknown("a test", span)
        if len(arguments) == 2:
            results = [r for _, r in _call_each(evaluator, arguments[0], arguments[1], span)]
        else:
            results = list(items_of(arguments[0]))
        verdicts = [None if _is_rest(result) else truth(result) for result in results]
        if stop in verdicts:
            return boolean(stop)
        return Unknown("a test", span) if None in verdicts else boolean(not stop)

    return function


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
    items = items_of(_map(evaluator, arguments, span) if len(arguments) == 2 else arguments[0])
    pairs = [item.items for item in items if isinstance(item, TupleTerm) and len(item.items) == 2]
    if len(pairs) != len(items):
        return Unknown("a map", span)
    return MapTerm(tuple((key, value) for key, value in pairs), span)


def _into(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[1], ListTerm):
        return ListTerm((*arguments[1].items, *items_of(arguments[0])), span)
    return Unknown("a collection", span)


def _chunk(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[1], Number) and isinstance(arguments[1].value, int):
        items, size = items_of(arguments[0]), arguments[1].value
        if known(items) and size > 0:
            chunks = (items[at : at + size] for at in range(0, len(items), size))
            return ListTerm(tuple(ListTerm(chunk, span) for chunk in chunks), span)
    return ListTerm((Unknown(REST, span),), span)


def _taken(take: bool) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) == 2 and isinstance(arguments[1], Number) and isinstance(arguments[1].value, int):
            items, count = items_of(arguments[0]), arguments[1].value
            if known(items) and count >= 0:
                return ListTerm(items[:count] if take else items[count:], span)
        return ListTerm((Unknown(REST, span),), span)

    return function


_ENUM: dict[str, Function] = {
    "each": _each,
    "map": _map,
    "flat_map": _flat_map,
    "filter": _filter(True),
    "reject": _filter(False),
    "with_index": _with_index,
    "join": _join,
    "map_join": _map_join,
    "reduce": _reduce,
    "zip": _zip,
    "concat": _concat,
    "reverse": _reverse,
    "uniq": _uniq,
    "sort": _sort,
    "count": _count,
    "empty?": _is_empty,
    "member?": _member,
    "at": _at,
    "to_list": _to_list,
    "any?": _quantified(True),
    "all?": _quantified(False),
    "into": _into,
    "find": _find,
    "max": _numbers(max),
    "min": _numbers(min),
    "sum": _numbers(sum),
    "intersperse": _intersperse,
    "chunk_every": _chunk,
    "take": _taken(True),
    "drop": _taken(False),
}

COLLECTIONS: dict[str, Function] = {
    **{f"Enum.{name}": function for name, function in _ENUM.items()},
    **{
        f"Stream.{name}": _ENUM[name]
        for name in ("map", "filter", "reject", "flat_map", "each", "with_index")
    },
    "Stream.run": lambda _, __, span: Atom("ok", span),
    "List.flatten": _flatten,
    "List.first": _first,
    "List.last": _last,
    "List.wrap": _wrap,
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
    "Map.to_list": _to_list,
    "Map.new": _new_map,
    "Enum.fetch!": _at,
}
