"""Rows for tables: by type and constraint, and with what their foreign keys point to.

Every tenth value of a column that may be NULL is NULL, as a table's rows are before somebody cared; not so in
columns that a migration has filled. What has a default gets it, except where the values have to differ.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import psycopg
from ecto_migrations_analysis.records import replace

from .fitting import fitted, quoted
from .table import Check, Column, ForeignKey, Table, leaves, partition_root, table
from .values import value

Connection = psycopg.Connection[Any]

_MOST_PARTITIONS: Final = 3


class Filler:
    """Fills tables, each once. `counts` and `refusals` are by oid: how many rows there are, or why not.

    `filled`: the columns (name of the table as `observation.Stored` has it, name) that hold no NULL.
    """

    def __init__(
        self,
        connection: Connection,
        names: dict[int, str],
        rows: int,
        nulls: bool,
        filled: Collection[tuple[str, str]],
    ) -> None:
        self._connection = connection
        self._names = names
        self._rows = rows
        self._nulls = nulls
        self._filled = filled
        self._begun: set[int] = set()
        # Those whose rows are being made, and those that wait for them.
        self._active: set[int] = set()
        self._postponed: list[int] = []
        # Tables whose rows refer to each other and are made in one transaction.
        self._ring: dict[int, Table] = {}
        self.counts: dict[int, int] = {}
        self.refusals: dict[int, str] = {}

    def fill(self, oids: Collection[int]) -> None:
        for oid in oids:
            self._fill(oid)
        # Tables that refer to each other: the one that can do without the other has its rows now.
        postponed, self._postponed = self._postponed, []
        for oid in postponed:
            self._begun.discard(oid)
            self._fill(oid)
        rings = [self._fill_ring(oid) for oid in sorted(self.refusals)]
        if any(rings):
            # And those that refer to them.
            for oid in sorted(self.refusals):
                del self.refusals[oid]
                self._begun.discard(oid)
            for oid in oids:
                self._fill(oid)

    def _fill_ring(self, oid: int) -> bool:
        """Tables none of which can have a row before another: their keys are checked at the commit.

        Row n of each refers to row n of the other, whose key is known before it is there. Comes back:
        whether they have rows now.
        """
        ring = self._ring_of(oid) if oid in self.refusals else {}
        if not ring:
            return False
        self._ring = ring
        try:
            with self._connection.transaction():
                self._connection.execute("SET CONSTRAINTS ALL DEFERRED")
                for found in ring.values():
                    self._insert(found, self._rows)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except (_Impossible, _Later, psycopg.Error):
            # Keys that are not deferrable, or values that a CHECK wants otherwise.
            return False
        finally:
            self._ring = {}
        for found in ring.values():
            self._connection.execute(f"ANALYZE {found.name}".encode())
            self._count(found)
            self.refusals.pop(found.oid, None)
        return True

    def _ring_of(self, oid: int) -> dict[int, Table]:
        """The empty tables that lead from this one back to it, by keys that may not be NULL."""
        tables: dict[int, Table] = {}
        wanted = [oid]
        for item in wanted:
            if item not in tables and not self.counts.get(item):
                tables[item] = table(self._connection, item)
                wanted += [key.target for key in tables[item].keys if _is_needed(tables[item], key)]
        back = {oid}
        while more := {
            item
            for item, found in tables.items()
            if item not in back and any(key.target in back and _is_needed(found, key) for key in found.keys)
        }:
            back |= more
        return {item: tables[item] for item in sorted(back)} if len(back) > 1 else {}

    def _fill(self, oid: int) -> None:
        if oid in self._begun:
            return
        self._begun.add(oid)
        found = table(self._connection, oid)
        if found.kind not in "rp":
            return
        root = partition_root(self._connection, oid)
        if root is not None:
            # Rows come to a partition through its table.
            self._fill(root)
            self._count(found)
            return
        self._active.add(oid)
        for key in found.keys:
            self._fill(key.target)
        try:
            self._into(found)
            self._connection.execute(f"ANALYZE {found.name}".encode())
            self._count(found)
        except _Later:
            self._postponed.append(oid)
        except _Impossible as reason:
            self.refusals[oid] = str(reason)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # The server is gone, or its disk is full: not this table's fault.
            raise
        except psycopg.Error as error:
            self.refusals[oid] = error.diag.message_primary or str(error)
        finally:
            self._active.discard(oid)

    def _count(self, found: Table) -> None:
        row = self._connection.execute(f"SELECT count(*) FROM {found.name}".encode()).fetchone()
        self.counts[found.oid] = row[0] if row is not None else 0

    def _into(self, found: Table) -> None:
        if found.kind == "r":
            self._insert(found, self._rows)
            return
        parts = leaves(self._connection, found.oid)
        if not parts:
            raise _Impossible("it has no partition")
        if any("satisfies_hash_partition" in condition for _, condition in parts):
            self._insert(found, self._rows)
            return
        parts = parts[:_MOST_PARTITIONS]
        for oid, condition in parts:
            leaf = table(self._connection, oid)
            columns = tuple(column.name for column in leaf.columns)
            leaf = replace(leaf, checks=(*leaf.checks, Check(condition, columns)))
            self._insert(leaf, max(1, self._rows // len(parts)))

    def _insert(self, found: Table, rows: int) -> None:
        taken: dict[str, str] = {}
        joins: list[str] = []
        for key in found.keys:
            self._reference(found, key, rows, taken, joins)
        values = {
            column.name: expression
            for place, column in enumerate(found.columns)
            if column.name not in taken and (expression := self._value(found, column, place)) is not None
        }
        # What stands in for the columns that other things decide, so that conditions on them can be tried.
        others = {column.name: _stand_in(column) for column in found.columns if column.name not in values}
        tried = fitted(
            self._connection,
            replace(
                found,
                columns=tuple(
                    replace(column, automatic=column.automatic or column.name in others)
                    for column in found.columns
                ),
            ),
            values | {name: text for name, text in others.items() if text is not None},
        )
        if tried is None:
            raise _Impossible("no values were found that satisfy its CHECK constraints")
        row = {name: tried[name] for name in values} | taken
        columns = f" ({', '.join(map(quoted, row))})" if row else ""
        source = " ".join([f"generate_series(1, {rows}) g(n)", *joins])
        insert = f"INSERT INTO {found.name}{columns} SELECT {', '.join(row.values())} FROM {source}"
        self._connection.execute(f"{insert} ON CONFLICT DO NOTHING".encode())

    def _reference(
        self, found: Table, key: ForeignKey, rows: int, taken: dict[str, str], joins: list[str]
    ) -> None:
        """The columns of a foreign key: keys of the rows there, one after the other."""
        own = {column.name: column for column in found.columns}
        nullable = [name for name in key.columns if not own[name].not_null]
        count = self.counts.get(key.target, 0)
        if any(name in taken for name in key.columns):
            # A column of two foreign keys: with a NULL in another column the second one is satisfied.
            free = [name for name in nullable if name not in taken]
            if free:
                taken[free[0]] = f"CAST(NULL AS {own[free[0]].type.shown})"
            elif key.target != found.oid and not taken.keys() >= set(key.columns):
                self._need_rows(found, key, count)
                self._share(key, taken, joins)
            return
        if key.target in self._ring and key.target != found.oid:
            self._foretell(found, key, taken)
            return
        if count == 0:
            if not nullable:
                self._need_rows(found, key, count)
            taken |= {name: f"CAST(NULL AS {own[name].type.shown})" for name in nullable}
            return
        target = table(self._connection, key.target).name
        alias = f"f{len(joins)}"
        keys = ", ".join(map(quoted, key.keys))
        held = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in key.keys)
        there = f"SELECT row_number() OVER () AS k, {keys} FROM {target} WHERE {held} LIMIT {rows}"
        joins.append(
            f"LEFT JOIN ({there}) {alias} ON {alias}.k ="
            f" 1 + (g.n - 1) % greatest(1, least({rows}, (SELECT count(*) FROM {target} WHERE {held})))"
        )
        for place, (name, there_name) in enumerate(zip(key.columns, key.keys, strict=True)):
            expression = f"{alias}.{quoted(there_name)}"
            if own[name].not_null or not self._may_be_null(found, name):
                taken[name] = expression
            else:
                taken[name] = _sometimes_null(expression, place)

    def _need_rows(self, found: Table, key: ForeignKey, count: int) -> None:
        if count == 0:
            if key.target in self._active - {found.oid}:
                raise _Later
            target = self._names.get(key.target, "another table")
            raise _Impossible(f"{target} has no rows for its foreign key to point to")

    def _share(self, key: ForeignKey, taken: dict[str, str], joins: list[str]) -> None:
        """A key that shares columns with one before it: a row there with the values that these have."""
        alias = f"f{len(joins)}"
        pairs = list(zip(key.columns, key.keys, strict=True))
        same = " AND ".join(f"t.{quoted(there)} = {taken[name]}" for name, there in pairs if name in taken)
        keys = ", ".join(f"t.{quoted(name)}" for name in key.keys)
        target = table(self._connection, key.target).name
        joins.append(
            f"LEFT JOIN LATERAL (SELECT {keys} FROM {target} t WHERE {same} LIMIT 1) {alias} ON true"
        )
        taken |= {name: f"{alias}.{quoted(there)}" for name, there in pairs if name not in taken}

    def _foretell(self, found: Table, key: ForeignKey, taken: dict[str, str]) -> None:
        """The key that the row of the same number will have in a table of the ring."""
        own = {column.name: column for column in found.columns}
        there = {column.name: column for column in self._ring[key.target].columns}
        for name, there_name in zip(key.columns, key.keys, strict=True):
            column = there[there_name]
            # A sequence that nobody has used counts from 1.
            expression = "g.n" if column.automatic else value(self._connection, column.name, column.type)
            if expression is None:
                raise _Impossible(f"no value of type {column.type.shown} is known for {there_name}")
            taken[name] = f"CAST({expression} AS {own[name].type.shown})"

    def _value(self, found: Table, column: Column, place: int) -> str | None:
        """None for a column that is left out: the server makes its value."""
        if column.automatic:
            return None
        differs = column.name in found.unique
        if column.default is not None and not differs:
            return f"CAST({column.default} AS {column.type.shown})"
        expression = value(self._connection, column.name, column.type)
        if expression is None:
            if column.not_null and column.default is None:
                raise _Impossible(f"no value of type {column.type.shown} is known for {column.name}")
            return None
        if column.not_null or not self._may_be_null(found, column.name):
            return expression
        return _sometimes_null(expression, place)

    def _may_be_null(self, found: Table, column: str) -> bool:
        return self._nulls and (self._names.get(found.oid, ""), column) not in self._filled


class _Later(Exception):
    """A table is needed whose rows are being made."""


class _Impossible(Exception):
    """Why a table stays empty."""


def _is_needed(found: Table, key: ForeignKey) -> bool:
    """Whether no row can be without what the key refers to."""
    required = {column.name for column in found.columns if column.not_null}
    return key.target != found.oid and required.issuperset(key.columns)


def _sometimes_null(expression: str, place: int) -> str:
    return f"CASE WHEN (g.n + {place}) % 10 <> 0 THEN {expression} END"


def _stand_in(column: Column) -> str | None:
    return "g.n" if column.type.category == "N" else None
