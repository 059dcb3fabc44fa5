"""What `check` has for pipelines: a baseline, changes since a revision, statistics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.cli import Run

INDEX = """defmodule MyApp.Repo.Migrations.{module} do
  use Ecto.Migration

  def change do
    create index(:{table}, [:title])
  end
end
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


def write(folder: Path, name: str, table: str = "posts") -> Path:
    path = folder / name
    path.write_text(INDEX.format(module=name[15:-4].title().replace("_", ""), table=table))
    return path


def test_a_baseline_hides_what_it_knows_and_nothing_else(folder: Path, run: Run) -> None:
    write(folder, "20260101000000_first.exs")
    written = run("check", "--write-baseline", "known.json")
    assert (written.code, written.err) == (0, "")
    assert written.out == "1 finding written to known.json.\n"
    known = run("check", "--baseline", "known.json")
    assert known.code == 0
    # The migration is no less dangerous for being known.
    assert known.out == "1 migration checked: 1 dangerous. 1 finding of the baseline not shown.\n"

    write(folder, "20260102000000_second.exs", "comments")
    new = run("check", "--baseline", "known.json", "--format", "json")
    assert new.code == 1
    assert [Path(item["file"]).name for item in new.json] == ["20260102000000_second.exs"]


def test_a_baseline_survives_what_is_written_above(folder: Path, run: Run) -> None:
    path = write(folder, "20260101000000_first.exs")
    run("check", "--write-baseline", "known.json")
    path.write_text("# Why we do this.\n\n" + path.read_text())
    assert run("check", "--baseline", "known.json").code == 0


def test_a_baseline_is_stable(folder: Path, run: Run) -> None:
    for number in range(3):
        write(folder, f"2026010{number}000000_m{number}.exs", f"t{number}")
    run("check", "--write-baseline", "one.json")
    run("check", "--write-baseline", "two.json")
    one = Path("one.json").read_text()
    assert one == Path("two.json").read_text()
    assert len(json.loads(one)["findings"]) == 3
    assert len(one.splitlines()) == 3 + 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: no such file or directory"),
        ("{", "is not JSON"),
        ("[]", "is no baseline"),
        ('{"version": 1, "findings": [1]}', "is no baseline"),
        ('{"version": 99, "findings": []}', "has version 99"),
    ],
)
def test_a_baseline_that_is_none(folder: Path, run: Run, text: str | None, message: str) -> None:
    write(folder, "20260101000000_first.exs")
    if text is not None:
        Path("known.json").write_text(text)
    result = run("check", "--baseline", "known.json")
    assert result.code == 2
    assert message in result.err and len(result.err.splitlines()) == 1
    assert result.out == ""


def test_since(folder: Path, run: Run) -> None:
    project = folder.parents[2]
    write(folder, "20260101000000_old.exs", "old")
    edited = write(folder, "20260102000000_edited.exs", "edited")
    write(folder, "20260103000000_gone.exs", "gone")
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "-m", "base")
    git(project, "checkout", "-b", "work")
    write(folder, "20260104000000_committed.exs", "committed")
    git(project, "add", ".")
    git(project, "commit", "-m", "work")
    git(project, "checkout", "main")
    write(folder, "20260105000000_theirs.exs", "theirs")
    git(project, "add", ".")
    git(project, "commit", "-m", "theirs")
    git(project, "checkout", "work")
    write(folder, "20260106000000_untracked.exs", "untracked")
    edited.write_text(edited.read_text().replace(":title", ":body"))
    (folder / "20260103000000_gone.exs").unlink()

    result = run("check", "--since", "main", "--format", "json")
    names = [Path(item["file"]).name[15:-4] for item in result.json]
    assert list(dict.fromkeys(names)) == ["edited", "committed", "untracked"]
    assert result.json[0]["rule"] == "edited-released-migration"

    everything = run("check", "--since", "HEAD~1", "--format", "json")
    assert everything.json == result.json
    nothing_new = run("check", "--since", "main", folder / "20260101000000_old.exs")
    assert (nothing_new.code, nothing_new.out) == (0, "0 migrations checked.\n")


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_since_what_git_does_not_know(folder: Path, run: Run, revision: str) -> None:
    write(folder, "20260101000000_first.exs")
    git(folder.parents[2], "init")
    result = run("check", f"--since={revision}")
    assert result.code == 2
    assert result.err.startswith("ecto-migrations: git knows no common ancestor of HEAD and ")
    assert not Path("x").exists()


def test_statistics(blog: Path, run: Run) -> None:
    findings = run("check", "--format", "json").json
    counts = run("check", "--statistics", "--format", "json").json
    assert sum(item["count"] for item in counts) == len(findings)
    for item in counts:
        same = [
            found for found in findings if (found["rule"], found["level"]) == (item["rule"], item["level"])
        ]
        assert len(same) == item["count"]
    assert [item["count"] for item in counts] == sorted((item["count"] for item in counts), reverse=True)
    text = run("check", "--statistics")
    assert text.code == 1
    assert [line.split() for line in text.out.splitlines()] == [
        [str(item["count"]), item["level"], item["rule"]] for item in counts
    ]
    assert run("check", "--statistics", "--format", "sarif").code == 2


def test_since_says_what_is_released(folder: Path, run: Run) -> None:
    """A version below those of the named branch is out of order there, whatever `main` holds."""
    project = folder.parents[2]
    write(folder, "20260101000000_old.exs", "old")
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "-m", "base")
    git(project, "checkout", "-b", "production")
    write(folder, "20260103000000_released.exs", "released")
    git(project, "add", ".")
    git(project, "commit", "-m", "released")
    git(project, "checkout", "-b", "work")
    write(folder, "20260102000000_mine.exs", "mine")

    def rules(*arguments: str) -> set[str]:
        return {item["rule"] for item in run("check", "--format", "json", *arguments).json}

    assert "out-of-order-version" in rules("--since", "production")
    assert "out-of-order-version" not in rules("--since", "main")
