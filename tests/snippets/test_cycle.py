"""Every template with its defaults, as `ecto-migrations new` writes it into a project.

No file has a finding of danger or risk, and on PostgreSQL all of them run up, down, up, down and up, with the
catalog as it was after each way back, while code of before and code of after write between the steps. Every
statement is watched: it may not read, write anew or build an index of a table that holds rows under a lock
that blocks. The last time each migration without a transaction is interrupted and run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.program.commands import Raises, RepoQuery
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.terms import Text
from ecto_migrations_analysis.project.context import RepoConfig
from ecto_migrations_analysis.project.discovery import context_for
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_server import new_migration
from ecto_migrations_snippets import templates
from support import postgres, proving
from support.backfills import run_backfill
from support.cases import migration_text
from support.migrating import Unit, catalog, migrate, run_unit
from support.postgres import Database
from support.real_ecto import real_ecto

Connection = psycopg.Connection[Any]

ROWS = 2_500


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What stands before the template: bodies of earlier migrations, and rows.

    `old_code` and `new_code` are what the code of before and of after writes: the one until the last
    of several steps, the other from the first on. `keeps` is a query for what must stay the same; `holds` and
    `back` are queries that give true at the end and after the way back. `schema` is the application's, as it
    is when the last of the migrations is deployed; `told` are the rules that speak for information; `since`
    is the first version of PostgreSQL that has what it needs.
    """

    template: str
    before: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    old_code: tuple[str, ...] = ()
    new_code: tuple[str, ...] = ()
    schema: str = ""
    told: frozenset[str] = frozenset()
    since: int = 0
    keeps: str = "SELECT 1"
    holds: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


def posts(*columns: str) -> str:
    return (
        "create table(:posts) do\n"
        + "".join(f"  {line}\n" for line in ("add :body, :text", *columns))
        + "end"
    )


def filled(columns: str = "body", values: str = "'b'") -> str:
    return f"INSERT INTO posts ({columns}) SELECT {values} FROM generate_series(1, {ROWS}) AS n"


AUTHORS = "create table(:authors) do\n  add :name, :text\nend"
TEN_AUTHORS = "INSERT INTO authors (name) SELECT 'a' FROM generate_series(1, 10)"
STATUS = posts("add :status, :string")
EVENTS = """
create table(:events, primary_key: false, options: "PARTITION BY RANGE (inserted_at)") do
  add :id, :bigserial, primary_key: true
  add :inserted_at, :utc_datetime_usec, primary_key: true
  add :kind, :text, null: false
end

execute(
  "CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
  "DROP TABLE events_2026_01"
)
"""
FEBRUARY = """
execute(
  "CREATE TABLE events_2026_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
  "DROP TABLE events_2026_02"
)
"""
EVENT_ROWS = (
    f"INSERT INTO events (inserted_at, kind) SELECT '2026-01-15', 'k' FROM generate_series(1, {ROWS})"
)
SCHEMA = """defmodule Blog.Post do
  use Ecto.Schema

  schema "posts" do
    field :body, :string
    {fields}
  end
end
"""
BODY = ("INSERT INTO posts (body) VALUES ('old')", "UPDATE posts SET body = body || '.' WHERE id = 7")
INDEX_IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = '{}'::regclass"
IS_VALIDATED = "SELECT convalidated FROM pg_constraint WHERE conname = '{}'"
IS_NOT_NULL = "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = '{}'"
ALL_HAVE = "SELECT count(*) = 0 FROM posts WHERE {} IS NULL"

SCENARIOS = {
    "a nullable column": Scenario(
        template="add-nullable-column",
        before=(posts(),),
        rows=(filled(),),
        old_code=BODY,
        new_code=("UPDATE posts SET status = 'live' WHERE id = 8",),
    ),
    "a NOT NULL column": Scenario(
        template="add-not-null-column",
        before=(posts(),),
        rows=(filled(),),
        old_code=BODY,
        new_code=("INSERT INTO posts (body, status) VALUES ('new', 'live')",),
        holds=(IS_NOT_NULL.format("status"),),
    ),
    "an index": Scenario(
        template="add-index-concurrently",
        before=(STATUS,),
        rows=(filled(),),
        old_code=BODY,
        holds=(INDEX_IS_VALID.format("posts_status_index"),),
    ),
    "a backfill along integers": Scenario(
        template="backfill-in-batches",
        before=(STATUS,),
        rows=(filled(), "UPDATE posts SET status = 'live' WHERE id % 3 = 0"),
        holds=(
            ALL_HAVE.format("status"),
            "SELECT bool_and((status = 'live') = (id % 3 = 0)) FROM posts",
        ),
    ),
    "a backfill along UUIDs": Scenario(
        template="backfill-in-batches",
        before=(
            """
            create table(:posts, primary_key: false) do
              add :id, :binary_id, primary_key: true
              add :status, :string
              add :body, :text
            end
            """,
        ),
        rows=(filled("id, body, status", "gen_random_uuid(), 'b', CASE n % 3 WHEN 0 THEN 'live' END"),),
        holds=(
            ALL_HAVE.format("status"),
            f"SELECT count(*) FILTER (WHERE status = 'live') = {ROWS // 3} FROM posts",
        ),
    ),
    "a table": Scenario(
        template="create-table",
        before=(posts(),),
        rows=(filled(),),
        old_code=BODY,
        new_code=(
            "INSERT INTO comments (body, post_id, inserted_at, updated_at) VALUES ('c', 7, now(), now())",
        ),
        holds=(
            INDEX_IS_VALID.format("comments_post_id_index"),
            IS_VALIDATED.format("comments_post_id_fkey"),
        ),
    ),
    "a foreign key": Scenario(
        template="add-foreign-key",
        before=(AUTHORS, posts("add :author_id, :bigint")),
        rows=(TEN_AUTHORS, filled("author_id", "1 + n % 10")),
        old_code=(*BODY, "INSERT INTO posts (author_id) VALUES (3)"),
        keeps="SELECT id, author_id FROM posts WHERE id <= 2500 ORDER BY id",
        holds=(
            IS_VALIDATED.format("posts_author_id_fkey"),
            INDEX_IS_VALID.format("posts_author_id_index"),
        ),
    ),
    "a column with a foreign key": Scenario(
        template="add-foreign-key-column",
        before=(AUTHORS, posts()),
        rows=(TEN_AUTHORS, filled()),
        old_code=BODY,
        new_code=("INSERT INTO posts (editor_id) VALUES (3)",),
        holds=(
            IS_VALIDATED.format("posts_editor_id_fkey"),
            INDEX_IS_VALID.format("posts_editor_id_index"),
        ),
    ),
    "a check constraint": Scenario(
        template="add-check-constraint",
        before=(posts("add :title, :string"),),
        rows=(filled("title", "'t' || n"),),
        old_code=(*BODY, "INSERT INTO posts (title) VALUES ('x')"),
        holds=(IS_VALIDATED.format("posts_title_present"),),
    ),
    "a unique constraint": Scenario(
        template="add-unique-constraint",
        before=(posts("add :slug, :string"),),
        rows=(filled("slug", "'s' || n"),),
        old_code=BODY,
        holds=(
            IS_VALIDATED.format("posts_slug_index"),
            INDEX_IS_VALID.format("posts_slug_index"),
        ),
    ),
    "NOT NULL": Scenario(
        template="set-not-null",
        before=(STATUS,),
        rows=(filled("status", "'live'"),),
        old_code=("INSERT INTO posts (status) VALUES ('x')", "UPDATE posts SET body = 'y' WHERE id = 7"),
        holds=(IS_NOT_NULL.format("status"), ALL_HAVE.format("status")),
    ),
    "NOT NULL on PostgreSQL 18": Scenario(
        template="set-not-null-postgres-18",
        since=18,
        before=(STATUS,),
        rows=(filled("status", "'live'"),),
        old_code=("INSERT INTO posts (status) VALUES ('x')", "UPDATE posts SET body = 'y' WHERE id = 7"),
        holds=(IS_NOT_NULL.format("status"), IS_VALIDATED.format("posts_status_not_null")),
    ),
    "a column goes": Scenario(
        template="drop-column",
        before=(posts("add :legacy, :string, null: false"),),
        rows=(filled("legacy", "'l'"),),
        old_code=("INSERT INTO posts (body, legacy) VALUES ('old', 'l')",),
        new_code=("INSERT INTO posts (body) VALUES ('new')",),
        schema="field :other, :string",
        told=frozenset({"remove-column"}),
    ),
    "another name": Scenario(
        template="rename-column",
        schema="field :headline, :string",
        told=frozenset({"create-trigger", "remove-column"}),
        before=(posts("add :title, :string, null: false"), "create index(:posts, [:title])"),
        rows=(filled("title", "'t' || n"),),
        old_code=(
            "INSERT INTO posts (body, title) VALUES ('old', 'written')",
            "UPDATE posts SET title = 'changed ' || id WHERE id = 11",
            *BODY[1:],
        ),
        new_code=(
            "INSERT INTO posts (body, headline) VALUES ('new', 'written')",
            "UPDATE posts SET headline = 'changed ' || id WHERE id = 12",
            *BODY[1:],
        ),
        holds=(
            IS_NOT_NULL.format("headline"),
            INDEX_IS_VALID.format("posts_headline_index"),
            "SELECT bool_and(headline = CASE WHEN id > 2500 THEN 'written' WHEN id IN (11, 12)"
            " THEN 'changed ' || id ELSE 't' || id END) FROM posts",
        ),
        back=(
            "SELECT bool_and(title = CASE WHEN id > 2500 THEN 'written' WHEN id IN (11, 12)"
            " THEN 'changed ' || id ELSE 't' || id END) FROM posts",
        ),
    ),
    "another type": Scenario(
        template="change-column-type",
        schema="field :views, :integer, source: :views_big",
        told=frozenset({"create-trigger", "remove-column"}),
        before=(
            posts("add :views, :integer, null: false, default: 0"),
            "create index(:posts, [:views])",
        ),
        rows=(filled("views", "n"),),
        old_code=(
            "INSERT INTO posts (body, views) VALUES ('old', 5)",
            "UPDATE posts SET views = -id WHERE id = 11",
            *BODY[1:],
        ),
        new_code=(
            "INSERT INTO posts (body, views_big) VALUES ('new', 5)",
            "UPDATE posts SET views_big = -id WHERE id = 12",
            *BODY[1:],
        ),
        holds=(
            IS_NOT_NULL.format("views_big"),
            INDEX_IS_VALID.format("posts_views_big_index"),
            "SELECT bool_and(views_big = CASE WHEN id > 2500 THEN 5 WHEN id IN (11, 12) THEN -id ELSE id END)"
            " FROM posts",
            "SELECT pg_typeof(views_big) = 'bigint'::regtype FROM posts LIMIT 1",
        ),
        back=(
            "SELECT bool_and(views = CASE WHEN id > 2500 THEN 5 WHEN id IN (11, 12) THEN -id ELSE id END)"
            " FROM posts",
        ),
    ),
    "a value of an enum": Scenario(
        template="add-enum-value",
        before=(
            """
            execute("CREATE TYPE post_status AS ENUM ('draft', 'live')", "DROP TYPE post_status")

            create table(:posts) do
              add :body, :text
              add :status, :post_status
            end
            """,
        ),
        rows=(filled("status", "'live'"),),
        old_code=BODY,
        holds=("SELECT enum_range(NULL::post_status)::text = '{draft,live,archived}'",),
    ),
    "an extension": Scenario(
        template="create-extension",
        before=(posts(),),
        rows=(filled(),),
        old_code=BODY,
        holds=("SELECT 'A'::citext = 'a'::citext",),
    ),
    "a partitioned table": Scenario(
        template="create-partitioned-table",
        new_code=("INSERT INTO events (inserted_at, kind) VALUES ('2026-01-31 23:59:59.999999', 'k')",),
        holds=("SELECT count(*) = 1 FROM events_2026_01",),
    ),
    "a partition": Scenario(
        template="add-partition",
        before=(EVENTS, "create index(:events, [:kind])"),
        rows=(EVENT_ROWS,),
        old_code=("INSERT INTO events (inserted_at, kind) VALUES ('2026-01-16', 'k')",),
        new_code=("INSERT INTO events (inserted_at, kind) VALUES ('2026-02-01', 'k')",),
        holds=(
            "SELECT count(*) = 1 FROM events_2026_02",
            INDEX_IS_VALID.format("events_2026_02_kind_idx"),
        ),
    ),
    "an index of a partitioned table": Scenario(
        template="add-index-to-partitioned-table",
        before=(EVENTS, FEBRUARY),
        rows=(EVENT_ROWS, EVENT_ROWS.replace("2026-01", "2026-02")),
        old_code=("INSERT INTO events (inserted_at, kind) VALUES ('2026-01-16', 'k')",),
        holds=(
            INDEX_IS_VALID.format("events_kind_index"),
            "SELECT count(*) = 2 FROM pg_inherits WHERE inhparent = 'events_kind_index'::regclass",
        ),
    ),
    "an index, run again": Scenario(
        template="add-index-safe-to-rerun",
        before=(STATUS,),
        rows=(filled(),),
        old_code=BODY,
        holds=(INDEX_IS_VALID.format("posts_status_index"),),
    ),
}


def test_every_template_has_its_scenario() -> None:
    assert {scenario.template for scenario in SCENARIOS.values()} == {item.name for item in templates()}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        (name, version)
        for name, scenario in SCENARIOS.items()
        for version in postgres.VERSIONS
        if version >= scenario.since
    ],
)
def test_a_template_with_its_defaults(name: str, version: int, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    paths = written(scenario, tmp_path, version)
    said: list[Finding] = []
    for path in paths:
        analysis = analyze(Source(path.read_bytes(), str(path)), context_for(str(path)))
        assert not analysis.broken and len(analysis.migrations) == 1
        said += analysis.findings
    assert [(finding.rule, finding.message) for finding in said if finding.level is not Level.INFO] == []
    assert {finding.rule for finding in said} == scenario.told
    context = context_for(str(paths[0]))
    database = postgres.require(version).create_database()
    try:
        with database.connect() as connection:
            cycle(scenario, paths, connection, proving.Runner(database, connection, context))
    finally:
        database.drop()
    by_ecto = real_ecto()
    if by_ecto is None:
        return
    database = postgres.require(version).create_database()
    try:
        with database.connect() as connection:
            by_ecto.connect(database)
            cycle(scenario, paths, connection, proving.EctoRunner(by_ecto, context))
    finally:
        database.drop()


def written(scenario: Scenario, folder: Path, version: int = postgres.EMBEDDED) -> Sequence[Path]:
    """The files in a project that has the earlier migrations."""
    migrations = folder / "priv" / "repo" / "migrations"
    for directory in (migrations, folder / "config", folder / "lib" / "blog"):
        directory.mkdir(parents=True)
    (folder / "mix.exs").write_text(proving.MIX)
    (folder / "config" / "config.exs").write_text(proving.CONFIG.format(options="[]"))
    (folder / "lib" / "blog" / "repo.ex").write_text(proving.REPO)
    if scenario.schema:
        (folder / "lib" / "blog" / "post.ex").write_text(SCHEMA.format(fields=scenario.schema))
    (folder / ".ecto-migrations.toml").write_text(proving.SETTINGS.format(version=version))
    for number, body in enumerate(scenario.before):
        path = migrations / f"{20230101000000 + number}_before_{number}.exs"
        path.write_text(migration_text(body, f"Blog.Repo.Migrations.Before{number}"))
    planned = new_migration.plan(
        new_migration.template_named(scenario.template),
        str(migrations),
        project_of=context_for,
        taken=[path.name for path in migrations.iterdir()],
    )
    new_migration.write(planned)
    return [Path(file.path) for file in planned]


def cycle(
    scenario: Scenario,
    paths: Sequence[Path],
    connection: Connection,
    runner: proving.Runner | proving.EctoRunner,
) -> None:
    for path in sorted(paths[0].parent.iterdir()):
        if path < paths[0]:
            runner.run_file(path, "up")
    write(connection, scenario.rows)
    connection.execute(b"ANALYZE")
    # So that a statement that waits for what does not come fails here.
    connection.execute(b"SET statement_timeout = '60s'")
    before = catalog(connection)
    kept = connection.execute(scenario.keeps.encode()).fetchall()
    for time in range(3):
        runner.watched = time == 0
        write(connection, scenario.old_code)
        for number, path in enumerate(paths, 1):
            if time == 2:
                runner.interrupt(path.read_text())
            runner.run_file(path, "up")
            between(scenario, connection, number, len(paths))
        for query in scenario.holds:
            assert connection.execute(query.encode()).fetchone() == (True,), query
        assert connection.execute(scenario.keeps.encode()).fetchall() == kept
        if time == 2:
            return
        for number, path in reversed(list(enumerate(paths, 1))):
            runner.run_file(path, "down")
            if number > 1:
                between(scenario, connection, number - 1, len(paths))
        assert catalog(connection) == before
        for query in scenario.back:
            assert connection.execute(query.encode()).fetchone() == (True,), query
        assert connection.execute(scenario.keeps.encode()).fetchall() == kept


def between(scenario: Scenario, connection: Connection, step: int, steps: int) -> None:
    """What is written after a step; with one step the code of before still runs when it is done."""
    if step < steps or steps == 1:
        write(connection, scenario.old_code)
    write(connection, scenario.new_code)


@pytest.mark.parametrize(
    ("name", "old", "new"), [("another name", "title", "headline"), ("another type", "views", "views_big")]
)
def test_on_the_way_back_nothing_is_lost_before_the_old_column_is_filled(
    name: str, old: str, new: str, database: Database, tmp_path: Path
) -> None:
    """The trigger is there by then: an update of another column must not carry the empty one over."""
    scenario = SCENARIOS[name]
    texts = [path.read_text() for path in written(scenario, tmp_path)]
    with database.connect() as connection:
        for body in scenario.before:
            migrate(connection, migration_text(body))
        write(connection, scenario.rows)
        for text in texts:
            migrate(connection, text)
        empty = []

        def run(statements: tuple[str, ...], in_transaction: bool) -> None:
            run_unit(connection, Unit(statements, in_transaction))
            if any("ADD COLUMN" in sql for sql in statements):
                found = connection.execute(f"SELECT {old}, {new} FROM posts WHERE id = 9".encode()).fetchone()
                empty.append(found)
                connection.execute(b"UPDATE posts SET body = 'meanwhile' WHERE id = 9")

        run_backfill(connection, texts[-1], "down", run)
        value = "t9" if old == "title" else 9
        assert empty == [(None, value)]
        query = f"SELECT body, {old}, {new} FROM posts WHERE id = 9"
        assert connection.execute(query.encode()).fetchone() == ("meanwhile", value, value)


def test_duplicates_are_told_before_the_unique_index_is_built(database: Database, tmp_path: Path) -> None:
    scenario = SCENARIOS["a unique constraint"]
    text = written(scenario, tmp_path)[0].read_text()
    (migration,) = read(Source.from_text(text), RepoConfig()).migrations
    assert migration.up is not None
    first, second, *_ = migration.up.commands
    assert isinstance(first, RepoQuery) and isinstance(second, Raises) and not second.always
    assert second.message.startswith("several rows of posts have the same slug: ")
    query = first.sql.value if isinstance(first.sql, Text) else None
    assert query is not None
    with database.connect() as connection:
        for body in scenario.before:
            migrate(connection, migration_text(body))
        write(connection, scenario.rows)
        connection.execute(b"INSERT INTO posts (slug) VALUES (NULL), (NULL)")
        assert connection.execute(query.encode()).fetchall() == []
        connection.execute(b"INSERT INTO posts (slug) VALUES ('s7')")
        assert connection.execute(query.encode()).fetchall() == [("s7",)]


def write(connection: Connection, statements: tuple[str, ...]) -> None:
    for sql in statements:
        connection.execute(sql.encode())
