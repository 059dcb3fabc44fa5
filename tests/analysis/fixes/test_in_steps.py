"""Constraints and indexes in several migrations, each proven (`support.proving`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, make, project, prove

pytestmark = pytest.mark.slow

POSTS = """
create table(:posts) do
  add :title, :string
  add :status, :string
  add :slug, :string, default: fragment("gen_random_uuid()::text")
  add :author_id, :bigint
end
"""
ROWS = (
    "INSERT INTO posts (title, status, author_id) SELECT 't' || g, 'live', 1 + g % 10"
    " FROM generate_series(1, 2500) g",
)
KEEPS = "SELECT md5(string_agg(title, ',' ORDER BY id)) FROM posts WHERE id <= 2500"
OLD = ("INSERT INTO posts (title) VALUES ('old')", "UPDATE posts SET title = title WHERE id <= 100")
NEW = ("INSERT INTO posts (title, status, author_id) VALUES ('new', 'live', 1)",)
NOT_NULL = (
    "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'status'",
    "SELECT bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'posts'::regclass",
    "SELECT count(*) = 0 FROM pg_constraint WHERE conrelid = 'posts'::regclass AND contype = 'c'",
)
MODIFY = "alter table(:posts) do\n  modify :status, :string, null: false, from: {:string, null: true}\nend"
RAW = (
    'execute "ALTER TABLE posts ALTER COLUMN status SET NOT NULL",'
    ' "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"'
)
UP_DOWN = (
    f"def up do\n  {RAW.partition(',')[0]}\nend\n\n"
    'def down do\n  execute "ALTER TABLE posts ALTER COLUMN status DROP NOT NULL"\nend'
)

SCENARIOS = [
    Scenario(
        about=f"NOT NULL {about} on {version}{' with others' if files > version_files else ''}",
        before=(POSTS,),
        rows=ROWS,
        text=text,
        strategy="split-set-not-null",
        files=files,
        version=version,
        new_code=NEW,
        keeps=KEEPS,
        holds=NOT_NULL,
    )
    for version, version_files in ((17, 3), (18, 2))
    for about, text, files in (
        ("by modify", MODIFY, version_files),
        ("in SQL", RAW, version_files),
        ("up and down", UP_DOWN, version_files),
        ("by modify", MODIFY.replace("  modify", "  add :kind, :string\n  modify"), version_files + 1),
    )
] + [
    Scenario(
        about=f"NOT NULL with a backfill on {version}",
        before=(POSTS,),
        rows=(*ROWS, "UPDATE posts SET status = NULL WHERE id % 2 = 0"),
        text=MODIFY,
        strategy="backfill-set-not-null",
        files=files,
        version=version,
        old_code=OLD,
        old_until=0,
        new_code=NEW,
        keeps=KEEPS,
        holds=(*NOT_NULL, "SELECT count(*) >= 1250 FROM posts WHERE status = 'draft'"),
        chosen=(("@value_of_status nil", '@value_of_status "draft"'),),
    )
    for version, files in ((17, 4), (18, 3))
]


AUTHORS = "create table(:authors)"
FILL_AUTHORS = ("INSERT INTO authors SELECT FROM generate_series(1, 20)", *ROWS)
KEY_HOLDS = (
    "SELECT count(*) = 1 AND bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'",
    "SELECT bool_and(indisvalid) FROM pg_index",
)
LONG = "a_column_with_a_name_as_long_as_it_can_be"

SCENARIOS += [
    Scenario(
        about=f"a foreign key {about}",
        before=(AUTHORS, POSTS, *(("create index(:posts, [:author_id])",) if indexed else ())),
        rows=FILL_AUTHORS,
        text=text,
        strategy="validate-later",
        files=2 if indexed else 3,
        old_code=(*OLD, "DELETE FROM authors WHERE id = 20"),
        old_until=3,
        new_code=(f"INSERT INTO posts (title, {column}) VALUES ('new', 2)",),
        keeps=KEEPS,
        holds=KEY_HOLDS,
    )
    for about, column, indexed, text in (
        (
            "on a new column",
            "editor_id",
            False,
            "alter table(:posts) do\n  add :editor_id, references(:authors)\nend",
        ),
        (
            "on a new column with a long name",
            LONG,
            False,
            f"alter table(:posts) do\n  add :{LONG}, references(:authors)\nend",
        ),
        (
            "on an existing column by modify",
            "author_id",
            False,
            "alter table(:posts) do\n  modify :author_id, references(:authors), from: :bigint\nend",
        ),
        (
            "on an existing column with an index",
            "author_id",
            True,
            "alter table(:posts) do\n  modify :author_id, references(:authors), from: :bigint\nend",
        ),
        (
            "in SQL",
            "author_id",
            False,
            'execute "ALTER TABLE posts ADD CONSTRAINT writes FOREIGN KEY (author_id) REFERENCES authors",'
            '\n        "ALTER TABLE posts DROP CONSTRAINT writes"',
        ),
    )
]

SCENARIOS += [
    Scenario(
        about=f"a CHECK {about}",
        before=(POSTS,),
        rows=ROWS,
        text=text,
        strategy="validate-later",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=("SELECT bool_and(convalidated) FROM pg_constraint WHERE conname = 'has_title'",),
    )
    for about, text in (
        ("by create", "create constraint(:posts, :has_title, check: \"title <> ''\")"),
        (
            "in SQL",
            "execute \"ALTER TABLE posts ADD CONSTRAINT has_title CHECK (title <> '')\",\n"
            '        "ALTER TABLE posts DROP CONSTRAINT has_title"',
        ),
    )
]

WITH_KEY = POSTS.replace(":bigint", "references(:authors)")
REPLACED = (
    "alter table(:posts) do\n"
    "  modify :author_id, references(:authors, on_delete: :delete_all), from: references(:authors)\n"
    "end"
)

SCENARIOS += [
    Scenario(
        about=f"a foreign key replaced by modify{about}",
        before=(AUTHORS, WITH_KEY, "create index(:posts, [:author_id])"),
        rows=(*FILL_AUTHORS, "INSERT INTO posts (title, author_id) VALUES ('one', 20)"),
        text=text,
        strategy="replace-foreign-key",
        files=files,
        old_code=OLD,
        old_until=3,
        new_code=("INSERT INTO posts (title, author_id) VALUES ('new', 2)",),
        keeps=KEEPS,
        holds=(
            "SELECT count(*) = 1 AND bool_and(convalidated AND confdeltype = 'c')"
            " FROM pg_constraint WHERE contype = 'f' AND conname = 'posts_author_id_fkey'",
        ),
    )
    for about, text, files in (
        ("", REPLACED, 3),
        (" among others", REPLACED.replace("  modify", "  add :kind, :string\n  modify"), 4),
        (" in up", f"def up do\n  {REPLACED}\nend\n\ndef down do\n  :ok\nend", 3),
    )
]

RAW_UNIQUE = (
    'execute "ALTER TABLE posts ADD CONSTRAINT one_slug UNIQUE (slug)",'
    ' "ALTER TABLE posts DROP CONSTRAINT one_slug"'
)
UNIQUE_HOLDS = ("SELECT indisunique AND indisvalid FROM pg_index WHERE indexrelid = 'one_slug'::regclass",)

SCENARIOS += [
    Scenario(
        about=f"UNIQUE {about}",
        before=(POSTS,),
        rows=ROWS,
        text=text,
        strategy=strategy,
        files=files,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=(
            *UNIQUE_HOLDS,
            f"SELECT count(*) = {constraints} FROM pg_constraint WHERE conname = 'one_slug'",
        ),
    )
    for about, text, strategy, files, constraints in (
        ("as an index", RAW_UNIQUE, "unique-index-instead", 1, 0),
        ("as a constraint", RAW_UNIQUE, "constraint-from-index", 2, 1),
        (
            "as a constraint that is deferrable",
            RAW_UNIQUE.replace("(slug)", "(slug) DEFERRABLE INITIALLY DEFERRED"),
            "constraint-from-index",
            2,
            1,
        ),
        (
            "as a constraint, among others",
            "# The address has to be one.\n"
            + RAW_UNIQUE
            + "\n\nalter table(:posts) do\n  add :kind, :string\nend",
            "constraint-from-index",
            3,
            1,
        ),
    )
]

KEYLESS = """
create table(:events, primary_key: false) do
  add :number, :bigint, null: false
  add :kind, :string
end
"""
FILL_EVENTS = "INSERT INTO events SELECT g, 'k' FROM generate_series(1, 2500) g"
PRIMARY_KEY = (
    'execute "ALTER TABLE events ADD PRIMARY KEY ({columns})",'
    ' "ALTER TABLE events DROP CONSTRAINT events_pkey"'
)

SCENARIOS += [
    Scenario(
        about=f"a primary key {about}",
        before=(KEYLESS,),
        rows=(FILL_EVENTS,),
        text=PRIMARY_KEY.format(columns=columns),
        strategy="constraint-from-index",
        files=files,
        version=version,
        old_code=("INSERT INTO events SELECT max(number) + 1, 'k' FROM events",),
        old_until=9,
        keeps="SELECT count(*) FROM events WHERE number <= 2500",
        holds=("SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'events_pkey' AND contype = 'p'",),
    )
    for about, columns, version, files in (
        ("of a column that is NOT NULL", "number", 18, 2),
        ("of a nullable column on 18", "number, kind", 18, 4),
        ("of a nullable column on 17", "number, kind", 17, 5),
    )
]

SCENARIOS += [
    Scenario(
        about="a primary key by modify",
        before=(KEYLESS,),
        rows=(FILL_EVENTS,),
        text="alter table(:events) do\n  modify :number, :bigint, primary_key: true, from: :bigint\nend",
        strategy="constraint-from-index",
        files=2,
        keeps="SELECT count(*) FROM events WHERE number <= 2500",
        holds=("SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'events_pkey' AND contype = 'p'",),
    ),
    Scenario(
        about="a unique index in place",
        before=(POSTS,),
        rows=ROWS,
        text="create unique_index(:posts, [:slug])",
        strategy="concurrent-index",
        files=1,
        old_code=OLD,
        keeps=KEEPS,
        holds=("SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_slug_index'::regclass",),
    ),
    Scenario(
        about="a drop of an index among others",
        before=(POSTS, "create index(:posts, [:slug])"),
        rows=ROWS,
        text="drop index(:posts, [:slug])\n\nalter table(:posts) do\n  add :kind, :string\nend",
        strategy="move-index",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=("SELECT to_regclass('posts_slug_index') IS NULL",),
    ),
    Scenario(
        about="a drop of a unique index among others, with a down",
        before=(POSTS, "create unique_index(:posts, [:slug])"),
        rows=ROWS,
        text="""
        def up do
          drop unique_index(:posts, [:slug])

          alter table(:posts) do
            add :kind, :string
          end
        end

        def down do
          alter table(:posts) do
            remove :kind
          end

          create unique_index(:posts, [:slug])
        end
        """,
        strategy="move-index",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=("SELECT to_regclass('posts_slug_index') IS NULL",),
    ),
    Scenario(
        about="a unique index among others",
        before=(POSTS,),
        rows=ROWS,
        text="alter table(:posts) do\n  add :kind, :string\nend\n\ncreate unique_index(:posts, [:slug])",
        strategy="move-index",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=("SELECT indisvalid FROM pg_index WHERE indexrelid = 'posts_slug_index'::regclass",),
    ),
    Scenario(
        about="UNIQUE, with an advisory lock and settings of the project",
        before=(POSTS,),
        rows=ROWS,
        text=RAW_UNIQUE,
        strategy="constraint-from-index",
        files=2,
        config="migration_lock: :pg_advisory_lock",
        settings='lock_timeout = "3s"\n',
        keeps=KEEPS,
        holds=UNIQUE_HOLDS,
    ),
]

PARTITIONED = (
    """
    create table(:events, primary_key: false, options: "PARTITION BY RANGE (at)") do
      add :user_id, :bigint
      add :at, :date, null: false
    end
    """,
    """
    execute "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')", ""
    execute "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", ""
    """,
)
CONCURRENT = (
    "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"
    "def change do\n  create index(:events, [:user_id], concurrently: true)\nend"
)

SCENARIOS += [
    Scenario(
        about=f"an index of a partitioned table, {about}",
        before=PARTITIONED,
        rows=(
            "CREATE SEQUENCE one START 1000000 INCREMENT 10",
            "INSERT INTO events SELECT g, date '2025-06-01' + g % 500 FROM generate_series(1, 2500) g",
        ),
        text=text,
        strategy="partitioned-index",
        files=files,
        old_code=(
            "INSERT INTO events VALUES (nextval('one'), '2026-03-01')",
            "UPDATE events SET user_id = user_id + 1 WHERE user_id > 1000000",
        ),
        old_until=2,
        keeps="SELECT count(*) FROM events WHERE user_id <= 2500",
        holds=(
            "SELECT count(*) = 3 AND bool_and(indisvalid) FROM pg_index"
            " WHERE indrelid::regclass::text LIKE 'events%'",
        ),
    )
    for about, text, files in (
        ("plainly", "create index(:events, [:user_id])", 1),
        ("concurrently", CONCURRENT, 1),
        ("unique", "create unique_index(:events, [:user_id, :at], name: :one_a_day)", 1),
        (
            "among others",
            "alter table(:events) do\n  add :kind, :string\nend\n\ncreate index(:events, [:user_id])",
            2,
        ),
    )
]

MIXED = """
@disable_ddl_transaction true
@disable_migration_lock true

def change do
{body}
end
"""

SCENARIOS += [
    Scenario(
        about=f"without a transaction: {about}",
        before=(POSTS,),
        rows=ROWS,
        text=MIXED.format(body=body),
        strategy="separate-concurrent",
        files=files,
        old_code=OLD,
        old_until=3,
        keeps=KEEPS,
        holds=(
            "SELECT count(*) = 3 AND bool_and(indisvalid) FROM pg_index WHERE indrelid = 'posts'::regclass",
        )
        if files == 3 or "title" in body
        else (),
    )
    for about, files, body in (
        (
            "a column and two indexes",
            3,
            "  alter table(:posts) do\n    add :kind, :string\n  end\n\n"
            "  create index(:posts, [:kind], concurrently: true)\n"
            "  create index(:posts, [:title], concurrently: true)",
        ),
        (
            "two indexes",
            2,
            "  create index(:posts, [:status], concurrently: true)\n"
            "  create index(:posts, [:title], concurrently: true)",
        ),
    )
]

SCENARIOS += [
    Scenario(
        about=f"a constraint that none validates: {about}",
        before=(AUTHORS, POSTS, "create index(:posts, [:author_id])"),
        rows=FILL_AUTHORS,
        text=text,
        strategy="add-validation",
        files=2,
        old_code=OLD,
        old_until=2,
        keeps=KEEPS,
        holds=("SELECT bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'posts'::regclass",),
    )
    for about, text in (
        ("CHECK", "create constraint(:posts, :has_title, check: \"title <> ''\", validate: false)"),
        (
            "foreign key",
            "alter table(:posts) do\n"
            "  modify :author_id, references(:authors, validate: false), from: :bigint\n"
            "end",
        ),
    )
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


def test_the_ways_of_the_project_are_kept(tmp_path: Path) -> None:
    scenario = next(scenario for scenario in SCENARIOS if "advisory" in scenario.about)
    index, constraint = make(scenario, tmp_path).texts
    assert "@disable_ddl_transaction true" in index and "@disable_ddl_transaction true" in constraint
    assert "disable_migration_lock" not in index + constraint
    assert "SET LOCAL lock_timeout = '3s'" in constraint


def test_comments_of_what_moves_go_along(tmp_path: Path) -> None:
    scenario = next(
        scenario for scenario in SCENARIOS if scenario.about.startswith("UNIQUE as a constraint, a")
    )
    first, index, _ = make(scenario, tmp_path).texts
    assert "The address" not in first and index.startswith("# The address has to be one.\n# Step 1 of 2: ")


def test_a_validation_comes_behind_every_migration_there_is(tmp_path: Path) -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.about.endswith("validates: CHECK"))
    later = tmp_path / "priv" / "repo" / "migrations"
    made = make(replace(scenario, later=("create table(:tags)",)), tmp_path)
    assert made.paths[-1].name > max(path.name for path in later.iterdir() if path != made.paths[-1])
    assert made.offer.title == "Add a migration that validates has_title"


@pytest.mark.parametrize(
    ("strategy", "before", "text"),
    [
        # The type may change too; nobody knows.
        ("split-set-not-null", (), MODIFY),
        ("split-set-not-null", (POSTS,), MODIFY.replace(":status, :string, null", ":status, :text, null")),
        ("split-set-not-null", (POSTS,), MODIFY.replace("null: false,", 'null: false, default: "a",')),
        (
            "split-set-not-null",
            (POSTS,),
            "for column <- [:status, :slug] do\n"
            "  alter table(:posts), do: modify(column, :string, null: false)\n"
            "end",
        ),
        ("split-set-not-null", (POSTS,), f"def up do\n  {MODIFY}\n  flush()\nend\n\ndef down do\n  :ok\nend"),
        # Deletes of authors would fail.
        (
            "split-set-not-null",
            (AUTHORS, POSTS.replace(":bigint", "references(:authors, on_delete: :nilify_all)")),
            RAW.replace("status", "author_id"),
        ),
        # Behind what follows, the names would be others.
        ("split-set-not-null", (POSTS,), f"{RAW}\n\nrename table(:posts), to: table(:articles)"),
        ("split-set-not-null", (POSTS,), f"{RAW}\n\nrename table(:posts), :status, to: :state"),
        # The key needs the constraint.
        (
            "constraint-from-index",
            (POSTS,),
            f"{RAW_UNIQUE}\n\nalter table(:tags) do\n"
            "  add :slug, references(:posts, column: :slug, type: :string)\nend",
        ),
        ("replace-foreign-key", (), REPLACED),
        (
            "replace-foreign-key",
            (AUTHORS, WITH_KEY),
            REPLACED.replace("delete_all)", "delete_all, type: :uuid)"),
        ),
        ("constraint-from-index", (POSTS,), RAW_UNIQUE.replace("(slug)", "NULLS NOT DISTINCT (slug)")),
        ("constraint-from-index", PARTITIONED, 'execute "ALTER TABLE events ADD UNIQUE (user_id, at)", ""'),
        ("unique-index-instead", (POSTS,), RAW_UNIQUE.replace("(slug)", "(slug) DEFERRABLE")),
        ("partitioned-index", PARTITIONED[:1], "create index(:events, [:user_id])"),
        ("partitioned-index", PARTITIONED, "create index(:events, [:user_id], only: true)"),
        (
            "separate-concurrent",
            (POSTS,),
            # Its column goes: moved behind that, there would be nothing to drop.
            MIXED.format(
                body="  drop index(:posts, [:slug], concurrently: true)\n\n"
                "  alter table(:posts) do\n    remove :slug, :string\n  end\n\n"
                "  create index(:posts, [:status], concurrently: true)"
            ),
        ),
        ("", (POSTS,), 'create constraint(:posts, :apart, exclude: "gist (slug WITH =)")'),
    ],
)
def test_not_offered(strategy: str, before: tuple[str, ...], text: str, tmp_path: Path) -> None:
    scenario = Scenario(about="", before=before, text=text, strategy=strategy, files=1)
    found = offers(analysis_of(project(scenario, tmp_path)))
    of_exclusion = not strategy
    for offer in found:
        if of_exclusion:
            assert "exclusion-constraint" not in offer.rules or offer.suppresses
        else:
            assert not offer.id.startswith(strategy + ":")
