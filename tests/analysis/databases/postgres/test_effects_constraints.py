"""ALTER TABLE, the clauses about constraints, on real servers."""

from __future__ import annotations

from support.measured import Case, cases, check, check_older, older, prepared

FREE = (
    "ALTER TABLE comments DROP CONSTRAINT comments_post_id_fkey;"
    " ALTER TABLE posts DROP CONSTRAINT posts_pkey;"
)
SECOND_KEY = FREE + "ALTER TABLE posts ADD COLUMN k bigint; UPDATE posts SET k = id;"
NOT_VALID = "ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT VALID;"
KEY_NOT_VALID = (
    "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey, ADD CONSTRAINT k FOREIGN KEY (author_id)"
    " REFERENCES authors (id) NOT VALID;"
)


@cases(
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0)",
    "ALTER TABLE posts ADD CHECK (views >= 0)",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views > 0)",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views > 0) NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NO INHERIT",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0), ADD CONSTRAINT d CHECK (qty > 0)",
    "ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT VALID, VALIDATE CONSTRAINT c",
    "ALTER TABLE posts ADD CONSTRAINT posts_author_id_fkey CHECK (views >= 0)",
    "ALTER TABLE posts ADD COLUMN x int CHECK (x > 0)",
    "ALTER TABLE posts ADD COLUMN x int, ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
    "ALTER TABLE posts ADD COLUMN x int DEFAULT 3 CHECK (x > 0)",
    "ALTER TABLE posts ADD COLUMN IF NOT EXISTS title text CHECK (title > 'zz')",
    Case("ALTER TABLE posts ADD CONSTRAINT c CHECK (views > 0) NOT ENFORCED", since=18),
    Case("ALTER TABLE posts ADD CONSTRAINT n NOT NULL title", since=18),
    Case("ALTER TABLE posts ADD CONSTRAINT n NOT NULL legacy", since=18),
    Case("ALTER TABLE posts ADD CONSTRAINT n NOT NULL legacy NOT VALID", since=18),
    Case(
        "ALTER TABLE posts ADD CONSTRAINT n NOT NULL title",
        "ALTER TABLE posts ADD CONSTRAINT c CHECK (title IS NOT NULL)",
        since=18,
    ),
    Case(
        "ALTER TABLE posts VALIDATE CONSTRAINT n",
        "ALTER TABLE posts ADD CONSTRAINT n NOT NULL title NOT VALID",
        since=18,
    ),
    Case(
        "ALTER TABLE posts DROP CONSTRAINT n", "ALTER TABLE posts ADD CONSTRAINT n NOT NULL title", since=18
    ),
    Case(
        "ALTER TABLE posts ALTER CONSTRAINT n NO INHERIT",
        "ALTER TABLE posts ADD CONSTRAINT n NOT NULL title",
        since=18,
    ),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT c", NOT_VALID),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT c", NOT_VALID.replace(" NOT VALID", "")),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT c", NOT_VALID.replace(">=", ">")),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT c, ADD COLUMN x int", NOT_VALID),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT c", NOT_VALID.replace("NOT VALID", "NOT ENFORCED"), since=18),
    "ALTER TABLE posts VALIDATE CONSTRAINT nowhere",
    "ALTER TABLE posts VALIDATE CONSTRAINT posts_pkey",
    Case("ALTER TABLE posts DROP CONSTRAINT c", NOT_VALID),
    "ALTER TABLE posts DROP CONSTRAINT nowhere",
    "ALTER TABLE posts DROP CONSTRAINT IF EXISTS nowhere",
)
def test_checks_and_not_null(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors (id)",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors",
    "ALTER TABLE posts ADD FOREIGN KEY (author_id) REFERENCES authors",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (qty) REFERENCES authors",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (qty) REFERENCES authors NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES posts (id)",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (title) REFERENCES authors",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (title) REFERENCES authors (name)",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES nowhere",
    "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (nowhere) REFERENCES authors",
    "ALTER TABLE posts ADD CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES authors",
    "ALTER TABLE comments ADD CONSTRAINT k FOREIGN KEY (body) REFERENCES posts (slug)",
    "ALTER TABLE comments ADD CONSTRAINT k FOREIGN KEY (body) REFERENCES posts (slug) NOT VALID",
    "ALTER TABLE posts ADD COLUMN e bigint REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint DEFAULT 1 REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint DEFAULT NULL REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint NOT NULL DEFAULT 1 REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint NOT NULL REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint DEFAULT 999999 REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint REFERENCES authors, ADD COLUMN x int DEFAULT 1",
    "ALTER TABLE posts ADD COLUMN e bigint REFERENCES authors,"
    " ADD COLUMN x bigint DEFAULT 1 REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint REFERENCES authors, ADD CONSTRAINT c CHECK (views >= 0)",
    "ALTER TABLE posts ADD COLUMN e bigint, ADD CONSTRAINT k FOREIGN KEY (e) REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint DEFAULT 1, ADD CONSTRAINT k FOREIGN KEY (e) REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e bigint, ADD CONSTRAINT k FOREIGN KEY (e) REFERENCES authors NOT VALID",
    "ALTER TABLE posts ADD COLUMN e text, ADD CONSTRAINT k FOREIGN KEY (e) REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e integer REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN e uuid REFERENCES authors",
    "ALTER TABLE posts ADD COLUMN IF NOT EXISTS author_id bigint REFERENCES comments (id)",
    'ALTER TABLE posts ADD COLUMN IF NOT EXISTS author_id bigint, ADD CONSTRAINT "posts_author_id_fkey"'
    " FOREIGN KEY (author_id) REFERENCES authors (id)",
    Case(
        "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (author_id) REFERENCES authors NOT ENFORCED", since=18
    ),
    Case(
        "ALTER TABLE comments ADD CONSTRAINT k FOREIGN KEY (post_id) REFERENCES posts"
        " ON DELETE SET NULL (post_id)",
        since=15,
    ),
    Case("ALTER TABLE posts VALIDATE CONSTRAINT k", KEY_NOT_VALID),
    Case("ALTER TABLE posts DROP CONSTRAINT k", KEY_NOT_VALID),
    "ALTER TABLE posts VALIDATE CONSTRAINT posts_author_id_fkey",
    "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey",
    "ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE posts ALTER CONSTRAINT posts_pkey DEFERRABLE",
    "ALTER TABLE posts ALTER CONSTRAINT nowhere DEFERRABLE",
    Case("ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey NOT ENFORCED", since=18),
    Case(
        "ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey ENFORCED",
        "ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey NOT ENFORCED",
        since=18,
    ),
    "ALTER TABLE posts RENAME CONSTRAINT posts_author_id_fkey TO k",
    Case("ALTER TABLE posts RENAME CONSTRAINT c TO posts_author_id_fkey", NOT_VALID),
)
def test_foreign_keys(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (title, id)",
    "ALTER TABLE posts ADD UNIQUE (title, id)",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (views)",
    "ALTER TABLE posts ADD COLUMN x text UNIQUE",
    "ALTER TABLE posts ADD COLUMN x int DEFAULT 1 UNIQUE",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (nowhere)",
    "ALTER TABLE posts ADD PRIMARY KEY (qty)",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX posts_slug_index",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX posts_author_id_index",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX nowhere",
    "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX posts_pkey",
    Case("ALTER TABLE posts ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (legacy)", since=15),
    Case("ALTER TABLE posts ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (legacy, id)", since=15),
    Case(
        "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX i",
        "CREATE UNIQUE INDEX i ON posts (id) WHERE views = 0",
    ),
    Case(
        "ALTER TABLE posts ADD CONSTRAINT u UNIQUE USING INDEX i",
        "CREATE UNIQUE INDEX i ON posts (lower(slug))",
    ),
    Case("ALTER TABLE posts ADD PRIMARY KEY (k)", SECOND_KEY),
    Case("ALTER TABLE posts ADD PRIMARY KEY (id)", SECOND_KEY),
    Case("ALTER TABLE posts ADD PRIMARY KEY (k, legacy)", SECOND_KEY),
    Case(
        "ALTER TABLE posts ADD PRIMARY KEY USING INDEX i", SECOND_KEY + "CREATE UNIQUE INDEX i ON posts (k)"
    ),
    Case(
        "ALTER TABLE posts ADD PRIMARY KEY USING INDEX i", SECOND_KEY + "CREATE UNIQUE INDEX i ON posts (id)"
    ),
    Case(
        "ALTER TABLE posts ADD PRIMARY KEY USING INDEX i",
        SECOND_KEY
        + "CREATE UNIQUE INDEX i ON posts (k); ALTER TABLE posts ADD CONSTRAINT c CHECK (k IS NOT NULL)",
    ),
    Case("ALTER TABLE posts ADD COLUMN x bigserial PRIMARY KEY", FREE),
    Case("ALTER TABLE posts ADD COLUMN x bigint PRIMARY KEY", FREE),
    Case("ALTER TABLE posts ADD COLUMN x bigint, ADD PRIMARY KEY (x)", FREE),
    Case("ALTER TABLE posts ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY, ADD PRIMARY KEY (x)", FREE),
    Case("ALTER TABLE posts DROP CONSTRAINT posts_pkey, ADD PRIMARY KEY (id)", FREE.partition(";")[0]),
    "ALTER TABLE posts ADD CONSTRAINT e EXCLUDE USING gist (tsrange(starts_at, inserted_at) WITH &&)",
    "ALTER TABLE posts ADD CONSTRAINT e EXCLUDE (id WITH =)",
    "ALTER TABLE posts ADD CONSTRAINT e EXCLUDE (views WITH =)",
    "ALTER TABLE posts DROP CONSTRAINT posts_pkey",
    "ALTER TABLE posts DROP CONSTRAINT posts_pkey CASCADE",
    Case("ALTER TABLE posts DROP CONSTRAINT u", "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (title, id)"),
    # A foreign key takes the first key that fits, by the order in which they were made.
    *prepared(
        "CREATE TABLE marks (name text); CREATE UNIQUE INDEX first_key ON marks (name);"
        "CREATE TABLE uses (name text REFERENCES marks (name));"
        "ALTER TABLE marks ADD CONSTRAINT second_key UNIQUE (name);",
        "ALTER TABLE marks DROP CONSTRAINT second_key",
    ),
    *prepared(
        "CREATE TABLE marks (name text); ALTER TABLE marks ADD CONSTRAINT first_key UNIQUE (name);"
        "CREATE UNIQUE INDEX second_key ON marks (name);"
        "CREATE TABLE uses (name text REFERENCES marks (name));",
        "ALTER TABLE marks DROP CONSTRAINT first_key",
    ),
    *prepared(
        "CREATE TABLE tags (name text UNIQUE); CREATE TABLE labels (tag text REFERENCES tags (name));"
        " INSERT INTO tags VALUES ('a');",
        "ALTER TABLE tags DROP CONSTRAINT tags_name_key",
        "ALTER TABLE tags DROP CONSTRAINT tags_name_key CASCADE",
        "ALTER TABLE tags ADD PRIMARY KEY (name)",
        "DROP INDEX tags_name_key",
        "ALTER TABLE tags DROP COLUMN name",
        "DROP TABLE tags",
        "DROP TABLE tags, labels",
        "DROP TABLE labels, tags",
        "DROP TABLE tags CASCADE",
    ),
)
def test_keys(case: Case, version: int) -> None:
    check(case, version)


@older(
    Case("ALTER TABLE posts ADD CONSTRAINT c CHECK (views >= 0) NOT ENFORCED", until=17),
    Case("ALTER TABLE posts ADD CONSTRAINT n NOT NULL title", until=17),
    Case("ALTER TABLE posts ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (id)", until=14),
    Case("ALTER TABLE posts ADD COLUMN x int GENERATED ALWAYS AS (length(title)) VIRTUAL", until=17),
    Case("ALTER TABLE posts ALTER COLUMN title SET EXPRESSION AS (length(body))", until=16),
    Case("ALTER TABLE posts ALTER CONSTRAINT posts_author_id_fkey NOT ENFORCED", until=17),
    Case("ALTER TABLE posts SET ACCESS METHOD heap", until=14),
    Case("CREATE UNIQUE INDEX i ON posts (legacy) NULLS NOT DISTINCT", until=14),
    Case(
        "ALTER TABLE comments ADD CONSTRAINT k FOREIGN KEY (post_id) REFERENCES posts"
        " ON DELETE SET NULL (post_id)",
        until=14,
    ),
    Case("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)", until=17),
    Case("CREATE TABLE t (a int, UNIQUE NULLS NOT DISTINCT (a))", until=14),
    Case("CREATE TABLE t (a int CHECK (a > 0) NOT ENFORCED)", until=17),
)
def test_what_an_older_version_does_not_have(case: Case, version: int) -> None:
    check_older(case, version)
