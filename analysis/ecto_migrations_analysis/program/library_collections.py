"""`Enum`, `List`, `Keyword`, `Map` and their like, on known values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from .control import items_of
from .terms import (
    NIL,
    Atom,
    FunctionTerm,
    ListTerm,
    Number,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
    plain_text,
)
from .values import REST, boolean, known, same, text_of, truth

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


def mapped(evaluator: Evaluator, arguments: list[Term], span: Span) -> Term:
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


def to_list(_: Evaluator, arguments: list[Term], span: Span) -> Term:
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
    "map": mapped,
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
    "to_list": to_list,
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
    "Enum.fetch!": _at,
}
