"""CREATE TABLE, DROP TABLE, RENAME, indexes and settings of tables, on real servers."""

from __future__ import annotations

from support.measured import TRIGGER_FUNCTION, Case, cases, check, prepared

VIEW = "CREATE VIEW v AS SELECT id, title FROM posts;"


@cases(
    "CREATE TABLE t (id bigserial PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE t (id bigserial, a bigint REFERENCES authors, PRIMARY KEY (id))",
    "CREATE TABLE t (a bigint REFERENCES authors, b bigint, FOREIGN KEY (b) REFERENCES posts)",
    "CREATE TABLE t (id bigint PRIMARY KEY, parent bigint REFERENCES t)",
    "CREATE TABLE t (a bigint REFERENCES nowhere)",
    "CREATE TABLE posts (id bigint)",
    "CREATE TABLE IF NOT EXISTS posts (id bigint, a bigint REFERENCES authors)",
    "CREATE TABLE IF NOT EXISTS t (id bigint, a bigint REFERENCES authors)",
    "CREATE TEMPORARY TABLE t (id bigint)",
    "CREATE UNLOGGED TABLE t (id bigint)",
    "CREATE TABLE t (LIKE posts)",
    "CREATE TABLE t (LIKE posts INCLUDING ALL)",
    "CREATE TABLE t () INHERITS (posts)",
    "CREATE TABLE t AS SELECT * FROM posts",
    "CREATE TABLE t AS SELECT * FROM posts WITH NO DATA",
    "SELECT * INTO t FROM posts",
    "CREATE TABLE t (id bigint, at date) PARTITION BY RANGE (at)",
    "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id);"
    " ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()",
    "CREATE TABLE t (id bigint); INSERT INTO t VALUES (1);"
    " ALTER TABLE t ALTER COLUMN id TYPE int, ALTER id SET NOT NULL",
    "CREATE TABLE t (id bigint); ALTER TABLE t ADD COLUMN x text NOT NULL; UPDATE t SET id = 1; DROP TABLE t",
    "CREATE TABLE t (id bigint); ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES posts",
    "CREATE TABLE t (id bigint); ALTER TABLE t RENAME TO u; CREATE UNIQUE INDEX i ON u (id)",
    "CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE posts ADD COLUMN t bigint REFERENCES t",
    Case("CREATE TABLE s.t (id bigint)", "CREATE SCHEMA s"),
    Case("CREATE TABLE posts (id bigint)", "ALTER TABLE posts RENAME TO articles"),
    Case("CREATE TABLE v (id bigint)", VIEW),
)
def test_create_table(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "DROP TABLE comments",
    "DROP TABLE posts",
    "DROP TABLE posts CASCADE",
    "DROP TABLE posts, comments",
    "DROP TABLE comments, posts, authors",
    "DROP TABLE nowhere",
    "DROP TABLE IF EXISTS nowhere",
    "DROP TABLE IF EXISTS comments, nowhere",
    Case("DROP TABLE posts, comments", VIEW),
    Case("DROP TABLE posts, comments CASCADE", VIEW + "CREATE VIEW w AS SELECT * FROM v"),
    Case("DROP TABLE p", "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)"),
    Case("DROP TABLE p CASCADE", "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)"),
    Case("DROP TABLE c", "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)"),
    Case("DROP TABLE v", VIEW),
    Case("DROP TABLE t", "CREATE TABLE t (id bigint PRIMARY KEY, parent bigint REFERENCES t)"),
    "ALTER TABLE posts RENAME TO articles",
    "ALTER TABLE nowhere RENAME TO articles",
    "ALTER TABLE IF EXISTS nowhere RENAME TO articles",
    Case("ALTER TABLE posts RENAME TO articles", VIEW),
    Case("ALTER TABLE posts SET SCHEMA s", "CREATE SCHEMA s"),
    Case("ALTER TABLE s.t ADD COLUMN x int", "CREATE SCHEMA s; CREATE TABLE s.t (id int)"),
    'ALTER TABLE "public"."posts" ADD COLUMN x int',
    Case(
        "DROP TABLE s.t",
        "CREATE SCHEMA s; CREATE TABLE s.t (id bigint, post_id bigint REFERENCES public.posts)",
    ),
    Case("DROP SCHEMA s", "CREATE SCHEMA s; CREATE TABLE s.t (id bigint)"),
    Case("DROP SCHEMA s CASCADE", "CREATE SCHEMA s; CREATE TABLE s.t (id bigint, p bigint REFERENCES posts)"),
)
def test_drop_and_rename_table(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "CREATE INDEX i ON posts (title)",
    "CREATE UNIQUE INDEX i ON posts (title, id)",
    "CREATE UNIQUE INDEX i ON posts (views)",
    "CREATE INDEX IF NOT EXISTS i ON posts (title)",
    "CREATE INDEX IF NOT EXISTS posts_slug_index ON posts (title)",
    "CREATE INDEX posts_slug_index ON posts (title)",
    "CREATE INDEX i ON posts (nowhere)",
    "CREATE INDEX i ON nowhere (id)",
    "CREATE INDEX i ON posts (lower(title)) WHERE views > 3",
    "CREATE INDEX i ON posts USING gin (metab)",
    "CREATE INDEX i ON posts USING brin (inserted_at)",
    "CREATE INDEX i ON ONLY posts (title)",
    "CREATE INDEX ON posts (title)",
    Case("CREATE INDEX CONCURRENTLY i ON posts (title)", outside=True),
    Case("CREATE UNIQUE INDEX CONCURRENTLY i ON posts (title, id)", outside=True),
    Case("CREATE UNIQUE INDEX CONCURRENTLY i ON posts (views)", outside=True),
    "CREATE INDEX CONCURRENTLY i ON posts (title)",
    Case("DROP INDEX CONCURRENTLY posts_slug_index", outside=True),
    Case("DROP INDEX CONCURRENTLY posts_slug_index CASCADE", outside=True),
    Case("DROP INDEX CONCURRENTLY posts_pkey", outside=True),
    "DROP INDEX CONCURRENTLY posts_slug_index",
    "DROP INDEX posts_slug_index",
    "DROP INDEX public.posts_slug_index",
    "DROP INDEX IF EXISTS posts_slug_index",
    "DROP INDEX IF EXISTS nowhere",
    "DROP INDEX nowhere",
    "DROP INDEX posts_pkey",
    "DROP INDEX posts_slug_index, posts_author_id_index, comments_post_id_index",
    "DROP INDEX posts_slug_index CASCADE",
    "ALTER INDEX posts_slug_index RENAME TO x",
    "ALTER INDEX nowhere RENAME TO x",
    "ALTER INDEX posts_slug_index SET (fillfactor = 70)",
    *prepared(
        "CREATE TABLE slugs (slug varchar(255) REFERENCES posts (slug));",
        "DROP INDEX posts_slug_index",
        "DROP INDEX posts_slug_index CASCADE",
    ),
    "REINDEX INDEX posts_slug_index",
    "REINDEX TABLE posts",
    "REINDEX INDEX nowhere",
    Case("REINDEX INDEX CONCURRENTLY posts_slug_index", outside=True),
    Case("REINDEX TABLE CONCURRENTLY comments", outside=True, hold=("comments",)),
    "REINDEX INDEX CONCURRENTLY posts_slug_index",
    "REINDEX SCHEMA public",
)
def test_indexes(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "ALTER TABLE posts SET (fillfactor = 80)",
    "ALTER TABLE posts SET (autovacuum_enabled = false, toast.autovacuum_enabled = false)",
    "ALTER TABLE posts SET (parallel_workers = 2)",
    "ALTER TABLE posts SET (user_catalog_table = true)",
    "ALTER TABLE posts RESET (fillfactor)",
    "ALTER TABLE posts OWNER TO postgres",
    "ALTER TABLE posts CLUSTER ON posts_pkey",
    "ALTER TABLE posts SET WITHOUT CLUSTER",
    "ALTER TABLE posts SET TABLESPACE pg_default",
    Case("ALTER TABLE posts SET ACCESS METHOD heap", since=15),
    "ALTER TABLE posts REPLICA IDENTITY FULL",
    "ALTER TABLE posts REPLICA IDENTITY USING INDEX posts_pkey",
    "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE posts FORCE ROW LEVEL SECURITY",
    "ALTER TABLE posts DISABLE TRIGGER ALL",
    "ALTER TABLE posts ENABLE TRIGGER USER",
    "ALTER TABLE comments SET UNLOGGED",
    "ALTER TABLE posts SET UNLOGGED",
    "ALTER TABLE comments SET LOGGED",
    Case("ALTER TABLE comments SET LOGGED", "ALTER TABLE comments SET UNLOGGED"),
    Case("ALTER TABLE comments SET UNLOGGED", "ALTER TABLE comments SET UNLOGGED"),
    Case(
        "ALTER TABLE t SET LOGGED",
        "CREATE UNLOGGED TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1)",
    ),
    Case("ALTER TABLE comments INHERIT p", "CREATE TABLE p (body text)"),
    Case("ALTER TABLE comments NO INHERIT p", "CREATE TABLE p (body text); ALTER TABLE comments INHERIT p"),
    Case(
        "ALTER TABLE posts DISABLE TRIGGER t",
        TRIGGER_FUNCTION + "CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "ALTER TABLE posts SET (fillfactor = 80), ADD COLUMN x int, ALTER COLUMN title SET STATISTICS 10",
    *prepared(
        "CREATE TABLE p (a int, b text); CREATE TABLE c (x int) INHERITS (p);"
        " INSERT INTO p SELECT g, 'x' FROM generate_series(1, 150) g;"
        " INSERT INTO c SELECT g, 'x', 2 FROM generate_series(1, 150) g; CREATE INDEX i ON c (a);",
        "ALTER TABLE p ADD COLUMN y int",
        "ALTER TABLE p ADD COLUMN y float DEFAULT random()",
        "ALTER TABLE p ALTER COLUMN a TYPE bigint",
        "ALTER TABLE p ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE ONLY p ALTER COLUMN a SET DEFAULT 1",
        "ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE p DROP COLUMN b",
        "CREATE INDEX j ON p (a)",
        "ALTER TABLE p ADD PRIMARY KEY (a)",
        "UPDATE p SET a = 2",
        "TRUNCATE p",
        "ALTER TABLE p RENAME COLUMN a TO z",
        "ANALYZE p",
        "LOCK TABLE p",
        "COMMENT ON TABLE p IS 'x'",
        "ALTER TABLE p SET (fillfactor = 80)",
        "CREATE POLICY q ON p USING (true)",
        "ALTER TABLE p ADD UNIQUE (a)",
        "ALTER TABLE p ADD EXCLUDE (a WITH =)",
        "ALTER TABLE p ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE p ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES authors (id)",
        "ALTER TABLE p ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES authors (id) NOT VALID",
        "ALTER TABLE p SET UNLOGGED",
        "ALTER TABLE p DISABLE TRIGGER ALL",
        "ALTER TABLE p ALTER a SET STORAGE PLAIN",
        Case("VACUUM FULL p", outside=True, hold=("p",), until=17),
        Case("CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()", TRIGGER_FUNCTION),
        *prepared(
            "ALTER TABLE p ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES authors NOT VALID,"
            " ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT h CHECK (a > 0) NOT VALID;",
            "ALTER TABLE p VALIDATE CONSTRAINT k",
            "ALTER TABLE p VALIDATE CONSTRAINT h",
            "ALTER TABLE p DROP CONSTRAINT k",
            "ALTER TABLE p DROP CONSTRAINT u",
            "ALTER TABLE p DROP CONSTRAINT h",
            "ALTER TABLE p RENAME CONSTRAINT k TO z",
            "ALTER TABLE p RENAME CONSTRAINT u TO z",
            "ALTER TABLE p RENAME CONSTRAINT h TO z",
            "ALTER TABLE p ALTER COLUMN a TYPE bigint",
            "ALTER TABLE p ALTER COLUMN a TYPE int",
        ),
        Case("ALTER TABLE p ALTER COLUMN b TYPE text", "CREATE INDEX low ON p (lower(b))"),
    ),
)
def test_settings_and_inheritance(case: Case, version: int) -> None:
    check(case, version)
