"""`ecto-migrations expand`."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.model import Rename
from ecto_migrations_server.cli import disk
from ecto_migrations_server.cli.errors import CommandError
from support.cli import Run

MIGRATIONS = Path("priv/repo/migrations")
ADD_STATUS = MIGRATIONS / "20250415120000_add_status_to_posts.exs"
TIMESTAMPS = MIGRATIONS / "20250520160000_add_timestamps_to_tags.exs"
SPLIT = [
    "20250415120000_add_status_to_posts.exs",
    "20250415120001_backfill_posts_status.exs",
    "20250415120002_enforce_posts_status_not_null.exs",
]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_diff_that_git_takes(project: Path, run: Run) -> None:
    before = contents(MIGRATIONS)
    result = run("expand", f"{ADD_STATUS}:7")
    assert result.code == 0, result.err
    assert contents(MIGRATIONS) == before
    assert f"--- a/{ADD_STATUS}\n+++ b/{ADD_STATUS}\n" in result.out
    assert "-      add :status, :string, null: false\n+      add :status, :string\n" in result.out
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply"], input=result.out.encode(), check=True)
    applied = contents(MIGRATIONS)
    assert sorted(set(applied) - set(before)) == SPLIT[1:]

    for name, data in before.items():
        (MIGRATIONS / name).write_bytes(data)
    for name in SPLIT[1:]:
        (MIGRATIONS / name).unlink()
    assert run("expand", f"{ADD_STATUS}:7", "--write").code == 0
    assert contents(MIGRATIONS) == applied


def test_a_file_without_a_last_line_end(project: Path, run: Run) -> None:
    ADD_STATUS.write_bytes(ADD_STATUS.read_bytes().rstrip(b"\n"))
    diff = run("expand", ADD_STATUS).out
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply", "--check"], input=diff.encode(), check=True)


def test_write_says_what_it_did(project: Path, run: Run) -> None:
    result = run("expand", f"{ADD_STATUS}:7", "--write")
    assert result.out.splitlines() == [
        f"changed {MIGRATIONS / SPLIT[0]}",
        f"created {MIGRATIONS / SPLIT[1]}",
        f"created {MIGRATIONS / SPLIT[2]}",
    ]
    checked = run("check", "--format", "json", *(MIGRATIONS / name for name in SPLIT))
    assert [finding for finding in checked.json if finding["level"] == "danger"] == []


def test_a_file_with_a_name_that_is_taken_is_left_alone(project: Path, run: Run) -> None:
    taken = MIGRATIONS / SPLIT[1]
    taken.write_text("# mine\n")
    assert run("expand", f"{ADD_STATUS}:7", "--write").code == 0
    assert taken.read_text() == "# mine\n"


def test_without_a_line_the_place_must_be_the_only_one(project: Path, run: Run) -> None:
    assert run("expand", ADD_STATUS).code == 0
    ADD_STATUS.write_text(
        ADD_STATUS.read_text().replace(
            "      add :summary, :text\n", "      add :state, :string, null: false\n"
        )
    )
    result = run("expand", ADD_STATUS)
    assert result.code == 2
    assert f"add a line, {ADD_STATUS}:6 (there is something in 6, 7)" in result.err


def test_list_and_pick(blog: Path, run: Run) -> None:
    listed = run("expand", f"{TIMESTAMPS}:6", "--list")
    assert listed.code == 0
    rows = listed.out.splitlines()
    assert len(rows) > 1
    for number, row in enumerate(rows, 1):
        title = row.removeprefix(f"{number}. {TIMESTAMPS}:6  ")
        assert title != row
        assert run("expand", f"{TIMESTAMPS}:6", "--pick", str(number)).out.startswith(f"# {title}\n")
    assert run("expand", f"{TIMESTAMPS}:6").out == run("expand", f"{TIMESTAMPS}:6", "--pick", "1").out
    result = run("expand", f"{TIMESTAMPS}:6", "--pick", str(len(rows) + 1))
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (f"{ADD_STATUS}:3", f"there is nothing to rewrite in line 3 of {ADD_STATUS}"),
        (f"{ADD_STATUS}:700", f"{ADD_STATUS} has 11 lines, and no line 700"),
        (f"{MIGRATIONS}/20250110090000_create_users.exs", "there is nothing to rewrite in"),
        ("nowhere.exs:3", "nowhere.exs does not exist"),
    ],
)
def test_places_without_a_fix(blog: Path, run: Run, place: str, message: str) -> None:
    result = run("expand", place)
    assert result.code == 2
    assert result.err.startswith(f"ecto-migrations: {message}")
    assert result.err.count("\n") == 1


class TestDisk:
    """All of it or nothing."""

    def write(self, folder: Path, *names: str, before: bytes = b"old") -> None:
        files = [disk.NewFile(str(folder / name), f"new {name}") for name in names]
        disk.write(str(folder / "a.exs"), before, b"text", files)

    def test_everything_is_written(self, tmp_path: Path) -> None:
        path = tmp_path / "a.exs"
        path.write_bytes(b"old")
        path.chmod(0o640)
        self.write(tmp_path, "b.exs", "c.exs")
        assert contents(tmp_path) == {"a.exs": b"text", "b.exs": b"new b.exs", "c.exs": b"new c.exs"}
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_file_that_exists_stops_everything(self, tmp_path: Path) -> None:
        (tmp_path / "a.exs").write_bytes(b"old")
        (tmp_path / "c.exs").write_bytes(b"mine")
        with pytest.raises(CommandError, match=r"c\.exs exists; nothing was written"):
            self.write(tmp_path, "b.exs", "c.exs")
        assert contents(tmp_path) == {"a.exs": b"old", "c.exs": b"mine"}

    def test_a_file_that_changed_stops_everything(self, tmp_path: Path) -> None:
        (tmp_path / "a.exs").write_bytes(b"newer")
        with pytest.raises(CommandError, match="has changed in the meantime; nothing was written"):
            self.write(tmp_path, "b.exs")
        assert contents(tmp_path) == {"a.exs": b"newer"}

    def test_an_error_of_the_disk_stops_everything(self, tmp_path: Path) -> None:
        (tmp_path / "a.exs").write_bytes(b"old")
        with pytest.raises(CommandError, match="no such file or directory; nothing was written"):
            self.write(tmp_path, "b.exs", "no/such/folder.exs")
        assert contents(tmp_path) == {"a.exs": b"old"}

    def test_an_interruption_leaves_nothing_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a.exs").write_bytes(b"old")

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            self.write(tmp_path, "b.exs")
        assert contents(tmp_path) == {"a.exs": b"old"}

    def test_a_symbolic_link_stays_one(self, tmp_path: Path) -> None:
        (tmp_path / "real.exs").write_bytes(b"old")
        (tmp_path / "a.exs").symlink_to("real.exs")
        self.write(tmp_path)
        assert (tmp_path / "a.exs").is_symlink()
        assert (tmp_path / "real.exs").read_bytes() == b"text"


# --- another name for the file -----------------------------------------------------------------------------


def test_a_new_name_is_a_rename_that_git_takes(project: Path, run: Run) -> None:
    copy = MIGRATIONS / "20250110090000_create_drafts.exs"
    copy.write_text(
        "defmodule Blog.Repo.Migrations.CreateDrafts do\n  use Ecto.Migration\n\n"
        "  def change do\n    create table(:drafts)\n  end\nend\n"
    )
    before = contents(MIGRATIONS)
    result = run("expand", f"{copy}:1")
    assert result.code == 0, result.err
    assert contents(MIGRATIONS) == before
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply"], input=result.out.encode(), check=True)
    assert not copy.exists() and len(contents(MIGRATIONS)) == len(before)

    for path in MIGRATIONS.iterdir():
        path.unlink()
    for name, data in before.items():
        (MIGRATIONS / name).write_bytes(data)
    result = run("expand", f"{copy}:1", "--write")
    (renamed,) = set(contents(MIGRATIONS)) - set(before)
    assert result.out == f"renamed {copy} to {MIGRATIONS / renamed}\n"
    assert contents(MIGRATIONS)[renamed] == before[copy.name] and not copy.exists()


def test_a_new_name_never_takes_the_place_of_a_file(project: Path) -> None:
    before = contents(MIGRATIONS)
    data = ADD_STATUS.read_bytes()
    with pytest.raises(CommandError, match=f"{TIMESTAMPS.name} exists; nothing was written"):
        disk.write(
            str(ADD_STATUS),
            data,
            data + b"# more\n",
            [],
            rename=Rename(path=str(ADD_STATUS), to=str(TIMESTAMPS)),
        )
    assert contents(MIGRATIONS) == before
