"""The names that PostgreSQL makes up, compared with those of a server."""

from __future__ import annotations

from ecto_migrations_analysis.operations import AddConstraint, CreateIndex, CreateObject, CreateTable
from support.postgres import Database
from support.sql_text import operations

LONG = "a_table_with_quite_a_long_name_that_leaves_little_room_for_more"
COLUMN = "and_a_column_with_a_name_that_is_longer_than_anybody_would_type"

SETUP = f"""
CREATE TABLE parents (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE t (a int, b int, c int, d text, e int4range, "Ä é" int, {COLUMN} int);
CREATE TABLE {LONG} (a int, b int, {COLUMN} int);
CREATE TABLE "tüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" ("spöööööööööööööööööööööööööööööö" int);
"""

STATEMENTS = [
    "ALTER TABLE t ADD CHECK (a > 0)",
    "ALTER TABLE t ADD CHECK (a > 0 AND a < 9)",
    "ALTER TABLE t ADD CHECK (a > 0 AND b < 9)",
    "ALTER TABLE t ADD CHECK (true)",
    'ALTER TABLE t ADD CHECK ("Ä é" > 1)',
    "ALTER TABLE t ADD CHECK (a > 0), ADD CHECK (a > 1), ADD CHECK (a > 2)",
    "ALTER TABLE t ADD PRIMARY KEY (a)",
    "ALTER TABLE t ADD UNIQUE (a, b)",
    "ALTER TABLE t ADD UNIQUE (a) INCLUDE (b, c)",
    "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parents",
    "ALTER TABLE t ADD FOREIGN KEY (a, b) REFERENCES parents (a, b)",
    "ALTER TABLE t ADD NOT NULL a",
    f"ALTER TABLE t ADD NOT NULL {COLUMN}",
    "ALTER TABLE t ADD EXCLUDE USING gist (e WITH &&)",
    "ALTER TABLE t ADD EXCLUDE (a WITH =, (b + 1) WITH =, abs(c) WITH =)",
    "ALTER TABLE t ADD COLUMN x int UNIQUE CHECK (x > 1) CHECK (x > a) REFERENCES parents",
    f"ALTER TABLE {LONG} ADD PRIMARY KEY (a)",
    f"ALTER TABLE {LONG} ADD UNIQUE ({COLUMN}, a)",
    f"ALTER TABLE {LONG} ADD CHECK ({COLUMN} > 1)",
    f"ALTER TABLE t ADD UNIQUE ({COLUMN}, a, b)",
    'ALTER TABLE "tüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" ADD UNIQUE ("spöööööööööööööööööööööööööööööö")',
    "CREATE TABLE n (a int PRIMARY KEY, b int CHECK (b > 0) CHECK (b < 9), UNIQUE (b, a), CHECK (a > b),"
    " FOREIGN KEY (a, b) REFERENCES parents (a, b), c int UNIQUE REFERENCES parents)",
    "CREATE INDEX ON t (a)",
    "CREATE INDEX ON t (a, b) INCLUDE (c)",
    "CREATE INDEX ON t (lower(d))",
    "CREATE INDEX ON t (lower(d), lower(d), a, (a + 1), (a + 2), (b * 2))",
    "CREATE INDEX ON t ((a::text))",
    "CREATE INDEX ON t ((lower(d)::varchar))",
    "CREATE INDEX ON t ((a + b))",
    "CREATE INDEX ON t (coalesce(a, 1))",
    "CREATE INDEX ON t (greatest(a, 1), (least(a, 1)))",
    "CREATE INDEX ON t ((CASE WHEN a > 1 THEN 1 ELSE 2 END))",
    "CREATE INDEX ON t ((CASE WHEN a > 1 THEN 1 ELSE b END))",
    "CREATE INDEX ON t ((NULLIF(a, 1)))",
    "CREATE INDEX ON t ((ARRAY[a, b]))",
    'CREATE INDEX ON t ((d COLLATE "C"))',
    "CREATE INDEX ON t ((1 > 0))",
    'CREATE INDEX ON t ("Ä é")',
    f"CREATE INDEX ON t ({COLUMN}, a, b)",
    f"CREATE INDEX ON {LONG} (a, b)",
    f"CREATE INDEX ON {LONG} ({COLUMN})",
    'CREATE INDEX ON "tüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" ("spöööööööööööööööööööööööööööööö")',
    "CREATE STATISTICS ON a, b FROM t",
    "CREATE STATISTICS ON a, (b + 1), (abs(c)) FROM t",
]

NAMES = """
SELECT conname FROM pg_constraint WHERE oid >= 16384
UNION SELECT relname FROM pg_class WHERE relkind = 'i' AND oid >= 16384
UNION SELECT stxname FROM pg_statistic_ext
"""


def _said(source: str) -> set[str | None]:
    names: set[str | None] = set()
    for operation in operations(source):
        if isinstance(operation, AddConstraint):
            names.add(operation.constraint.name)
        elif isinstance(operation, CreateIndex):
            names.add(operation.name)
        elif isinstance(operation, CreateTable):
            names.update(constraint.name for constraint in operation.constraints)
        elif isinstance(operation, CreateObject):
            names.add(operation.name.name)
    return names


def test_default_names(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(SETUP)
        connection.execute("CREATE EXTENSION btree_gist")
        before = {str(name) for (name,) in connection.execute(NAMES).fetchall()}
        for source in STATEMENTS:
            with connection.transaction(force_rollback=True):
                connection.execute(source)
                made = {str(name) for (name,) in connection.execute(NAMES).fetchall()} - before
            # NOT NULL constraints of keys are made beside them.
            if "NOT NULL" not in source:
                made = {name for name in made if not name.endswith("_not_null")}
            assert made, source
            assert _said(source) == made, source
