"""`ecto-migrations check --fix` and `--diff`."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import Run

INDEX = """defmodule Blog.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  def change do
    create index(:posts, [:title])
  end
end
"""
FIXED = """defmodule Blog.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:posts, [:title], concurrently: true)
  end
end
"""
NAME = "20260301000000_index_posts.exs"
DID = (
    f"fixed priv/repo/migrations/{NAME}: Build the index concurrently (adds @disable_ddl_transaction and"
    " @disable_migration_lock)\n"
)


def test_it_writes_and_says_what_it_did(folder: Path, run: Run) -> None:
    (folder / NAME).write_text(INDEX)
    result = run("check", "--fix", "--format", "json")
    assert (folder / NAME).read_text() == FIXED
    assert result.err == DID
    assert result.code == 0 and "index-not-concurrent" not in result.out
    again = run("check", "--fix")
    assert again.code == 0 and again.err == ""


def test_what_needs_a_decision_is_reported_and_left(project: Path, run: Run) -> None:
    path = project / "priv/repo/migrations/20250415120000_add_status_to_posts.exs"
    before = path.read_bytes()
    result = run("check", "--fix", path)
    assert result.code == 1 and "add-column-not-null-without-default" in result.out
    assert path.read_bytes() == before and result.err == ""


def test_a_diff_that_patch_can_read(folder: Path, run: Run) -> None:
    (folder / NAME).write_text(INDEX)
    result = run("check", "--diff")
    assert result.code == 1 and result.err == ""
    assert (folder / NAME).read_text() == INDEX
    subprocess.run(["git", "apply", "-"], input=result.out.encode(), cwd=folder.parents[2], check=True)
    assert (folder / NAME).read_text() == FIXED
    nothing = run("check", "--diff")
    assert (nothing.code, nothing.out) == (0, "")


def test_standard_input(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def piped() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(INDEX.encode())))

    name = f"priv/repo/migrations/{NAME}"
    piped()
    shown = run("check", "--diff", "-", "--stdin-filename", name)
    assert shown.code == 1 and "+    create index(:posts, [:title], concurrently: true)" in shown.out
    piped()
    refused = run("check", "--fix", "-", "--stdin-filename", name)
    assert refused.code == 2 and "--diff shows what it would do" in refused.err


def test_what_the_baseline_knows_stays(folder: Path, run: Run) -> None:
    (folder / NAME).write_text(INDEX)
    run("check", "--write-baseline", "known.json")
    assert run("check", "--diff", "--baseline", "known.json").out == ""
    run("check", "--fix", "--baseline", "known.json")
    assert (folder / NAME).read_text() == INDEX


def test_one_of_the_two(run: Run) -> None:
    result = run("check", "--diff", "--fix")
    assert result.code == 2 and "not allowed with" in result.err
