"""`ecto-migrations new`: which files are written, how they are called, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ecto_migrations_server import new_migration
from ecto_migrations_snippets import templates
from support.cli import Run

MIGRATIONS = Path("priv/repo/migrations")


def written(before: set[str]) -> list[Path]:
    return sorted(path for path in MIGRATIONS.iterdir() if path.name not in before)


@pytest.fixture
def before(project: Path) -> set[str]:
    return {path.name for path in (project / MIGRATIONS).iterdir()}


def test_lists_every_template_with_its_words(run: Run) -> None:
    result = run("new")
    assert result.code == 0
    for template in templates():
        assert f"{template.name}\n  {template.title}. " in result.out
    assert "3 migrations; words: posts, status, string, draft" in result.out


def test_one_migration_under_the_name_that_was_given(run: Run, before: set[str]) -> None:
    result = run("new", "add-index-concurrently", "IndexUsersByBio", "posts=users", "status=bio")
    assert result.code == 0, result.err
    [path] = written(before)
    assert result.out == f"created {path}\n"
    stamp = re.fullmatch(r"(\d{14})_index_users_by_bio\.exs", path.name)
    assert stamp is not None
    made = datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=5)
    assert path.read_text() == (
        "defmodule Blog.Repo.Migrations.IndexUsersByBio do\n"
        "  use Ecto.Migration\n\n"
        "  @disable_ddl_transaction true\n"
        "  @disable_migration_lock true\n\n"
        "  def change do\n"
        "    create index(:users, [:bio], concurrently: true)\n"
        "  end\n"
        "end\n"
    )


def test_a_split_is_written_in_its_order_with_names_of_its_own(run: Run, before: set[str]) -> None:
    assert run("new", "add-not-null-column", "posts=users", "status=nick").code == 0
    paths = written(before)
    assert [re.sub(r"^\d{14}_", "", path.name) for path in paths] == [
        "add_nick_to_users.exs",
        "backfill_users_nick.exs",
        "enforce_users_nick_not_null.exs",
    ]
    modules = [re.search(r"^defmodule (\S+) do", path.read_text(), re.MULTILINE) for path in paths]
    assert [module and module[1] for module in modules] == [
        "Blog.Repo.Migrations.AddNickToUsers",
        "Blog.Repo.Migrations.BackfillUsersNick",
        "Blog.Repo.Migrations.EnforceUsersNickNotNull",
    ]


def test_what_it_writes_has_no_finding(run: Run, before: set[str]) -> None:
    """In the example project, with the table and the kind of column that it has."""
    assert run("new", "add-index-concurrently", "posts=users", "status=bio").code == 0
    [path] = written(before)
    assert run("check", path).code == 0


def test_a_name_that_is_taken_gets_a_number(run: Run, before: set[str]) -> None:
    for _ in range(2):
        assert run("new", "add-index-concurrently").code == 0
    first, second = written(before)
    assert first.name.endswith("_add_posts_status_index.exs")
    assert second.name.endswith("_add_posts_status_index_2.exs")
    assert "defmodule Blog.Repo.Migrations.AddPostsStatusIndex2 do" in second.read_text()


def test_versions_come_after_a_migration_of_the_future(run: Run, before: set[str]) -> None:
    (MIGRATIONS / "29990101000059_later.exs").write_text("")
    assert run("new", "add-index-concurrently").code == 0
    assert [path.name for path in written(before)] == [
        "29990101000059_later.exs",
        "29990101000100_add_posts_status_index.exs",
    ]


def test_without_the_migration_lock_nothing_disables_it(run: Run, before: set[str], project: Path) -> None:
    config = project / "config" / "config.exs"
    config.write_text(config.read_text() + "\nconfig :blog, Blog.Repo, migration_lock: :pg_advisory_lock\n")
    assert run("new", "add-index-concurrently").code == 0
    [path] = written(before)
    assert "@disable_ddl_transaction true" in path.read_text()
    assert "@disable_migration_lock" not in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add-index-concurent"], "no template 'add-index-concurent'; did you mean add-index-concurrently?"),
        (["add-index-concurrently", "a", "b"], "one name is wanted, and these are 2: a, b"),
        (["add-index-concurrently", "1st"], "'1st' is no name for a migration"),
        (["add-index-concurrently", "create_users"], "there is a migration create_users already"),
        (["add-not-null-column", "name"], "makes 3 migrations, which have their own names"),
        (["add-index-concurrently", "table=users"], "has no 'table'; there is: posts, status"),
        (["add-index-concurrently", "--to", "nowhere"], "nowhere: no such file or directory"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(
    run: Run, before: set[str], arguments: list[str], message: str
) -> None:
    result = run("new", *arguments)
    assert result.code == 2
    assert message in result.err and result.err.count("\n") == 1
    assert written(before) == []


def test_several_folders_are_a_question(run: Run, project: Path) -> None:
    (project / "priv" / "archive" / "migrations").mkdir(parents=True)
    result = run("new", "add-index-concurrently")
    assert result.code == 2
    assert "several folders of migrations, --to names one" in result.err
    assert run("new", "add-index-concurrently", "--to", "priv/archive/migrations").code == 0


def test_no_folder_of_migrations(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "add-index-concurrently")
    assert result.code == 2
    assert "priv/*/migrations is not in" in result.err


def test_where_one_file_cannot_be_written_none_stays(tmp_path: Path) -> None:
    (tmp_path / "2_b.exs").write_text("mine")
    files = [
        new_migration.PlannedFile(path=str(tmp_path / "1_a.exs"), text="a"),
        new_migration.PlannedFile(path=str(tmp_path / "2_b.exs"), text="b"),
    ]
    with pytest.raises(FileExistsError):
        new_migration.write(files)
    assert [path.name for path in tmp_path.iterdir()] == ["2_b.exs"]
    assert (tmp_path / "2_b.exs").read_text() == "mine"
