"""The raw SQL of the lock measurements, and that of the tables they were made on: what each statement is."""

from __future__ import annotations

import pytest
from support.sql_text import read

# The statements, and the operations that they hold.
MEASURED: list[tuple[str, list[str]]] = [
    ("ALTER TABLE posts VALIDATE CONSTRAINT c", ["ValidateConstraint"]),
    ("ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT VALID", ["AddConstraint"]),
    ("ALTER TABLE posts VALIDATE CONSTRAINT fk", ["ValidateConstraint"]),
    (
        (
            "ALTER TABLE posts ADD COLUMN editor_id bigint; UPDATE posts SET editor_id=author_id; ALTER"
            " TABLE posts ADD CONSTRAINT fk FOREIGN KEY (editor_id) REFERENCES authors(id) NOT VALID"
        ),
        ["AddColumn", "Update", "AddConstraint"],
    ),
    (
        ("ALTER TABLE posts ADD CONSTRAINT fk FOREIGN KEY (author_id) REFERENCES authors(id) NOT VALID"),
        ["AddConstraint"],
    ),
    ("ALTER TABLE posts ALTER COLUMN status SET NOT NULL", ["SetNotNull"]),
    ("ALTER TABLE posts ADD CONSTRAINT c CHECK (status IS NOT NULL)", ["AddConstraint"]),
    ("ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'x'", ["SetDefault"]),
    ("ALTER TABLE posts ALTER COLUMN status DROP DEFAULT", ["DropDefault"]),
    ("ALTER TABLE posts ADD PRIMARY KEY (pk2)", ["AddConstraint"]),
    (
        (
            "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey; ALTER TABLE posts DROP "
            "CONSTRAINT posts_pkey; ALTER TABLE posts ADD COLUMN pk2 bigint; UPDATE posts SET pk2=id"
        ),
        ["DropConstraint", "DropConstraint", "AddColumn", "Update"],
    ),
    ("ALTER TABLE posts ADD CONSTRAINT posts_pkey PRIMARY KEY USING INDEX pi", ["AddConstraint"]),
    (
        (
            "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey; ALTER TABLE posts DROP "
            "CONSTRAINT posts_pkey; CREATE UNIQUE INDEX pi ON posts(id)"
        ),
        ["DropConstraint", "DropConstraint", "CreateIndex"],
    ),
    (
        (
            "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey; ALTER TABLE posts DROP "
            "CONSTRAINT posts_pkey; ALTER TABLE posts ADD COLUMN pk2 bigint; UPDATE posts SET pk2=id; "
            "CREATE UNIQUE INDEX pi ON posts(pk2)"
        ),
        ["DropConstraint", "DropConstraint", "AddColumn", "Update", "CreateIndex"],
    ),
    ("ALTER TABLE posts ADD CONSTRAINT u UNIQUE (title, id)", ["AddConstraint"]),
    ("TRUNCATE comments", ["Truncate"]),
    ("TRUNCATE posts CASCADE", ["Truncate"]),
    ("ALTER TYPE mood ADD VALUE 'new'", ["AddEnumValue"]),
    (
        ("CREATE TYPE mood AS ENUM ('ok','bad'); ALTER TABLE posts ADD COLUMN mood mood DEFAULT 'ok'"),
        ["CreateEnum", "AddColumn"],
    ),
    ("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'", ["RenameEnumValue"]),
    ("CREATE TYPE mood AS ENUM ('ok','bad')", ["CreateEnum"]),
    ("CREATE MATERIALIZED VIEW mv AS SELECT author_id, count(*) AS n FROM posts GROUP BY 1", ["CreateView"]),
    ("DROP VIEW v", ["DropView"]),
    ("CREATE VIEW v AS SELECT id FROM posts", ["CreateView"]),
    ("CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION tf()", ["CreateTrigger"]),
    ("CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", ["CreateFunction"]),
    ("DROP TRIGGER t ON posts", ["DropObject"]),
    (
        (
            "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE "
            "TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION tf()"
        ),
        ["CreateFunction", "CreateTrigger"],
    ),
    ("ALTER TABLE posts DISABLE TRIGGER t", ["TableSetting"]),
    ("COMMENT ON TABLE posts IS 'x'", ["Comment"]),
    ("ALTER TABLE posts ALTER COLUMN title SET STATISTICS 500", ["ColumnSetting"]),
    ("ALTER TABLE posts ALTER COLUMN body SET STORAGE EXTERNAL", ["ColumnSetting"]),
    ("ALTER TABLE posts SET (fillfactor = 80)", ["TableSetting"]),
    ("ALTER TABLE posts SET (autovacuum_vacuum_scale_factor = 0.01)", ["TableSetting"]),
    ("ALTER TABLE posts SET TABLESPACE pg_default", ["TableSetting"]),
    ("CREATE POLICY p ON posts USING (true)", ["CreatePolicy"]),
    ("ALTER TABLE posts REPLICA IDENTITY FULL", ["TableSetting"]),
    ("ALTER TABLE posts OWNER TO postgres", ["TableSetting"]),
    ("CREATE STATISTICS st ON title, status FROM posts", ["CreateObject"]),
    ("ANALYZE posts", ["Maintenance"]),
    ("VACUUM FULL posts", ["Maintenance"]),
    ("CLUSTER posts USING posts_pkey", ["Maintenance"]),
    ("REINDEX INDEX posts_author_id_index", ["Reindex"]),
    ("REINDEX TABLE posts", ["Reindex"]),
    ("REINDEX INDEX CONCURRENTLY posts_author_id_index", ["Reindex"]),
    ("UPDATE posts SET status = 'live' WHERE status = 'draft'", ["Update"]),
    ("DELETE FROM comments", ["Delete"]),
    ("LOCK TABLE posts IN SHARE ROW EXCLUSIVE MODE", ["LockTable"]),
    ("CREATE EXTENSION citext", ["CreateObject"]),
    ("ALTER TABLE posts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY", ["AddIdentity"]),
    ("ALTER TABLE posts ALTER COLUMN id DROP DEFAULT", ["DropDefault"]),
    ("ALTER SEQUENCE posts_id_seq AS bigint", ["RenameObject"]),
    ("ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey DEFERRABLE", ["AlterConstraint"]),
    ("ALTER TABLE posts RENAME CONSTRAINT posts_author_id_fkey TO fk2", ["RenameConstraint"]),
    ("ALTER TABLE posts SET SCHEMA other", ["SetTableSchema"]),
    ("CREATE SCHEMA other", ["CreateObject"]),
    ("ALTER TABLE posts ALTER COLUMN title_len DROP EXPRESSION", ["DropExpression"]),
    ("ALTER TABLE posts ADD COLUMN title_len int GENERATED ALWAYS AS (length(title)) STORED", ["AddColumn"]),
    (
        "ALTER TABLE posts ADD COLUMN editor_id bigint CONSTRAINT fk REFERENCES authors(id)",
        ["AddColumn", "AddConstraint"],
    ),
    (
        "ALTER TABLE posts ADD COLUMN s text NOT NULL DEFAULT 'x' CHECK (s <> '')",
        ["AddColumn", "AddConstraint"],
    ),
    ("ALTER TABLE posts ADD COLUMN u text UNIQUE", ["AddColumn", "AddConstraint"]),
    ("ALTER TABLE posts ADD CONSTRAINT status_nn NOT NULL status NOT VALID", ["AddConstraint"]),
    ("ALTER TABLE posts ALTER COLUMN title_len SET EXPRESSION AS (length(title)+1)", ["SetExpression"]),
    ("ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT ENFORCED", ["AddConstraint"]),
    ("CREATE TABLE authors (id bigserial PRIMARY KEY, name varchar(255))", ["CreateTable"]),
    ("INSERT INTO authors (name) SELECT 'a'||g FROM generate_series(1,1010) g", ["Insert"]),
    (
        (
            "CREATE TABLE posts (id bigserial PRIMARY KEY, author_id bigint CONSTRAINT "
            "posts_author_id_fkey REFERENCES authors(id), title varchar(100), body text, slug "
            "varchar(255), status varchar(255) DEFAULT 'draft', views integer NOT NULL DEFAULT 0, qty "
            "integer, price numeric(10,2), meta json, metab jsonb, legacy text, published_at "
            "timestamp(0), starts_at timestamp, ends_at timestamp, inserted_at timestamp(0) NOT NULL "
            "DEFAULT now(), updated_at timestamp(0) NOT NULL DEFAULT now())"
        ),
        ["CreateTable"],
    ),
    (
        (
            "INSERT INTO posts "
            "(author_id,title,body,slug,qty,price,meta,metab,published_at,starts_at,ends_at) SELECT "
            "1+g%1000, 'title '||g, repeat('b',50), 'slug-'||g, g, g%1000, '{\"a\":1}', '{\"a\":1}', "
            "'2024-01-01'::timestamp, '2024-01-01'::timestamp+g*interval '1 hour', "
            "'2024-01-01'::timestamp+(g+1)*interval '1 hour' FROM generate_series(1,10000) g"
        ),
        ["Insert"],
    ),
    ("CREATE INDEX posts_author_id_index ON posts(author_id)", ["CreateIndex"]),
    ("CREATE UNIQUE INDEX posts_slug_index ON posts(slug)", ["CreateIndex"]),
    (
        (
            "CREATE TABLE comments (id bigserial PRIMARY KEY, post_id bigint CONSTRAINT "
            "comments_post_id_fkey REFERENCES posts(id), body text)"
        ),
        ["CreateTable"],
    ),
    ("INSERT INTO comments (post_id, body) SELECT g,'c' FROM generate_series(1,10000) g", ["Insert"]),
    ("CREATE INDEX comments_post_id_index ON comments(post_id)", ["CreateIndex"]),
    ("ANALYZE", ["Maintenance"]),
]


@pytest.mark.parametrize(("source", "expected"), MEASURED, ids=[row[0][:60] for row in MEASURED])
def test_measured_statement(source: str, expected: list[str]) -> None:
    statements = read(source)
    assert [type(found).__name__ for statement in statements for found in statement.operations] == expected
    assert all(statement.error is None for statement in statements)
