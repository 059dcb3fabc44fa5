"""`ecto-migrations report RANGE`: all migrations of a release, from real repositories of git."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from ecto_migrations_server import verification
from support.cli import Run
from support.repository import FOLDER, MIX, REPO, Repository

POSTS = "create table(:posts) do\n      add :title, :string\n      add :slug, :string\n    end"
USERS = "create table(:users) do\n      add :name, :string\n    end"
SCHEMA = """defmodule Blog.Post do
  use Ecto.Schema

  schema "posts" do
    field :title, :string
    field :slug, :string
  end
end
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """v1 has posts and users; `main` goes on with three migrations. The current folder."""
    made = Repository(tmp_path / "blog")
    made.migration("20260101000000_create_posts", POSTS)
    made.migration("20260101000001_create_users", USERS)
    made.write("lib/blog/post.ex", SCHEMA)
    made.commit()
    made.git("tag", "v1")
    made.migration(
        "20260102000000_add_path",
        "alter table(:posts), do: add(:path, :string)\n    alter table(:users), do: add(:path, :string)",
    )
    made.migration("20260103000000_index_path", "create index(:posts, [:path])")
    made.migration("20260104000000_drop_slug", "alter table(:posts), do: remove(:slug, :string)")
    made.write("lib/blog/post.ex", SCHEMA.replace("    field :slug, :string\n", ""))
    made.commit()
    monkeypatch.chdir(made.path)
    return made


def test_every_part_of_the_report(repository: Repository, run: Run) -> None:
    result = run("report", "v1..HEAD", "--format", "markdown")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# Release Report — v1..HEAD",
        "## Locks in Order",
        "## Deadlocks",
        "## Not in One Deploy",
        "## Deployment Plan",
        "### Rollback",
        "### If it fails",
        "### If it waits for a lock",
        "### From a release",
        "## Verification",
        "## Migrations",
        "### 1. 20260102000000_add_path",
        "### 2. 20260103000000_index_path",
        "### 3. 20260104000000_drop_slug",
    ]
    assert "3 migrations of `Blog.Repo`: **dangerous** (2 dangerous, 1 risky)." in lines
    assert "| 1 | `posts` | ACCESS EXCLUSIVE | an instant | reads and writes |" in lines
    assert "| 2 | `posts` | SHARE | full scan | writes |" in lines
    deadlock = "with one that has used `users` and then uses `posts`"
    assert f"- `20260102000000_add_path` (1), line 6: {deadlock}." in lines
    assert (
        "- `20260104000000_drop_slug` (3), line 5: Deploy code that does not use `posts.slug` before, on"
        " every node; then migrate. `Blog.Post` of the release before still has it."
    ) in lines
    assert "   - does not use `posts.slug` (3)" in lines
    migrate = "`mix ecto.migrate --to 20260104000000`"
    assert (
        f"2. [ ] Migrate: {migrate}. Choose a quiet hour: writes to `posts` wait for longer than an instant"
        in lines
    )
    assert "3. [ ] Deploy the code that uses `posts.path` and `users.path`" in lines
    assert "mix ecto.rollback --to 20260102000000" in lines
    assert "[x]" not in result.out


def test_a_migration_that_is_better_done_in_steps(repository: Repository, run: Run) -> None:
    repository.migration("20260105000000_state", "alter table(:posts), do: add(:state, :string, null: false)")
    repository.commit()
    own = f"{FOLDER}/20260105000000_state.exs"
    steps = "add nullable → backfill in batches → enforce NOT NULL"
    out = run("report", "HEAD~1..HEAD", "--format", "markdown").out
    assert f"- In steps: Split into 3 migrations: {steps} (`ecto-migrations expand {own}:5`)\n" in out


def test_the_text(repository: Repository, run: Run) -> None:
    result = run("report", "v1..HEAD")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "v1..HEAD  3 new migrations"
    assert lines[2] == "Blog.Repo  dangerous"
    assert f"   1. {FOLDER}/20260102000000_add_path.exs  risky" in lines
    assert "  2. posts: SHARE, full scan; waits: writes" in lines
    for head in ("locks in order", "deadlocks", "not in one deploy", "deployment plan"):
        assert head in lines


def test_the_json(repository: Repository, run: Run) -> None:
    whole = run("report", "v1..HEAD", "--format", "json").json
    assert list(whole) == ["range", "start", "end", "notes", "groups"]
    assert (whole["range"], whole["notes"]) == ("v1..HEAD", [])
    assert whole["start"] == repository.git("rev-parse", "v1")
    assert whole["end"] == repository.git("rev-parse", "HEAD")
    (group,) = whole["groups"]
    assert list(group) == [
        "repo",
        "folder",
        "classification",
        "migrations",
        "locks",
        "certain",
        "deadlocks",
        "unserialised",
        "opposing",
        "separate",
        "commands",
    ]
    assert (group["repo"], group["folder"], group["classification"]) == ("Blog.Repo", FOLDER, "dangerous")
    files = [item["file"] for item in group["migrations"]]
    assert files[0] == f"{FOLDER}/20260102000000_add_path.exs"
    own = run("report", files[1], "--format", "json").json
    # What ran already counts as released in a range, so that only this may differ.
    assert {**group["migrations"][1], "findings": 0} == {**own, "findings": 0}
    assert group["locks"][0] == {
        "migration": 1,
        "relation": "posts",
        "mode": "ACCESS EXCLUSIVE",
        "held_for": "an instant",
        "blocks": ["reads", "writes"],
        "rows": False,
        "new": False,
    }
    assert group["deadlocks"] == [
        {
            "migration": 1,
            "line": 6,
            "first": "posts",
            "second": "users",
            "application_did": ["reads", "writes"],
            "application_wants": ["reads", "writes"],
            "message": "Deadlocks with a transaction that has used `users` and then uses `posts`.",
        }
    ]
    (apart,) = group["separate"]
    assert (apart["kind"], apart["migration"], apart["after"], apart["line"]) == ("code", 3, None, 5)
    assert group["commands"]["rollback"] == "mix ecto.rollback --to 20260102000000"
    assert group["locks"][-1]["blocks"] == ["reads", "writes"]
    assert (group["certain"], group["unserialised"], group["opposing"]) == (True, [], [])


def test_the_compact_form(repository: Repository, run: Run) -> None:
    result = run("report", "v1", "--compact")
    assert result.code == 0
    assert result.out.startswith("### 3 migrations of `Blog.Repo`: **dangerous**")
    assert "- **danger** 2, line 5: Builds index `posts_path_index`" in result.out
    assert "**Not in one deploy**\n\n- `20260104000000_drop_slug` (3)" in result.out
    assert "<details><summary>Deployment plan</summary>\n\n1. [ ] Code first" in result.out
    assert (
        "Rollback: `mix ecto.rollback --to 20260102000000`\n\n- [ ] Tests: `mix test`\n\n</details>\n"
        in result.out
    )
    assert result.out.count("\n") < 40


def test_the_compact_form_of_one_file(repository: Repository, run: Run) -> None:
    result = run("report", f"{FOLDER}/20260103000000_index_path.exs", "--compact")
    assert result.out.startswith("### 1 migration of `Blog.Repo`: **dangerous**\n")
    assert run("report", "v1", "--compact", "--format", "json").code == 2


def test_a_revision_is_reported_as_it_was(repository: Repository, run: Run) -> None:
    """Whatever the working tree looks like by now."""
    before = run("report", "v1..HEAD", "--format", "json").json
    repository.migration("20260101000000_create_posts", "create table(:others)")
    (repository.path / FOLDER / "20260103000000_index_path.exs").unlink()
    repository.write("mix.exs", "")
    assert run("report", "v1..HEAD", "--format", "json").json == before


def test_the_working_tree_counts_where_one_revision_is_given(repository: Repository, run: Run) -> None:
    repository.migration("20260105000000_more", "alter table(:posts), do: add(:more, :text)")
    (group,) = run("report", "HEAD", "--format", "json").json["groups"]
    assert [item["file"] for item in group["migrations"]] == [f"{FOLDER}/20260105000000_more.exs"]
    assert run("report", "HEAD..", "--format", "json").json["groups"] == []


def test_nothing_new(repository: Repository, run: Run) -> None:
    for options in ([], ["--compact"], ["--format", "markdown"], ["--format", "json"]):
        result = run("report", "HEAD..HEAD", *options)
        assert (result.code, result.err) == (0, "")
    assert run("report", "HEAD..HEAD").out == "HEAD..HEAD  0 new migrations\n"
    assert run("report", "HEAD..HEAD", "--format", "markdown").out == (
        "# Release Report — HEAD..HEAD\n\nNo new migrations.\n"
    )


def test_what_does_not_run_is_said(repository: Repository, run: Run) -> None:
    repository.git("tag", "v2")
    folder = repository.path / FOLDER
    (folder / "20260102000000_add_path.exs").unlink()
    (folder / "20260103000000_index_path.exs").rename(folder / "20260203000000_index_path.exs")
    repository.migration("20260104000000_drop_slug", "drop table(:users)")
    repository.commit()
    out = run("report", "v2..HEAD", "--format", "markdown").out
    assert (
        "- `20260102000000_add_path.exs` is gone: databases that have run it keep what was done, and no"
        " rollback takes it back.\n"
        "- `20260104000000_drop_slug.exs` was there before and is edited: databases that have run it do not"
        " run it again.\n"
        "- `20260203000000_index_path.exs` was `20260103000000_index_path.exs`: databases that have run the"
        " old version run it again.\n"
    ) in out
    assert "1 migration of `Blog.Repo`" in out


def test_only_below_a_path(repository: Repository, run: Run) -> None:
    one = f"{FOLDER}/20260103000000_index_path.exs"
    (group,) = run("report", "v1..HEAD", one, "--format", "json").json["groups"]
    assert [item["file"] for item in group["migrations"]] == [one]
    assert run("report", "v1..HEAD", "lib", "--format", "json").json["groups"] == []


def test_a_file_outside_of_the_range(repository: Repository, run: Run) -> None:
    result = run("report", "v1..HEAD", f"{FOLDER}/20260101000000_create_posts.exs")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"ecto-migrations: {FOLDER}/20260101000000_create_posts.exs is no new migration of v1..HEAD: it was"
        " there before, or is not there at the end\n"
    )


def test_from_a_folder_inside(repository: Repository, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.path / "priv")
    (group,) = run("report", "v1..HEAD", "--format", "json").json["groups"]
    assert group["migrations"][0]["file"] == "repo/migrations/20260102000000_add_path.exs"
    monkeypatch.chdir(repository.path / "lib")
    assert run("report", "v1..HEAD", "--format", "json").json["groups"] == []


def test_two_repos_are_two_groups(repository: Repository, run: Run) -> None:
    repository.write(
        "lib/blog/other.ex",
        "defmodule Blog.OtherRepo do\n"
        "  use Ecto.Repo, otp_app: :blog, adapter: Ecto.Adapters.Postgres\nend\n",
    )
    repository.migration("20260102000000_things", POSTS, "priv/other_repo/migrations")
    repository.commit()
    result = run("report", "v1..HEAD", "--format", "markdown")
    heads = [line for line in result.out.splitlines() if line.startswith("## ")]
    assert heads == [
        "## Blog.OtherRepo (`priv/other_repo/migrations`)",
        "## Blog.Repo (`priv/repo/migrations`)",
    ]
    assert "mix ecto.rollback -r Blog.OtherRepo --to 20260102000000" in result.out
    assert "mix ecto.rollback -r Blog.Repo --to 20260102000000" in result.out


def test_a_project_in_another_folder(repository: Repository, run: Run) -> None:
    """mix has to be started there."""
    repository.write("apps_beside/shop/mix.exs", MIX.replace("blog", "shop").replace("Blog", "Shop"))
    repository.write(
        "apps_beside/shop/lib/shop/repo.ex", REPO.replace("blog", "shop").replace("Blog", "Shop")
    )
    repository.migration("20260102000000_things", POSTS, "apps_beside/shop/priv/repo/migrations")
    repository.commit()
    out = run("report", "v1..HEAD", "apps_beside", "--format", "markdown").out
    assert "1. [ ] Migrate (in `apps_beside/shop`): `mix ecto.migrate --to 20260102000000`" in out
    assert "```sh\ncd apps_beside/shop\nmix ecto.rollback --to 20260102000000\n```" in out


def test_a_database_that_is_not_modelled(repository: Repository, run: Run) -> None:
    repository.write("lib/blog/repo.ex", REPO.replace("Postgres", "MyXQL"))
    repository.write("mix.exs", MIX.replace("postgrex", "myxql"))
    repository.commit()
    out = run("report", "v1..HEAD", "--format", "markdown").out
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    assert rows[1].startswith(
        "| 1 | `20260102000000_add_path` | adds `posts.path`; adds `users.path` | risky | reversible |"
    )
    assert "## Locks in Order\n\nNot known." in out
    assert "- `20260104000000_drop_slug` (3), line 5: Deploy code that does not use `posts.slug`" in out
    assert "pg_blocking_pids" not in out
    assert "ecto-migrations rehearse" not in out
    one = run("report", f"{FOLDER}/20260104000000_drop_slug.exs", "--format", "markdown").out
    assert "- Change: drops `posts.slug`\n" in one
    assert "- Lock behaviour: not known\n" in one
    assert "- Database: MySQL or MariaDB\n" in one
    assert "### Up\n\nWhat is sent to this database is not modelled." in one
    text = run("report", f"{FOLDER}/20260104000000_drop_slug.exs").out
    assert "up: what is sent to MySQL or MariaDB is not modelled" in text


@pytest.mark.parametrize("options", [(), ("--compact",), ("--format", "markdown"), ("--format", "json")])
def test_files_that_are_no_migrations(repository: Repository, run: Run, options: tuple[str, ...]) -> None:
    texts = ["", "def", "defmodule X do\nend\n", "\x00", "defmodule M do\n  use Ecto.Migration\nend\n"]
    for number, text in enumerate(texts):
        repository.write(f"{FOLDER}/2026020{number + 1}000000_x{number}.exs", text)
    (repository.path / FOLDER / "20260209000000_y.exs").write_bytes(b"\xff\xfe\x00")
    repository.write(f"{FOLDER}/no_version.exs", "defmodule N do\n  use Ecto.Migration\nend\n")
    repository.commit()
    result = run("report", "v1..HEAD", *options)
    assert (result.code, result.err) == (0, "")
    assert "20260202000000_x1" in result.out and "no_version" not in result.out


def test_the_compact_form_is_short(repository: Repository, run: Run) -> None:
    for number in range(30):
        code = "rename table(:posts), :title, to: :name\n    rename table(:posts), :name, to: :title"
        repository.migration(f"202602010000{number:02}_m{number}", code)
    repository.commit()
    out = run("report", "HEAD~1..HEAD", "--compact").out
    assert "- 10 more\n" in out
    assert len(out) < 65_536


def test_findings_of_one_rule_are_told_once(repository: Repository, run: Run) -> None:
    code = "create index(:posts, [:title])\n    create index(:posts, [:slug])"
    repository.migration("20260103000000_index_path", code)
    repository.commit()
    out = run("report", "v1..HEAD", "--compact").out
    assert out.count("[index-not-concurrent]") == 1
    assert "- **danger** 2, line 5 (also 6): Builds index `posts_title_index`" in out


def test_what_fails_on_the_way_back(repository: Repository, run: Run) -> None:
    repository.migration(
        "20260103000000_index_path", "alter table(:posts), do: modify(:title, :text, from: {:string})"
    )
    repository.commit()
    out = run("report", "v1..HEAD", "--format", "markdown").out
    assert "| 2 | `20260103000000_index_path` |" in out and "| rollback fails |" in out
    assert "Not as a whole: `20260103000000_index_path` cannot be rolled back." in out


def test_what_cannot_be_rolled_back(repository: Repository, run: Run) -> None:
    repository.migration("20260103000000_index_path", 'execute("SELECT 1")')
    repository.commit()
    out = run("report", "v1..HEAD", "--format", "markdown").out
    assert "Not as a whole: `20260103000000_index_path` cannot be rolled back." in out
    assert "What came after can be: `20260104000000_drop_slug`." in out
    assert "```sh\nmix ecto.rollback --to 20260104000000\n```" in out
    assert "mix ecto.rollback --to 20260102000000" not in out


def test_runs_that_happened_are_ticked(repository: Repository, run: Run, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    paths = sorted((repository.path / FOLDER).iterdir())[2:]
    for path in paths[:2]:
        ran = [
            verification.ran(
                str(path), path.read_bytes(), "rehearsal", passed=True, result="PostgreSQL 18.6"
            ),
            verification.ran(str(path), path.read_bytes(), "tests", passed=True, result="12 tests"),
        ]
        verification.remember(ran, record)
    partly = run("report", "v1..HEAD", "--format", "markdown", "--verified", record).out
    assert "- [ ] Rehearsal of each: `ecto-migrations rehearse FILE` (2 of 3)\n" in partly
    assert "  - `20260102000000_add_path`: passed on " in partly
    assert "- [ ] Tests: `mix test`" in partly
    last = paths[2]
    verification.remember(
        [
            verification.ran(str(last), last.read_bytes(), kind, passed=True, result="")
            for kind in verification.KINDS
        ],
        record,
    )
    whole = run("report", "v1..HEAD", "--format", "markdown", "--verified", record).out
    assert "- [x] Rehearsal of each: `ecto-migrations rehearse FILE` (3 of 3)\n" in whole
    cycle = f"`ecto-migrations cycle {FOLDER}/20260102000000_add_path.exs`"
    mix = "`MIX_ENV=test mix ecto.rollback --to 20260102000000` and `MIX_ENV=test mix ecto.migrate --to"
    assert f"- [ ] Cycle: {cycle}, which runs {mix} 20260104000000` twice (1 of 3)\n" in whole
    assert "- [x] Tests on " in whole
    # An edited migration was not run.
    last.write_text(last.read_text() + "\n")
    edited = run("report", "v1", "--format", "markdown", "--verified", record).out
    assert "- [ ] Rehearsal of each: `ecto-migrations rehearse FILE` (2 of 3)\n" in edited


def test_one_migration_with_runs(repository: Repository, run: Run, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    path = repository.path / FOLDER / "20260103000000_index_path.exs"
    data = path.read_bytes()
    verification.remember(
        [
            verification.ran(
                str(path), data, "rehearsal", passed=True, result="PostgreSQL 18.6, 10,000 rows"
            ),
            verification.ran(str(path), data, "cycle", passed=False, result="rollback failed"),
        ],
        record,
    )
    out = run("report", path, "--format", "markdown", "--verified", record).out
    assert "- [x] Rehearsed on 20" in out and " UTC: PostgreSQL 18.6, 10,000 rows\n" in out
    assert "- [ ] The cycle through mix failed on 20" in out
    assert "- [ ] Tests: `mix test`" in out
    found = run("report", path, "--format", "json", "--verified", record).json["verification"]
    assert list(found) == ["rehearsal", "cycle", "tests"]
    assert (found["rehearsal"]["passed"], found["cycle"]["passed"], found["tests"]) == (True, False, None)
    assert run("report", path, "--compact", "--verified", record).out.count("rehearsal ✓, cycle ✗") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere..HEAD"], "git knows no revision nowhere"),
        (["v1..nowhere"], "git knows no revision nowhere"),
        (["nowhere"], "nowhere does not exist, and git knows no revision of this name in "),
        (["lib"], "lib is a folder, and git knows no revision of this name in "),
        (["v1", "--verified", "nowhere.json"], "nowhere.json does not exist: no run is written down there"),
        (["mix.exs", "lib"], "one migration file, or a range of revisions with paths, is wanted"),
        (["v1", "--compact", "--format", "text"], "--compact is Markdown, not text"),
    ],
)
def test_wrong_usage(repository: Repository, run: Run, arguments: list[str], message: str) -> None:
    result = run("report", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"ecto-migrations: {message}")
    assert result.err.count("\n") == 1


def test_no_repository(folder: Path, run: Run) -> None:
    result = run("report", "main..HEAD")
    assert (result.code, result.out) == (2, "")
    assert "is in no repository of git, so that main..HEAD cannot be looked up" in result.err


def test_no_git(repository: Repository, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("report", "main..HEAD")
    assert (result.code, result.out) == (2, "")
    assert "git, which cannot be started" in result.err


def test_no_commits(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Repository(tmp_path / "empty")
    monkeypatch.chdir(made.path)
    result = run("report", "main..HEAD")
    assert (result.code, result.err) == (2, "ecto-migrations: the repository has no commits yet\n")


def test_nothing_is_left_behind(
    repository: Repository, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = repository.git("status", "--porcelain", "--ignored")
    assert run("report", "v1..HEAD").code == 0
    assert run("report", "v1..HEAD", f"{FOLDER}/20260101000000_create_posts.exs").code == 2
    assert list(temporary.iterdir()) == []
    assert repository.git("status", "--porcelain", "--ignored") == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_end_leaves_nothing_behind(
    repository: Repository, tmp_path: Path, number: signal.Signals
) -> None:
    for at in range(60):
        repository.migration(f"2026020100{at:04}_m{at}", f"create table(:t{at})")
    repository.commit()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "ecto_migrations_server.cli.main", "report", "v1..HEAD"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        command, cwd=repository.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while not list(temporary.glob("*/priv")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (128 + number, 0)
    assert errors == b""
    assert list(temporary.iterdir()) == []
