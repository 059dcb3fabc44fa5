"""Partitioned tables, on real servers: what goes on to the partitions, and what PostgreSQL refuses."""

from __future__ import annotations

from support.measured import TRIGGER_FUNCTION, Case, cases, check, check_older, older, prepared

PARENT = (
    "CREATE TABLE m (id bigint NOT NULL, at date NOT NULL, s text, author_id bigint) PARTITION BY RANGE (at);"
    "CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
    "INSERT INTO m SELECT g, '2020-02-01', 'x', 1 FROM generate_series(1, 100) g;"
    "INSERT INTO m SELECT g, '2021-02-01', 'x', 1 FROM generate_series(1, 100) g;"
)
DEFAULT = PARENT + ("CREATE TABLE md PARTITION OF m DEFAULT; INSERT INTO m VALUES (1, '2000-01-01', 'x', 1);")
KEYED = PARENT + "ALTER TABLE m ADD PRIMARY KEY (id, at);"
REFERENCED = KEYED + (
    "CREATE TABLE r (id bigint, at date, FOREIGN KEY (id, at) REFERENCES m);"
    "INSERT INTO r SELECT g, '2021-02-01' FROM generate_series(1, 10) g;"
)
REFERRING = PARENT + "ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors;"
INDEXED = PARENT + "CREATE INDEX i ON m (id);"
LOOSE = "CREATE TABLE m3 (LIKE m); INSERT INTO m3 VALUES (1, '2022-02-01', 'x', 1);"
TRIGGERED = (
    PARENT + TRIGGER_FUNCTION + "CREATE TRIGGER t AFTER INSERT ON m FOR EACH ROW EXECUTE FUNCTION f();"
)
ATTACH = "ALTER TABLE m ATTACH PARTITION m3 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"


@cases(
    *prepared(
        PARENT,
        "ALTER TABLE m ADD COLUMN z int",
        "ALTER TABLE m ADD COLUMN z int NOT NULL",
        "ALTER TABLE m ADD COLUMN z uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE ONLY m ADD COLUMN z int",
        "ALTER TABLE m1 ADD COLUMN z int",
        "ALTER TABLE m DROP COLUMN s",
        "ALTER TABLE m DROP COLUMN at",
        "ALTER TABLE m ALTER COLUMN s TYPE varchar(10)",
        "ALTER TABLE m ALTER COLUMN s TYPE text",
        "ALTER TABLE m ALTER COLUMN at TYPE timestamp",
        "ALTER TABLE m1 ALTER COLUMN s TYPE varchar(10)",
        "ALTER TABLE m ALTER COLUMN s SET NOT NULL",
        "ALTER TABLE m ALTER COLUMN s SET DEFAULT 'x'",
        "ALTER TABLE m ALTER COLUMN s SET STATISTICS 100",
        "ALTER TABLE m ALTER COLUMN s SET (n_distinct = 5)",
        "ALTER TABLE m ALTER COLUMN s SET STORAGE EXTERNAL",
        "ALTER TABLE m RENAME COLUMN s TO t",
        "ALTER TABLE m RENAME TO mm",
        "ALTER TABLE m OWNER TO postgres",
        "ALTER TABLE m ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE m ADD CONSTRAINT c CHECK (id > 0)",
        "ALTER TABLE m ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "ALTER TABLE m1 ADD CONSTRAINT c CHECK (id > 0)",
        "ALTER TABLE m ADD PRIMARY KEY (id, at)",
        "ALTER TABLE m ADD PRIMARY KEY (id)",
        "ALTER TABLE m ADD CONSTRAINT u UNIQUE (s)",
        "ALTER TABLE m ADD CONSTRAINT u UNIQUE (id, at)",
        "ALTER TABLE m ADD PRIMARY KEY (author_id, at)",
        "ALTER TABLE m ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
        Case("ALTER TABLE m ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY", since=17),
        Case("ALTER TABLE m ALTER COLUMN s SET COMPRESSION pglz", since=14),
        "ANALYZE m",
        "ALTER TABLE m1 ADD CONSTRAINT u UNIQUE (id)",
        "ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors",
        Case("ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors NOT VALID", since=18),
        "CREATE INDEX i ON m (id)",
        "CREATE INDEX i ON ONLY m (id)",
        "CREATE UNIQUE INDEX i ON m (id)",
        "CREATE UNIQUE INDEX i ON m (id, at)",
        Case("CREATE INDEX CONCURRENTLY i ON m (id)", outside=True, hold=("m",)),
        Case("CREATE INDEX CONCURRENTLY i ON m1 (id)", outside=True, hold=("m1",)),
        "CREATE INDEX i ON m1 (id)",
        "DROP TABLE m",
        "DROP TABLE m1",
        "TRUNCATE m",
        "TRUNCATE m1",
        "UPDATE m SET s = 'y'",
        "DELETE FROM m",
        "ANALYZE m1",
        "COMMENT ON TABLE m IS 'x'",
        "CREATE POLICY p ON m USING (true)",
        "CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')",
        "LOCK TABLE m IN SHARE MODE",
        "REINDEX TABLE m",
        "ALTER TABLE m DETACH PARTITION m1",
        Case("ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY", since=14),
        "CREATE MATERIALIZED VIEW v AS SELECT s FROM m",
    ),
    Case(
        "ALTER TABLE m VALIDATE CONSTRAINT c",
        PARENT + "ALTER TABLE m ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
    ),
    Case("ALTER TABLE m DROP CONSTRAINT k", REFERRING),
    Case("ALTER TABLE m ALTER CONSTRAINT k DEFERRABLE", REFERRING),
    Case("ALTER TABLE m RENAME CONSTRAINT k TO l", REFERRING),
    Case(
        "ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors NOT ENFORCED",
        PARENT,
        since=18,
    ),
    Case("ALTER TABLE m ALTER COLUMN author_id TYPE bigint", REFERRING),
    Case("ALTER TABLE m ALTER COLUMN author_id TYPE int", REFERRING),
    Case("DROP TABLE m1", REFERRING),
    Case("CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')", REFERRING),
    Case("ALTER TABLE m DETACH PARTITION m1", REFERRING),
    *prepared(
        INDEXED,
        "DROP INDEX i",
        "DROP INDEX m1_id_idx",
        Case("DROP INDEX CONCURRENTLY i", outside=True, hold=("m",)),
        "REINDEX INDEX i",
        "REINDEX INDEX m1_id_idx",
        "ALTER TABLE m ALTER COLUMN id TYPE int",
    ),
    *prepared(
        PARENT + "CREATE INDEX i ON ONLY m (id); CREATE INDEX i1 ON m1 (id);",
        "ALTER INDEX i ATTACH PARTITION i1",
        "ALTER INDEX i ATTACH PARTITION nowhere",
    ),
    *prepared(
        PARENT
        + TRIGGER_FUNCTION
        + "CREATE TRIGGER s AFTER INSERT ON m FOR EACH STATEMENT EXECUTE FUNCTION f();"
        "CREATE POLICY p ON m USING (true); ALTER TABLE m ADD CONSTRAINT u UNIQUE (id, at),"
        "ADD CONSTRAINT c CHECK (id > 0), ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;",
        "DROP TRIGGER s ON m",
        "CREATE TRIGGER t AFTER INSERT ON m FOR EACH STATEMENT EXECUTE FUNCTION f()",
        "DROP POLICY p ON m",
        "ALTER TABLE m DROP CONSTRAINT u",
        "ALTER TABLE m RENAME CONSTRAINT u TO v",
        "ALTER TABLE m RENAME CONSTRAINT c TO v",
        "ALTER TABLE m ALTER COLUMN id DROP IDENTITY",
        "ALTER TABLE m ALTER COLUMN id SET GENERATED ALWAYS",
    ),
    *prepared(
        TRIGGERED,
        "DROP TRIGGER t ON m",
        "ALTER TABLE m DISABLE TRIGGER t",
    ),
    Case("CREATE TRIGGER t AFTER INSERT ON m FOR EACH ROW EXECUTE FUNCTION f()", PARENT + TRIGGER_FUNCTION),
    *prepared(
        REFERENCED,
        "ALTER TABLE r DROP CONSTRAINT r_id_at_fkey",
        "ALTER TABLE r ALTER COLUMN id TYPE bigint",
        "DROP TABLE m1",
        "DROP TABLE m1 CASCADE",
        "DROP TABLE m",
        "DROP TABLE m CASCADE",
        "DROP TABLE r",
        "ALTER TABLE m DETACH PARTITION m1",
        "ALTER TABLE m DETACH PARTITION m2",
        "TRUNCATE m",
        "CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')",
    ),
    Case("ALTER TABLE posts ADD COLUMN a date, ADD CONSTRAINT k FOREIGN KEY (id, a) REFERENCES m", KEYED),
    Case("CREATE TABLE t (a date, i bigint, FOREIGN KEY (i, a) REFERENCES m)", KEYED),
)
def test_partitioned_table(case: Case, version: int) -> None:
    check(case, version)


@cases(
    *prepared(
        DEFAULT,
        "CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')",
        "CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",
        "ALTER TABLE m DETACH PARTITION m1",
        "ALTER TABLE m DETACH PARTITION md",
        "DROP TABLE m1",
        "DROP TABLE md",
        Case("ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY", since=14, outside=True, hold=("m",)),
    ),
    *prepared(PARENT + LOOSE, ATTACH, ATTACH.replace("2022", "2024").replace("2023", "2025")),
    Case(ATTACH, DEFAULT + LOOSE),
    Case(ATTACH, REFERRING + LOOSE),
    Case(ATTACH, INDEXED + LOOSE),
    Case(ATTACH, INDEXED + LOOSE + "CREATE INDEX j ON m3 (id)"),
    Case("ALTER TABLE m ATTACH PARTITION nowhere DEFAULT", PARENT),
    Case("ALTER TABLE m ATTACH PARTITION m3 DEFAULT", PARENT + LOOSE),
    Case("CREATE TABLE md PARTITION OF m DEFAULT", PARENT),
    *prepared(
        "CREATE TABLE h (id bigint, v text) PARTITION BY HASH (id);"
        "CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY LIST (v);"
        "CREATE TABLE h1a PARTITION OF h1 FOR VALUES IN ('a');"
        "INSERT INTO h SELECT g, 'a' FROM generate_series(1, 50) g;",
        "ALTER TABLE h ADD COLUMN z float DEFAULT random()",
        "CREATE INDEX i ON h (v)",
        "ALTER TABLE h1 DROP COLUMN v",
        "DROP TABLE h1",
        "ALTER TABLE h DETACH PARTITION h1",
        "CREATE TABLE h1b PARTITION OF h1 FOR VALUES IN ('b')",
        "VACUUM h",
    ),
    Case("VACUUM FULL h", "CREATE TABLE h (id bigint)", outside=True, hold=("h",)),
)
def test_partitions_come_and_go(case: Case, version: int) -> None:
    check(case, version)


@older(
    Case(
        "ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors NOT VALID",
        PARENT,
        until=17,
    ),
    Case("ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY", PARENT, until=13),
    Case("ALTER TABLE m ADD CONSTRAINT e EXCLUDE (at WITH =)", PARENT, until=16),
    Case("ALTER TABLE m ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY", PARENT, until=16),
)
def test_what_an_older_version_does_not_have(case: Case, version: int) -> None:
    check_older(case, version)


CREATE_IT = "CREATE TABLE m9 PARTITION OF m FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"
IN_YEAR = "ALTER TABLE m3 ADD CHECK (at >= '2022-01-01' AND at < '2023-01-01'){};"
APART = "ALTER TABLE md ADD CHECK (at IS NULL OR at < '2022-01-01' OR (at >= '2023-01-01'));"


@cases(
    *prepared(
        PARENT + LOOSE,
        Case(ATTACH, IN_YEAR.format("")),
        Case(ATTACH, IN_YEAR.format(" NOT VALID")),
        Case(ATTACH, "ALTER TABLE m3 ADD CHECK (AT  >= '2022-01-01'), ADD CHECK (at < '2023-01-01');"),
        # What says less; and, last, what says as much in other words: nothing is read, which is not known.
        Case(ATTACH, "ALTER TABLE m3 ADD CHECK (at >= '2022-01-01');", doubt=True),
        Case(ATTACH, IN_YEAR.format("").replace("AND", "AND id > 0 OR"), doubt=True),
        Case(ATTACH, IN_YEAR.format("").replace("2022", "2021"), doubt=True),
        Case(ATTACH, "ALTER TABLE m3 ADD CHECK (at = '2022-02-01');", doubt=True, rows=False),
    ),
    *prepared(
        DEFAULT + LOOSE + IN_YEAR.format(""),
        Case(ATTACH, APART),
        ATTACH,
        Case(ATTACH, APART.replace("at IS NULL", "id > 1"), doubt=True),
    ),
    *prepared(
        DEFAULT,
        Case(CREATE_IT, APART),
        Case(CREATE_IT, APART.replace("at IS NULL", "id > 1")),
        Case(CREATE_IT, APART.replace(";", " NOT VALID;")),
    ),
)
def test_a_check_that_says_the_bounds(case: Case, version: int) -> None:
    check(case, version)


OF_AUTHORS = "ADD CONSTRAINT {} FOREIGN KEY (author_id) REFERENCES authors"
ON_EACH = f"ALTER TABLE m1 {OF_AUTHORS.format('k')}; ALTER TABLE m2 {OF_AUTHORS.format('other')};"


@cases(
    *prepared(
        PARENT,
        Case(f"ALTER TABLE m {OF_AUTHORS.format('k')}", ON_EACH),
        Case(f"ALTER TABLE m {OF_AUTHORS.format('k')} ON DELETE CASCADE", ON_EACH),
        Case(f"ALTER TABLE m {OF_AUTHORS.format('k')}", ON_EACH.partition(";")[0] + ";", rows=False),
    )
)
def test_a_foreign_key_that_the_partitions_have(case: Case, version: int) -> None:
    check(case, version)
