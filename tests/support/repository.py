"""Real repositories of git with migrations in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

FOLDER = "priv/repo/migrations"
_IDENTITY = ("user.name=A", "user.email=a@example.org", "init.defaultBranch=main", "commit.gpgsign=false")


class Repository:
    """A mix project in a repository of its own; names of migrations are versions and names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init")
        self.write("mix.exs", MIX)
        self.write("lib/blog/repo.ex", REPO)

    def git(self, *arguments: str) -> str:
        settings = [part for setting in _IDENTITY for part in ("-c", setting)]
        command = ["git", *settings, "-C", str(self.path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def migration(self, name: str, code: str, folder: str = FOLDER) -> Path:
        """`20260101000000_add_posts` with this body of `change`."""
        module = name.partition("_")[2].title().replace("_", "")
        return self.write(
            f"{folder}/{name}.exs",
            f"defmodule Blog.Repo.Migrations.{module} do\n  use Ecto.Migration\n\n"
            f"  def change do\n    {code}\n  end\nend\n",
        )

    def commit(self, message: str = "more") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


MIX = """defmodule Blog.MixProject do
  use Mix.Project

  def project do
    [app: :blog, version: "0.1.0", deps: [{:ecto_sql, "~> 3.12"}, {:postgrex, ">= 0.0.0"}]]
  end
end
"""
REPO = """defmodule Blog.Repo do
  use Ecto.Repo, otp_app: :blog, adapter: Ecto.Adapters.Postgres
end
"""
