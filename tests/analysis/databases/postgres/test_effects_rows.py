"""Statements about rows, on real servers."""

from __future__ import annotations

from support.measured import Case, cases, check, prepared

CASCADE = (
    "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey, ADD CONSTRAINT k FOREIGN KEY (post_id)"
    " REFERENCES posts ON DELETE CASCADE ON UPDATE CASCADE;"
)


@cases(
    "INSERT INTO posts (author_id) VALUES (1)",
    "INSERT INTO posts (title) VALUES ('x'), ('y')",
    "INSERT INTO posts (nowhere) VALUES (1)",
    "INSERT INTO nowhere (a) VALUES (1)",
    "INSERT INTO posts (author_id) SELECT id FROM authors",
    "INSERT INTO posts (title) SELECT name FROM authors ON CONFLICT DO NOTHING",
    Case(
        "INSERT INTO posts (title) VALUES ('x')",
        "ALTER TABLE posts ADD COLUMN n int NOT NULL DEFAULT 1; ALTER TABLE posts ALTER n DROP DEFAULT",
    ),
    "UPDATE posts SET status = 'live'",
    "UPDATE posts SET status = 'live' WHERE status = 'draft'",
    "UPDATE posts SET status = 'live' WHERE id = 5",
    "UPDATE posts SET status = 'live' WHERE id BETWEEN 5 AND 9",
    "UPDATE posts SET status = 'live' WHERE author_id = 5",
    "UPDATE posts SET author_id = 2",
    "UPDATE posts SET author_id = 2 WHERE id = 5",
    "UPDATE posts SET views = NULL",
    "UPDATE posts SET nowhere = 1",
    "UPDATE posts SET status = a.name FROM authors a WHERE a.name = posts.title",
    "UPDATE posts SET title = 'x' WHERE status IN (SELECT body FROM comments)",
    Case("UPDATE posts SET id = id + 100000 WHERE id = 5", CASCADE),
    "DELETE FROM comments",
    "DELETE FROM comments WHERE body = 'c'",
    "DELETE FROM comments WHERE id = 5",
    "DELETE FROM posts",
    "DELETE FROM posts WHERE id = 600",
    Case("DELETE FROM posts WHERE id = 5", CASCADE),
    "WITH gone AS (DELETE FROM comments RETURNING id) SELECT count(*) FROM gone",
    "WITH x AS (SELECT id FROM authors) UPDATE posts SET status = 'x' FROM x WHERE x.id = posts.author_id",
    "INSERT INTO posts (id, title) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET title = 'y'",
    Case(
        "MERGE INTO posts p USING authors a ON p.author_id = a.id"
        " WHEN MATCHED THEN UPDATE SET title = a.name",
        since=15,
    ),
    *prepared(
        "CREATE VIEW v AS SELECT id, title FROM posts;",
        "UPDATE v SET title = 'x'",
        "INSERT INTO v (title) VALUES ('x')",
        "INSERT INTO authors (name) SELECT title FROM v",
        "CREATE TABLE t AS SELECT * FROM v",
        "CREATE INDEX i ON v (id)",
    ),
    "SELECT usesuper FROM pg_user WHERE usename = current_user",
    "SELECT count(*) FROM information_schema.tables",
    "INSERT INTO authors (name) SELECT relname FROM pg_class",
    "UPDATE posts SET title = 'x' WHERE EXISTS (SELECT FROM pg_catalog.pg_class)",
    "CREATE TABLE t AS SELECT tablename FROM pg_tables",
    Case("SELECT count(*) FROM pg_posts", "CREATE TABLE pg_posts (id int);"),
    "TRUNCATE ONLY comments",
    "TRUNCATE comments RESTART IDENTITY",
    "TRUNCATE comments",
    "TRUNCATE posts",
    "TRUNCATE posts CASCADE",
    "TRUNCATE posts, comments",
    "TRUNCATE authors CASCADE",
    "TRUNCATE nowhere",
    "LOCK TABLE posts",
    "LOCK TABLE posts, authors IN EXCLUSIVE MODE",
    "LOCK TABLE nowhere",
    Case("SELECT count(*) FROM posts", rows=False),
    Case("SELECT * FROM posts FOR UPDATE", rows=False),
    Case("SELECT * FROM posts p JOIN authors a ON a.id = p.author_id", rows=False),
    Case("SELECT * FROM v", "CREATE VIEW v AS SELECT id FROM posts", rows=False),
    Case("DO $$ BEGIN END $$", doubt=True),
)
def test_rows(case: Case, version: int) -> None:
    check(case, version)


DEFERRED = (
    "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey, ADD CONSTRAINT k FOREIGN KEY (author_id)"
    " REFERENCES authors DEFERRABLE INITIALLY DEFERRED;"
)
DEFERRABLE = DEFERRED.replace(" INITIALLY DEFERRED", "")
CHILD = (
    "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey, ADD CONSTRAINT k FOREIGN KEY (post_id)"
    " REFERENCES posts DEFERRABLE INITIALLY DEFERRED;"
)
ALTER = "ALTER TABLE posts ADD COLUMN x int"


@cases(
    *prepared(
        DEFERRED,
        f"UPDATE posts SET author_id = 2; {ALTER}",
        f"UPDATE posts SET title = 'x'; {ALTER}",
        f"INSERT INTO posts (title) VALUES ('x'); {ALTER}",
        f"UPDATE posts SET author_id = 2; SET CONSTRAINTS ALL IMMEDIATE; {ALTER}",
        f"UPDATE posts SET author_id = 2; SET CONSTRAINTS k IMMEDIATE; {ALTER}",
        "UPDATE posts SET author_id = 2; CREATE INDEX i ON posts (title)",
        "UPDATE posts SET author_id = 2; DROP INDEX posts_slug_index",
        "UPDATE posts SET author_id = 2; ALTER TABLE posts RENAME COLUMN title TO t",
        "UPDATE posts SET author_id = 2; ALTER TABLE posts RENAME TO articles",
        "UPDATE posts SET author_id = 2; ALTER TABLE posts RENAME TO articles;"
        " ALTER TABLE articles ADD x int",
        "UPDATE posts SET author_id = 2; TRUNCATE posts CASCADE",
        "UPDATE posts SET author_id = 2; DROP TABLE posts CASCADE",
        "UPDATE posts SET author_id = 2; ALTER TABLE authors ADD COLUMN x int",
        "UPDATE posts SET author_id = 2; COMMENT ON TABLE posts IS 'x'",
        "UPDATE posts SET author_id = 2; CREATE POLICY p ON posts USING (true)",
        "UPDATE posts SET author_id = 2; CLUSTER posts USING posts_pkey",
    ),
    *prepared(
        DEFERRABLE,
        f"UPDATE posts SET author_id = 2; {ALTER}",
        f"SET CONSTRAINTS ALL DEFERRED; UPDATE posts SET author_id = 2; {ALTER}",
        f"SET CONSTRAINTS k DEFERRED; UPDATE posts SET author_id = 2; {ALTER}",
        f"SET CONSTRAINTS k DEFERRED; SET CONSTRAINTS ALL IMMEDIATE; UPDATE posts SET author_id = 2; {ALTER}",
    ),
    *prepared(
        CHILD,
        f"DELETE FROM comments; DELETE FROM posts; {ALTER}",
        f"DELETE FROM comments; {ALTER}",
        "DELETE FROM comments; ALTER TABLE comments ADD COLUMN x int",
    ),
)
def test_pending_trigger_events(case: Case, version: int) -> None:
    check(case, version)


MOOD = "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE posts ADD COLUMN mood mood;"
ADD = "ALTER TYPE mood ADD VALUE 'b'"


@cases(
    *prepared(
        MOOD,
        f"{ADD}; ALTER TABLE posts ALTER COLUMN mood SET DEFAULT 'b'",
        f"{ADD}; ALTER TABLE posts ALTER COLUMN mood SET DEFAULT 'a'",
        f"{ADD}; ALTER TABLE posts ALTER COLUMN title SET DEFAULT 'b', ALTER COLUMN slug SET DEFAULT 'a'",
        f"{ADD}; ALTER TABLE posts ADD COLUMN m2 mood DEFAULT 'b'",
        f"{ADD}; ALTER TABLE posts ADD CONSTRAINT c CHECK (mood <> 'b')",
        f"{ADD}; CREATE INDEX i ON posts (id) WHERE mood = 'b'",
        f"{ADD}; UPDATE posts SET mood = 'b'",
        f"{ADD}; INSERT INTO posts (mood) VALUES ('b')",
        f"{ADD}; CREATE VIEW v AS SELECT 'b'::mood AS m",
        f"{ADD}; ALTER TYPE mood RENAME VALUE 'b' TO 'c'",
        f"{ADD}; ALTER TYPE mood ADD VALUE 'c' AFTER 'b'",
        f"{ADD}; CREATE TABLE t (m mood DEFAULT 'b')",
        f"{ADD}; INSERT INTO authors (name) VALUES ('b')",
    ),
    Case(
        "CREATE TYPE x AS ENUM ('a'); ALTER TYPE x ADD VALUE 'b'; CREATE TABLE t (m x DEFAULT 'b')", since=17
    ),
    Case(
        "CREATE TYPE x AS ENUM ('a'); ALTER TYPE x ADD VALUE 'b'; CREATE TABLE t (m x DEFAULT 'b')", until=16
    ),
)
def test_new_values_of_an_enum(case: Case, version: int) -> None:
    check(case, version)
