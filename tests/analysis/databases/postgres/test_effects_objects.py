"""Views, types, triggers, policies, sequences, comments and maintenance, on real servers."""

from __future__ import annotations

from support.measured import TRIGGER_FUNCTION, Case, cases, check, prepared

VIEW = "CREATE VIEW v AS SELECT id, title FROM posts;"
MATERIALIZED = "CREATE MATERIALIZED VIEW mv AS SELECT id, title FROM posts;"
INDEXED = MATERIALIZED + "CREATE UNIQUE INDEX mvi ON mv (id);"
TRIGGER = TRIGGER_FUNCTION + "CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f();"
POLICY = "CREATE POLICY p ON posts USING (true);"
RULE = "CREATE RULE r AS ON INSERT TO posts DO ALSO NOTHING;"
MOOD = "CREATE TYPE mood AS ENUM ('a', 'b'); ALTER TABLE posts ADD COLUMN mood mood DEFAULT 'a';"
DOMAIN = "CREATE DOMAIN d AS text; ALTER TABLE posts ADD COLUMN dd d DEFAULT 'x';"


@cases(
    "CREATE VIEW v AS SELECT id FROM posts",
    "CREATE VIEW v AS SELECT p.id FROM posts p JOIN authors a ON a.id = p.author_id",
    "CREATE VIEW posts AS SELECT 1",
    "CREATE VIEW v AS SELECT id FROM nowhere",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM posts",
    "CREATE MATERIALIZED VIEW mv AS SELECT author_id, count(*) FROM posts GROUP BY 1",
    "CREATE MATERIALIZED VIEW mv AS SELECT id FROM posts WITH NO DATA",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS mv AS SELECT p.title, c.body FROM posts p JOIN comments c"
    " ON c.post_id = p.id",
    *prepared(
        VIEW,
        "CREATE OR REPLACE VIEW v AS SELECT id, title, slug FROM posts",
        "CREATE VIEW v AS SELECT 1",
        "CREATE MATERIALIZED VIEW mv AS SELECT * FROM v",
        "DROP VIEW v",
        "DROP VIEW IF EXISTS v, nowhere",
        "DROP MATERIALIZED VIEW v",
        "ALTER VIEW v RENAME TO w",
        "ALTER VIEW v ALTER COLUMN title SET DEFAULT 'x'",
        "ALTER VIEW v OWNER TO postgres",
        "COMMENT ON VIEW v IS 'x'",
        "LOCK TABLE v",
        "LOCK TABLE v IN SHARE MODE",
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING",
    ),
    *prepared(
        VIEW + "CREATE VIEW w AS SELECT * FROM v;",
        "DROP VIEW v",
        "DROP VIEW v CASCADE",
        "DROP VIEW w",
        "DROP VIEW w; DROP VIEW v",
    ),
    "DROP VIEW nowhere",
    "DROP VIEW IF EXISTS nowhere",
    "DROP VIEW posts",
    *prepared(
        INDEXED,
        "REFRESH MATERIALIZED VIEW mv",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY mv",
        "REFRESH MATERIALIZED VIEW mv WITH NO DATA",
        "DROP MATERIALIZED VIEW mv",
        "ALTER MATERIALIZED VIEW mv RENAME TO mw",
        "CREATE INDEX i ON mv (title)",
        "DROP INDEX mvi",
        "COMMENT ON MATERIALIZED VIEW mv IS 'x'",
    ),
    *prepared(
        MATERIALIZED,
        "REFRESH MATERIALIZED VIEW mv",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY mv",
        "REFRESH MATERIALIZED VIEW nowhere",
        "DROP TABLE comments, posts",
    ),
)
def test_views(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "CREATE TYPE mood AS ENUM ('a', 'b')",
    "CREATE TYPE pair AS (a int, b int)",
    "CREATE DOMAIN d AS text CHECK (VALUE <> '')",
    *prepared(
        MOOD,
        "CREATE TYPE mood AS ENUM ('a', 'b')",
        "ALTER TYPE mood ADD VALUE 'c'",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'a'",
        "ALTER TYPE mood ADD VALUE 'a'",
        "ALTER TYPE mood ADD VALUE 'c' BEFORE 'b'",
        "ALTER TYPE mood ADD VALUE 'c' AFTER 'z'",
        "ALTER TYPE mood RENAME VALUE 'a' TO 'z'",
        "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
        "ALTER TYPE mood RENAME VALUE 'q' TO 'z'",
        "ALTER TYPE mood RENAME TO feeling",
        "ALTER TYPE mood OWNER TO postgres",
        "COMMENT ON TYPE mood IS 'x'",
        "DROP TYPE mood",
        "DROP TYPE mood CASCADE",
        "ALTER TABLE posts DROP COLUMN mood; DROP TYPE mood",
    ),
    "ALTER TYPE nowhere ADD VALUE 'c'",
    *prepared(
        DOMAIN,
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '')",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> 'x')",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID",
        "ALTER DOMAIN d SET NOT NULL",
        "ALTER DOMAIN d DROP NOT NULL",
        "ALTER DOMAIN d SET DEFAULT 'x'",
        "DROP DOMAIN d",
        "DROP DOMAIN d CASCADE",
    ),
    Case(
        "ALTER DOMAIN d VALIDATE CONSTRAINT c",
        DOMAIN + "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID",
    ),
    "CREATE EXTENSION citext",
    Case("DROP EXTENSION citext", "CREATE EXTENSION citext"),
    "CREATE SCHEMA s",
    "CREATE SCHEMA s CREATE TABLE t (id bigint)",
)
def test_types(case: Case, version: int) -> None:
    check(case, version)


@cases(
    *prepared(
        TRIGGER_FUNCTION,
        "CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER t BEFORE INSERT ON nowhere FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON posts FROM authors FOR EACH ROW EXECUTE FUNCTION f()",
        Case("CREATE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()", VIEW),
        "DROP FUNCTION f",
    ),
    *prepared(
        TRIGGER,
        "CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()",
        Case("CREATE OR REPLACE TRIGGER t AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION f()", since=14),
        "DROP TRIGGER t ON posts",
        "DROP TRIGGER IF EXISTS t ON posts",
        "DROP TRIGGER nowhere ON posts",
        "DROP TRIGGER IF EXISTS nowhere ON posts",
        "ALTER TRIGGER t ON posts RENAME TO u",
        "COMMENT ON TRIGGER t ON posts IS 'x'",
        "DROP FUNCTION f",
        "DROP FUNCTION f CASCADE",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ),
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    POLICY,
    *prepared(
        POLICY,
        POLICY,
        "ALTER POLICY p ON posts USING (false)",
        "ALTER POLICY p ON posts RENAME TO q",
        "DROP POLICY p ON posts",
        "DROP POLICY nowhere ON posts",
        "DROP POLICY IF EXISTS nowhere ON posts",
        "COMMENT ON POLICY p ON posts IS 'x'",
    ),
    RULE,
    *prepared(
        RULE, "DROP RULE r ON posts", "ALTER RULE r ON posts RENAME TO q", "COMMENT ON RULE r ON posts IS 'x'"
    ),
    "CREATE STATISTICS st ON title, status FROM posts",
    *prepared(
        "CREATE STATISTICS st ON title, status FROM posts;",
        "DROP STATISTICS st",
        "ALTER STATISTICS st SET STATISTICS 10",
        "DROP STATISTICS IF EXISTS nowhere",
        "DROP STATISTICS nowhere",
    ),
    *prepared(
        "CREATE EXTENSION citext; ALTER TABLE posts ADD COLUMN c citext;",
        "DROP EXTENSION citext",
        Case("DROP EXTENSION citext CASCADE", doubt=True),
    ),
    *prepared("CREATE SEQUENCE s;", "DROP SEQUENCE s", "ALTER SEQUENCE s RESTART", "SELECT nextval('s')"),
    "ALTER SEQUENCE posts_id_seq INCREMENT BY 50",
    "ALTER SEQUENCE posts_id_seq OWNER TO postgres",
    "CREATE PUBLICATION p FOR TABLE posts, authors",
    "CREATE PUBLICATION p FOR ALL TABLES",
    *prepared(
        "CREATE PUBLICATION p FOR TABLE posts;",
        "ALTER PUBLICATION p ADD TABLE authors",
        "ALTER PUBLICATION p DROP TABLE posts",
        "DROP PUBLICATION p",
    ),
    "GRANT SELECT ON posts TO public",
    "REVOKE SELECT ON posts FROM public",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO public",
    "GRANT USAGE ON SCHEMA public TO public",
    "COMMENT ON TABLE posts IS 'x'",
    "COMMENT ON COLUMN posts.title IS 'x'",
    "COMMENT ON COLUMN posts.nowhere IS 'x'",
    "COMMENT ON TABLE nowhere IS 'x'",
    "COMMENT ON INDEX posts_slug_index IS 'x'",
    "COMMENT ON CONSTRAINT posts_author_id_fkey ON posts IS 'x'",
    "COMMENT ON SEQUENCE posts_id_seq IS 'x'",
    "COMMENT ON SCHEMA public IS 'x'",
    "CREATE SEQUENCE s",
    "CREATE SEQUENCE s OWNED BY posts.qty",
    "ALTER SEQUENCE posts_id_seq RESTART WITH 5000",
    "ALTER SEQUENCE posts_id_seq AS bigint",
    "ALTER SEQUENCE posts_id_seq OWNED BY posts.qty",
    "ALTER SEQUENCE posts_id_seq RENAME TO x",
    "DROP SEQUENCE posts_id_seq",
    "DROP SEQUENCE posts_id_seq CASCADE",
    "SELECT setval('posts_id_seq', 9000)",
    "CREATE DATABASE x",
    "DROP DATABASE x",
    "ALTER SYSTEM SET work_mem = '5MB'",
    "SET LOCAL lock_timeout TO '5s'",
    "SELECT 1",
    "SELECT pg_advisory_xact_lock(5)",
)
def test_everything_else(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "ANALYZE posts",
    "CLUSTER posts USING posts_pkey",
    "CLUSTER",
    "VACUUM posts",
    Case("VACUUM posts", outside=True),
    Case("VACUUM FULL posts", outside=True),
    Case("VACUUM (ANALYZE) posts", outside=True),
    "VACUUM FULL posts",
    "ANALYZE nowhere",
)
def test_maintenance(case: Case, version: int) -> None:
    check(case, version)
