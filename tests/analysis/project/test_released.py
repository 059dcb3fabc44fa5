"""The base revision, in repositories made for the purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.syntax.source import Source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

POST = 'defmodule MyApp.Post do\n  use Ecto.Schema\n\n  schema "posts" do\n    field :legacy\n  end\nend\n'


def migration(name: str, body: str) -> str:
    head = f"defmodule MyApp.Repo.Migrations.{name} do\n  use Ecto.Migration\n\n"
    return f"{head}  def change do\n{body}\n  end\nend\n"


REMOVE = migration("RemoveLegacy", "    alter table(:posts) do\n      remove :legacy, :string\n    end")


NOTHING = migration("Nothing", "    flush()")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a schema and two migrations on `main`; the current branch is `work`."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    write(tmp_path, "mix.exs", "defmodule MyApp.MixProject do\n  def project, do: [app: :my_app]\nend\n")
    write(tmp_path, "config/config.exs", "import Config\nconfig :my_app, ecto_repos: [MyApp.Repo]\n")
    write(
        tmp_path,
        "lib/my_app/repo.ex",
        "defmodule MyApp.Repo do\n  use Ecto.Repo, otp_app: :my_app, adapter: Ecto.Adapters.Postgres\nend\n",
    )
    write(tmp_path, "lib/my_app/post.ex", POST)
    made = "    create table(:posts) do\n      add :legacy, :string\n    end"
    write(tmp_path, "priv/repo/migrations/20250101000000_posts.exs", migration("Posts", made))
    write(
        tmp_path, "priv/repo/migrations/20250601000000_tags.exs", migration("Tags", "    create table(:tags)")
    )
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "base")
    git(tmp_path, "checkout", "-q", "-b", "work")
    return tmp_path


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", str(root), *arguments], check=True, capture_output=True)


def levels(path: Path, workspace: Workspace | None = None) -> dict[str, Level]:
    context = (workspace or Workspace()).context_for(str(path))
    return {
        finding.rule: finding.level
        for finding in analyze(Source(path.read_bytes(), str(path)), context).findings
    }


def test_a_version_before_one_of_main_is_out_of_order(repository: Path) -> None:
    early = write(
        repository, "priv/repo/migrations/20250301000000_x.exs", migration("X", '    execute "", ""')
    )
    late = write(
        repository, "priv/repo/migrations/20250701000000_y.exs", migration("Y", '    execute "", ""')
    )
    assert levels(early)["out-of-order-version"] == Level.RISK
    assert "out-of-order-version" not in levels(late)
    assert "out-of-order-version" not in levels(repository / "priv/repo/migrations/20250101000000_posts.exs")


def test_merged_it_is_in_order(repository: Path) -> None:
    workspace = Workspace()
    early = write(
        repository, "priv/repo/migrations/20250301000000_x.exs", migration("X", '    execute "", ""')
    )
    assert "out-of-order-version" in levels(early, workspace)
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "x")
    assert "out-of-order-version" in levels(early, workspace)
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "work")
    assert "out-of-order-version" not in levels(early, workspace)


def test_field_and_column_in_one_change(repository: Path) -> None:
    write(repository, "lib/my_app/post.ex", POST.replace("field :legacy", "field :title"))
    path = write(repository, "priv/repo/migrations/20250701000000_remove.exs", REMOVE)
    assert levels(path)["remove-column"] == Level.DANGER


def test_field_gone_before(repository: Path) -> None:
    write(repository, "lib/my_app/post.ex", POST.replace("field :legacy", "field :title"))
    git(repository, "checkout", "-q", "main")
    git(repository, "commit", "-q", "-a", "-m", "without the field")
    git(repository, "checkout", "-q", "-b", "next")
    path = write(repository, "priv/repo/migrations/20250701000000_remove.exs", REMOVE)
    assert levels(path)["remove-column"] == Level.INFO


def test_field_still_there(repository: Path) -> None:
    path = write(repository, "priv/repo/migrations/20250701000000_remove.exs", REMOVE)
    found = levels(path)
    assert found["remove-column-still-in-schema"] == Level.DANGER
    assert "remove-column" not in found


def test_without_git_nothing_is_said_of_it(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    early = write(
        repository, "priv/repo/migrations/20250301000000_x.exs", migration("X", '    execute "", ""')
    )
    assert "out-of-order-version" not in levels(early)


def test_a_deployed_migration_that_does_something_else(repository: Path) -> None:
    path = repository / "priv/repo/migrations/20250601000000_tags.exs"
    workspace = Workspace()

    def rules() -> list[str]:
        analysis = analyze(Source(path.read_bytes(), str(path)), workspace.context_for(str(path)))
        return [finding.rule for finding in analysis.findings if finding.rule == "edited-released-migration"]

    assert rules() == []
    path.write_text("# a comment\n" + path.read_text())
    assert rules() == []
    path.write_text(path.read_text().replace(":tags", ":labels"))
    assert rules() == ["edited-released-migration"]
    git(repository, "commit", "-q", "-a", "-m", "renamed")
    assert rules() == ["edited-released-migration"]
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "work")
    assert rules() == []
