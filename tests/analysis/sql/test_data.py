"""Queries and changes of rows, maintenance, session and transaction."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import (
    Delete,
    Expression,
    FunctionCall,
    Insert,
    LockTable,
    Maintenance,
    Operation,
    RefreshMaterializedView,
    Reindex,
    Relation,
    Select,
    SessionCommand,
    SetConstraints,
    SetParameter,
    TransactionControl,
    Truncate,
    Update,
)
from support.sql_text import at, only, operations

T = Relation("t")
A = Relation("a")


CASES: list[tuple[str, Operation]] = [
    ("INSERT INTO t (a, b) VALUES (1, 2), (3, 4)", Insert(relation=T, columns=("a", "b"), rows=2)),
    ("INSERT INTO t DEFAULT VALUES", Insert(relation=T, rows=1)),
    (
        "INSERT INTO t SELECT * FROM a WHERE id IN (SELECT id FROM s.b) ON CONFLICT DO NOTHING",
        Insert(relation=T, reads=(A, Relation("b", "s"))),
    ),
    ("UPDATE t SET a = 1", Update(relation=T, columns=("a",), restricted=False)),
    (
        "UPDATE t SET a = NULL, (b, c) = (1, NULL), d = DEFAULT FROM a WHERE t.id = a.id RETURNING t.id",
        Update(
            relation=T,
            columns=("a", "b", "c", "d"),
            nulled=("a", "c"),
            reads=(A,),
            where=Expression("t.id = a.id"),
        ),
    ),
    (
        "UPDATE t SET a = (SELECT max(b) FROM a) WHERE NOT (x IS NULL)",
        Update(relation=T, columns=("a",), reads=(A,), where=Expression("NOT (x IS NULL)")),
    ),
    ("DELETE FROM ONLY s.t", Delete(relation=Relation("t", "s"), restricted=False)),
    (
        "DELETE FROM t USING a WHERE EXISTS (SELECT 1 FROM a WHERE a.x = 1)",
        Delete(relation=T, reads=(A,), where=Expression("EXISTS (SELECT 1 FROM a WHERE a.x = 1)")),
    ),
    (
        "TRUNCATE t, s.a RESTART IDENTITY CASCADE",
        Truncate(relations=(T, Relation("a", "s")), cascade=True, restart_identity=True),
    ),
    ("COPY t (a, b) FROM '/tmp/x'", Insert(relation=T, columns=("a", "b"))),
    ("COPY t TO '/tmp/x'", Select(reads=(T,))),
    ("COPY (SELECT * FROM a) TO '/tmp/x'", Select(reads=(A,))),
    ("SELECT 1", Select()),
    ("TABLE t", Select(reads=(T,))),
    (
        "(SELECT x FROM a) UNION ALL SELECT y FROM t ORDER BY 1 LIMIT 3",
        Select(reads=(A, T)),
    ),
    ("SELECT 1 FROM t FOR NO KEY UPDATE", Select(reads=(T,), locking="no key update")),
    ("SELECT 1 FROM t, a FOR SHARE OF t FOR UPDATE OF a SKIP LOCKED", Select(reads=(T, A), locking="update")),
    (
        "SELECT setval('posts_id_seq', 5), pg_catalog.now(), app.fill(x, y => 'z') FROM t",
        Select(
            reads=(T,),
            functions=("setval", "now", "app.fill"),
            calls=(
                FunctionCall("setval", None, ("posts_id_seq", "5")),
                FunctionCall("now", "pg_catalog"),
                FunctionCall("fill", "app", (None, "z")),
            ),
        ),
    ),
    (
        "SELECT create_hypertable('conditions', 'time', migrate_data => true)",
        Select(
            functions=("create_hypertable",),
            calls=(FunctionCall("create_hypertable", None, ("conditions", "time", "true")),),
        ),
    ),
    (
        "SELECT pg_advisory_lock(-5)",
        Select(functions=("pg_advisory_lock",), calls=(FunctionCall("pg_advisory_lock", None, ("-5",)),)),
    ),
    ("LOCK t, s.a", LockTable(relations=(T, Relation("a", "s")), mode="ACCESS EXCLUSIVE")),
    ("LOCK TABLE t IN ACCESS SHARE MODE", LockTable(relations=(T,), mode="ACCESS SHARE")),
    ("LOCK TABLE t IN ROW SHARE MODE", LockTable(relations=(T,), mode="ROW SHARE")),
    ("LOCK TABLE t IN ROW EXCLUSIVE MODE", LockTable(relations=(T,), mode="ROW EXCLUSIVE")),
    ("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE", LockTable(relations=(T,), mode="SHARE UPDATE EXCLUSIVE")),
    ("LOCK TABLE t IN SHARE MODE NOWAIT", LockTable(relations=(T,), mode="SHARE", nowait=True)),
    ("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", LockTable(relations=(T,), mode="SHARE ROW EXCLUSIVE")),
    ("LOCK TABLE t IN EXCLUSIVE MODE", LockTable(relations=(T,), mode="EXCLUSIVE")),
    ("REINDEX INDEX CONCURRENTLY i", Reindex(kind="index", name=Relation("i"), concurrently=True)),
    (
        "REINDEX (CONCURRENTLY, VERBOSE) TABLE s.t",
        Reindex(kind="table", name=Relation("t", "s"), concurrently=True),
    ),
    ("REINDEX (CONCURRENTLY off) TABLE t", Reindex(kind="table", name=T)),
    ("REINDEX SCHEMA s", Reindex(kind="schema", name=Relation("s"))),
    ("REINDEX DATABASE", Reindex(kind="database", name=Relation(None))),
    ("REINDEX SYSTEM d", Reindex(kind="system", name=Relation("d"))),
    (
        "REFRESH MATERIALIZED VIEW CONCURRENTLY s.v",
        RefreshMaterializedView(name=Relation("v", "s"), concurrently=True),
    ),
    (
        "REFRESH MATERIALIZED VIEW v WITH NO DATA",
        RefreshMaterializedView(name=Relation("v"), with_data=False),
    ),
    ("VACUUM", Maintenance(command="vacuum")),
    ("VACUUM FULL t", Maintenance(command="vacuum full", relations=(T,))),
    ("VACUUM (FULL false, ANALYZE) t", Maintenance(command="vacuum", relations=(T,))),
    ("ANALYZE t (x), a", Maintenance(command="analyze", relations=(T, A))),
    ("CLUSTER t USING i", Maintenance(command="cluster", relations=(T,))),
    ("CLUSTER", Maintenance(command="cluster")),
    ("SET LOCAL lock_timeout = '5s'", SetParameter(name="lock_timeout", value="5s", local=True)),
    ('SET search_path TO app, "B"', SetParameter(name="search_path", value="app, B")),
    ("SET statement_timeout TO -1", SetParameter(name="statement_timeout", value="-1")),
    ("SET x.y TO DEFAULT", SetParameter(name="x.y", value=None)),
    ("SET TIME ZONE 'UTC'", SetParameter(name="timezone", value="UTC")),
    ("SET ROLE app", SetParameter(name="role", value="app")),
    ("RESET lock_timeout", SetParameter(name="lock_timeout", value=None)),
    ("RESET ALL", SetParameter(name="all", value=None)),
    (
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        SetParameter(name="transaction_isolation", value="serializable", local=True),
    ),
    ("SET CONSTRAINTS ALL DEFERRED", SetConstraints(deferred=True)),
    ("SET CONSTRAINTS a, s.b IMMEDIATE", SetConstraints(names=("a", "b"))),
    ("BEGIN", TransactionControl(command="begin")),
    ("START TRANSACTION", TransactionControl(command="start transaction")),
    ("COMMIT", TransactionControl(command="commit")),
    ("END", TransactionControl(command="commit")),
    ("ROLLBACK", TransactionControl(command="rollback")),
    ("SAVEPOINT s", TransactionControl(command="savepoint")),
    ("RELEASE s", TransactionControl(command="release")),
    ("ROLLBACK TO s", TransactionControl(command="rollback to")),
    ("PREPARE TRANSACTION 'x'", TransactionControl(command="prepare transaction")),
    ("COMMIT PREPARED 'x'", TransactionControl(command="commit prepared")),
    ("PREPARE q AS SELECT 1", SessionCommand(command="prepare")),
    ("DEALLOCATE ALL", SessionCommand(command="deallocate")),
    ("DISCARD ALL", SessionCommand(command="discard all")),
    ("LISTEN c", SessionCommand(command="listen")),
    ("NOTIFY c, 'x'", SessionCommand(command="notify")),
    ("LOAD 'x'", SessionCommand(command="load")),
    ("CHECKPOINT", SessionCommand(command="checkpoint")),
    ("SHOW lock_timeout", SessionCommand(command="show")),
    ("EXPLAIN DELETE FROM t", SessionCommand(command="explain")),
    ("EXPLAIN ANALYZE DELETE FROM t", Delete(relation=T, restricted=False)),
]


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[row[0] for row in CASES])
def test_statement(source: str, expected: Operation) -> None:
    found = only(source)
    assert found == expected
    assert at(source, found.span) == source


def test_set_config_sets() -> None:
    select, setting = operations("SELECT set_config('Lock_Timeout', '5s', true)")
    assert isinstance(select, Select) and select.functions == ("set_config",)
    assert setting == SetParameter(name="lock_timeout", value="5s", local=True)
    _, unknown = operations("SELECT set_config('lock_timeout', a, false) FROM t")
    assert unknown == SetParameter(name="lock_timeout", value=None, known=False)


def test_changes_in_ctes_come_first() -> None:
    source = (
        "WITH gone AS (DELETE FROM a WHERE id = 1 RETURNING *), more AS (UPDATE b SET x = 1)"
        " INSERT INTO t SELECT * FROM gone, c"
    )
    found = operations(source)
    assert found == [
        Delete(relation=A, bounded=True, where=Expression("id = 1")),
        Update(relation=Relation("b"), columns=("x",), restricted=False),
        Insert(relation=T, reads=(Relation("c"),)),
    ]
    assert [at(source, operation.span) for operation in found] == [
        "DELETE FROM a WHERE id = 1 RETURNING *",
        "UPDATE b SET x = 1",
        source,
    ]


def test_merge_is_what_its_clauses_are() -> None:
    source = (
        "MERGE INTO t USING a ON t.id = a.id WHEN MATCHED AND a.x THEN UPDATE SET b = 1, c = 2"
        " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (b) VALUES (1)"
    )
    assert operations(source) == [
        Insert(relation=T, columns=("b",), reads=(A,)),
        Update(relation=T, columns=("b", "c"), reads=(A,)),
        Delete(relation=T, reads=(A,)),
    ]


def test_merge_that_does_nothing_reads() -> None:
    assert only("MERGE INTO t USING a ON t.id = a.id WHEN MATCHED THEN DO NOTHING") == Select(reads=(T, A))


def test_a_cursor_runs_its_query() -> None:
    assert operations("DECLARE c CURSOR FOR SELECT 1 FROM t") == [
        SessionCommand(command="declare"),
        Select(reads=(T,)),
    ]


BOUNDED = [
    "id = 1",
    "id IN (1, 2)",
    "id = ANY('{1,2}')",
    "id = ANY(ARRAY(SELECT id FROM t LIMIT 10))",
    "id BETWEEN 1 AND 1000",
    "t.id > 5 AND t.id <= 10 AND x IS NULL",
    "5 < id AND 10 >= id",
    "id IN (SELECT id FROM t WHERE x IS NULL LIMIT 1000)",
    "id IN (SELECT id FROM t ORDER BY id FETCH FIRST 10 ROWS ONLY)",
    "ctid = '(0,1)'",
    "ctid = ANY(ARRAY(SELECT ctid FROM t LIMIT 5))",
    "ctid >= '(0,0)' AND ctid < '(9,0)'",
    "CURRENT OF c",
]
UNBOUNDED = [
    "id > 5",
    "id <> 1",
    "id NOT IN (1, 2)",
    "id NOT BETWEEN 1 AND 2",
    "id = 1 OR x",
    "author_id = 1",
    "x > 5 AND x < 10",
    "id > 5 AND x < 10",
    "id = author_id",
    "b.id = t.author_id",
    "id = author_id + 1",
    "id IN (SELECT id FROM t)",
    "id IN (SELECT id FROM t LIMIT ALL)",
    "status = 'draft'",
    "id <> ALL('{1}')",
]


@pytest.mark.parametrize("where", BOUNDED)
def test_bounded(where: str) -> None:
    update = only(f"UPDATE t SET a = 1 WHERE {where}")
    delete = only(f"DELETE FROM t WHERE {where}")
    assert isinstance(update, Update) and update.bounded
    assert isinstance(delete, Delete) and delete.bounded


@pytest.mark.parametrize("where", UNBOUNDED)
def test_not_bounded(where: str) -> None:
    update = only(f"UPDATE t SET a = 1 WHERE {where}")
    assert isinstance(update, Update) and not update.bounded and update.restricted


@pytest.mark.parametrize(
    "source",
    [
        "WITH batch AS (SELECT id FROM t LIMIT 5) UPDATE t SET a = 1 FROM batch WHERE t.id = batch.id",
        "UPDATE t SET a = 1 FROM (SELECT id FROM t LIMIT 5) b WHERE t.id = b.id",
        "DELETE FROM t USING (SELECT id FROM t LIMIT 5) b WHERE t.id = b.id",
    ],
)
def test_bounded_by_what_it_joins(source: str) -> None:
    found = operations(source)[-1]
    assert isinstance(found, Update | Delete) and found.bounded
