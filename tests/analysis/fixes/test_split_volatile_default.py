"""A nullable column with a volatile default in two migrations."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import ConstraintDefinition, Relation
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.schema.state import ConstraintState, Schema, Table
from support.elixir import Later
from support.fixing import analysis_of, fix, migration, offered
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

SPLIT = "split-volatile-default"
POSTS = Relation("posts")
KEY = ConstraintDefinition(kind="primary key", name="posts_pkey", columns=("id",))
PROJECT = ProjectContext(
    schema=Schema(
        tables={
            POSTS: Table(
                relation=POSTS,
                constraints={"posts_pkey": ConstraintState(name="posts_pkey", definition=KEY)},
            )
        },
        complete=True,
    )
)


def adding(column: str) -> str:
    return migration(f"alter table(:posts) do\n  add :token, {column}\nend")


VOLATILE = ':uuid, default: fragment("gen_random_uuid()")'


def test_the_two_files(formatted: Later) -> None:
    text = adding(VOLATILE)
    (offer,) = offered(text, SPLIT, PROJECT)
    assert offer.title == (
        "Split into 2 migrations: add the column and set its default → backfill in batches"
    )
    assert offer.preferred and offer.rules == ("add-column-volatile-default",)
    assert offer.new_file_count == 1
    fixed = fix(text, SPLIT, PROJECT)
    assert fixed.text.startswith(
        "# Step 1 of 2: posts.token and its default for new rows. Existing rows are not touched.\n"
        "# Next: step 2 (backfill), which can be deployed at the same time.\n"
        "defmodule "
    )
    assert (
        "      add :token, :uuid\n"
        "    end\n"
        "\n"
        "    execute(\n"
        '      "ALTER TABLE posts ALTER COLUMN token SET DEFAULT gen_random_uuid()",\n'
        '      "ALTER TABLE posts ALTER COLUMN token DROP DEFAULT"\n'
        "    )\n"
    ) in fixed.text
    assert list(fixed.new) == ["20240201000001_backfill_posts_token.exs"]
    assert fixed.all[1].startswith(
        "# Step 2 of 2: a value for the rows that have none, in small batches outside a transaction.\n"
        "# It can be stopped and run again.\n"
        "defmodule MyApp.Repo.Migrations.BackfillPostsToken do\n"
    )
    assert 'update: [set: [token: fragment("gen_random_uuid()")]]' in fixed.all[1]
    formatted(*fixed.all)
    assert not [found for each in fixed.all for found in analysis_of(each, PROJECT).findings]


def test_other_options_stay() -> None:
    text = adding(':uuid, null: true, default: fragment("gen_random_uuid()"), comment: "x"')
    assert '      add :token, :uuid, null: true, comment: "x"\n' in fix(text, SPLIT, PROJECT).text


@pytest.mark.parametrize(
    "column",
    [
        ":uuid",
        ':string, default: "x"',
        ':utc_datetime, default: fragment("now()")',
        # For this one there is the split into three.
        ':uuid, null: false, default: fragment("gen_random_uuid()")',
    ],
)
def test_not_offered(column: str) -> None:
    assert not offered(adding(column), SPLIT, PROJECT)


def test_up_and_down_and_up_again(database: Database) -> None:
    steps = fix(adding(VOLATILE), SPLIT, PROJECT).all
    with database.connect() as connection:
        connection.execute(b"CREATE TABLE posts (id bigserial PRIMARY KEY)")
        connection.execute(b"INSERT INTO posts SELECT FROM generate_series(1, 2500)")
        before = catalog(connection)
        for _ in range(3):
            for step in steps:
                migrate(connection, step)
            found = connection.execute(b"SELECT count(DISTINCT token), count(*) FROM posts").fetchone()
            assert found == (2500, 2500)
            connection.execute(b"INSERT INTO posts DEFAULT VALUES")
            assert connection.execute(b"SELECT count(*) FROM posts WHERE token IS NULL").fetchone() == (0,)
            connection.execute(b"DELETE FROM posts WHERE id = (SELECT max(id) FROM posts)")
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before
