"""Replaying the history: incrementally, with open buffers, and honest about what is not known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project import history as history_module
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def migration(body: str, name: str = "M") -> str:
    return f"defmodule {name} do\n  use Ecto.Migration\n\n  def change do\n{body}\n  end\nend\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "priv" / "repo" / "migrations"
    found.mkdir(parents=True)
    return found


def after(folder: Path, *bodies: str, workspace: Workspace | None = None) -> Schema:
    """The schema behind migrations with these bodies."""
    for number, body in enumerate(bodies, 1):
        (folder / f"{number}_m.exs").write_text(migration(body))
    return (workspace or Workspace()).context_for(str(folder / "999_next.exs")).schema


CREATE = "create table(:posts) do\n  add :title, :string\nend"


def test_everything_certain(folder: Path) -> None:
    schema = after(folder, CREATE, "alter table(:posts) do\n  add :body, :text, null: false\nend")
    posts = schema.tables[Relation("posts")]
    assert (schema.complete, schema.uncertain, posts.complete, posts.uncertain) == (True, (), True, ())
    body = posts.columns["body"]
    assert (body.origin.version, body.not_null) == (2, True)
    assert body.origin.place is not None
    assert body.origin.place.path == str(folder / "2_m.exs")
    source = (folder / "2_m.exs").read_bytes()
    place = body.origin.place.span
    assert b":body" in source[place.start : place.end]


@pytest.mark.parametrize(
    ("body", "complete", "certain"),
    [
        ("Oban.Migrations.up(version: 11)", False, True),
        ("MyApp.Release.seed()", False, False),
        ('execute "DO $$ BEGIN PERFORM 1; END $$"', False, False),
        ('execute System.get_env("SQL")', False, False),
        ('execute "SELECT 1"', True, True),
        ('execute "UPDATE posts SET title = 1"', True, True),
        ('execute(fn -> repo().update_all("posts", set: [title: "x"]) end)', True, True),
        ('Logger.info("x")\nProcess.sleep(10)', True, True),
        ("repo().transaction(fn -> :ok end)", True, True),
        ('drop table(System.get_env("T"))', False, False),
        ('execute "SELEC 1"', False, False),
        ("alter table(:elsewhere) do\n  add :x, :text\nend", False, True),
        ("drop_if_exists table(:elsewhere)", True, True),
        ("create index(:elsewhere, [:x])", False, True),
        ("create table(:t) do\n  add :x, references(:elsewhere)\nend", False, True),
        ("create table(:t) do\n  add :x, references(:t)\nend", True, True),
    ],
)
def test_what_is_not_known(folder: Path, body: str, complete: bool, certain: bool) -> None:
    schema = after(folder, CREATE, body)
    assert (schema.complete, schema.uncertain == ()) == (complete, certain)
    assert schema.tables[Relation("posts")].uncertain == ()


def test_a_condition_puts_its_tables_in_doubt(folder: Path) -> None:
    body = 'if System.get_env("X") do\n  alter table(:posts) do\n    add :x, :text\n  end\nend\n' + (
        "create table(:others)"
    )
    schema = after(folder, CREATE, body)
    reason = "a condition in 2_m.exs decides whether it ran"
    assert schema.tables[Relation("posts")].uncertain == (reason,)
    assert schema.tables[Relation("others")].uncertain == ()


def test_a_condition_inside_of_a_block(folder: Path) -> None:
    body = 'alter table(:posts) do\n  add :y, :text\n  if System.get_env("X"), do: add(:x, :text)\nend'
    posts = after(folder, CREATE, body).tables[Relation("posts")]
    assert posts.uncertain == ("a condition in 2_m.exs decides whether it ran",)
    assert list(posts.columns) == ["id", "title", "y", "x"]


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("def fill, do: Repo.update_all(Post, set: [title: 1])", True),
        ("import Ecto.Migration\n  def fill, do: create(table(:x))", False),
        ('def fill, do: Repo.query!("ALTER TABLE posts ADD x int")', False),
        (None, False),
    ],
)
def test_application_code_that_can_only_work_on_rows(folder: Path, text: str | None, certain: bool) -> None:
    app = folder.parents[2]
    (app / "mix.exs").write_text("defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n")
    if text is not None:
        (app / "lib" / "my_app").mkdir(parents=True)
        (app / "lib" / "my_app" / "seeds.ex").write_text(f"defmodule MyApp.Seeds do\n  {text}\nend\n")
    schema = after(folder, CREATE, "MyApp.Seeds.fill()")
    assert (schema.uncertain == ()) == certain


def test_options_that_older_releases_passed_over(folder: Path) -> None:
    body = "create table(:c) do\n  add :post_id, references(:posts, null: false, type: :uuid)\nend"
    schema = after(folder, CREATE, body)
    assert (schema.complete, schema.uncertain) == (True, ())
    assert str(schema.tables[Relation("c")].columns["post_id"].type) == "uuid"


@pytest.mark.parametrize(("version", "raises"), [("3.4.5", False), ("3.11.3", False), ("3.12.0", True)])
def test_the_locked_release_decides(folder: Path, version: str, raises: bool) -> None:
    app = folder.parents[2]
    (app / "mix.exs").write_text("defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n")
    (app / "mix.lock").write_text(
        f'%{{\n  "ecto_sql": {{:hex, :ecto_sql, "{version}", "abc", [:mix]}},\n}}\n'
    )
    path = str(folder / "1_m.exs")
    context = Workspace().context_for(path)
    assert context.repo.ecto_sql == tuple(map(int, version.split(".")))
    text = migration("create table(:c) do\n  add :a, references(:posts, nul: false)\nend")
    up = analyze(Source.from_text(text, path), context).migrations[0].up
    assert up is not None
    assert any(step.statement.error is not None for step in up.steps) == raises


@pytest.mark.parametrize(
    "text", ["", "defmodule M do\nend\n", "defmodule M do\n  use Ecto.Migration\nend\n", "@@@", "\x00\xff"]
)
def test_files_that_cannot_be_read_as_migrations(folder: Path, text: str) -> None:
    (folder / "2_m.exs").write_text(text, encoding="latin-1")
    schema = after(folder, CREATE)
    assert not schema.complete
    assert len(schema.uncertain) == 1
    assert "2_m.exs" in schema.uncertain[0]
    assert Relation("posts") in schema.tables


def test_a_part_that_does_not_parse(folder: Path) -> None:
    (folder / "1_m.exs").write_text(migration(CREATE).replace("end\nend\n", "foo(\n  end\nend\n", 1))
    schema = Workspace().context_for(str(folder / "9_x.exs")).schema
    assert not schema.complete


def test_a_loop_over_rows_that_cannot_be_followed_is_about_rows(folder: Path) -> None:
    text = """defmodule M do
  use Ecto.Migration
  import Ecto.Query

  def up, do: fill(0)
  def down, do: :ok

  defp fill(last) do
    ids = repo().all(from(p in "posts", where: p.id > ^last, limit: 10, select: p.id))

    if ids != [] do
      repo().update_all(from(p in "posts", where: p.id in ^ids), set: [title: "x"])
      Process.sleep(10)
      fill(List.last(ids))
    end
  end
end
"""
    (folder / "2_m.exs").write_text(text)
    schema = after(folder, CREATE)
    assert (schema.complete, schema.uncertain) == (True, ())
    assert schema.tables[Relation("posts")].uncertain == ()
    assert schema.tables[Relation("posts")].columns["title"].backfilled


def test_an_edit_of_an_old_migration_counts(folder: Path) -> None:
    workspace = Workspace()
    first = after(folder, CREATE, "create index(:posts, [:title])", workspace=workspace)
    assert list(first.tables[Relation("posts")].columns) == ["id", "title"]
    path = folder / "1_m.exs"
    path.write_text(migration(CREATE.replace(":string", ":text")))
    os.utime(path, ns=(1, 1))
    again = workspace.context_for(str(folder / "999_next.exs")).schema
    assert str(again.tables[Relation("posts")].columns["title"].type) == "text"
    path.unlink()
    gone = workspace.context_for(str(folder / "999_next.exs")).schema
    assert not gone.complete


def test_open_buffers_hide_the_disk(folder: Path) -> None:
    workspace = Workspace()
    after(folder, CREATE, workspace=workspace)
    new = str(folder / "2_unsaved.exs")
    buffers = {
        str(folder / "1_m.exs"): migration(CREATE.replace(":title", ":name")).encode(),
        new: migration("create table(:fresh)").encode(),
    }
    schema = workspace.context_for(str(folder / "999_next.exs"), buffers).schema
    assert list(schema.tables) == [Relation("posts"), Relation("fresh")]
    assert list(schema.tables[Relation("posts")].columns) == ["id", "name"]
    saved = workspace.context_for(str(folder / "999_next.exs")).schema
    assert list(saved.tables[Relation("posts")].columns) == ["id", "title"]


def test_a_keystroke_reads_no_other_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace()
    after(folder, CREATE, "create index(:posts, [:title])", workspace=workspace)
    read: list[str] = []
    real = history_module.operations_of

    def noted(*arguments: object) -> object:
        read.append(str(arguments[1]))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(history_module, "operations_of", noted)
    path = str(folder / "999_next.exs")
    workspace.context_for(path, {path: b"one"})
    workspace.context_for(path, {path: b"two"})
    assert read == []
    workspace.context_for(path, {path: b"two", str(folder / "2_m.exs"): migration("flush()").encode()})
    assert read == ["2_m.exs"]


def test_files_that_a_migration_reads(folder: Path) -> None:
    app = folder.parents[2]
    (app / "mix.exs").write_text("defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n")
    sql = app / "priv" / "sql" / "up.sql"
    sql.parent.mkdir()
    sql.write_text("CREATE TABLE fromfile (a int)")
    workspace = Workspace()
    bodies = ('execute_file("priv/sql/up.sql", "priv/sql/down.sql")', "create table(:later)")
    schema = after(folder, *bodies, workspace=workspace)
    assert list(schema.tables) == [Relation("fromfile"), Relation("later")]
    assert schema.complete
    sql.write_text("CREATE TABLE changed (a int)")
    assert next(iter(workspace.context_for(str(folder / "9_x.exs")).schema.tables)) == Relation("changed")
    (folder / "1_m.exs").write_text(migration('execute(File.read!("../../../../etc/hostname"))'))
    assert workspace.context_for(str(folder / "9_x.exs")).schema.uncertain != ()


def test_the_engine_reads_them_too(folder: Path) -> None:
    app = folder.parents[2]
    (app / "mix.exs").write_text("defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n")
    (app / "up.sql").write_text("CREATE TABLE fromfile (a int)")
    path = str(folder / "1_m.exs")
    text = migration('execute_file("up.sql", "down.sql")')
    found = analyze(Source.from_text(text, path), Workspace().context_for(path))
    up = found.migrations[0].up
    assert up is not None
    assert [step.statement.sql for step in up.steps] == ["CREATE TABLE fromfile (a int)"]


def test_settled_looks_once(folder: Path) -> None:
    workspace = Workspace(settled=True)
    first = after(folder, CREATE, workspace=workspace)
    (folder / "2_m.exs").write_text(migration("create table(:later)"))
    assert workspace.context_for(str(folder / "999_next.exs")).schema == first


BODIES = [
    CREATE,
    "create_if_not_exists table(:posts) do\n  add :title, :text\nend",
    "alter table(:posts) do\n  add :a, :integer\nend",
    "alter table(:posts) do\n  modify :a, :bigint, null: false\nend",
    "alter table(:posts) do\n  remove :a\nend",
    "create index(:posts, [:a])",
    "drop_if_exists index(:posts, [:a])",
    "rename table(:posts), :title, to: :name",
    "rename table(:posts), to: table(:articles)",
    "create table(:comments) do\n  add :post_id, references(:posts)\nend",
    "drop_if_exists table(:comments)",
    "MyApp.Seeds.run()",
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.sampled_from(BODIES), min_size=1, max_size=9),
    order=st.randoms(use_true_random=False),
    interval=st.integers(1, 4),
)
def test_one_by_one_or_at_once(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[str], order: object, interval: int
) -> None:
    """Files that appear in any order, asked for in between, come to the same as all of them at once."""
    folder = tmp_path_factory.mktemp("app") / "priv" / "repo" / "migrations"
    folder.mkdir(parents=True)
    numbers = list(range(1, len(bodies) + 1))
    order.shuffle(numbers)  # type: ignore[attr-defined]
    kept = history_module.INTERVAL
    history_module.INTERVAL = interval
    try:
        workspace = Workspace()
        for number in numbers:
            (folder / f"{number}_m.exs").write_text(migration(bodies[number - 1]))
            workspace.context_for(str(folder / f"{number}_m.exs"))
        for number in [*numbers, 99]:
            path = str(folder / f"{number}_m.exs")
            assert workspace.context_for(path) == Workspace().context_for(path)
    finally:
        history_module.INTERVAL = kept
