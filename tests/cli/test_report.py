"""`ecto-migrations report`."""

from __future__ import annotations

from pathlib import Path

from support.cli import Run

MIGRATIONS = "priv/repo/migrations"
ADD_STATUS = f"{MIGRATIONS}/20250415120000_add_status_to_posts.exs"
REMOVE = f"{MIGRATIONS}/20250801150000_remove_subtitle_from_posts.exs"
CONCURRENT_INDEX = f"{MIGRATIONS}/20250402093000_index_posts_by_publication.exs"
SELECTION = [
    "file",
    "classification",
    "transaction",
    "findings",
    "up",
    "down",
    "irreversible",
    "splits",
    "verification",
    "commands",
]
STATEMENT = ["sql", "line", "locks", "blocks", "rewrite", "scans", "rebuilds", "fails", "certain"]


def test_the_shape_of_the_json(blog: Path, run: Run) -> None:
    result = run("report", ADD_STATUS, "--format", "json")
    assert result.code == 0
    report = result.json
    assert list(report) == SELECTION
    assert report["file"] == ADD_STATUS
    assert report["classification"] == "dangerous"
    assert report["transaction"] is True
    assert report["findings"] == run("check", ADD_STATUS, "--format", "json").json
    (up,) = report["up"]
    assert list(up) == STATEMENT
    assert (
        up["sql"]
        == 'ALTER TABLE "posts" ADD COLUMN "summary" text, ADD COLUMN "status" varchar(255) NOT NULL'
    )
    assert up["line"] == 5
    assert up["locks"] == [{"relation": "posts", "mode": "ACCESS EXCLUSIVE"}]
    assert up["blocks"] == ["reads", "writes"]
    assert (up["rewrite"], up["scans"], up["rebuilds"]) == (False, ["posts"], [])
    assert up["fails"] is not None
    assert up["certain"] is True
    (down,) = report["down"]
    assert down["sql"] == 'ALTER TABLE "posts" DROP COLUMN "status", DROP COLUMN "summary"'
    assert report["irreversible"] is None
    steps = ["add nullable", "backfill in batches", "enforce NOT NULL"]
    assert [(split["steps"], split["files"], split["line"]) for split in report["splits"]] == [(steps, 3, 7)]
    assert report["verification"] == {"rehearsal": None, "cycle": None, "tests": None}
    assert report["commands"]["rollback"] == "mix ecto.rollback --to 20250415120000"


def test_what_cannot_be_rolled_back(blog: Path, run: Run) -> None:
    report = run(
        "report", f"{MIGRATIONS}/20250801150000_remove_subtitle_from_posts.exs", "--format", "json"
    ).json
    assert report["down"] is None
    assert report["irreversible"].startswith("cannot reverse migration command: alter table posts")
    text = run("report", REMOVE).out
    assert "\ndown: cannot be rolled back: cannot reverse migration command" in text


def test_a_concurrent_index(blog: Path, run: Run) -> None:
    report = run(
        "report", f"{MIGRATIONS}/20250402093000_index_posts_by_publication.exs", "--format", "json"
    ).json
    assert report["classification"] == "safe"
    assert report["transaction"] is False
    (up,) = report["up"]
    assert up["sql"] == 'CREATE INDEX CONCURRENTLY "posts_published_at_index" ON "posts" ("published_at")'
    assert up["blocks"] == []
    assert up["locks"] == [{"relation": "posts", "mode": "SHARE UPDATE EXCLUSIVE"}]
    (down,) = report["down"]
    assert down["sql"] == 'DROP INDEX CONCURRENTLY "posts_published_at_index"'


def test_the_text(blog: Path, run: Run) -> None:
    result = run("report", ADD_STATUS)
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == f"{ADD_STATUS}  dangerous"
    assert lines[1].startswith("  Blog.Repo.Migrations.AddStatusToPosts, in one transaction, on PostgreSQL ")
    assert lines[3] == "up"
    assert lines[4].startswith('   1. ALTER TABLE "posts" ADD COLUMN')
    assert "reads and writes wait" in lines[5]
    assert "  7:29  danger  add-column-not-null-without-default" in lines


def test_a_file_without_a_migration(folder: Path, run: Run) -> None:
    path = folder / "20250101000000_x.exs"
    path.write_text("IO.puts(1)\n")
    report = run("report", path, "--format", "json").json
    assert (report["up"], report["down"]) == ([], None)
    assert report["irreversible"] == "the file defines no migration"
    assert run("report", path).code == 0


def test_a_migration_without_down(folder: Path, run: Run) -> None:
    path = folder / "20250101000000_x.exs"
    path.write_text("defmodule A do\n  use Ecto.Migration\n  def up do\n    drop table(:posts)\n  end\nend\n")
    report = run("report", path, "--format", "json").json
    assert [statement["sql"] for statement in report["up"]] == ['DROP TABLE "posts"']
    assert report["down"] is None
    assert report["irreversible"]
