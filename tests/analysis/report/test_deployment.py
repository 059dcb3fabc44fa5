"""What comes before a migration and after it, and what is left of it."""

from __future__ import annotations

from pathlib import Path

from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.report.changes import changes
from ecto_migrations_analysis.report.commands import Commands, commands
from ecto_migrations_analysis.report.deployment import WHO_BLOCKS, Deployment, deployment
from support import postgres
from support.reports import analysis

PROJECTS = Path(__file__).parents[2] / "projects"


def of(code: str, attributes: str = "") -> Deployment:
    return deployment(analysis(code, attributes).migrations[0])


def test_what_code_may_use_afterwards_and_what_a_rollback_destroys() -> None:
    found = of(
        "create table(:notes) do\n  add :text, :text\nend\n"
        "alter table(:posts) do\n  add :state, :string\n  add :rank, :integer, default: 0\nend"
    )
    assert found.new == ("`notes`", "`posts.state`", "`posts.rank`")
    assert found.empty == ("`posts.state`",)
    assert found.loses == ("`posts.rank`", "`posts.state`", "`notes`")
    assert (found.written, found.unvalidated, found.returns_empty, found.left) == ((), (), (), ())


def test_what_it_fills_itself_is_not_empty() -> None:
    found = of(
        'alter table(:posts), do: add(:path, :string)\nflush()\nexecute "UPDATE posts SET path = slug", ""'
    )
    assert found.empty == ()
    assert found.written == ("`posts`",)


def test_what_comes_back_empty() -> None:
    found = of("alter table(:posts), do: remove(:slug, :string)\ndrop table(:tags)")
    assert found.returns_empty == ()
    both = of(
        "def up do\n  drop table(:tags)\n  alter table(:posts), do: remove(:slug)\nend\n"
        "def down do\n  alter table(:posts), do: add(:slug, :string)\n  create table(:tags)\nend"
    )
    assert both.returns_empty == ("`posts.slug`", "`tags`")


def test_a_constraint_is_to_be_validated_unless_that_happens_here() -> None:
    added = 'create constraint(:posts, :seen, check: "views >= 0", validate: false)'
    assert of(added).unvalidated == (("`seen`", "`posts`"),)
    assert of(f'{added}\nexecute "ALTER TABLE posts VALIDATE CONSTRAINT seen", ""').unvalidated == ()
    assert of('create constraint(:posts, :seen, check: "views >= 0")').unvalidated == ()


def test_a_concurrent_build_may_leave_an_index() -> None:
    found = of("create index(:posts, [:slug], concurrently: true)", "@disable_ddl_transaction true")
    assert found.left == ("posts_slug_index",)
    assert of("create index(:posts, [:slug])").left == ()


def test_changes_in_words() -> None:
    migration = analysis("alter table(:posts), do: add(:a, :text)\ncreate index(:posts, [:a])").migrations[0]
    assert changes(migration) == [
        "adds `posts.a` (text)",
        "builds the index `posts_a_index` on `posts`",
    ]
    assert changes(None) == []


def test_who_blocks_whom(database: postgres.Database) -> None:
    with database.connect() as blocking, database.connect() as waiting, database.connect() as looking:
        blocking.execute("CREATE TABLE posts (id int)")
        blocking.execute("BEGIN")
        blocking.execute("SELECT * FROM posts")
        waiting.execute("SET lock_timeout = '20s'")
        pid = waiting.info.backend_pid
        waiting.pgconn.send_query(b"ALTER TABLE posts ADD a int")
        for _ in range(200):
            rows = looking.execute(WHO_BLOCKS).fetchall()
            if rows:
                break
            looking.execute("SELECT pg_sleep(0.05)")
        assert [(row[0], row[1], row[3], row[5]) for row in rows] == [
            (pid, "ALTER TABLE posts ADD a int", blocking.info.backend_pid, "idle in transaction")
        ]
        looking.execute("SELECT pg_terminate_backend(%s)", (rows[0][3],))
        assert waiting.pgconn.get_result() is not None


def found_commands(project: str, path: str) -> Commands:
    file = str(PROJECTS / project / path)
    found = commands(Workspace().context_for(file), file)
    assert found is not None
    return found


def test_the_commands_of_a_project_with_one_repo() -> None:
    found = found_commands("blog", "priv/repo/migrations/20250415120000_add_status_to_posts.exs")
    assert found.migrate == "mix ecto.migrate --to 20250415120000"
    assert found.rollback == "mix ecto.rollback --to 20250415120000"
    assert found.release_rollback == (
        "bin/blog eval 'Application.load(:blog); Ecto.Migrator.with_repo(Blog.Repo,"
        " &Ecto.Migrator.run(&1, :down, to: 20250415120000))'"
    )
    assert ":up, to: 20250415120000" in found.release_migrate


def test_one_of_two_repos_is_named() -> None:
    found = found_commands("two_repos", "priv/archive/migrations/20240201000000_add_size.exs")
    assert found.rollback == "mix ecto.rollback -r Mail.ArchiveRepo --to 20240201000000"


def test_the_repo_of_an_umbrella_is_named() -> None:
    found = found_commands("umbrella", "apps/ledger/priv/repo/migrations/20240201000000_index_entries.exs")
    assert found.rollback == "mix ecto.rollback -r Ledger.Repo --to 20240201000000"
    assert found.release_migrate.startswith("bin/RELEASE eval 'Application.load(:ledger); ")


def test_another_folder_is_named() -> None:
    found = found_commands("shop", "priv/repo/data_migrations/20240401000000_fill_stock.exs")
    assert found.rollback == (
        "mix ecto.rollback --migrations-path priv/repo/data_migrations --to 20240401000000"
    )
    folder = 'Application.app_dir(:shop, "priv/repo/data_migrations")'
    assert f"&Ecto.Migrator.run(&1, {folder}, :down, to: 20240401000000)" in found.release_rollback


def test_a_repo_with_a_folder_of_its_own() -> None:
    found = found_commands("poncho", "core/priv/readings/migrations/1_create_readings.exs")
    assert found.rollback == "mix ecto.rollback --to 1"


def test_several_migrations_are_one_command() -> None:
    folder = PROJECTS / "blog/priv/repo/migrations"
    first = str(folder / "20250402093000_index_posts_by_publication.exs")
    last = str(folder / "20250415120000_add_status_to_posts.exs")
    found = commands(Workspace().context_for(first), first, last)
    assert found is not None
    assert (found.migrate, found.rollback) == (
        "mix ecto.migrate --to 20250415120000",
        "mix ecto.rollback --to 20250402093000",
    )


def test_a_name_without_a_version_has_no_commands() -> None:
    assert commands(Workspace().context_for("/x/notes.exs"), "/x/notes.exs") is None
