"""A rehearsal from VS Code: its page, its steps, its end, and what it shows in the text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from support.vscode import MIGRATIONS, CodeServer, Window

if TYPE_CHECKING:
    from conftest import Opener

ADD_LOCALE = MIGRATIONS / "20250318081200_add_locale_to_posts.exs"
NOTES = MIGRATIONS / "20260101090000_add_notes_to_posts.exs"
LEAVES = """defmodule Blog.Repo.Migrations.AddNotesToPosts do
  use Ecto.Migration

  def up do
    execute "DO $$ BEGIN CREATE TABLE hidden (id int); END $$"
  end

  def down do
    execute "SELECT 1"
  end
end
"""
SLEEPS = LEAVES.replace("DO $$ BEGIN CREATE TABLE hidden (id int); END $$", "SELECT pg_sleep(600)")


def rehearse(window: Window) -> None:
    window.page.locator(".codelens-decoration a", has_text="Rehearse").click()


def test_the_lens_rehearses_and_the_page_stands_beside_the_code(
    code: CodeServer, blog: Path, open_window: Opener
) -> None:
    window = open_window(code, blog, blog / ADD_LOCALE)
    rehearse(window)
    message = window.message("Rehearsing 20250318081200_add_locale_to_posts.exs")
    message.wait_for()
    page = window.web_page()
    page.get_by_role("heading", name="Rehearsal of Blog.Repo.Migrations.AddLocaleToPosts: passed").wait_for()
    page.get_by_text("Reads and writes of posts waited.").first.wait_for()
    assert page.locator("input[type=checkbox][checked]").count() == 5
    message.wait_for(state="hidden")
    window.picture("vscode-rehearsal")


def test_what_was_not_as_the_analysis_says_is_underlined_until_it_changes(
    code: CodeServer, blog: Path, open_window: Opener
) -> None:
    (blog / NOTES).write_text(LEAVES)
    window = open_window(code, blog, blog / NOTES)
    rehearse(window)
    row = window.problems().filter(has_text="after the rollback: the table hidden is left")
    row.wait_for()
    window.web_page().get_by_role("heading", name="AddNotesToPosts: failed").wait_for()
    window.put_caret("use Ecto.Migration")
    window.page.keyboard.press("Enter")
    row.wait_for(state="hidden")


def test_a_click_stops_it(code: CodeServer, blog: Path, open_window: Opener) -> None:
    (blog / NOTES).write_text(SLEEPS)
    window = open_window(code, blog, blog / NOTES)
    window.status("risky").or_(window.status("safe")).or_(window.status("dangerous")).first.wait_for()
    window.run("Ecto Migrations: Rehearse Migration")
    message = window.message("migrate (1 of 5)")
    message.wait_for()
    message.get_by_role("button", name="Cancel").click()
    window.message("Rehearsing").wait_for(state="hidden")
    assert not window.page.locator("iframe.webview").is_visible()
    assert not window.message("ecto-migrations:").is_visible()
