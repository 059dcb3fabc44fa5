"""ALTER COLUMN … TYPE with what hangs on the column, on real servers.

Which types can be changed at no cost is compared for every pair of types in test_types.py; here it is what
the change does to indexes, constraints, foreign keys and dependents.
"""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.databases.postgres.effects import effect_of
from ecto_migrations_analysis.databases.postgres.transaction import begin
from ecto_migrations_analysis.operations import Relation
from support import postgres
from support.effects import schema_of, statements_of
from support.measured import TRIGGER_FUNCTION, Case, base_schema, bench, cases, check, prepared


@cases(
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100)",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(200)",
    "ALTER TABLE posts ALTER COLUMN title TYPE text",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(3)",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(50)",
    "ALTER TABLE posts ALTER COLUMN slug TYPE text",
    "ALTER TABLE posts ALTER COLUMN slug TYPE varchar(255)",
    "ALTER TABLE posts ALTER COLUMN body TYPE varchar(255)",
    "ALTER TABLE posts ALTER COLUMN views TYPE bigint",
    "ALTER TABLE posts ALTER COLUMN views TYPE integer",
    "ALTER TABLE posts ALTER COLUMN price TYPE numeric(12, 2)",
    "ALTER TABLE posts ALTER COLUMN price TYPE numeric(12, 3)",
    "ALTER TABLE posts ALTER COLUMN published_at TYPE timestamp",
    "ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamp(0)",
    "ALTER TABLE posts ALTER COLUMN metab TYPE json",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100) USING title",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(200) USING title::varchar(200)",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(200) USING upper(title)",
    "ALTER TABLE posts ALTER COLUMN legacy TYPE integer USING legacy::integer",
    "ALTER TABLE posts ALTER COLUMN legacy TYPE integer",
    "ALTER TABLE posts ALTER COLUMN status TYPE integer USING length(status)",
    "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT,"
    " ALTER COLUMN status TYPE integer USING length(status)",
    "ALTER TABLE posts ALTER COLUMN views TYPE text",
    "ALTER TABLE posts ALTER COLUMN nowhere TYPE text",
    'ALTER TABLE posts ALTER COLUMN title TYPE varchar(100) COLLATE "C"',
    'ALTER TABLE posts ALTER COLUMN slug TYPE varchar(255) COLLATE "C"',
    "ALTER TABLE posts ALTER COLUMN title TYPE text, ALTER COLUMN title SET NOT NULL",
    "ALTER TABLE posts ALTER COLUMN title TYPE text, ALTER COLUMN views TYPE bigint, ADD COLUMN x int",
    "ALTER TABLE posts ALTER COLUMN title TYPE text, ADD CONSTRAINT u UNIQUE (title, id)",
    "ALTER TABLE posts ALTER COLUMN views TYPE bigint, DROP COLUMN slug",
    "ALTER TABLE posts ALTER COLUMN views TYPE bigint, ADD CONSTRAINT c CHECK (views >= 0)",
)
def test_plain_columns(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "SET LOCAL timezone TO 'UTC'; ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamptz",
    "SET LOCAL timezone TO 'Europe/Vienna'; ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamptz",
    "SET LOCAL TIME ZONE 'Etc/UTC'; ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamptz",
    Case(
        "SET LOCAL timezone TO 'UTC'; ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamptz",
        "CREATE INDEX i ON posts (starts_at)",
    ),
    "SET LOCAL timezone TO 'UTC'; ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamptz(0)",
)
def test_time_zone_of_the_session(case: Case, version: int) -> None:
    check(case, version)


@cases(
    *prepared(
        "CREATE INDEX lower_title ON posts (lower(title));"
        " CREATE INDEX drafts ON posts (id) WHERE title = 'x';"
        " CREATE INDEX covering ON posts (id) INCLUDE (title); CREATE INDEX plain ON posts (title DESC);"
        " CREATE INDEX partial ON posts (title) WHERE views > 3; CREATE INDEX other ON posts (views);",
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100)",
        "ALTER TABLE posts ALTER COLUMN title TYPE text",
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(10)",
        'ALTER TABLE posts ALTER COLUMN title TYPE varchar(100) COLLATE "C"',
        "ALTER TABLE posts ALTER COLUMN views TYPE integer",
    ),
    Case("ALTER TABLE posts ALTER COLUMN title TYPE text", "ALTER TABLE posts ADD UNIQUE (title, id)"),
    Case(
        "ALTER TABLE posts ALTER COLUMN title TYPE citext",
        "CREATE EXTENSION citext; CREATE INDEX i ON posts (title)",
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN title TYPE text",
        "CREATE EXTENSION pg_trgm; CREATE INDEX i ON posts USING gin (title gin_trgm_ops)",
    ),
    Case("ALTER TABLE posts ALTER COLUMN views TYPE bigint", "CREATE INDEX i ON posts (views)"),
    Case(
        "ALTER TABLE posts ALTER COLUMN views TYPE bigint, DROP CONSTRAINT u",
        "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (views, id)",
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN starts_at TYPE timestamp",
        "ALTER TABLE posts ADD CONSTRAINT e EXCLUDE USING gist (tsrange(starts_at, published_at) WITH &&)"
        " WHERE (published_at > starts_at)",
    ),
)
def test_indexes(case: Case, version: int) -> None:
    check(case, version)


@cases(
    *prepared(
        "ALTER TABLE posts ADD CONSTRAINT c CHECK (title <> ''),"
        " ADD CONSTRAINT d CHECK (views >= 0) NOT VALID;",
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100)",
        "ALTER TABLE posts ALTER COLUMN title TYPE text",
        "ALTER TABLE posts ALTER COLUMN views TYPE integer",
        "ALTER TABLE posts ALTER COLUMN body TYPE text",
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100), DROP CONSTRAINT c",
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100), ALTER COLUMN title SET DEFAULT 'a'",
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN title TYPE varchar(100)",
        "ALTER TABLE posts ADD CONSTRAINT c CHECK (title <> '') NOT ENFORCED",
        since=18,
    ),
)
def test_checks(case: Case, version: int) -> None:
    check(case, version)


@cases(
    "ALTER TABLE posts ALTER COLUMN author_id TYPE bigint",
    "ALTER TABLE posts ALTER COLUMN author_id TYPE bigint, ALTER COLUMN author_id SET NOT NULL",
    "ALTER TABLE posts ALTER COLUMN author_id TYPE integer",
    "ALTER TABLE posts ALTER COLUMN author_id TYPE text",
    "ALTER TABLE posts ALTER COLUMN author_id TYPE numeric",
    "ALTER TABLE posts ALTER COLUMN views TYPE bigint",
    "ALTER TABLE posts ALTER COLUMN id TYPE bigint",
    "ALTER TABLE posts ALTER COLUMN id TYPE integer",
    "ALTER TABLE posts ALTER COLUMN id TYPE text",
    "ALTER TABLE authors ALTER COLUMN id TYPE bigint",
    "ALTER TABLE authors ALTER COLUMN id TYPE integer",
    "ALTER TABLE comments ALTER COLUMN post_id TYPE integer",
    "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey, ALTER COLUMN author_id TYPE integer",
    'ALTER TABLE posts DROP CONSTRAINT "posts_author_id_fkey", ALTER COLUMN "author_id" TYPE bigint,'
    ' ADD CONSTRAINT "posts_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "authors"("id")',
    'ALTER TABLE posts ALTER COLUMN "author_id" TYPE bigint,'
    ' ADD CONSTRAINT "posts_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "authors"("id")',
    *prepared(
        "ALTER TABLE posts DROP CONSTRAINT posts_author_id_fkey, ADD CONSTRAINT k FOREIGN KEY (author_id)"
        " REFERENCES authors (id) NOT VALID;",
        "ALTER TABLE posts ALTER COLUMN author_id TYPE bigint",
        "ALTER TABLE posts ALTER COLUMN author_id TYPE integer",
    ),
    *prepared(
        "CREATE TABLE tags (name varchar(50) PRIMARY KEY);"
        " CREATE TABLE labels (tag varchar(50) REFERENCES tags);"
        " INSERT INTO tags VALUES ('a'); INSERT INTO labels VALUES ('a');",
        "ALTER TABLE labels ALTER COLUMN tag TYPE text",
        "ALTER TABLE tags ALTER COLUMN name TYPE varchar(100)",
        "ALTER TABLE tags ALTER COLUMN name TYPE varchar(20)",
    ),
)
def test_foreign_keys(case: Case, version: int) -> None:
    check(case, version)


@cases(
    *(
        Case("ALTER TABLE posts ALTER COLUMN title TYPE varchar(100)", setup)
        for setup in (
            "CREATE VIEW v AS SELECT id, title FROM posts",
            "CREATE VIEW v AS SELECT * FROM posts",
            "CREATE VIEW v AS SELECT p.title, a.name FROM posts p JOIN authors a ON a.id = p.author_id",
            "CREATE VIEW v AS SELECT id FROM posts WHERE title <> ''",
            "CREATE VIEW v AS SELECT id, body FROM posts",
            "CREATE MATERIALIZED VIEW v AS SELECT lower(title) FROM posts",
            "ALTER TABLE posts ADD COLUMN g int GENERATED ALWAYS AS (length(title)) STORED",
            "ALTER TABLE posts ADD COLUMN g int GENERATED ALWAYS AS (length(body)) STORED",
            TRIGGER_FUNCTION
            + "CREATE TRIGGER t BEFORE UPDATE OF title ON posts FOR EACH ROW EXECUTE FUNCTION f()",
            TRIGGER_FUNCTION + "CREATE TRIGGER t BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION f()",
            "CREATE POLICY p ON posts USING (title IS NOT NULL)",
            "CREATE POLICY p ON posts USING (views IS NOT NULL)",
            "CREATE STATISTICS st ON title, status FROM posts",
            "CREATE RULE r AS ON INSERT TO posts DO ALSO NOTHING",
        )
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN g TYPE bigint",
        "ALTER TABLE posts ADD COLUMN g int GENERATED ALWAYS AS (length(title)) STORED",
    ),
    Case(
        "DROP VIEW v; ALTER TABLE posts ALTER COLUMN title TYPE text",
        "CREATE VIEW v AS SELECT id, title FROM posts",
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN status TYPE mood USING status::mood",
        "CREATE TYPE mood AS ENUM ('draft'); ALTER TABLE posts ALTER status DROP DEFAULT",
    ),
    Case(
        "ALTER TABLE posts ALTER COLUMN m TYPE text",
        "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE posts ADD COLUMN m mood",
    ),
    Case("ALTER TABLE posts ALTER COLUMN title TYPE mood", "CREATE TYPE mood AS ENUM ('a')"),
)
def test_dependents(case: Case, version: int) -> None:
    check(case, version)


PLANS = {
    "ALTER COLUMN title TYPE varchar(100)": False,
    "ALTER COLUMN title TYPE varchar(200)": True,
    "ALTER COLUMN title TYPE text": True,
    'ALTER COLUMN title TYPE varchar(100) COLLATE "C"': True,
    "ALTER COLUMN views TYPE bigint": True,
    "ALTER COLUMN title SET NOT NULL": False,
    "ALTER COLUMN title SET DEFAULT 'x'": False,
    "ADD COLUMN x int": False,
}


@pytest.mark.parametrize("version", postgres.VERSIONS)
@pytest.mark.parametrize(("clause", "invalidates"), PLANS.items())
def test_cached_plans(clause: str, invalidates: bool, version: int) -> None:
    """Prepared statements that select a changed column fail: "cached plan must not change result type"."""
    sql = f"ALTER TABLE posts {clause}"
    (statement,) = statements_of(sql)
    effect = effect_of(statement, base_schema(), version, begin(True))
    assert (Relation("posts") in effect.invalidates_plans) == invalidates
    stand = bench(version)
    stand.prepare("")
    with stand.database.connect() as connection:
        # psycopg would prepare statements of its own and forget ours when it sees DDL.
        connection.prepare_threshold = None
        connection.execute("PREPARE q AS SELECT id, title, views FROM posts WHERE id = $1")
        for _ in range(6):
            connection.execute("EXECUTE q (1)")
        connection.execute("BEGIN")
        connection.execute(sql.encode())
        if invalidates:
            with pytest.raises(Exception, match="cached plan must not change result type"):
                connection.execute("EXECUTE q (1)")
        else:
            connection.execute("EXECUTE q (1)")
        connection.execute("ROLLBACK")


def test_the_old_type_of_a_table_that_is_not_known() -> None:
    (statement,) = statements_of("ALTER TABLE posts ALTER COLUMN title TYPE text")
    effect = effect_of(statement, schema_of("", schema=type(base_schema())()), 18, begin(True))
    assert [(str(lock.relation), lock.mode) for lock in effect.locks] == [("posts", "ACCESS EXCLUSIVE")]
    assert effect.rewrites == ()
    assert any("present type" in reason for reason in effect.unknown)
