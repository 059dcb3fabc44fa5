"""Every measured operation of facts/locks.jsonl against what `effect_of` says of it.

The measurements were made on PostgreSQL 15 and 18 by another program than `support.observation`. What of a
measurement is compared, and how:

 - Locks: the strongest mode on each table or view that stood before; indexes, sequences, TOAST tables and the
   catalog are left out, as `Effect` leaves them out.
 - Rewrites, rebuilt indexes: by name. "(new oid)" marks an index that was dropped and made again with new
   storage. Scans: the tables, not how many rows.
 - What waited: statements of a second session, each modelled by the locks that it and the foreign keys of
   the schema need (`PROBES`).
 - Failures: that it fails, for the same cause. The tables hold rows, so "any row" fails too.
 - Statements that refuse to run in a transaction were watched from outside: what they read and built is not
   in the measurement, and what waited only where they could be stopped midway ("waited on Lock"). That they
   refuse is compared too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.databases.postgres.locks import conflict
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.schema.state import Schema
from support.effects import Claim, claim, schema_of, statements_of

FACTS = Path(__file__).parents[3] / "facts"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FACTS / "locks.jsonl").read_text("utf-8").splitlines()
]
KINDS_OF_TABLES = {"posts", "authors", "comments", "widgets", "v", "mv"}

# What each statement of the second session does: to which table, in which mode, and whether foreign keys make
# it look at the tables that its table refers to ("parents") or that refer to it ("children").
PROBES = {
    "select": ("posts", "ACCESS SHARE", None),
    "insert": ("posts", "ROW EXCLUSIVE", "parents"),
    "update": ("posts", "ROW EXCLUSIVE", None),
    "delete": ("posts", "ROW EXCLUSIVE", "children"),
    "for_update": ("posts", "ROW SHARE", None),
    "parent_select": ("authors", "ACCESS SHARE", None),
    "parent_insert": ("authors", "ROW EXCLUSIVE", None),
    "parent_update": ("authors", "ROW EXCLUSIVE", None),
    "parent_delete": ("authors", "ROW EXCLUSIVE", "children"),
    "child_select": ("comments", "ACCESS SHARE", None),
    "child_insert": ("comments", "ROW EXCLUSIVE", "parents"),
}
# Those that wait for a changed row, and those that take a number from a sequence.
ROW_PROBES = {"update": "posts", "for_update": "posts", "parent_update": "authors"}
NUMBER_PROBES = {"insert": "posts", "parent_insert": "authors", "child_insert": "comments"}

CAUSES = {
    "DatatypeMismatch": {"unsupported"},
    "DependentObjectsStillExist": {"dependents"},
    "DuplicateObject": {"duplicate"},
    "FeatureNotSupported": {"dependents", "unsupported"},
    "NotNullViolation": {"existing rows", "any row"},
    "SyntaxError": {"syntax"},
    "ActiveSqlTransaction": {"transaction"},
}


@pytest.fixture(scope="module")
def base() -> Schema:
    return schema_of((FACTS / "base.sql").read_text("utf-8"))


def _claim(row: dict[str, Any], schema: Schema, *, in_transaction: bool) -> Claim:
    statements = [statement for text in row["sql"] for statement in statements_of(text)]
    return claim(statements, schema, row["pg"], in_transaction=in_transaction)


def _ran_outside(row: dict[str, Any]) -> bool:
    return any(note.startswith("in a transaction: ") for note in row["notes"])


def _needs(probe: str, schema: Schema) -> list[tuple[str, str]]:
    """The tables that a probe uses, with the mode."""
    name, mode, others = PROBES[probe]
    relation = Relation(name)
    looked_at: list[Relation] = []
    if others == "children":
        looked_at = [table.relation for table, _ in schema.referencing(relation)]
    elif others == "parents":
        constraints = schema.tables[relation].constraints.values()
        looked_at = [item.definition.references for item in constraints if item.definition.references]
    return [(name, mode), *((str(other), "ROW SHARE") for other in looked_at)]


def waiting(claimed: Claim, schema: Schema) -> set[str]:
    """The probes that have to wait for what is claimed, in the schema the statement meets."""
    needs = {probe: _needs(probe, schema) for probe in PROBES}
    found = {
        probe
        for probe, tables in needs.items()
        for table, mode in tables
        if table in claimed.locks and conflict(claimed.locks[table], mode)
    }
    read_locked = {table for table, kind, _ in claimed.waits if kind == "reads"}
    write_locked = {table for table, kind, _ in claimed.waits if kind == "writes"}
    found |= {probe for probe, tables in needs.items() if any(table in read_locked for table, _ in tables)}
    found |= {probe for probe, table in NUMBER_PROBES.items() if table in write_locked - read_locked}
    return found | {probe for probe, table in ROW_PROBES.items() if table in claimed.written}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['op']}-{row['pg']}" for row in ROWS])
def test_measured_operation(row: dict[str, Any], base: Schema) -> None:
    outside = _ran_outside(row)
    schema = schema_of(row["setup"], base)
    claimed = _claim(row, schema, in_transaction=not outside)
    if row["error"] is not None:
        causes = CAUSES[row["error"].split(":")[0]]
        assert any(failure.cause in causes for failure in claimed.failures), claimed.failures
        return
    assert not claimed.certainly_fails, claimed.failures
    assert claimed.locks == {
        name: modes[0] for name, modes in row["locks"].items() if name in KINDS_OF_TABLES
    }
    if not outside or any(note.startswith("waited on Lock") for note in row["notes"]):
        assert waiting(claimed, schema) == set(row["blocked"])
    assert claimed.rewritten == set(row["rewrite"]) & KINDS_OF_TABLES
    if not outside:
        assert claimed.scans == set(row["scans"])
        assert claimed.rebuilt == {name.removesuffix("(new oid)") for name in row["rebuilt_indexes"]}


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if _ran_outside(row)],
    ids=[f"{row['op']}-{row['pg']}" for row in ROWS if _ran_outside(row)],
)
def test_refused_in_a_transaction(row: dict[str, Any], base: Schema) -> None:
    claimed = _claim(row, schema_of(row["setup"], base), in_transaction=True)
    assert any(failure.certain and failure.cause == "transaction" for failure in claimed.failures)
    assert claimed.locks == {}


def test_measurements_are_complete() -> None:
    assert len(ROWS) == 323
    assert {row["pg"] for row in ROWS} == {15, 18}
    relations = {name for row in ROWS for name in (*row["locks"], *row["rewrite"], *row["scans"])}
    others = relations - KINDS_OF_TABLES
    # What is left out is never a table.
    assert all(name.endswith(("_index", "_pkey", "_id_seq")) or name in _INDEXES for name in others), others


_INDEXES = {"posts_qty", "posts_id_slug", "pi"}
