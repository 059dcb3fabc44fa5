"""Small fixes of calls of the repo, of views and of MySQL: what they write, and where there is none."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.rules.base import Case
from support.elixir import Later
from support.small_fixes import assert_written, case, offered

ALONE = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"
MYSQL = "Ecto.Adapters.MyXQL"
POST = """
defmodule MyApp.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
    field :views, :integer
    timestamps()
  end
end
"""
STATES = (
    "create table(:states) do\n  add :name, :string, null: false\n  add :note, :text\nend\n\n"
    "create unique_index(:states, [:name])"
)
VIEW = (
    'create table(:posts)\nexecute "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM posts"\n'
    'execute "CREATE UNIQUE INDEX totals_count ON totals (count)"'
)
FILL = """import Ecto.Query

def up, do: fill(0)
def down, do: :ok

defp fill(last) do
  ids = repo().all(from(p in "posts", where: p.id > ^last, limit: 9, select: p.id))
  WRITE
  if ids != [], do: fill(List.last(ids))
end
"""
WRITE = '{_, nil} = repo().update_all(from(p in "posts", where: p.id in ^ids), set: [state: ""])'

# The rule, the migration, what becomes of it, the title, and whether nobody has to look.
WRITTEN = [
    (
        "backfill-wrong-repo",
        case(
            'alias MyApp.ArchiveRepo\n\ndef up, do: "posts" |> ArchiveRepo.delete_all()\n\ndef down, do: :ok'
        ),
        'alias MyApp.ArchiveRepo\n\ndef up, do: "posts" |> repo().delete_all()\n\ndef down, do: :ok',
        "Use repo(), the repo whose migration this is",
        False,
    ),
    (
        "app-schema-in-migration",
        case(
            "import Ecto.Query\nalias MyApp.Post\n\ndef up do\n"
            '  repo().update_all(from(p in Post, where: p.views == 0), set: [title: ""])\n'
            "end\n\ndef down, do: :ok",
            lib=(POST,),
        ),
        "import Ecto.Query\n\ndef up do\n"
        '  repo().update_all(from(p in "posts", where: p.views == 0), set: [title: ""])\n'
        "end\n\ndef down, do: :ok",
        'Name the table: "posts" for MyApp.Post',
        False,
    ),
    # Something else needs the alias.
    (
        "app-schema-in-migration",
        case(
            "alias MyApp.Post\n\ndef up do\n  repo().delete_all(Post)\n  IO.inspect(Post)\nend\n\n"
            "def down, do: :ok",
            lib=(POST,),
        ),
        'alias MyApp.Post\n\ndef up do\n  repo().delete_all("posts")\n  IO.inspect(Post)\nend\n\n'
        "def down, do: :ok",
        'Name the table: "posts" for MyApp.Post',
        False,
    ),
    (
        "backfill-no-throttle",
        case(ALONE + FILL.replace("WRITE", WRITE)),
        ALONE + FILL.replace("WRITE", f"{WRITE}\n  Process.sleep(100)"),
        "Wait 100 ms between the batches",
        False,
    ),
    # The value of the last statement of a block stays what it is.
    (
        "backfill-no-throttle",
        case(
            ALONE + 'def up do\n  for ids <- repo().query!("SELECT 1").rows do\n'
            "    repo().query!(\"UPDATE posts SET state = '' WHERE id = ANY($1)\", [ids])\n  end\nend\n\n"
            "def down, do: :ok"
        ),
        ALONE + 'def up do\n  for ids <- repo().query!("SELECT 1").rows do\n    Process.sleep(100)\n'
        "    repo().query!(\"UPDATE posts SET state = '' WHERE id = ANY($1)\", [ids])\n  end\nend\n\n"
        "def down, do: :ok",
        "Wait 100 ms between the batches",
        False,
    ),
    (
        "backfill-not-idempotent",
        case(
            ALONE + 'def up do\n  repo().insert_all("states", [%{name: "a", note: ""}, %{name: "b"}])\n'
            '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
            STATES,
        ),
        ALONE + "def up do\n"
        '  repo().insert_all("states", [%{name: "a", note: ""}, %{name: "b"}], on_conflict: :nothing)\n'
        '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
        "Pass over rows that are there: on_conflict: :nothing",
        False,
    ),
    (
        "backfill-not-idempotent",
        case(
            ALONE + "def up do\n  execute \"INSERT INTO states (name) SELECT 'a'\"\n"
            '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
            STATES,
        ),
        ALONE + "def up do\n  execute \"INSERT INTO states (name) SELECT 'a' ON CONFLICT DO NOTHING\"\n"
        '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
        "Pass over rows that are there: ON CONFLICT DO NOTHING",
        False,
    ),
    (
        "refresh-matview",
        case('execute "REFRESH MATERIALIZED VIEW totals", ""', VIEW),
        'execute "REFRESH MATERIALIZED VIEW CONCURRENTLY totals", ""',
        "Refresh it concurrently: reads go on",
        True,
    ),
    (
        "mysql-modify-drops-attributes",
        case(
            'alter table(:posts) do\n  modify :views, :bigint, comment: "x"\nend',
            "create table(:posts) do\n  add :views, :integer, null: false, default: 0\nend",
            adapter=MYSQL,
        ),
        'alter table(:posts) do\n  modify :views, :bigint, comment: "x", null: false, default: 0\nend',
        "Restate null: false and default: 0",
        False,
    ),
    (
        "mysql-modify-drops-attributes",
        case(
            'alter table(:posts) do\n  modify :state, :text, from: {:string, null: false, default: "a"}\nend',
            adapter=MYSQL,
        ),
        "alter table(:posts) do\n"
        '  modify :state, :text, from: {:string, null: false, default: "a"}, null: false, default: "a"\nend',
        'Restate null: false and default: "a"',
        False,
    ),
    (
        "mysql-constraint-not-enforced",
        case('create constraint(:posts, :viewed, check: "views >= 0", validate: false)', adapter=MYSQL),
        'create constraint(:posts, :viewed, check: "views >= 0")',
        "Leave validate: false out: the CHECK is enforced, for old rows too",
        False,
    ),
    (
        "unsupported-by-adapter",
        case(
            'create unique_index(:posts, [:title], name: :once, include: [:views], comment: "x")',
            adapter="Ecto.Adapters.SQLite3",
        ),
        'create unique_index(:posts, [:title], name: :once, comment: "x")',
        "Leave include: out",
        False,
    ),
    (
        "unsupported-by-adapter",
        case("alter table(:posts) do\n  add_if_not_exists :a, :text\nend", adapter="Ecto.Adapters.SQLite3"),
        "alter table(:posts) do\n  add :a, :text\nend",
        "Write add: it fails where it is",
        False,
    ),
]


@pytest.mark.parametrize(("rule", "subject", "after", "title", "safe"), WRITTEN)
def test_what_is_written(
    rule: str, subject: Case, after: str, title: str, safe: bool, formatted: Later
) -> None:
    assert_written(rule, subject, after, title, safe, formatted)


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        # Whole structs need the schema; an enum and a UUID are converted by it.
        (
            "app-schema-in-migration",
            case("def up, do: repo().all(MyApp.Post)\ndef down, do: :ok", lib=(POST,)),
        ),
        (
            "app-schema-in-migration",
            case(
                'def up, do: repo().update_all(MyApp.Post, set: [title: ""])\ndef down, do: :ok',
                lib=(POST.replace(":views, :integer", ":state, Ecto.Enum, values: [:a]"),),
            ),
        ),
        (
            "app-schema-in-migration",
            case(
                'def up, do: repo().update_all(MyApp.Post, set: [title: ""])\ndef down, do: :ok',
                lib=(POST.replace("  schema", "  @primary_key {:id, :binary_id, []}\n  schema"),),
            ),
        ),
        # A column of another name.
        (
            "app-schema-in-migration",
            case(
                'def up, do: repo().update_all(MyApp.Post, set: [title: ""])\ndef down, do: :ok',
                lib=(POST.replace(":title, :string", ":title, :string, source: :headline"),),
            ),
        ),
        # A pause behind each row.
        (
            "backfill-no-throttle",
            case(
                ALONE + 'def up do\n  for [id] <- repo().query!("SELECT 1").rows do\n'
                "    repo().query!(\"UPDATE posts SET state = '' WHERE id = $1\", [id])\n  end\nend\n\n"
                "def down, do: :ok"
            ),
        ),
        # No key, or one that NULLs get round.
        (
            "backfill-not-idempotent",
            case(
                ALONE + 'def up do\n  repo().insert_all("states", [%{note: "a"}])\n'
                '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
                STATES,
            ),
        ),
        (
            "backfill-not-idempotent",
            case(
                ALONE + "def up do\n  execute \"INSERT INTO states (name) VALUES ('a')\"\n"
                '  execute "VACUUM states"\nend\n\ndef down, do: :ok',
                STATES.replace(", null: false", ""),
            ),
        ),
        # No key, a partial one, one of an expression, none any more, and a view without rows.
        *(
            ("refresh-matview", case('execute "REFRESH MATERIALIZED VIEW totals", ""', before))
            for before in (
                VIEW.replace("UNIQUE ", ""),
                VIEW.replace('(count)"', '(count) WHERE count > 0"'),
                VIEW.replace('(count)"', '((count + 1))"'),
                VIEW + '\nexecute "DROP INDEX totals_count"',
                VIEW.replace('FROM posts"', 'FROM posts WITH NO DATA"'),
            )
        ),
        # The rows that the condition left out would be in it.
        (
            "unsupported-by-adapter",
            case('create unique_index(:posts, [:title], where: "draft")', adapter=MYSQL),
        ),
        # A default that is computed is known, a comment is not.
        (
            "mysql-modify-drops-attributes",
            case(
                "alter table(:posts) do\n  modify :views, :bigint\nend",
                'create table(:posts) do\n  add :views, :integer, null: false, comment: "x"\nend',
                adapter=MYSQL,
            ),
        ),
    ],
)
def test_not_offered(rule: str, subject: Case) -> None:
    assert not offered(subject, rule)
