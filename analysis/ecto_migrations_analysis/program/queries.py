"""Calls of the repo, and Ecto's queries as far as a migration needs them read.

A query is a `MapTerm` with the struct `Ecto.Query` that holds a `Query`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..records import dataclass, replace
from ..syntax.span import Span
from ..syntax.tree import Node
from .commands import RepoCall, RepoQuery
from .dsl import REPO
from .multi import steps_of
from .scope import Call, Scope, pair_key
from .terms import NIL, Atom, FunctionTerm, ListTerm, MapTerm, Term, Text, TupleTerm, Unknown, is_nil
from .values import to_options

if TYPE_CHECKING:
    from .interpreter import Interpreter

QUERY = "Ecto.Query"

_SQL = frozenset({"query", "query!", "query_many", "query_many!"})
# The functions of `Ecto.Repo` and `Ecto.Adapters.SQL` that reach the database; their arguments are read.
_READS = frozenset(
    (
        *("all", "all_by", "one", "one!", "get", "get!", "get_by", "get_by!"),
        *("aggregate", "exists?", "preload", "reload", "reload!", "stream"),
    )
)
_WRITES = frozenset(
    (
        *("insert", "insert!", "insert_all", "insert_or_update", "insert_or_update!"),
        *("update", "update!", "update_all", "delete", "delete!", "delete_all"),
    )
)
# Functions that run the function they are given, now.
BLOCKS = frozenset({"transaction", "transact", "checkout", "run_dynamic_repo", "with_dynamic_repo"})
_ON_ONE_CONNECTION = frozenset({"transaction", "transact", "checkout"})
# Columns whose ranges are batches, as in `sql.bounds`.
_KEYS = frozenset({"id", "uuid"})
# As `Interpreter.application` words a value that it does not know.
_CHANGESET = re.compile(r"call of `([A-Z][\w.]*)\.\w*changeset\w*/\d+`")
# The macros of `Ecto.Query` that take a query first.
_RESTRICTIONS = frozenset({"where", "or_where", "limit", "having", "or_having"})
_MACROS = _RESTRICTIONS | frozenset(
    (
        *("join", "select", "select_merge", "order_by", "group_by", "distinct", "preload", "update"),
        *("lock", "offset", "exclude", "subquery", "from", "windows", "with_cte", "union", "union_all"),
        *("except", "intersect", "put_query_prefix", "reverse_order", "first", "last", "dynamic"),
    )
)


@dataclass(frozen=True, slots=True)
class Query:
    """What a query is about."""

    table: str | Unknown | None = None
    schema: str | None = None
    restricted: bool | None = False
    columns: tuple[str, ...] = ()
    bounded: bool = False
    offset: bool = False
    where_nil: tuple[str, ...] = ()
    nulled: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    selects: bool = False

    def term(self, like: Term | None = None) -> MapTerm:
        items: list[tuple[Term, Term]] = [(Atom("query"), FunctionTerm(None, closure=self))]
        return MapTerm(tuple(items), like.span if like is not None else NIL.span, QUERY)


def query_of(term: Term) -> Query | None:
    """The query that a value is or stands for: a string, a schema, `{"table", Schema}`, a struct, a query."""
    if isinstance(term, MapTerm):
        if term.struct == QUERY:
            held = term.items[0][1]
            return (
                held.closure if isinstance(held, FunctionTerm) and isinstance(held.closure, Query) else None
            )
        return Query(schema=term.struct, restricted=True) if term.struct else None
    if isinstance(term, Text):
        value = term.value
        return Query(table=Unknown("an interpolated table", term.span) if value is None else value)
    if isinstance(term, Atom) and term.is_module:
        return Query(schema=term.name)
    if isinstance(term, TupleTerm) and len(term.items) == 2:
        one, other = query_of(term.items[0]), query_of(term.items[1])
        if one and other and one.table is not None:
            return Query(table=one.table, schema=other.schema)
    return None


# --- repo --------------------------------------------------------------------------------------------------


def is_repo(interpreter: Interpreter, module: str) -> bool:
    return (
        module == REPO.name
        or module == interpreter.config.module
        or module.rpartition(".")[2].endswith("Repo")
    )


def repo_call(interpreter: Interpreter, module: str, call: Call, scope: Scope) -> Term | None:
    """A call of a repo or of `Ecto.Adapters.SQL`; None where it is neither."""
    through_adapter = module == "Ecto.Adapters.SQL"
    if not through_adapter and not is_repo(interpreter, module):
        return None
    own = module == REPO.name
    shown = "repo()" if own else module
    if call.name in _SQL:
        arguments = interpreter.hand_over(call, scope)
        if through_adapter:
            if arguments and isinstance(arguments[0], Atom) and arguments[0].name == REPO.name:
                own = True
            arguments = arguments[1:]
        sql = arguments[0] if arguments else Unknown("no SQL", call.span)
        if not isinstance(sql, Text | Unknown):
            sql = Unknown("SQL that is no string", sql.span)
        interpreter.now(RepoQuery, call.span, sql=sql, call=f"{shown}.{call.name}", through_repo_function=own)
        return Unknown(f"result of `{shown}.{call.name}`", call.span)
    if through_adapter:
        return None
    if call.name in _READS or call.name in _WRITES:
        return _repo_function(interpreter, shown, call, scope)
    if call.name in BLOCKS:
        return _repo_block(interpreter, shown, call, scope)
    return _repo_value(interpreter, module, call)


def _repo_value(interpreter: Interpreter, module: str, call: Call) -> Term | None:
    """What a repo tells about itself."""
    config = interpreter.config
    if call.name == "__adapter__" and (module == REPO.name or module == config.module):
        return Atom(config.adapter, call.span, True)
    if call.name in ("in_transaction?", "in_transaction") and interpreter.in_transaction is not None:
        return Atom("true" if interpreter.in_transaction else "false", call.span)
    if call.name in ("config", "get_dynamic_repo", "default_options", "in_transaction?", "__adapter__"):
        return Unknown(f"`{module}.{call.name}`", call.span)
    return None


def _repo_function(interpreter: Interpreter, shown: str, call: Call, scope: Scope) -> Term:
    note_repo_call(interpreter, shown, call.name, interpreter.hand_over(call, scope), call.span)
    return Unknown(f"result of `{shown}.{call.name}`", call.span)


def note_repo_call(
    interpreter: Interpreter, shown: str, function: str, arguments: list[Term], span: Span
) -> None:
    """Notes a read or a write of the repo."""
    query = query_of(arguments[0]) if arguments else None
    restricted = query.restricted if query else None
    columns = query.columns if query else ()
    if function.startswith("get") or function.rstrip("!") in ("update", "delete", "reload"):
        restricted = True
    elif function.startswith("insert"):
        restricted = None
    nulled, moved = (query.nulled, query.moved) if query else ((), ())
    if function == "update_all" and len(arguments) > 1:
        given = _changes(arguments[1])
        columns, nulled, moved = (*columns, *given.columns), (*nulled, *given.nulled), (*moved, *given.moved)
    if function == "insert_all" and len(arguments) > 1:
        columns = _columns_inserted(arguments[1])
    last = to_options(arguments[-1]) if len(arguments) > 1 else to_options(None)
    table, schema = (query.table, query.schema) if query else (None, _changeset_of(arguments))
    own = interpreter.modules.get(schema) if schema else None
    if table is None and own is not None:
        table = own.table
    interpreter.now(
        RepoCall,
        span,
        function=function,
        repo=shown,
        table=table,
        schema=schema,
        own_schema=own is not None,
        restricted=restricted,
        bounded=query is not None and query.bounded,
        offset=query is not None and query.offset,
        selects=query is not None and query.selects,
        where_nil=query.where_nil if query else (),
        columns_set=columns,
        columns_nulled=nulled,
        columns_moved=moved,
        on_conflict=last.has("on_conflict") or last.has("conflict_target"),
    )


def _changes(term: Term) -> Query:
    """The columns of `[set: [a: 1], inc: [b: 1]]`."""
    names: list[str] = []
    nulled: list[str] = []
    moved: list[str] = []
    for option in to_options(term):
        inner = to_options(option.value)
        names.extend(item.key for item in inner)
        if option.key == "set":
            nulled.extend(item.key for item in inner if is_nil(item.value))
        else:
            moved.extend(item.key for item in inner)
    return Query(columns=tuple(names), nulled=tuple(nulled), moved=tuple(moved))


def _changeset_of(arguments: list[Term]) -> str | None:
    """The schema of a changeset that a function of the application makes: `Post.changeset(…)`."""
    first = arguments[0] if arguments else None
    if not isinstance(first, Unknown):
        return None
    found = _CHANGESET.match(first.reason)
    return found[1] if found else None


def _columns_inserted(term: Term) -> tuple[str, ...]:
    first = term.items[0] if isinstance(term, ListTerm) and term.items else None
    if isinstance(first, MapTerm):
        return tuple(key.name for key, _ in first.items if isinstance(key, Atom))
    return tuple(option.key for option in to_options(first)) if first is not None else ()


def _repo_block(interpreter: Interpreter, shown: str, call: Call, scope: Scope) -> Term:
    """`transaction(fn -> … end)`: what it holds runs where the call stands."""
    values = interpreter.values(call.arguments, scope)
    if call.name not in _ON_ONE_CONNECTION:
        return _run_block(interpreter, shown, call, values)
    with interpreter.inside(transaction=call.name != "checkout"):
        return _run_block(interpreter, shown, call, values)


def _run_block(interpreter: Interpreter, shown: str, call: Call, values: list[Term]) -> Term:
    for value in values:
        for step in steps_of(value) or ():
            if step.function in _READS or step.function in _WRITES:
                note_repo_call(interpreter, shown, step.function, list(step.arguments), step.span)
            elif step.function == "run" and step.arguments:
                repo = Atom(REPO.name, step.span, True)
                interpreter.apply(step.arguments[0], [repo, Unknown("earlier results", step.span)], step.span)
    function = next((value for value in values if isinstance(value, FunctionTerm)), None)
    if function is None:
        return Unknown(f"result of `{shown}.{call.name}`", call.span)
    given: list[Term] = [Atom(REPO.name, call.span, True)] if function.arity == 1 else []
    value = interpreter.apply(function, given, call.span)
    if call.name == "transaction":
        return TupleTerm((Atom("ok"), value), call.span)
    return value


# --- queries -----------------------------------------------------------------------------------------------


def query_call(interpreter: Interpreter, call: Call, scope: Scope) -> Term | None:
    """`from`, `where`, `update`, … of `Ecto.Query`; None where the call is none of them."""
    module = scope.module
    if call.name not in _MACROS or not call.arguments:
        return None
    imported = module is None or "Ecto.Query" in module.imports or call.name == "from"
    if not imported and call.node.kind == "call":
        target = call.node.children[0]
        if target.kind == "identifier":
            return None
    first = call.arguments[0]
    if call.name == "dynamic":
        return Unknown("a dynamic condition", call.span)
    query = _source(interpreter, first, scope)
    if query is None:
        return Unknown("a query", call.span)
    clauses: list[tuple[str, Node | Term]] = []
    if call.name == "from":
        for argument in call.arguments[1:]:
            if isinstance(argument, Node) and argument.kind == "keywords":
                clauses.extend(
                    (pair_key(p), p.children[1]) for p in argument.children if len(p.children) == 2
                )
    else:
        clauses.append((call.name, call.arguments[-1]))
    for name, body in clauses:
        if name in _RESTRICTIONS:
            query = replace(query, restricted=True)
        if name == "limit":
            query = replace(query, bounded=True)
        elif name in ("select", "select_merge"):
            query = replace(query, selects=True)
        elif name == "offset":
            query = replace(query, offset=True)
        elif name in ("where", "or_where") and isinstance(body, Node):
            query = _with_condition(query, body, narrows=name == "where")
        elif name.endswith("join") and _joins_bounded(interpreter, body, scope):
            query = replace(query, restricted=True, bounded=True)
        elif name == "update" and isinstance(body, Node):
            query = replace(
                query,
                columns=(*query.columns, *_set_keys(body)),
                nulled=(*query.nulled, *_set_keys(body, only_nil=True)),
                moved=(*query.moved, *_set_keys(body, operators=("inc", "push", "pull"))),
            )
    return query.term(Unknown("", call.span))


def _joins_bounded(interpreter: Interpreter, body: Node | Term, scope: Scope) -> bool:
    """`join: s in subquery(batch)`, where the batch has a limit."""
    joined = _source(interpreter, body, scope)
    return joined is not None and joined.bounded


def _with_condition(query: Query, condition: Node, narrows: bool) -> Query:
    """The query with what a `where` says of keys and of nil; the bindings stay unread."""
    names = set(query.where_nil)
    bounded = query.bounded
    lower: set[str] = set()
    upper: set[str] = set()
    for node in condition.walk():
        if node.kind == "call" and node.children[0].text == "is_nil":
            names |= {name for child in node.children[1:] if (name := _field(child))}
        if node.kind != "binary_operator" or len(node.children) != 2:
            continue
        column = _field(node.children[0])
        if column not in _KEYS or _field(node.children[1]) is not None:
            continue
        if node.operator in ("in", "=="):
            bounded = bounded or narrows
        elif node.operator in (">", ">="):
            lower.add(column)
        elif node.operator in ("<", "<="):
            upper.add(column)
    for pair in _pairs(condition):
        if len(pair.children) != 2:
            continue
        if pair_key(pair) in _KEYS:
            bounded = bounded or narrows
        elif pair.children[1].text == "nil":
            names.add(pair_key(pair))
    return replace(
        query, bounded=bounded or (narrows and bool(lower & upper)), where_nil=tuple(sorted(names))
    )


def _field(node: Node) -> str | None:
    """`column` of `p.column`, also in parentheses."""
    if node.kind in ("arguments", "block") and len(node.children) == 1:
        return _field(node.children[0])
    inner = node.children[0] if node.kind == "call" and len(node.children) == 1 else node
    if inner.kind != "dot" or len(inner.children) != 2:
        return None
    return inner.children[1].text


def _source(interpreter: Interpreter, node: Node | Term, scope: Scope) -> Query | None:
    if isinstance(node, Node) and node.kind == "binary_operator" and node.operator == "in":
        if len(node.children) != 2:
            return None
        node = node.children[1]
    subject = node
    if isinstance(node, Node):
        inner = node
        subject = interpreter.operand(lambda: interpreter.evaluate(inner, scope))
    return None if isinstance(subject, Node) else query_of(subject)


def _set_keys(
    node: Node, operators: tuple[str, ...] = ("set", "inc", "push", "pull"), only_nil: bool = False
) -> tuple[str, ...]:
    """The columns of `[set: [a: …], inc: [b: …]]` as written; the values hold bindings, and stay unread."""
    names: list[str] = []
    for pair in _pairs(node):
        if pair_key(pair) in operators and len(pair.children) == 2:
            names.extend(
                pair_key(inner)
                for inner in _pairs(pair.children[1])
                if not only_nil or (len(inner.children) == 2 and inner.children[1].text == "nil")
            )
    return tuple(name for name in names if name)


def _pairs(node: Node) -> list[Node]:
    if node.kind == "keywords":
        return node.children
    return [pair for child in node.children if child.kind == "keywords" for pair in child.children]
