"""Runs the Elixir of a backfill against a real server: an interpreter of the few forms that backfills use.

It reads functions with clauses, `=`, `if`, `case`, anonymous functions and recursion, and the query language
of `Ecto.Query` as far as it occurs: every query becomes the SQL that Ecto sends for it. A form it does not
know is an error, so a template cannot change without its execution being looked at.

    run_backfill(connection, text, "up")
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.tree import Node, parse

MARK = "%s"


class Atom(str):
    """`:name`; nil, true and false are Python's own."""


class Raised(Exception):
    """The migration called `raise`."""


@dataclass(frozen=True)
class Query:
    """An `Ecto.Query` with one source."""

    table: str
    binding: str
    prefix: str | None = None
    conditions: tuple[tuple[Node, str, dict[str, Any]], ...] = ()
    order: tuple[Node, ...] = ()
    limit: int | None = None
    select: Node | None = None
    update: tuple[tuple[Node, dict[str, Any]], ...] = ()


@dataclass
class Statistics:
    """What the backfill did: the number of rows of each UPDATE."""

    batches: list[int] = field(default_factory=list)


# Runs statements that commit together, and whether they have a transaction.
RunUnit = Callable[[tuple[str, ...], bool], None]


class Interpreter:
    """`unit` runs what `execute` queues; it is run at `flush()` and at the end."""

    def __init__(self, connection: psycopg.Connection[Any], text: str, unit: RunUnit | None = None) -> None:
        self.connection = connection
        self.unit = unit or self._unit
        self.queue: list[Any] = []
        # The statements of the transaction that an executed function has opened.
        self.together: list[str] | None = None
        self.statistics = Statistics()
        self.attributes: dict[str, Any] = {}
        self.functions: dict[tuple[str, int], list[tuple[list[Node], list[Node]]]] = {}
        tree = parse(Source.from_text(text))
        assert not tree.root.has_error, text
        module = next(node for node in tree.root.children if node.kind == "call")
        for node in _block(module):
            if node.kind == "unary_operator" and node.operator == "@":
                name, arguments = _call(node.children[0])
                self.attributes[name] = self.value(arguments[0], {})
            elif _call(node)[0] in ("def", "defp"):
                self._define(node)
            else:
                assert _call(node)[0] in ("use", "import"), node.text

    def run(self, function: str, *arguments: Any) -> Any:
        for patterns, body in self.functions[function, len(arguments)]:
            scope: dict[str, Any] = {}
            if all(self.match(p, a, scope) for p, a in zip(patterns, arguments, strict=True)):
                return self.body(body, scope)
        raise AssertionError(f"no clause of {function} matches {arguments}")

    def flush(self) -> None:
        """Runs what `execute` has queued."""
        queued, self.queue = self.queue, []
        for item in queued:
            if callable(item):
                item()
            else:
                self.unit((item,), False)

    def _unit(self, statements: tuple[str, ...], in_transaction: bool) -> None:
        with self.connection.transaction() if in_transaction else nullcontext():
            for sql in statements:
                self.connection.execute(sql.encode())

    def _transaction(self, function: Callable[[], Any]) -> None:
        assert self.together is None
        self.together = []
        function()
        self.unit(tuple(self.together), True)
        self.together = None

    def _send(self, sql: str) -> None:
        if self.together is None:
            self.unit((sql,), False)
        else:
            self.together.append(sql)

    def _define(self, node: Node) -> None:
        arguments = _arguments(node)
        head = arguments[0]
        name, patterns = _call(head) if head.kind == "call" else (head.text, [])
        block = node.child("do_block")
        body = block.children if block else [_keywords(arguments[1])["do"]]
        self.functions.setdefault((name, len(patterns)), []).append((patterns, body))

    # --- Elixir --------------------------------------------------------------------------------------------

    def body(self, statements: list[Node], scope: dict[str, Any]) -> Any:
        result = None
        for statement in statements:
            result = self.value(statement, scope)
        return result

    def value(self, node: Node, scope: dict[str, Any]) -> Any:
        match node.kind:
            case "integer":
                return int(node.text.replace("_", ""))
            case "float":
                return float(node.text.replace("_", ""))
            case "nil":
                return None
            case "boolean":
                return node.text == "true"
            case "atom":
                return Atom(node.text[1:])
            case "string":
                return self._string(node, scope)
            case "identifier":
                return scope[node.text]
            case "list":
                return [self.value(child, scope) for child in node.children]
            case "tuple":
                return tuple(self.value(child, scope) for child in node.children)
            case "unary_operator" if node.operator == "@":
                return self.attributes[node.children[0].text]
            case "binary_operator":
                return self._operator(node, scope)
            case "anonymous_function":
                return self._closure(node, scope)
            case "call":
                return self._apply(node, scope)
        raise AssertionError(f"not known: {node.kind} {node.text}")

    def _string(self, node: Node, scope: dict[str, Any]) -> str:
        parts = []
        for child in node.children:
            if child.kind == "interpolation":
                parts.append(str(self.value(child.children[0], scope)))
            elif child.kind == "escape_sequence":
                parts.append({"\\n": "\n", "\\t": "\t"}.get(child.text, child.text[1:]))
            else:
                parts.append(child.text)
        return "".join(parts)

    def _operator(self, node: Node, scope: dict[str, Any]) -> Any:
        left, right = node.children
        if node.operator == "|>":
            return self._apply(right, scope, left)
        if node.operator == "=":
            value = self.value(right, scope)
            assert self.match(left, value, scope), f"{left.text} does not match {value}"
            return value
        if node.operator == ">":
            return self.value(left, scope) > self.value(right, scope)
        raise AssertionError(f"not known: {node.text}")

    def match(self, pattern: Node, value: Any, scope: dict[str, Any]) -> bool:
        if pattern.kind == "identifier":
            scope[pattern.text] = value
            return True
        if pattern.kind == "tuple":
            return (
                isinstance(value, tuple)
                and len(value) == len(pattern.children)
                and all(self.match(p, v, scope) for p, v in zip(pattern.children, value, strict=True))
            )
        if pattern.kind == "map":
            keys = _keywords(pattern.children[0].children[0])
            return all(key in value and self.match(p, value[key], scope) for key, p in keys.items())
        if pattern.kind == "binary_operator" and pattern.operator == "=":
            return all(self.match(child, value, scope) for child in pattern.children)
        return bool(self.value(pattern, scope) == value)

    def _closure(self, node: Node, scope: dict[str, Any]) -> Callable[..., Any]:
        (clause,) = node.children
        parameters = clause.child("arguments")
        body = clause.child("body")
        assert body is not None

        def closure(*arguments: Any) -> Any:
            inner = dict(scope)
            patterns = parameters.children if parameters else []
            assert all(self.match(p, a, inner) for p, a in zip(patterns, arguments, strict=True))
            return self.body(body.children, inner)

        return closure

    def _apply(self, node: Node, scope: dict[str, Any], piped: Node | None = None) -> Any:
        name, arguments = _call(node)
        arguments = [piped, *arguments] if piped is not None else arguments
        match name, len(arguments):
            case "if", _:
                return self._if(node, arguments, scope)
            case "case", 1:
                return self._case(node, arguments[0], scope)
            case "is_nil", 1:
                return self.value(arguments[0], scope) is None
            case "raise", 1:
                raise Raised(self.value(arguments[0], scope))
            case "from", 2:
                return self._from(arguments, scope)
            case "where", 3:
                query = self.value(arguments[0], scope)
                binding = arguments[1].children[0].text
                query = query if isinstance(query, Query) else Query(query, binding)
                return replace(query, conditions=(*query.conditions, (arguments[2], binding, dict(scope))))
            case "repo().all", 2:
                return self._all(self.value(arguments[0], scope))
            case "repo().update_all", 3:
                return self._update_all(self.value(arguments[0], scope), arguments[1], scope)
            case "repo().delete_all", 2:
                return self._delete_all(self.value(arguments[0], scope))
            case "repo().query!", 3:
                return self._query(self.value(arguments[0], scope), self.value(arguments[1], scope))
            case "repo().query!", 1:
                return self._send(self.value(arguments[0], scope))
            case "repo().transaction", 1:
                return self._transaction(self.value(arguments[0], scope))
            case "execute", 1:
                return self.queue.append(self.value(arguments[0], scope))
            case "flush", 0:
                return self.flush()
            case "List.last", 1:
                return self.value(arguments[0], scope)[-1]
            case "Process.sleep", 1:
                assert isinstance(self.value(arguments[0], scope), int)
                return Atom("ok")
            case "Stream.unfold", 2:
                return self._unfold(self.value(arguments[0], scope), self.value(arguments[1], scope))
            case "Enum.each", 2:
                function = self.value(arguments[1], scope)
                for item in self.value(arguments[0], scope):
                    function(item)
                return Atom("ok")
            case "import", 1:
                return None
        return self.run(name, *(self.value(argument, scope) for argument in arguments))

    def _if(self, node: Node, arguments: list[Node], scope: dict[str, Any]) -> Any:
        truth = self.value(arguments[0], scope) not in (None, False)
        if len(arguments) == 2:
            branches = _keywords(arguments[1])
            branch = branches["do"] if truth else branches["else"]
            return self.value(branch, dict(scope))
        block = node.child("do_block")
        assert block is not None and block.child("else_block") is None
        return self.body(block.children, dict(scope)) if truth else None

    def _case(self, node: Node, subject: Node, scope: dict[str, Any]) -> Any:
        value = self.value(subject, scope)
        for clause in _block(node):
            inner = dict(scope)
            (pattern,) = clause.child("arguments").children  # type: ignore[union-attr]
            body = clause.child("body")
            assert body is not None
            if self.match(pattern, value, inner):
                return self.body(body.children, inner)
        raise AssertionError(f"no clause for {value}")

    @staticmethod
    def _unfold(state: Any, function: Callable[[Any], Any]) -> Any:
        while (step := function(state)) is not None:
            item, state = step
            yield item

    # --- queries -------------------------------------------------------------------------------------------

    def _from(self, arguments: list[Node], scope: dict[str, Any]) -> Query:
        source, keywords = arguments
        binding, table = source.children
        query = Query(self.value(table, scope), binding.text)
        for pair in keywords.children:
            key, value = pair.children[0].text.rstrip().removesuffix(":"), pair.children[1]
            captured = dict(scope)
            match key:
                case "prefix":
                    query = replace(query, prefix=self.value(value, scope))
                case "where":
                    conditions = (*query.conditions, (value, query.binding, captured))
                    query = replace(query, conditions=conditions)
                case "order_by":
                    pairs = value.children[0].children
                    assert all(pair.children[0].text.strip() == "asc:" for pair in pairs)
                    query = replace(query, order=tuple(pair.children[1] for pair in pairs))
                case "limit":
                    query = replace(query, limit=self.value(value, scope))
                case "select":
                    query = replace(query, select=value)
                case "update":
                    query = replace(query, update=((value, captured),))
                case _:
                    raise AssertionError(f"not known: {pair.text}")
        return query

    def _all(self, query: Query) -> list[Any]:
        assert query.select is not None
        several = query.select.kind == "tuple"
        fields = query.select.children if several else [query.select]
        parameters: list[Any] = []
        sql = f"SELECT {self._list(fields, query, {}, parameters)} FROM {_relation(query)} AS t"
        sql += self._where(query, parameters)
        if query.order:
            sql += f" ORDER BY {self._list(list(query.order), query, {}, parameters)}"
        if query.limit is not None:
            sql += f" LIMIT {query.limit}"
        rows = self.connection.execute(sql.encode(), parameters).fetchall()
        return rows if several else [row[0] for row in rows]

    def _update_all(self, query: Query, changes: Node, scope: dict[str, Any]) -> tuple[int, None]:
        parameters: list[Any] = []
        sets = []
        for pair in _set_pairs(changes):
            sets.append(f"{_quoted(_key(pair))} = {MARK}")
            parameters.append(self.value(pair.children[1], scope))
        for update, captured in query.update:
            for pair in _set_pairs(update):
                value = self._sql(pair.children[1], query.binding, captured, parameters)
                sets.append(f"{_quoted(_key(pair))} = {value}")
        assert sets
        sql = f"UPDATE {_relation(query)} AS t SET {', '.join(sets)}{self._where(query, parameters)}"
        done = self.connection.execute(sql.encode(), parameters)
        self.statistics.batches.append(done.rowcount)
        return done.rowcount, None

    def _delete_all(self, query: Query) -> tuple[int, None]:
        parameters: list[Any] = []
        sql = f"DELETE FROM {_relation(query)} AS t{self._where(query, parameters)}"
        done = self.connection.execute(sql.encode(), parameters)
        self.statistics.batches.append(done.rowcount)
        return done.rowcount, None

    def _query(self, sql: str, parameters: list[Any]) -> dict[str, Any]:
        for number in range(len(parameters), 0, -1):
            sql = sql.replace(f"${number}", MARK)
        done = self.connection.execute(sql.encode(), parameters or None)
        self.statistics.batches.append(done.rowcount)
        return {"num_rows": done.rowcount}

    def _where(self, query: Query, parameters: list[Any]) -> str:
        tests = [
            f"({self._sql(node, binding, captured, parameters)})"
            for node, binding, captured in query.conditions
        ]
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _list(self, nodes: list[Node], query: Query, scope: dict[str, Any], parameters: list[Any]) -> str:
        return ", ".join(self._sql(node, query.binding, scope, parameters) for node in nodes)

    def _sql(self, node: Node, binding: str, scope: dict[str, Any], parameters: list[Any]) -> str:
        """An expression of the query language as SQL; pinned values become parameters in order."""

        def sql(inner: Node) -> str:
            return self._sql(inner, binding, scope, parameters)

        if node.kind == "unary_operator" and node.operator == "^":
            parameters.append(self.value(node.children[0], scope))
            return MARK
        if node.kind == "unary_operator" and node.operator == "not":
            return f"(NOT {sql(node.children[0])})"
        if node.kind == "block" and len(node.children) == 1:
            return f"({sql(node.children[0])})"
        if node.kind == "binary_operator":
            left, right = node.children
            if node.operator == "in":
                return f"{sql(left)} = ANY({sql(right)})"
            operator = {"and": "AND", "or": "OR", ">": ">", "==": "="}[node.operator]
            return f"({sql(left)} {operator} {sql(right)})"
        if node.kind in ("integer", "float", "boolean"):
            return node.text.replace("_", "")
        if node.kind == "string":
            return "'" + self._string(node, scope).replace("'", "''").replace("%", "%%") + "'"
        name, arguments = _call(node)
        if name == f"{binding}.{node.children[0].children[-1].text if node.children[0].children else ''}":
            return f"t.{_quoted(node.children[0].children[-1].text)}"
        match name:
            case "field":
                assert arguments[0].text == binding
                return f"t.{_quoted(_atom_text(arguments[1]))}"
            case "is_nil":
                return f"{sql(arguments[0])} IS NULL"
            case "coalesce":
                return f"coalesce({sql(arguments[0])}, {sql(arguments[1])})"
            case "fragment":
                return self._fragment(arguments, sql, scope)
        raise AssertionError(f"not known in a query: {node.text}")

    def _fragment(self, arguments: list[Node], sql: Callable[[Node], str], scope: dict[str, Any]) -> str:
        # In the source a question mark that is no parameter stands as `\\?`, which is `\?` in the string.
        hidden = "\0"
        text = "".join(
            {"\\\\": "\\"}.get(child.text, child.text[1:]) if child.kind == "escape_sequence" else child.text
            for child in arguments[0].children
        )
        parts = text.replace("\\?", hidden).replace("%", "%%").split("?")
        assert len(parts) == len(arguments), f"{text} with {len(arguments) - 1} values"
        out = parts[0]
        for part, argument in zip(parts[1:], arguments[1:], strict=True):
            out += sql(argument) + part
        return out.replace(hidden, "?")


def run_backfill(
    connection: psycopg.Connection[Any], text: str, direction: str, unit: RunUnit | None = None
) -> Statistics:
    """Runs `up` or `down` of the migration in `text`; the connection is in autocommit mode."""
    interpreter = Interpreter(connection, text, unit)
    interpreter.run(direction)
    interpreter.flush()
    return interpreter.statistics


def _call(node: Node) -> tuple[str, list[Node]]:
    """Name and arguments of a call; the name of a remote one as it is written."""
    if node.kind == "identifier":
        return node.text, []
    assert node.kind == "call", f"no call: {node.kind} {node.text}"
    return node.children[0].text, _arguments(node)


def _arguments(node: Node) -> list[Node]:
    arguments = node.child("arguments")
    return list(arguments.children) if arguments else []


def _block(node: Node) -> list[Node]:
    block = node.child("do_block")
    assert block is not None, node.text
    return block.children


def _keywords(node: Node) -> dict[str, Node]:
    return {_key(pair): pair.children[1] for pair in node.children}


def _key(pair: Node) -> str:
    key = pair.children[0]
    return key.children[0].text if key.kind == "quoted_keyword" else key.text.rstrip().removesuffix(":")


def _set_pairs(node: Node) -> list[Node]:
    """The pairs of `[set: [a: 1, b: 2]]`."""
    if not node.children:
        return []
    pairs = _keywords(node.children[0])
    assert list(pairs) == ["set"]
    return pairs["set"].children[0].children


def _atom_text(node: Node) -> str:
    return node.children[0].text if node.kind == "quoted_atom" else node.text[1:]


def _quoted(name: str) -> str:
    return '"' + name.replace("%", "%%") + '"'


def _relation(query: Query) -> str:
    table = _quoted(query.table)
    return f"{_quoted(query.prefix)}.{table}" if query.prefix else table
