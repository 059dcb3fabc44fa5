"""`ecto-migrations check`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from support.cli import Run

MIGRATIONS = "priv/repo/migrations"
ADD_STATUS = f"{MIGRATIONS}/20250415120000_add_status_to_posts.exs"
INDEX = """defmodule Blog.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  def change do
    create index(:posts, [:title])
  end
end
"""


def test_a_finding_in_text(blog: Path, run: Run) -> None:
    result = run("check", ADD_STATUS)
    assert result.code == 1
    assert result.err == ""
    head, empty, *rest = result.out.splitlines()
    assert head == f"{ADD_STATUS}:7:29  danger  add-column-not-null-without-default"
    assert empty == ""
    assert rest[:6] == [
        "    5 │     alter table(:posts) do",
        "    6 │       add :summary, :text",
        "    7 │       add :status, :string, null: false",
        "      │                             ━━━━━━━━━━━ existing rows have no value for it",
        "    8 │     end",
        "",
    ]
    assert "scans `posts` under ACCESS EXCLUSIVE" in rest[6]
    split = next(number for number, line in enumerate(rest) if line.startswith("  → Split into 3 migrations"))
    assert rest[split + 1] == f"    ecto-migrations expand {ADD_STATUS}:7"
    assert f"    ecto-migrations expand {ADD_STATUS}:7 --pick 2" in rest
    assert rest[-1] == "1 migration checked: 1 dangerous. 1 finding can be fixed."


def test_the_example_project_shows_every_rule_it_was_made_for(blog: Path, run: Run) -> None:
    result = run("check", "--format", "json")
    assert result.code == 1
    found = {(Path(finding["file"]).name[15:-4], finding["rule"]) for finding in result.json}
    assert {
        ("add_status_to_posts", "add-column-not-null-without-default"),
        ("require_comment_author_name", "set-not-null-scan"),
        ("add_timestamps_to_tags", "add-timestamps-not-null"),
        ("index_comments_by_post", "index-not-concurrent"),
        ("index_posts_by_author", "concurrent-index-migration-lock"),
        ("case_insensitive_emails", "modify-type-rewrite"),
        ("rename_comment_body", "rename-column"),
        ("remove_subtitle_from_posts", "remove-column-still-in-schema"),
        ("add_editor_to_posts", "foreign-key-validated"),
        ("limit_comment_rating", "check-constraint-validated"),
        ("add_public_id_to_posts", "add-column-volatile-default"),
        ("drop_newsletter_subscribers", "drop-table"),
    } <= found
    innocent = {
        "create_users",
        "create_posts",
        "create_comments",
        "create_tags",
        "create_newsletter_subscribers",
        "add_locale_to_posts",
        "index_posts_by_publication",
        "backfill_post_slugs",
    }
    # They are safe; what they may be told is for information.
    grave = {Path(finding["file"]).name[15:-4] for finding in result.json if finding["level"] != "info"}
    assert grave & innocent == set()
    assert ("add_locale_to_posts", "missing-lock-timeout") in found


def test_a_finding_in_json(blog: Path, run: Run) -> None:
    result = run("check", "--format", "json", ADD_STATUS)
    assert result.code == 1
    (finding,) = result.json
    assert list(finding) == [
        "file",
        "rule",
        "level",
        "message",
        "start",
        "end",
        "fixes",
        "url",
        "related",
    ]
    assert finding["file"] == ADD_STATUS
    assert finding["rule"] == "add-column-not-null-without-default"
    assert finding["level"] == "danger"
    assert finding["start"] == {"line": 7, "column": 29}
    assert finding["end"] == {"line": 7, "column": 40}
    assert finding["fixes"][1].startswith("Split into 3 migrations")
    assert not any(title.startswith("Disable") for title in finding["fixes"])
    assert finding["url"].endswith("/add-column-not-null-without-default")


def test_nothing_found(blog: Path, run: Run) -> None:
    path = f"{MIGRATIONS}/20250110090000_create_users.exs"
    assert run("check", path).out == "1 migration checked: 1 safe.\n"
    assert run("check", path).code == 0
    assert run("check", "--format", "json", path).out == "[]\n"


def test_the_folder_and_the_project_are_the_same_files(blog: Path, run: Run) -> None:
    assert run("check").out == run("check", MIGRATIONS).out == run("check", "priv").out
    absolute = run("check", "--format", "json", blog / MIGRATIONS).json
    assert [Path(finding["file"]).is_absolute() for finding in absolute] == [True] * len(absolute)


def test_each_file_once(blog: Path, run: Run) -> None:
    assert run("check", ADD_STATUS, MIGRATIONS, blog / ADD_STATUS).out.count(":7:29  danger") == 1


def test_an_umbrella(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    for name in ("shop", "blog"):
        made = tmp_path / "apps" / name / "priv" / "repo" / "migrations"
        made.mkdir(parents=True)
        (made / "20250101000000_index_posts.exs").write_text(INDEX)
    monkeypatch.chdir(tmp_path)
    found = [finding["file"] for finding in run("check", "--format", "json").json]
    assert list(dict.fromkeys(found)) == [
        "apps/blog/priv/repo/migrations/20250101000000_index_posts.exs",
        "apps/shop/priv/repo/migrations/20250101000000_index_posts.exs",
    ]


def test_what_a_folder_holds_that_is_no_migration(folder: Path, run: Run) -> None:
    (folder / ".formatter.exs").write_text("[import_deps: [:ecto_sql]]\n")
    (folder / "20250101000000_index_posts.exs").write_text(INDEX)
    root = folder.parents[2]
    for path in ("deps/oban/priv/repo/migrations", "_build/x", "test/support"):
        (root / path).mkdir(parents=True)
    (root / "deps/oban/priv/repo/migrations/20240101000000_x.exs").write_text(INDEX)
    (root / "_build/x/20240101000000_x.exs").write_text(INDEX)
    (root / "test/support/no_migration.exs").write_text("IO.puts(1)\n")
    (root / "test/support/migration.exs").write_text(INDEX)
    files = {finding["file"] for finding in run("check", "--format", "json", ".").json}
    assert files == {
        "./priv/repo/migrations/20250101000000_index_posts.exs",
        "./test/support/migration.exs",
    }


@pytest.mark.parametrize(
    ("level", "file", "code"),
    [
        ("danger", ADD_STATUS, 1),
        ("risk", ADD_STATUS, 1),
        ("never", ADD_STATUS, 0),
        ("info", f"{MIGRATIONS}/20250110090000_create_users.exs", 0),
    ],
)
def test_fail_level(blog: Path, run: Run, level: str, file: str, code: int) -> None:
    assert run("check", "--fail-level", level, file).code == code


def test_standard_input(blog: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stdin(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    stdin(INDEX.encode())
    result = run("check", "-", "--stdin-filename", f"{MIGRATIONS}/20260101000000_index_posts.exs")
    assert result.code == 1
    assert result.out.startswith(f"{MIGRATIONS}/20260101000000_index_posts.exs:5:5  danger")
    stdin(INDEX.encode())
    assert run("check", "-").out.startswith("stdin.exs:5:5  danger")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n", id="blank"),
        pytest.param(b"\xff\xfe\x00d\x00e\x00f", id="utf-16"),
        pytest.param(INDEX.encode()[:-20], id="cut off"),
        pytest.param(b"defmodule A do\n use Ecto.Migration\n def change do\n  (((((", id="open"),
        pytest.param(b"\x00" * 1000, id="zeros"),
    ],
)
def test_bad_input_is_no_error(folder: Path, run: Run, data: bytes) -> None:
    (folder / "20250101000000_x.exs").write_bytes(data)
    result = run("check")
    assert result.err == ""
    assert result.code in (0, 1)


def test_what_did_not_parse_is_said(folder: Path, run: Run) -> None:
    (folder / "20250101000000_x.exs").write_text(INDEX.replace("change do", "change do\n    add(:a, )) ]"))
    (folder / "20250101000001_y.exs").write_text("IO.puts(1)\n")
    lines = run("check").out.splitlines()
    assert lines[-2] == (
        "priv/repo/migrations/20250101000000_x.exs:5 does not parse; nothing is said about that part."
    )
    assert lines[-1].startswith("1 migration checked: ")
    assert "1 file without a migration." in lines[-1]


def test_positions_behind_what_is_no_ascii(folder: Path, run: Run) -> None:
    path = folder / "20250101000000_x.exs"
    line = 'execute "SELECT 1 -- 😋é\u2028"; create index(:posts, [:title])'
    path.write_bytes(INDEX.replace("create index(:posts, [:title])", line).replace("\n", "\r\n").encode())
    (finding,) = [each for each in run("check", "--format", "json").json if "index" in each["rule"]]
    assert finding["start"] == {"line": 5, "column": 5 + line.index("create")}
    path.write_bytes(INDEX.replace("create index", '"\xff"; create index').encode("latin-1"))
    (finding,) = run("check", "--format", "json").json
    assert finding["start"] == {"line": 5, "column": 5 + len('"?"; ')}


def test_a_large_file(folder: Path, run: Run) -> None:
    path = folder / "20250101000000_x.exs"
    body = "    create index(:posts, [:title])\n"
    path.write_text(INDEX.replace(body, body + "    # filler\n" * 90_000 + body))
    assert path.stat().st_size > 1_000_000
    result = run("check", "--format", "json")
    assert [finding["start"]["line"] for finding in result.json if finding["level"] == "danger"] == [
        5,
        90_006,
    ]


def test_an_unreadable_file_does_not_hide_the_others(blog: Path, run: Run, tmp_path: Path) -> None:
    gone = tmp_path / "20250101000000_x.exs"
    gone.symlink_to(gone)
    result = run("check", blog / ADD_STATUS, "--format", "json", f"{tmp_path}/../{tmp_path.name}")
    assert result.code == 2


def test_control_characters_do_not_reach_the_terminal(folder: Path, run: Run) -> None:
    (folder / "20250101000000_\x1b[31m.exs").write_text(INDEX.replace("    create", '    "\x1b[2J"; create'))
    result = run("check")
    assert result.code == 1
    assert "\x1b" not in result.out


def test_an_error_of_this_program_is_one_line(blog: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecto_migrations_analysis import engine

    def broken(*_: object) -> None:
        raise LookupError("a\nb")

    monkeypatch.setattr(engine, "analyze", broken)
    result = run("check", ADD_STATUS)
    assert result.code == 2
    assert result.err == f"ecto-migrations: internal error at {ADD_STATUS}: LookupError: a␊b\n"
    assert result.out == "0 migrations checked.\n"


def test_a_migration_that_ends_in_ex_is_told_of(folder: Path, run: Run) -> None:
    (folder / "20250101000000_x.ex").write_text(INDEX)
    (folder / "helpers.ex").write_text("defmodule Helpers do\nend\n")
    result = run("check", "--format", "json")
    assert {Path(finding["file"]).name for finding in result.json} == {"20250101000000_x.ex"}
    assert "migration-ext-ex" in {finding["rule"] for finding in result.json}
