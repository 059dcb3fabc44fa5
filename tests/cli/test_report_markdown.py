"""`report --format markdown`: the page that an editor shows and a pull request can hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Run

FOLDER = "priv/repo/migrations"


def test_every_part_of_the_report(run: Run, blog: Path) -> None:
    path = f"{FOLDER}/20250702130000_case_insensitive_emails.exs"
    result = run("report", path, "--format", "markdown")
    assert result.code == 0
    lines = result.out.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# Migration Report — CaseInsensitiveEmails",
        "## Plan",
        "## Implementation",
        "### Up",
        "### Down",
        "## Findings",
        "## Verification",
        "## Deployment Plan",
        "### Rollback",
        "### If it fails",
        "### If it waits for a lock",
        "### From a release",
    ]
    assert "- Classification: **dangerous** (1 danger, 1 risk)" in lines
    assert "- Reversible: yes" in lines
    assert f"- File: `{path}`" in lines
    assert "1. Line 5. No table is locked." in lines
    assert "     ALTER COLUMN email TYPE citext," in lines
    assert "   **Fails where** `users.bio` contains null values" in lines
    version = "--to 20250702130000"
    mix = f"`MIX_ENV=test mix ecto.rollback {version}` and `MIX_ENV=test mix ecto.migrate {version}`"
    assert f"- [ ] Cycle: `ecto-migrations cycle {path}`, which runs {mix} twice" in lines
    assert f"- [ ] Rehearsal: `ecto-migrations rehearse {path}`" in lines
    assert "[x]" not in result.out


def test_the_steps_of_a_split_stand_in_the_plan(run: Run, blog: Path) -> None:
    path = f"{FOLDER}/20250415120000_add_status_to_posts.exs"
    result = run("report", path, "--format", "markdown")
    steps = "add nullable → backfill in batches → enforce NOT NULL"
    command = f"`ecto-migrations expand {path}:7`"
    assert (
        "- Expand–contract: yes, in these steps\n"
        f"  - Split into 3 migrations: {steps} ({command})\n" in result.out
    )
    assert f"1. [ ] Split it into 3 migrations first ({command})" in result.out


def test_what_cannot_be_rolled_back(run: Run, folder: Path) -> None:
    path = folder / "20250101000000_x.exs"
    path.write_text(
        'defmodule X do\n  use Ecto.Migration\n  def change, do: execute("UPDATE posts SET a = 1")\nend\n'
    )
    result = run("report", path, "--format", "markdown")
    assert "### Down\n\nCannot be rolled back: " in result.out
    assert "   ```sql\n   UPDATE posts SET a = 1\n   ```\n" in result.out


@pytest.mark.parametrize("text", ["", "defmodule X do\nend\n", "def"])
def test_a_file_without_a_migration(run: Run, folder: Path, text: str) -> None:
    path = folder / "20250101000000_x.exs"
    path.write_text(text)
    result = run("report", path, "--format", "markdown")
    assert result.code == 0
    assert "# Migration Report — no migration" in result.out
    assert "Nothing is sent to the database." in result.out


def test_sql_with_a_fence_of_its_own(run: Run, folder: Path) -> None:
    path = folder / "20250101000000_x.exs"
    path.write_text(
        "defmodule X do\n  use Ecto.Migration\n"
        "  def up, do: execute(\"COMMENT ON TABLE posts IS '```'\")\n  def down, do: :ok\nend\n"
    )
    result = run("report", path, "--format", "markdown")
    assert "   ~~~~sql\n   COMMENT ON TABLE posts IS '```'\n   ~~~~\n" in result.out
