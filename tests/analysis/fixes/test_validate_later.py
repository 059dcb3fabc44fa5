"""A constraint added without a scan, and validated by a second migration."""

from __future__ import annotations

import pytest
from support.elixir import Later
from support.fixing import analysis_of, fix, migration, offered
from support.migrating import catalog, migrate, rollback
from support.postgres import Database

LATER = "validate-later"

STEP_2 = """\
# Step 2 of 2: validates the foreign key posts_author_id_fkey. Deploy when no row breaks it any
# more.
# The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.
defmodule MyApp.Repo.Migrations.ValidatePostsAuthorIdFkey do
  use Ecto.Migration

  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '5s'")
  end

  def change do
    execute("ALTER TABLE posts VALIDATE CONSTRAINT posts_author_id_fkey", "")
  end
end
"""


AFTER_BEGIN = "  def after_begin do\n    repo().query!(\"SET LOCAL lock_timeout = '5s'\")\n  end\n"


def alter(line: str) -> str:
    return f"alter table(:posts) do\n  {line}\nend"


def test_a_foreign_key(formatted: Later) -> None:
    text = migration(alter("add :author_id, references(:authors)"))
    (offer,) = offered(text, LATER)
    assert offer.title == "Split into 2 migrations: add the foreign key without a scan → validate it"
    assert offer.preferred and offer.new_file_count == 1 and offer.rules == ("foreign-key-validated",)
    fixed = fix(text, LATER)
    assert fixed.text == (
        "# Step 1 of 2: the foreign key posts_author_id_fkey, not validated: new rows are checked, existing\n"
        "# ones are not yet.\n"
        "# Next: step 2 (validate), when no existing row breaks it.\n"
        + migration(alter("add :author_id, references(:authors, validate: false)")).replace(
            "  def change", AFTER_BEGIN + "\n  def change"
        )
    )
    assert fixed.new == {"20240201000001_validate_posts_author_id_fkey.exs": STEP_2}
    formatted(*fixed.all)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "add :a, references(:b, on_delete: :nothing)",
            "add :a, references(:b, on_delete: :nothing, validate: false)",
        ),
        ('add(:a, references("b"))', 'add(:a, references("b", validate: false))'),
        ("add :a, references(:b, validate: true)", "add :a, references(:b, validate: false)"),
        ("add :a, references(:b), null: true", "add :a, references(:b, validate: false), null: true"),
        ("add_if_not_exists :a, references(:b)", "add_if_not_exists :a, references(:b, validate: false)"),
        ("modify :a, references(:b), from: :id", "modify :a, references(:b, validate: false), from: :id"),
        # Which of the two is meant is not to be seen from the call alone.
        ("modify :a, references(:b), from: references(:c)", None),
        ("add :a, references(:b, validate: false)", None),
    ],
)
def test_only_validate_is_added(before: str, after: str | None) -> None:
    text = migration(alter(before), callback="up")
    if after is None:
        assert not offered(text, LATER)
    else:
        assert f"    {alter(after)}".replace("\n", "\n    ") in fix(text, LATER).text


def test_a_check(formatted: Later) -> None:
    text = migration('create constraint(:posts, :positive, check: "rating > 0", prefix: "tenant")')
    (offer,) = offered(text, LATER)
    assert offer.title == "Split into 2 migrations: add the constraint without a scan → validate it"
    assert offer.rules == ("check-constraint-validated",)
    fixed = fix(text, LATER)
    assert (
        '    create constraint(:posts, :positive, check: "rating > 0", prefix: "tenant", validate: false)\n'
    ) in fixed.text
    (name,) = fixed.new
    assert name == "20240201000001_validate_posts_positive.exs"
    assert 'execute("ALTER TABLE tenant.posts VALIDATE CONSTRAINT positive", "")' in fixed.new[name]
    formatted(*fixed.all)


@pytest.mark.parametrize(
    "body",
    [
        'create constraint(:posts, :x, exclude: "gist (a WITH =)")',
        'create constraint(:posts, :x, check: "a > 0", validate: false)',
        'create table(:posts)\ncreate constraint(:posts, :x, check: "a > 0")',
        'options = [check: "a > 0"]\ncreate constraint(:posts, :x, options)',
    ],
)
def test_not_offered(body: str) -> None:
    assert not offered(migration(body), LATER)


def test_both_steps_are_safe_in_our_own_eyes() -> None:
    for body in (alter("add :a, references(:b)"), 'create constraint(:posts, :x, check: "a > 0")'):
        for text in fix(migration(body), LATER).all:
            assert analysis_of(text).classification != "dangerous"


@pytest.mark.parametrize(
    ("body", "constraint"),
    [
        (alter("add :author_id, references(:authors)"), "posts_author_id_fkey"),
        (alter("modify :owner_id, references(:authors), from: :bigint"), "posts_owner_id_fkey"),
        ('create constraint(:posts, :positive, check: "rating > 0")', "positive"),
    ],
)
def test_up_and_down_and_up_again(database: Database, body: str, constraint: str) -> None:
    steps = fix(migration(body), LATER).all
    with database.connect() as connection:
        connection.execute(b"CREATE TABLE authors (id bigserial PRIMARY KEY)")
        connection.execute(b"CREATE TABLE posts (id bigserial PRIMARY KEY, rating int, owner_id bigint)")
        connection.execute(b"INSERT INTO posts (rating) SELECT 1 FROM generate_series(1, 100)")
        before = catalog(connection)
        for _ in range(3):
            migrate(connection, steps[0])
            assert validated(catalog(connection), constraint) is False
            migrate(connection, steps[1])
            assert validated(catalog(connection), constraint) is True
            for step in reversed(steps):
                rollback(connection, step)
            assert catalog(connection) == before


def validated(found: dict[str, list[tuple[object, ...]]], name: str) -> object:
    return next(row[3] for row in found["constraints"] if row[1] == name)
