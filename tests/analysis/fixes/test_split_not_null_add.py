"""The split of a NOT NULL column into three migrations: texts before and after."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.registry import StaleOffer, change, offers
from ecto_migrations_analysis.operations import (
    ConstraintDefinition,
    CreateEnum,
    DataType,
    Expression,
    Relation,
)
from ecto_migrations_analysis.program.terms import Option, Options, plain_text
from ecto_migrations_analysis.project.context import DatabaseVersion, ProjectContext, RepoConfig
from ecto_migrations_analysis.schema.state import Column, ConstraintState, Schema, Table
from support.elixir import Later
from support.fixing import FILE, FOLDER, Fixed, KnownFiles, analysis_of, apply, fix, migration, offered

SPLIT = "split-not-null-add"
CALLED = "defmodule MyApp.Repo.Migrations."


def alter(*lines: str, table: str = ":posts") -> str:
    inner = "\n".join(f"  {line}" for line in lines)
    return f"alter table({table}) do\n{inner}\nend"


def known(relation: Relation, key: tuple[str, ...], **more: object) -> ProjectContext:
    """A project whose history has made one table with this primary key."""
    constraints = {}
    if key:
        definition = ConstraintDefinition(kind="primary key", name="posts_pkey", columns=key)
        constraints["posts_pkey"] = ConstraintState(name="posts_pkey", definition=definition)
    table = Table(relation=relation, constraints=constraints)
    return ProjectContext(schema=Schema(tables={relation: table}, complete=True), **more)  # type: ignore[arg-type]


POSTS = known(Relation("posts"), ("id",))

STEP_1 = """\
# Step 1 of 3: posts.status, nullable. Safe to deploy alone: running code does not know it yet.
# Next: deploy code that writes posts.status, then step 2 (backfill), then step 3 (enforce).
defmodule MyApp.Repo.Migrations.AddStatusToPosts do
  use Ecto.Migration

  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '5s'")
  end

  def change do
    alter table(:posts) do
      add :status, :string
    end

    execute(
      "ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'",
      "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT"
    )
  end
end
"""

STEP_2 = """\
# Step 2 of 3: a value for the rows that have none, in small batches outside a transaction.
# Deploy after the code that writes posts.status; it can be stopped and run again.
defmodule MyApp.Repo.Migrations.BackfillPostsStatus do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size 1_000
  @pause_ms 10

  def up, do: backfill(nil)
  def down, do: :ok

  defp backfill(last_id) do
    batch =
      from(p in "posts",
        where: is_nil(p.status),
        order_by: [asc: p.id],
        limit: @batch_size,
        select: p.id
      )

    batch = if last_id, do: where(batch, [p], p.id > ^last_id), else: batch

    case repo().all(batch, timeout: :infinity) do
      [] ->
        :ok

      ids ->
        repo().update_all(
          from(p in "posts", where: p.id in ^ids and is_nil(p.status)),
          [set: [status: "draft"]],
          timeout: :infinity
        )

        Process.sleep(@pause_ms)
        backfill(List.last(ids))
    end
  end
end
"""

STEP_3 = """\
# Step 3 of 3: NOT NULL. Deploy only when every node writes posts.status and step 2 has run.
# Each statement is its own transaction: while VALIDATE scans the table, reads and writes go on.
defmodule MyApp.Repo.Migrations.EnforcePostsStatusNotNull do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    brief_lock("ALTER TABLE posts DROP CONSTRAINT IF EXISTS posts_status_not_null")

    brief_lock(
      "ALTER TABLE posts ADD CONSTRAINT posts_status_not_null CHECK (status IS NOT NULL) NOT VALID"
    )

    execute("ALTER TABLE posts VALIDATE CONSTRAINT posts_status_not_null")
    brief_lock("ALTER TABLE posts ALTER COLUMN status SET NOT NULL")
    brief_lock("ALTER TABLE posts DROP CONSTRAINT posts_status_not_null")
  end

  def down do
    brief_lock("ALTER TABLE posts DROP CONSTRAINT IF EXISTS posts_status_not_null")
    brief_lock("ALTER TABLE posts ALTER COLUMN status DROP NOT NULL")
  end

  # Gives up soon instead of letting the application queue behind this statement.
  defp brief_lock(sql) do
    execute(fn ->
      repo().transaction(fn ->
        repo().query!("SET LOCAL lock_timeout = '5s'")
        repo().query!(sql)
      end)
    end)
  end
end
"""


def split(body: str, project: ProjectContext = POSTS, **more: str) -> Fixed:
    return fix(migration(body), SPLIT, project, **more)


def test_the_three_files(formatted: Later) -> None:
    fixed = split(alter('add :status, :string, null: false, default: "draft"'))
    assert fixed.text == STEP_1
    assert fixed.new == {
        "20240201000001_backfill_posts_status.exs": STEP_2,
        "20240201000002_enforce_posts_status_not_null.exs": STEP_3,
    }
    formatted(*fixed.all)


def test_a_constant_default_is_one_instant_step_so_the_split_is_a_refactoring() -> None:
    (offer,) = offered(migration(alter('add :status, :string, null: false, default: "draft"')), SPLIT, POSTS)
    assert offer.kind == "refactor.rewrite"
    assert not offer.rules and not offer.preferred and not offer.safe
    assert offer.new_file_count == 2
    assert offer.title == "Split into 3 migrations: add nullable → backfill in batches → enforce NOT NULL"


def test_without_a_default_the_split_answers_the_finding() -> None:
    text = migration(alter("add :status, :string, null: false"))
    (offer,) = offered(text, SPLIT, POSTS)
    assert offer.kind == "quickfix"
    assert offer.rules == ("add-column-not-null-without-default",)
    assert [text[span.start : span.end] for span in offer.finding_spans] == ["null: false"]
    # A default in one step is the simpler way.
    assert not offer.preferred
    (reference,) = offered(
        migration(alter("add :author_id, references(:authors), null: false")), SPLIT, POSTS
    )
    assert reference.preferred


def test_without_a_default_the_type_suggests_a_value_and_the_text_says_so() -> None:
    fixed = split(alter("add :status, :string, null: false"))
    assert (
        "    # Choose the value: '' is only what the type suggests. It is for the rows that code inserts"
        " which\n    # does not know the column yet.\n"
        "    execute(\n"
        "      \"ALTER TABLE posts ALTER COLUMN status SET DEFAULT ''\",\n"
    ) in fixed.text
    assert (
        "        # Choose the value of status: '' is only what the type suggests.\n"
        "        repo().update_all(\n"
        '          from(p in "posts", where: p.id in ^ids and is_nil(p.status)),\n'
        '          [set: [status: ""]],\n'
    ) in fixed.all[1]


@pytest.mark.parametrize(
    ("type_text", "default", "assignment"),
    [
        (":text", "''", '[set: [x: ""]]'),
        (":integer", "0", "[set: [x: 0]]"),
        (":bigint", "0", "[set: [x: 0]]"),
        (":float", "0", "[set: [x: 0.0]]"),
        (":decimal, precision: 10, scale: 2", "0", "[set: [x: 0]]"),
        (":boolean", "false", "[set: [x: false]]"),
        (":map", "'{}'", "[set: [x: %{}]]"),
        ("{:array, :string}", "'{}'", "update: [set: [x: fragment(\"'{}'\")]]"),
        (":utc_datetime", "now()", 'update: [set: [x: fragment("now()")]]'),
        (":date", "CURRENT_DATE", 'update: [set: [x: fragment("CURRENT_DATE")]]'),
        (":time", "'00:00:00'", "update: [set: [x: fragment(\"'00:00:00'\")]]"),
        (":binary", "''", '[set: [x: ""]]'),
        (":binary_id", "gen_random_uuid()", 'update: [set: [x: fragment("gen_random_uuid()")]]'),
        (":mood", "'calm'", '[set: [x: "calm"]]'),
    ],
)
def test_the_value_that_a_type_suggests(type_text: str, default: str, assignment: str) -> None:
    mood = Relation("mood")
    enum = CreateEnum(name=mood, values=("calm", "angry"))
    schema = Schema(tables=POSTS.schema.tables, enums={mood: enum}, complete=True)
    fixed = split(alter(f"add :x, {type_text}, null: false"), ProjectContext(schema=schema))
    assert f"ALTER COLUMN x SET DEFAULT {default}" in fixed.text
    assert assignment in fixed.all[1]


@pytest.mark.parametrize(
    ("column", "sql", "assignment"),
    [
        (':string, null: false, default: "it\'s"', "'it''s'", '[set: [x: "it\'s"]]'),
        (':string, null: false, default: "\\"\\\\#\\{"', "'\\\"\\\\\\#{'", '[set: [x: "\\"\\\\\\#{"]]'),
        (":integer, null: false, default: 3", "3", "[set: [x: 3]]"),
        (":float, null: false, default: 1.5", "1.5", "[set: [x: 1.5]]"),
        (":boolean, null: false, default: true", "true", "[set: [x: true]]"),
        # What Postgrex would not take for the type stands as SQL.
        (':date, null: false, default: "2020-01-01"', "'2020-01-01'", "fragment(\"'2020-01-01'\")"),
        (":map, null: false, default: %{a: 1}", "'{\\\"a\\\":1}'", 'fragment("\'{\\"a\\":1}\'")'),
        (
            "{:array, :integer}, null: false, default: [1]",
            "ARRAY[1]::integer[]",
            'fragment("ARRAY[1]::integer[]")',
        ),
        (':uuid, null: false, default: fragment("f(1)")', "f(1)", 'fragment("f(1)")'),
    ],
)
def test_the_default_as_written(column: str, sql: str, assignment: str, formatted: Later) -> None:
    fixed = split(alter(f"add :x, {column}"))
    assert f'ALTER COLUMN x SET DEFAULT {sql}",' in fixed.text
    assert assignment in fixed.all[1]
    assert "Choose" not in "".join(fixed.all)
    formatted(*fixed.all)


def test_a_volatile_default_does_not_rewrite_the_table_when_it_is_set_by_itself() -> None:
    text = migration(alter('add :token, :uuid, null: false, default: fragment("gen_random_uuid()")'))
    (offer,) = offered(text, SPLIT, POSTS)
    assert offer.rules == ("add-column-volatile-default",)
    assert offer.preferred
    fixed = fix(text, SPLIT, POSTS)
    assert "      add :token, :uuid\n" in fixed.text


# --- what stays --------------------------------------------------------------------------------------------


def test_everything_else_stays_as_it_is() -> None:
    body = (
        "# First the index.\n"
        "create index(:users, [:email])\n"
        "\n"
        "alter table( :posts ) do   # odd   spacing\n"
        "    add :a,  :string\n"
        '    add :status, :string, size: 10, null: false, comment: "x"  # why\n'
        "    remove :b\n"
        "end # done\n"
        'execute "SELECT 1", ""'
    )
    fixed = split(body)
    assert fixed.text.endswith(
        migration(
            body.replace(" null: false,", "").replace(
                "end # done\n",
                "end # done\n"
                "\n"
                "# Choose the value: '' is only what the type suggests. It is for the rows that code inserts"
                " which\n# does not know the column yet.\n"
                "execute(\n"
                "  \"ALTER TABLE posts ALTER COLUMN status SET DEFAULT ''\",\n"
                '  "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT"\n'
                ")\n",
            )
        ).partition("  def change")[2]
    )


def test_one_of_several_columns_is_split_and_the_others_wait_their_turn(formatted: Later) -> None:
    text = migration(alter("add :a, :string, null: false", "add :b, :integer, null: false, default: 1"))
    assert [offer.id.rpartition(":")[2] for offer in offered(text, SPLIT, POSTS)] == ["posts.a", "posts.b"]
    first = fix(text, SPLIT, POSTS, subject="posts.a")
    assert "      add :a, :string\n      add :b, :integer, null: false, default: 1\n" in first.text
    second = fix(first.text, SPLIT, POSTS, first.new, subject="posts.b")
    assert "      add :a, :string\n      add :b, :integer\n" in second.text
    assert second.text.count("def after_begin") == 1
    # The versions that the first split took are skipped.
    assert list(second.new) == [
        "20240201000003_backfill_posts_b.exs",
        "20240201000004_enforce_posts_b_not_null.exs",
    ]
    formatted(*first.all, *second.all)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("add :a, :string, null: false", "add :a, :string"),
        ("add(:a, :string, null: false)", "add(:a, :string)"),
        ("add :a, :string, [null: false]", "add :a, :string"),
        ("add :a, :string, [size: 5, null: false]", "add :a, :string, [size: 5]"),
        ("add :a, :string, size: 5, null: false", "add :a, :string, size: 5"),
        ("add :a, :string, null: false, size: 5", "add :a, :string, size: 5"),
        ('add :a, :string, null: false, default: "x", size: 5', "add :a, :string, size: 5"),
        ('add :a, :string, default: "x", size: 5, null: false', "add :a, :string, size: 5"),
        ('add :a, :string, size: 5, default: "x", null: false', "add :a, :string, size: 5"),
        ("add_if_not_exists :a, :string, null: false", "add_if_not_exists :a, :string"),
        ("add :a, :string,\n    null: false", "add :a, :string"),
        ("add :a, :string,\n    null: false,\n    size: 5", "add :a, :string,\n    size: 5"),
        ("add :a, :string,\n    size: 5,\n    null: false", "add :a, :string,\n    size: 5"),
        ("add(\n    :a,\n    :string,\n    null: false\n  )", "add(\n    :a,\n    :string\n  )"),
        # Comments stay, wherever they stand.
        (
            "add :a, :string, # short\n    # every row has one\n    null: false # yes",
            "add :a, :string # short\n    # every row has one\n    # yes",
        ),
        (
            "add :a, :string,\n    # every row has one\n    null: false,\n    # long\n    size: 5",
            "add :a, :string,\n    # every row has one\n    # long\n    size: 5",
        ),
    ],
)
def test_only_null_and_default_leave_the_column(before: str, after: str) -> None:
    text = migration(alter(*before.split("\n")), callback="up")
    fixed = fix(text, SPLIT, POSTS)
    expected = "\n".join(("    " + line).rstrip() for line in alter(*after.split("\n")).split("\n"))
    assert expected in "\n".join(line.rstrip() for line in fixed.text.split("\n"))
    assert not analysis_of(fixed.text).broken


def test_in_up_the_default_has_no_reverse_because_down_drops_the_column() -> None:
    text = (
        "defmodule A.AddX do\n"
        "  use Ecto.Migration\n"
        "\n"
        "  def up do\n"
        '    alter(table(:posts), do: add(:x, :string, null: false, default: "y"))\n'
        "  end\n"
        "\n"
        "  def down do\n"
        "    alter table(:posts) do\n"
        "      remove :x\n"
        "    end\n"
        "  end\n"
        "end\n"
    )
    fixed = fix(text, SPLIT, POSTS)
    assert (
        "    alter(table(:posts), do: add(:x, :string))\n"
        "\n"
        "    execute(\"ALTER TABLE posts ALTER COLUMN x SET DEFAULT 'y'\")\n"
        "  end\n"
        "\n"
        "  def down do\n"
        "    alter table(:posts) do\n"
        "      remove :x\n"
    ) in fixed.text


def test_a_one_line_callback_becomes_a_block() -> None:
    text = (
        "defmodule A.AddX do\n"
        "  use Ecto.Migration\n"
        '  def change, do: alter(table(:posts), do: add(:x, :string, null: false, default: "y"))\n'
        "end\n"
    )
    fixed = fix(text, SPLIT, POSTS)
    assert fixed.text.endswith(
        "  def change do\n"
        "    alter(table(:posts), do: add(:x, :string))\n"
        "\n"
        "    execute(\n"
        "      \"ALTER TABLE posts ALTER COLUMN x SET DEFAULT 'y'\",\n"
        '      "ALTER TABLE posts ALTER COLUMN x DROP DEFAULT"\n'
        "    )\n"
        "  end\n"
        "end\n"
    )


def test_a_piped_alter() -> None:
    body = "table(:posts) |> alter do\n  add :x, :integer, null: false, default: 1\nend"
    fixed = split(body)
    assert "    table(:posts) |> alter do\n      add :x, :integer\n    end\n\n    execute(\n" in fixed.text


def test_windows_line_ends() -> None:
    body = alter("add :a, :text", "add :status, :string,", "  null: false,", '  default: "draft"')
    text = migration(body).replace("\n", "\r\n")
    fixed = fix(text.encode(), SPLIT, POSTS)
    for each in fixed.all:
        assert "\r\n" in each
        assert "\n" not in each.replace("\r\n", "")
    unix = fix(migration(body), SPLIT, POSTS)
    assert [each.replace("\r\n", "\n") for each in fixed.all] == unix.all


def test_tabs_stay_tabs() -> None:
    text = migration(alter("add :x, :integer, null: false, default: 1")).replace("  ", "\t")
    fixed = fix(text, SPLIT, POSTS)
    assert '\n\t\texecute(\n\t\t\t"ALTER TABLE posts ALTER COLUMN x SET DEFAULT 1",\n' in fixed.text
    assert "\n\tdef after_begin do\n\t\trepo()" in fixed.text


def test_text_beyond_ascii_before_the_edit() -> None:
    body = "# Ünïcode 🐘\n" + alter('add :status, :string, null: false, default: "läuft"')
    fixed = split(body)
    assert "# Ünïcode 🐘\n    alter table(:posts) do\n      add :status, :string\n    end\n" in fixed.text
    assert "SET DEFAULT 'läuft'" in fixed.text
    assert '[set: [status: "läuft"]]' in fixed.all[1]


def test_after_begin_goes_above_what_belongs_to_the_callback() -> None:
    head = "  @moduledoc false\n\n  # Why this is.\n  @impl true\n"
    text = migration(alter("add :x, :integer, null: false, default: 1")).replace("\n\n", "\n" + head, 1)
    fixed = fix(text, SPLIT, POSTS)
    assert "  @moduledoc false\n\n  def after_begin do\n" in fixed.text
    assert "  end\n\n  # Why this is.\n  @impl true\n  def change do\n" in fixed.text


@pytest.mark.parametrize(
    "head",
    [
        "\n  def after_begin, do: :ok\n",
        # `after_begin` runs only in a transaction.
        "\n  @disable_ddl_transaction true\n",
    ],
)
def test_no_second_after_begin_and_none_that_would_not_run(head: str) -> None:
    text = migration(alter("add :x, :integer, null: false, default: 1"), head=head)
    assert fix(text, SPLIT, POSTS).text.count("after_begin") == text.count("after_begin")


# --- tables, keys, names -----------------------------------------------------------------------------------


def test_a_prefix_is_carried_into_sql_and_queries(formatted: Later) -> None:
    project = known(Relation("posts", "tenant"), ("id",))
    body = alter('add :status, :string, null: false, default: "draft"', table=':posts, prefix: "tenant"')
    fixed = split(body, project)
    assert "ALTER TABLE tenant.posts ALTER COLUMN status SET DEFAULT" in fixed.text
    assert (
        '      from(p in "posts",\n        prefix: "tenant",\n        where: is_nil(p.status),\n'
        in fixed.all[1]
    )
    assert 'prefix: "tenant", where: p.id in ^ids' in fixed.all[1].replace("\n            ", " ")
    assert fixed.all[2].count("ALTER TABLE tenant.posts") == 7
    assert "posts_status_not_null" in fixed.all[2]
    formatted(*fixed.all)


def test_the_default_prefix_of_the_repo_counts() -> None:
    project = ProjectContext(repo=RepoConfig(migration_default_prefix="tenant"))
    fixed = split(alter("add :x, :integer, null: false, default: 1"), project)
    assert "ALTER TABLE tenant.posts" in fixed.text


def test_names_that_need_quotes_have_them(formatted: Later) -> None:
    project = known(Relation("Order"), ("user-id",))
    fixed = split(alter('add :end, :string, null: false, default: "x"', table=":Order"), project)
    assert 'ALTER TABLE \\"Order\\" ALTER COLUMN \\"end\\" SET DEFAULT' in fixed.text
    assert 'CHECK (\\"end\\" IS NOT NULL) NOT VALID' in fixed.all[2]
    assert 'DROP CONSTRAINT \\"Order_end_not_null\\"' in fixed.all[2]
    assert 'from(p in "Order",' in fixed.all[1]
    assert "is_nil(p.end)" in fixed.all[1]
    assert 'select: field(p, :"user-id")' in fixed.all[1]
    assert list(fixed.new) == [
        "20240201000001_backfill_order_end.exs",
        "20240201000002_enforce_order_end_not_null.exs",
    ]
    formatted(*fixed.all)


def test_the_constraint_fits_into_63_bytes_and_is_free() -> None:
    table, column = "a_rather_long_name_for_a_table_of_posts", "and_a_column_that_is_longer_still"
    fixed = split(
        alter(f"add :{column}, :integer, null: false, default: 1", table=f":{table}"), ProjectContext()
    )
    shortened = "a_rather_long_name_for_a_ta_and_a_column_that_is_longe_not_null"
    assert len(shortened) == 63
    assert fixed.all[2].count(shortened) == 5
    taken = ConstraintDefinition(kind="check", name="posts_status_not_null", expression=Expression("true"))
    table_state = POSTS.schema.tables[Relation("posts")]
    constraints = {
        **table_state.constraints,
        "posts_status_not_null": ConstraintState(name="posts_status_not_null", definition=taken),
    }
    project = ProjectContext(
        schema=Schema(
            tables={Relation("posts"): Table(relation=Relation("posts"), constraints=constraints)},
            complete=True,
        )
    )
    fixed = split(alter("add :status, :integer, null: false, default: 1"), project)
    assert fixed.all[2].count("posts_status_not_null1") == 5
    assert "posts_status_not_null " not in fixed.all[2]


def test_a_uuid_key_needs_no_other_text() -> None:
    """Keys go round as the raw binaries that a query without a schema gets; the start has no key."""
    columns = {"id": Column(name="id", type=DataType("uuid"), not_null=True)}
    base = POSTS.schema.tables[Relation("posts")]
    table = Table(relation=Relation("posts"), columns=columns, constraints=base.constraints)
    project = ProjectContext(schema=Schema(tables={Relation("posts"): table}, complete=True))
    assert split(alter('add :status, :string, null: false, default: "draft"'), project).all[1] == STEP_2


def test_the_key_of_an_unknown_table_is_the_repos_and_the_text_says_so() -> None:
    body = alter('add :status, :string, null: false, default: "draft"')
    remark = "# The primary key is taken to be {}: no migration here creates posts.\n"
    fixed = split(body, ProjectContext())
    assert fixed.all[1] == STEP_2.replace("defmodule", remark.format("id") + "defmodule")
    options = Options((Option("name", plain_text("uid")), Option("type", plain_text("uuid"))))
    fixed = split(body, ProjectContext(repo=RepoConfig(migration_primary_key=options)))
    assert remark.format("uid") in fixed.all[1]
    assert "select: p.uid\n" in fixed.all[1]


def test_a_key_of_several_columns(formatted: Later) -> None:
    project = known(Relation("posts"), ("user_id", "group_id"))
    text = split(alter('add :status, :string, null: false, default: "draft"'), project).all[1]
    assert "order_by: [asc: p.user_id, asc: p.group_id]" in text
    assert "select: {p.user_id, p.group_id}" in text
    assert 'fragment("(?, ?) > (?, ?)", p.user_id, p.group_id, ^key1, ^key2)' in text
    formatted(text)


def test_a_table_without_a_key(formatted: Later) -> None:
    text = split(
        alter('add :status, :string, null: false, default: "draft"'), known(Relation("posts"), ())
    ).all[1]
    assert "# posts has no primary key to go along" in text
    assert "ARRAY(SELECT ctid FROM posts WHERE status IS NULL LIMIT #{@batch_size})" in text
    assert "Ecto.Query" not in text
    formatted(text)


@pytest.mark.parametrize("lock", ["pg_advisory_lock", ":pg_advisory_lock", "false"])
def test_a_lock_that_holds_no_transaction_stays(lock: str) -> None:
    project = known(Relation("posts"), ("id",), repo=RepoConfig(migration_lock=lock))
    fixed = split(alter('add :status, :string, null: false, default: "draft"'), project)
    attribute = "  @disable_migration_lock true\n"
    assert fixed.all[1:] == [STEP_2.replace(attribute, ""), STEP_3.replace(attribute, "")]


@pytest.mark.parametrize("lock", ["table_lock", ":table_lock", None])
def test_any_other_lock_is_switched_off(lock: str | None) -> None:
    project = known(Relation("posts"), ("id",), repo=RepoConfig(migration_lock=lock))
    fixed = split(alter('add :status, :string, null: false, default: "draft"'), project)
    assert fixed.all[1:] == [STEP_2, STEP_3]


# --- references, timestamps --------------------------------------------------------------------------------


def test_a_foreign_key_is_validated_with_the_last_step(formatted: Later) -> None:
    project = POSTS
    fixed = split(alter("add :author_id, references(:authors, on_delete: :delete_all), null: false"), project)
    column = "      add :author_id, references(:authors, on_delete: :delete_all, validate: false)\n"
    assert f"{column}    end\n  end\n" in fixed.text
    # Nothing suggests a value: the backfill refuses to run until there is one.
    assert (
        "  # Choose the value for the rows that exist: nothing suggests one for author_id.\n"
        "  @value_of_author_id nil\n"
        "\n"
        "  def up do\n"
        "    if is_nil(@value_of_author_id) do\n"
        '      raise "choose the value of posts.author_id first"\n'
        "    end\n"
        "\n"
        "    backfill(nil)\n"
        "  end\n"
    ) in fixed.all[1]
    assert (
        '    execute("ALTER TABLE posts VALIDATE CONSTRAINT posts_author_id_fkey")\n  end\n' in fixed.all[2]
    )
    formatted(*fixed.all)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("references(:authors)", "references(:authors, validate: false)"),
        ("references(:authors, validate: true)", "references(:authors, validate: false)"),
        ("references(:authors, validate: false)", "references(:authors, validate: false)"),
        ('references(:authors, name: "x_fk")', 'references(:authors, name: "x_fk", validate: false)'),
    ],
)
def test_references_keep_what_is_written(written: str, expected: str) -> None:
    fixed = split(alter(f"add :author_id, {written}, null: false"))
    assert f"add :author_id, {expected}\n" in fixed.text
    if written != expected:
        name = "x_fk" if "x_fk" in written else "posts_author_id_fkey"
        assert f"VALIDATE CONSTRAINT {name}" in fixed.all[2]


def test_postgresql_17_refuses_not_valid_on_a_partitioned_table() -> None:
    base = POSTS.schema.tables[Relation("posts")]
    table = Table(relation=base.relation, constraints=base.constraints, partition_by="range")
    schema = Schema(tables={base.relation: table}, complete=True)
    for major, expected in ((17, False), (18, True)):
        project = ProjectContext(schema=schema, version=DatabaseVersion(major=major))
        fixed = split(alter("add :author_id, references(:authors), null: false"), project)
        assert ("validate: false" in fixed.text) is expected
        assert ("author_id_fkey" in fixed.all[2]) is expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("timestamps()", "timestamps(null: true)"),
        ("timestamps", "timestamps(null: true)"),
        ("timestamps(type: :utc_datetime)", "timestamps(type: :utc_datetime, null: true)"),
        ("timestamps(null: false)", "timestamps(null: true)"),
        ("timestamps null: false, type: :utc_datetime", "timestamps null: true, type: :utc_datetime"),
        ('timestamps(default: fragment("now()"))', "timestamps(null: true)"),
        ('timestamps(null: false, default: fragment("now()"))', "timestamps(null: true)"),
    ],
)
def test_timestamps_become_nullable(before: str, after: str, formatted: Later) -> None:
    fixed = split(alter(before))
    assert f"      {after}\n    end\n" in fixed.text
    assert fixed.text.count("SET DEFAULT now()") == 2
    assert list(fixed.new) == [
        "20240201000001_backfill_posts_timestamps.exs",
        "20240201000002_enforce_posts_timestamps_not_null.exs",
    ]
    assert "where: is_nil(p.inserted_at) or is_nil(p.updated_at)," in fixed.all[1]
    assert "coalesce(p.inserted_at, fragment(" in fixed.all[1]
    assert fixed.all[2].count("SET NOT NULL") == 2
    formatted(*fixed.all[1:])


def test_timestamps_are_one_offer() -> None:
    (offer,) = offered(migration(alter("timestamps()")), SPLIT, POSTS)
    assert offer.rules == ("add-timestamps-not-null",)


# --- names of the new files --------------------------------------------------------------------------------


def test_the_new_files_lie_beside_the_old_one_with_names_that_are_free() -> None:
    files = KnownFiles(
        [FILE, "20240201000001_other.exs", "20230101000000_backfill_posts_status.exs", "20240201000003.exs"]
    )
    analysis = analysis_of(STEP_1.replace(":string", ":string, null: false"), POSTS)
    (offer,) = (offer for offer in offers(analysis) if offer.id.startswith(SPLIT))
    made = change(analysis, offer.id, files)
    assert [file.path for file in made.new_files] == [
        FOLDER + "20240201000002_backfill_posts_status_2.exs",
        FOLDER + "20240201000003_enforce_posts_status_not_null.exs",
    ]
    assert CALLED + "BackfillPostsStatus2 do" in made.new_files[0].text
    assert files.asked == [FOLDER]


def test_no_module_of_a_sibling_is_defined_again() -> None:
    project = known(
        Relation("posts"), ("id",), sibling_modules=("MyApp.Repo.Migrations.BackfillPostsStatus",)
    )
    fixed = split(alter("add :status, :string, null: false"), project)
    assert next(iter(fixed.new)) == "20240201000001_backfill_posts_status_2.exs"


@pytest.mark.parametrize("path", [None, "/app/priv/repo/seeds.exs", "/app/migrations/add_x.exs"])
def test_where_no_version_is_known_nothing_can_follow_it(path: str | None) -> None:
    analysis = analysis_of(migration(alter("add :status, :string, null: false")), POSTS, path)
    assert not [offer for offer in offers(analysis) if offer.new_file_count]


# --- where it is not offered -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        # Not NOT NULL, not an existing table.
        alter("add :x, :string"),
        alter("add :x, :string, null: true"),
        "create table(:posts) do\n  add :x, :string, null: false\nend",
        "create table(:posts)\n\n" + alter("add :x, :string, null: false"),
        # Not from inserts.
        alter("add :x, :bigserial, null: false"),
        alter('add :x, :integer, null: false, generated: "ALWAYS AS (1) STORED"'),
        alter("add :x, :integer, null: false, primary_key: true"),
        # A default that the text does not tell.
        alter('add :x, :string, null: false, default: System.get_env("X")'),
        alter('add :x, :string, null: false, default: fragment("f(#{System.get_env("X")})")'),
        # Not spelled out in the call, or there for several.
        "opts = [null: false]\n" + alter("add :x, :string, opts"),
        "for t <- [:posts, :users] do\n  alter table(t) do\n    add :x, :string, null: false\n  end\nend",
        alter("for c <- [:x, :y], do: add(c, :string, null: false)"),
        # Under a condition, or in the schema of nobody knows what.
        'if System.get_env("X") do\n  alter table(:posts) do\n    add :x, :string, null: false\n  end\nend',
        alter("add :x, :string, null: false", table=':posts, prefix: System.get_env("X")'),
        # Two statements in one line.
        'alter table(:posts), do: add(:x, :string, null: false, default: "y"); execute("SELECT 1")',
    ],
)
def test_not_offered(body: str) -> None:
    assert not offered(migration(body, callback="up"), SPLIT)


def test_not_offered_in_a_helper_that_may_run_twice() -> None:
    text = (
        "defmodule A.AddX do\n  use Ecto.Migration\n\n  def change do\n    both(:a)\n    both(:b)\n  end\n\n"
        "  defp both(table) do\n    alter table(table) do\n      add :x, :string, null: false\n"
        "    end\n  end\nend\n"
    )
    assert not offered(text, SPLIT)


def test_not_offered_for_down() -> None:
    text = (
        "defmodule A.AddX do\n  use Ecto.Migration\n\n  def up, do: :ok\n\n  def down do\n"
        "    alter table(:posts) do\n      add :x, :string, null: false\n    end\n  end\nend\n"
    )
    assert not offered(text, SPLIT)


def test_not_offered_in_what_does_not_parse() -> None:
    text = migration(alter("add :x, :string, null: false", "add :y, )"))
    assert not offered(text, SPLIT)


def test_an_offer_that_is_gone_is_stale() -> None:
    (offer,) = offered(migration(alter("add :x, :string, null: false")), SPLIT)
    later = analysis_of(migration(alter("add :x, :string")))
    with pytest.raises(StaleOffer):
        change(later, offer.id, KnownFiles())


def test_the_id_outlives_changes_elsewhere() -> None:
    text = migration(alter("add :x, :string, null: false"))
    (offer,) = offered(text, SPLIT)
    (moved,) = offered("# A comment.\n" + text, SPLIT)
    assert offer.id == moved.id


def test_offers_at_a_place() -> None:
    text = migration(alter("add :a, :text", "add :x, :string, null: false"))
    analysis = analysis_of(text)
    from ecto_migrations_analysis.syntax.span import Span

    def at(start: int, end: int) -> set[str]:
        return {offer.id.partition(":")[0] for offer in offers(analysis, Span(start, end))}

    option, line = text.index("null: false"), text.index("add :x")
    assert SPLIT in at(option, option + 4)
    # A caret stands for its line.
    assert SPLIT in at(line - 4, line - 4)
    other = text.index("add :a")
    assert SPLIT not in at(other, other)
    assert SPLIT in at(other, line)


def test_an_edit_touches_nothing_else() -> None:
    """The text outside of the edits is the same, byte by byte, also where it is no UTF-8."""
    data = b"# \xff\xfe latin-1\n" + migration(alter("add :x, :string, null: false")).encode()
    analysis = analysis_of(data)
    (offer,) = (offer for offer in offers(analysis) if offer.id.startswith(SPLIT))
    made = change(analysis, offer.id, KnownFiles())
    assert apply(data, made).startswith(b"# \xff\xfe latin-1\n# Step 1 of 3")


@pytest.mark.parametrize(
    "later",
    [
        "rename table(:posts), :status, to: :state",
        "rename table(:posts), to: table(:articles)",
        "alter table(:posts) do\n  remove :status\nend",
    ],
)
def test_no_split_where_the_migration_itself_takes_the_name_away(later: str) -> None:
    """The later migrations would name a column that is not there."""
    add = 'alter table(:posts) do\n  add :status, :string, null: false, default: "x"\nend\n\n'
    assert offered(migration(add), "split-not-null-add")
    assert not offered(migration(add + later), "split-not-null-add")
