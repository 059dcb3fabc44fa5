"""Fixes that one file can hold: defaults, concurrent indexes, the attributes that those need."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.registry import change
from ecto_migrations_analysis.operations import CreateEnum, Relation
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_analysis.schema.state import Schema
from support.elixir import Later
from support.fixing import KnownFiles, analysis_of, apply, fix, migration, offered

ADVISORY = ProjectContext(repo=RepoConfig(migration_lock=":pg_advisory_lock"))
ATTRIBUTES = "\n  @disable_ddl_transaction true\n  @disable_migration_lock true\n"


def alter(line: str) -> str:
    return f"alter table(:posts) do\n  {line}\nend"


def rules(text: str, project: ProjectContext | None = None) -> set[str]:
    return {finding.rule for finding in analysis_of(text, project).findings}


# --- a default ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (":string, null: false", ':string, null: false, default: ""', "a constant"),
        (":text, [null: false]", ':text, [null: false, default: ""]', "a constant"),
        (":integer, null: false, default: nil", ":integer, null: false, default: 0", "a constant"),
        (":decimal, null: false, size: 3", ":decimal, null: false, size: 3, default: 0", "a constant"),
        (":float, null: false", ":float, null: false, default: 0.0", "a constant"),
        (":boolean, null: false", ":boolean, null: false, default: false", "a constant"),
        (":map, null: false", ":map, null: false, default: %{}", "a constant"),
        (":jsonb, null: false", ':jsonb, null: false, default: "{}"', "a constant"),
        ("{:array, :integer}, null: false", "{:array, :integer}, null: false, default: []", "a constant"),
        (":time, null: false", ':time, null: false, default: "00:00:00"', "a constant"),
        (":binary, null: false", ':binary, null: false, default: ""', "a constant"),
        (":mood, null: false", ':mood, null: false, default: "calm"', "a constant"),
        (":date, null: false", ':date, null: false, default: fragment("CURRENT_DATE")', "the CURRENT_DATE"),
        (":utc_datetime, null: false", ':utc_datetime, null: false, default: fragment("now()")', "the now()"),
    ],
)
def test_a_default_of_the_type(before: str, after: str, what: str, formatted: Later) -> None:
    mood = Relation("mood")
    project = ProjectContext(
        schema=Schema(enums={mood: CreateEnum(name=mood, values=("calm",))}, complete=False)
    )
    text = migration(alter(f"add :x, {before}"))
    (offer,) = offered(text, "constant-default", project)
    assert offer.title == f"Add with {what} default in one step (instant on PostgreSQL 11 and later)"
    assert offer.kind == "quickfix" and offer.preferred and not offer.safe and not offer.new_file_count
    fixed = fix(text, "constant-default", project)
    assert fixed.text == migration(alter(f"add :x, {after}"))
    assert "add-column-not-null-without-default" not in rules(fixed.text, project)
    if "[null" not in before:  # which is not how the formatter writes it
        formatted(fixed.text)


@pytest.mark.parametrize(
    "column",
    [
        # Volatile: it would rewrite the table.
        ":uuid, null: false",
        # The type says nothing.
        ":inet, null: false",
        "references(:authors), null: false",
        # There is nothing to mend.
        ':string, null: false, default: "x"',
        ":string",
        ":bigserial, null: false",
    ],
)
def test_no_default(column: str) -> None:
    assert not offered(migration(alter(f"add :x, {column}")), "constant-default")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("timestamps()", 'timestamps(default: fragment("now()"))'),
        ("timestamps", 'timestamps(default: fragment("now()"))'),
        (
            "timestamps(type: :utc_datetime)",
            'timestamps(type: :utc_datetime, default: fragment("now()"))',
        ),
    ],
)
def test_timestamps_with_a_default(before: str, after: str, formatted: Later) -> None:
    text = migration(alter(before))
    (offer,) = offered(text, "timestamps-default")
    assert offer.title == "Give the timestamps the default now() (instant on PostgreSQL 11 and later)"
    assert offer.preferred and offer.rules == ("add-timestamps-not-null",)
    fixed = fix(text, "timestamps-default")
    assert fixed.text == migration(alter(after))
    assert "add-timestamps-not-null" not in rules(fixed.text)
    formatted(fixed.text)


# --- indexes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("create index(:posts, [:a])", "create index(:posts, [:a], concurrently: true)"),
        ("create(index(:posts, [:a]))", "create(index(:posts, [:a], concurrently: true))"),
        ("create unique_index(:posts, :a)", "create unique_index(:posts, :a, concurrently: true)"),
        # The columns are a keyword list here; they are no options.
        ("create index(:posts, [desc: :a])", "create index(:posts, [desc: :a], concurrently: true)"),
        ("create index(:posts, desc: :a)", None),
        ("create index(:posts, [:a], name: :x)", "create index(:posts, [:a], name: :x, concurrently: true)"),
        ("create index(:posts, [:a], [])", "create index(:posts, [:a], [concurrently: true])"),
        (
            "create index(:posts, [:a], concurrently: false)",
            "create index(:posts, [:a], concurrently: true)",
        ),
        ("index(:posts, [:a]) |> create()", "index(:posts, [:a], concurrently: true) |> create()"),
        (":posts |> index([:a]) |> create()", ":posts |> index([:a], concurrently: true) |> create()"),
        (
            'create index(:posts, [:a],\n         name: :x,\n         where: "b"\n       )',
            'create index(:posts, [:a],\n         name: :x,\n         where: "b",\n'
            "         concurrently: true\n       )",
        ),
        ("drop index(:posts, [:a])", "drop index(:posts, [:a], concurrently: true)"),
        ("drop_if_exists index(:posts, [:a])", "drop_if_exists index(:posts, [:a], concurrently: true)"),
        (
            "drop index(:posts, [:a]), mode: :restrict",
            "drop index(:posts, [:a], concurrently: true), mode: :restrict",
        ),
        # CONCURRENTLY and CASCADE exclude each other.
        ("drop index(:posts, [:a]), mode: :cascade", None),
        ("opts = [unique: true]\ncreate index(:posts, [:a], opts)", None),
        ("create index(:posts, [:a])\ncreate index(:posts, [:b])", None),
        ("create index(:posts, [:a])\nflush()", None),
        ("for c <- [:a, :b], do: create(index(:posts, [c]))", None),
        ("create table(:posts)\ncreate index(:posts, [:a])", None),
    ],
)
def test_a_concurrent_index(before: str, after: str | None, formatted: Later) -> None:
    text = migration(before)
    if after is None:
        assert not offered(text, "concurrent-index")
        return
    (offer,) = offered(text, "concurrent-index")
    verb = "Drop" if before.startswith("drop") else "Build"
    assert offer.title == (
        f"{verb} the index concurrently (adds @disable_ddl_transaction and @disable_migration_lock)"
    )
    assert offer.preferred and offer.safe and not offer.new_file_count
    fixed = fix(text, "concurrent-index")
    assert fixed.text == migration(after, head=ATTRIBUTES)
    assert not rules(fixed.text) & {
        "index-not-concurrent",
        "drop-index-not-concurrent",
        "concurrent-index-in-transaction",
        "concurrent-index-migration-lock",
    }
    if "[])" not in before:
        formatted(fixed.text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "create index(:comments, [:a_column_with_a_long_name, :another_column_with_a_longer_name])",
            "create index(:comments, [:a_column_with_a_long_name, :another_column_with_a_longer_name],\n"
            "         concurrently: true\n"
            "       )",
        ),
        (
            'drop unique_index(:comments, [:a_column_with_a_long_name], name: :a_name, where: "deleted")',
            "drop unique_index(:comments, [:a_column_with_a_long_name],\n"
            "       name: :a_name,\n"
            '       where: "deleted",\n'
            "       concurrently: true\n"
            "     )",
        ),
    ],
)
def test_a_line_that_would_get_too_long(before: str, after: str, formatted: Later) -> None:
    fixed = fix(migration(before), "concurrent-index")
    assert fixed.text == migration(after, head=ATTRIBUTES)
    column = 'add :a_column_with_a_name, :string, comment: "a comment of this length", null: false'
    wide = fix(migration(alter(column)), "constant-default")
    assert wide.text == migration(
        "alter table(:posts) do\n"
        "  add :a_column_with_a_name, :string,\n"
        '    comment: "a comment of this length",\n'
        "    null: false,\n"
        '    default: ""\n'
        "end"
    )
    formatted(migration(before), migration(alter(column)), fixed.text, wide.text)


def test_with_an_advisory_lock_one_attribute_is_enough() -> None:
    text = migration("create index(:posts, [:a])")
    (offer,) = offered(text, "concurrent-index", ADVISORY)
    assert offer.title == "Build the index concurrently (adds @disable_ddl_transaction)"
    fixed = fix(text, "concurrent-index", ADVISORY)
    assert fixed.text == migration(
        "create index(:posts, [:a], concurrently: true)", head="\n  @disable_ddl_transaction true\n"
    )


UP_DOWN = """\
defmodule A.AddIndex do
  use Ecto.Migration

  def up do
    create index(:posts, [:a]{up})
  end

  def down do
    {down}
  end
end
"""


def test_a_down_of_its_own_becomes_concurrent_too() -> None:
    text = UP_DOWN.format(up="", down="drop index(:posts, [:a])")
    fixed = fix(text, "concurrent-index")
    after = UP_DOWN.format(up=", concurrently: true", down="drop index(:posts, [:a], concurrently: true)")
    assert fixed.text == after.replace("\n\n  def up", "\n" + ATTRIBUTES + "\n  def up", 1)
    there = UP_DOWN.format(up="", down="drop index(:posts, [:a], concurrently: true)")
    assert fix(there, "concurrent-index").text == fixed.text


@pytest.mark.parametrize(
    "down",
    [
        "drop index(:posts, [:a]), mode: :cascade",
        'execute "DROP INDEX posts_a_index"',
        "drop index(:posts, [:a])\n    drop table(:users)",
    ],
)
def test_where_down_needs_its_transaction_it_is_not_offered(down: str) -> None:
    assert not offered(UP_DOWN.format(up="", down=down), "concurrent-index")


@pytest.mark.parametrize(
    ("head", "project", "added", "expected"),
    [
        ("", None, "@disable_ddl_transaction and @disable_migration_lock", ATTRIBUTES),
        ("", ADVISORY, "@disable_ddl_transaction", "\n  @disable_ddl_transaction true\n"),
        (
            "  @disable_ddl_transaction true\n",
            None,
            "@disable_migration_lock",
            "  @disable_ddl_transaction true\n  @disable_migration_lock true\n",
        ),
        (
            "\n  @disable_migration_lock true\n",
            None,
            "@disable_ddl_transaction",
            "\n  @disable_migration_lock true\n  @disable_ddl_transaction true\n",
        ),
        (
            "\n  @disable_ddl_transaction false\n",
            None,
            "@disable_ddl_transaction and @disable_migration_lock",
            ATTRIBUTES,
        ),
        # Something else stands in the next line.
        ("  import Ecto.Query\n", None, "@disable_ddl_transaction and @disable_migration_lock", None),
    ],
)
def test_the_attributes_of_a_concurrent_index(
    head: str, project: ProjectContext | None, added: str, expected: str | None, formatted: Later
) -> None:
    body = "create index(:posts, [:a], concurrently: true)"
    text = migration(body, head=head)
    (offer,) = offered(text, "index-attributes", project)
    assert offer.title == f"Add {added}"
    assert offer.preferred and offer.safe
    fixed = fix(text, "index-attributes", project)
    assert fixed.text == migration(body, head=expected if expected is not None else ATTRIBUTES + "\n" + head)
    assert not rules(fixed.text, project) & {
        "concurrent-index-in-transaction",
        "concurrent-index-migration-lock",
    }
    formatted(fixed.text)


def test_the_transaction_stays_where_something_else_needs_it() -> None:
    body = alter("add :a, :string") + "\n\ncreate index(:posts, [:a], concurrently: true)"
    assert not offered(migration(body), "index-attributes")


def test_windows_line_ends() -> None:
    text = migration("create index(:posts, [:a])").replace("\n", "\r\n")
    fixed = fix(text, "concurrent-index")
    expected = migration("create index(:posts, [:a], concurrently: true)", head=ATTRIBUTES)
    assert fixed.text == expected.replace("\n", "\r\n")


# --- silence -----------------------------------------------------------------------------------------------


def test_a_rule_is_silenced_for_the_next_line() -> None:
    text = migration("create index(:posts, [:a])")
    (offer,) = offered(text, "disable-for-next-line")
    assert offer.title == "Disable index-not-concurrent for the next line"
    assert offer.kind == "quickfix" and not offer.preferred and not offer.safe
    comment = "# ecto-migrations:disable-for-next-line index-not-concurrent -- reason\n"
    assert fix(text, "disable-for-next-line").text == migration(comment + "create index(:posts, [:a])")


def test_a_rule_is_silenced_for_the_file() -> None:
    text = migration("create index(:posts, [:a])\ncreate index(:posts, [:b])")
    (offer,) = offered(text, "disable-for-this-file")
    assert offer.title == "Disable index-not-concurrent for this file"
    assert len(offer.finding_spans) == 2
    comment = "# ecto-migrations:disable-for-this-file index-not-concurrent -- reason\n"
    assert fix(text, "disable-for-this-file").text == comment + text
    marked = "\ufeff" + text
    assert fix(marked, "disable-for-this-file").text == "\ufeff" + comment + text


def test_a_second_rule_joins_the_comment_that_is_there() -> None:
    comment = "# ecto-migrations:disable-for-next-line some-rule -- because\n"
    text = migration(comment + "create index(:posts, [:a])")
    fixed = fix(text, "disable-for-next-line")
    joined = "# ecto-migrations:disable-for-next-line some-rule, index-not-concurrent -- because\n"
    assert fixed.text == migration(joined + "create index(:posts, [:a])")


def test_no_comment_inside_of_a_string() -> None:
    text = migration('execute("""\nALTER TABLE posts\nALTER COLUMN a SET NOT NULL\n""", "SELECT 1")')
    found = offered(text, "disable-for")
    assert {offer.rules for offer in found} >= {("set-not-null-scan",)}
    sql = text[text.index('"""') : text.rindex('"""')]
    for offer in found:
        # The comment stands above the whole `execute`, never between the lines of its SQL.
        made = change(analysis_of(text), offer.id, KnownFiles())
        assert sql in apply(text.encode(), made).decode(), offer.id


def test_one_comment_for_several_findings_of_a_line() -> None:
    text = migration("alter(table(:posts), do: (add(:a, :text, null: false); add(:b, :text, null: false)))")
    (offer,) = offered(text, "disable-for-next-line:MyApp.Repo.Migrations.AddStatusToPosts:add-column")
    assert len(offer.finding_spans) == 2
