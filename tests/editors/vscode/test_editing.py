"""What a person sees and does with an open migration."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.vscode import MIGRATIONS, CodeServer, Window, copy_of_blog, wait_for

if TYPE_CHECKING:
    from conftest import Opener
    from playwright.sync_api import Locator

ADD_STATUS = MIGRATIONS / "20250415120000_add_status_to_posts.exs"


@pytest.fixture
def window(code: CodeServer, blog: Path, open_window: Opener) -> Window:
    opened = open_window(code, blog, blog / ADD_STATUS)
    opened.squiggle().wait_for()
    return opened


def test_a_finding_is_underlined_listed_and_in_the_status_bar(window: Window) -> None:
    window.put_caret("null: false")
    window.status("dangerous").wait_for()
    row = window.problems().filter(has_text="NOT NULL without a default: scans posts under ACCESS EXCLUSIVE")
    row.wait_for()
    assert "add-column-not-null-without-default" in row.inner_text()
    window.picture("vscode-finding")


def test_a_quick_fix_writes_the_files_of_a_split(window: Window) -> None:
    before = set(window.migrations())
    window.put_caret("null: false")
    # It moves the text down, which closes the menu.
    window.page.locator(".codelens-decoration a").first.wait_for()
    entry = window.fix("Split into 3 migrations")
    window.picture("vscode-fix")
    entry.click()
    window.status("safe").wait_for()

    def written() -> list[Path]:
        return [path for path in window.migrations() if path not in before and path.read_text()]

    wait_for(lambda: len(written()) == 2)
    made = written()
    assert [path.name.partition("_")[2] for path in made] == [
        "backfill_posts_status.exs",
        "enforce_posts_status_not_null.exs",
    ]
    assert all(path.read_text().rstrip().endswith("end") for path in made)
    changed = window.folder / ADD_STATUS
    wait_for(lambda: "null: false" not in changed.read_text())


def test_pointing_at_an_operation_shows_its_sql_and_its_lock(window: Window) -> None:
    hover = window.point_at(":status")
    hover.filter(has_text="ACCESS EXCLUSIVE").wait_for()
    text = hover.inner_text()
    assert "Adds posts.status (character varying(255), NOT NULL)" in text
    assert 'ALTER TABLE "posts"' in text
    window.picture("vscode-hover", mouse_stays=True)


def test_a_template_is_completed_with_tab_stops(code: CodeServer, blog: Path, open_window: Opener) -> None:
    path = blog / MIGRATIONS / "20260101090000_index_posts_by_slug.exs"
    path.write_text("")
    window = open_window(code, blog, path)
    # Completion is asked for when the server is there, as a person would wait for it.
    window.status("safe").wait_for()
    window.page.locator(".editor-instance .view-line").first.click()
    # At the pace of a person: VS Code asks when a word begins.
    window.page.keyboard.type("add-index", delay=150)
    entry = window.page.locator(".suggest-widget.visible .monaco-list-row", has_text="add-index-concurrently")
    entry.wait_for()
    window.picture("vscode-completion")
    window.page.keyboard.press("Enter")
    window.fill("users", "bio")
    window.save()
    expected = (
        "defmodule Blog.Repo.Migrations.IndexPostsBySlug do\n"
        "  use Ecto.Migration\n\n"
        "  @disable_ddl_transaction true\n"
        "  @disable_migration_lock true\n\n"
        "  def change do\n"
        "    create index(:users, [:bio], concurrently: true)\n"
        "  end\n"
        "end"
    )
    wait_for(path.read_text)
    assert path.read_text().rstrip() == expected
    window.status("safe").wait_for()


def test_the_report_stands_beside_the_code_and_follows_it(window: Window) -> None:
    window.run("Ecto Migrations: Show Migration Report")
    page = window.web_page()
    page.get_by_role("heading", name="Migration Report — AddStatusToPosts").wait_for()
    page.locator("li", has_text="Classification: dangerous").wait_for()
    assert page.locator("input[type=checkbox]").count() >= 4
    assert "[ ]" not in page.locator("body").inner_text()
    window.picture("vscode-report")
    window.put_caret("null: false")
    for _ in ", null: false":
        window.page.keyboard.press("Backspace")
    page.locator("li", has_text="Classification: safe").wait_for()
    window.status("safe").wait_for()


def test_the_lens_over_the_module_opens_the_report(window: Window) -> None:
    lens = window.page.locator(".codelens-decoration a", has_text="dangerous")
    lens.wait_for()
    assert "ACCESS EXCLUSIVE" in lens.inner_text()
    window.picture("vscode-lens")
    lens.click()
    window.web_page().get_by_role("heading", name="Migration Report — AddStatusToPosts").wait_for()


def test_the_page_of_the_rule_at_the_caret(window: Window) -> None:
    window.put_caret("null: false")
    window.run("Ecto Migrations: Show Rule")
    page = window.web_page()
    page.get_by_role("heading", name="add-column-not-null-without-default").wait_for()
    page.get_by_role("heading", name="Instead").wait_for()


def test_a_new_migration_from_a_template(window: Window) -> None:
    before = set(window.migrations())
    window.run("Ecto Migrations: New Migration from Template")
    window.picks().filter(has_text="Add an index concurrently").wait_for()
    window.picture("vscode-template")
    window.picks().filter(has_text="Add an index concurrently").click()
    window.page.locator(".quick-input-widget", has_text="mix ecto.gen.migration").wait_for()
    window.page.keyboard.insert_text("index_users_by_bio")
    window.page.keyboard.press("Enter")
    [path] = wait_for(lambda: [path for path in window.migrations() if path not in before])
    assert path.name.endswith("_index_users_by_bio.exs")
    window.fill("users", "bio")
    window.save()
    wait_for(lambda: "create index(:users, [:bio], concurrently: true)" in path.read_text())
    assert "defmodule Blog.Repo.Migrations.IndexUsersByBio do" in path.read_text()


def test_restart(window: Window) -> None:
    window.run("Ecto Migrations: Restart Server")
    window.replace_text(
        "defmodule Blog.Repo.Migrations.A do\n  use Ecto.Migration\n"
        "  def change, do: create index(:posts, [:body])\nend\n"
    )
    window.problems().filter(has_text="index-not-concurrent").wait_for()


def test_other_files_have_no_verdict(code: CodeServer, blog: Path, open_window: Opener) -> None:
    window = open_window(code, blog, blog / ADD_STATUS)
    window.status("dangerous").wait_for()
    window.page.keyboard.press("Control+KeyP")
    window.page.locator(".quick-input-widget input").first.wait_for()
    window.page.keyboard.insert_text("mix.exs")
    window.picks().filter(has_text="mix.exs").first.click()
    window.line("Blog.MixProject").wait_for()
    window.status("").wait_for(state="hidden")


def test_several_folders_have_one_server(code: CodeServer, tmp_path: Path, open_window: Opener) -> None:
    folders = [copy_of_blog(tmp_path / name) for name in ("one", "two")]
    workspace = tmp_path / "both.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": str(folder)} for folder in folders]}))
    window = open_window(code, workspace, folders[1] / ADD_STATUS)
    window.squiggle().wait_for()
    window.status("dangerous").wait_for()
    window.run("Ecto Migrations: New Migration from Template")
    window.picks().filter(has_text="Add an index concurrently").click()
    window.page.locator(".quick-input-widget", has_text="mix ecto.gen.migration").wait_for()
    window.page.keyboard.insert_text("index_users_by_bio")
    window.page.keyboard.press("Enter")
    # In the folder of the migration that is open.
    wait_for(lambda: list((folders[1] / MIGRATIONS).glob("*_index_users_by_bio.exs")))
    assert not window.message("already exists").is_visible()


def test_settings_of_the_project_and_of_the_editor_count_at_once(window: Window) -> None:
    settings = window.folder / ".ecto-migrations.toml"
    settings.write_text('ignore = ["add-column-not-null-without-default"]\n')
    window.status("safe").wait_for()
    settings.write_text('ignor = ["add-column-not-null-without-default"]\n')
    window.status("dangerous").wait_for()
    window.problems().filter(has_text="ignor").first.wait_for()
    (window.folder / ".vscode").mkdir()
    (window.folder / ".vscode/settings.json").write_text(
        '{"ectoMigrations.levels": {"add-column-not-null-without-default": "risk"}}'
    )
    window.status("risky").wait_for()


def test_what_needs_no_decision_is_fixed_on_save(code: CodeServer, blog: Path, open_window: Opener) -> None:
    path = blog / MIGRATIONS / "20260101090000_index_posts_by_body.exs"
    path.write_text(
        "defmodule Blog.Repo.Migrations.IndexPostsByBody do\n  use Ecto.Migration\n\n"
        "  def change do\n    create index(:posts, [:body])\n  end\nend\n"
    )
    (blog / ".vscode").mkdir()
    # As the README has it.
    on_save = {"editor.codeActionsOnSave": {"source.fixAll.ecto-migrations": "explicit"}}
    (blog / ".vscode/settings.json").write_text(json.dumps({"[elixir]": on_save}))
    window = open_window(code, blog, path)
    window.squiggle().wait_for()
    window.put_caret("use Ecto.Migration")
    window.page.keyboard.press("Space")
    window.save()
    wait_for(lambda: "create index(:posts, [:body], concurrently: true)" in path.read_text())
    window.squiggle().wait_for(state="hidden")


def test_the_report_on_all_migrations_of_the_branch(window: Window) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(window.folder)]
    first = "priv/repo/migrations/20250112101500_create_posts.exs"
    for arguments in (["init", "-q", "-b", "main"], ["add", first], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], check=True)
    window.run("Ecto Migrations: Show Report on All Migrations of the Branch")
    window.web_page().get_by_text("add_status_to_posts").first.wait_for()


def test_the_steps_of_the_walkthrough_are_done_by_doing(window: Window) -> None:
    """Each where a person does it, not only where its button is pressed."""

    def open_walkthrough() -> None:
        window.run("Welcome: Open Walkthrough...")
        window.picks().filter(has_text="Ecto migrations that do not stop the site").click()
        step("Rehearse it", "unchecked").wait_for()

    def step(title: str, state: str) -> Locator:
        row = window.page.locator("button.getting-started-step", has_text=title)
        return row.locator(f".codicon-getting-started-step-{state}")

    open_walkthrough()
    window.picture("vscode-walkthrough")
    window.page.get_by_role("tab", name=ADD_STATUS.name).click()
    window.point_at(":status").filter(has_text="ACCESS EXCLUSIVE").wait_for()
    window.page.locator(".codelens-decoration a", has_text="dangerous").click()
    window.web_page().get_by_role("heading", name="Migration Report").wait_for()
    window.put_caret("null: false")
    window.fix("Split into 3 migrations").click()
    window.status("safe").wait_for()
    open_walkthrough()
    for title in (
        "Start the server",
        "Open a migration",
        "See the SQL and its locks",
        "Take the safe form",
        "Read the report",
    ):
        step(title, "checked").wait_for()
