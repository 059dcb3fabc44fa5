"""What the plugin for Neovim adds: commands, lenses, new files that are written, help and health."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import neovim as support
from support.neovim import Neovim, wait_for
from support.other_server import __file__ as OTHER_SERVER

ADD_STATUS = "20250415120000_add_status_to_posts.exs"
CREATE_POSTS = "20250112101500_create_posts.exs"


@pytest.fixture
def migrations(neovim: Neovim) -> Path:
    return neovim.project() / "priv/repo/migrations"


def set_up(neovim: Neovim, **options: Any) -> None:
    neovim.lua("require('ecto_migrations').setup(...)", options)


def lens(neovim: Neovim) -> str:
    """The text of the lens over the module, once there is one."""
    title: str = wait_for(
        lambda: neovim.lua(
            "local lens = vim.lsp.codelens.get(0)[1]; return lens and lens.command and lens.command.title"
        )
    )
    return title


def page(neovim: Neovim, kind: str) -> str:
    """The text of the scratch buffer of this kind that is shown, once there is one."""
    text: str = wait_for(
        lambda: neovim.lua(
            """
            local kind = ...
            for _, window in ipairs(vim.api.nvim_list_wins()) do
              local buffer = vim.api.nvim_win_get_buf(window)
              if vim.startswith(vim.api.nvim_buf_get_name(buffer), 'ecto-migrations://' .. kind) then
                return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\\n')
              end
            end
            """,
            kind,
        )
    )
    return text


# --- in the text -------------------------------------------------------------------------------------------


def test_the_lens_opens_the_report(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    assert lens(neovim) == "dangerous — posts: ACCESS EXCLUSIVE, full scan — reversible"
    neovim.nvim.current.window.cursor = (1, 0)
    neovim.lua("vim.ui.select = function(items, options, choose) choose(items[1]) end")
    neovim.lua("vim.lsp.codelens.run()")
    report = page(neovim, f"report/{ADD_STATUS}")
    assert report.startswith("# Migration Report — AddStatusToPosts\n")
    assert "Classification: **dangerous**" in report
    assert neovim.nvim.eval("&buftype") == "nofile" and neovim.nvim.eval("&modifiable") == 0
    # It follows the migration until it is closed.
    neovim.nvim.command("wincmd p")
    neovim.nvim.command("%s/, null: false//")
    wait_for(lambda: "Classification: **safe**" in page(neovim, "report"))
    wait_for(lambda: lens(neovim).startswith("safe — posts: ACCESS EXCLUSIVE, an instant"))
    neovim.nvim.command("wincmd p")
    neovim.nvim.feedkeys("q")
    assert len(neovim.nvim.windows) == 1


def test_hints_when_they_are_wanted_and_settings_that_change(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    lens(neovim)
    # Neovim never asks until they are switched on; and the server says nothing until it is told to.
    neovim.lua("vim.lsp.inlay_hint.enable(true, { bufnr = 0 })")
    hints = (
        "local found = vim.lsp.inlay_hint.get({ bufnr = 0 })"
        " return vim.tbl_map(function(each) return each.inlay_hint.label end, found)"
    )
    assert neovim.lua(hints) == []
    set_up(neovim, inlay_hints=True)
    assert wait_for(lambda: neovim.lua(hints)) == ["posts: ACCESS EXCLUSIVE, full scan"]
    set_up(neovim, settings={"ignore": ["add-column-not-null-without-default"]}, code_lens=False)
    codes = "return vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(0))"
    wait_for(lambda: "add-column-not-null-without-default" not in neovim.lua(codes))
    wait_for(lambda: neovim.lua(hints) == [])
    assert neovim.lua("return #vim.lsp.codelens.get(0)") == 0


def test_an_option_that_does_not_exist_is_said(neovim: Neovim) -> None:
    set_up(neovim, codelens=True, settings=1)
    messages = neovim.messages()
    assert "setup() has no option codelens" in messages
    assert "settings of setup() is to be a table, got 1" in messages
    assert neovim.lua("return require('ecto_migrations').options.code_lens") is True


# --- rehearsals --------------------------------------------------------------------------------------------

LEAVES = """defmodule Blog.Repo.Migrations.AddNotes do
  use Ecto.Migration

  def up do
    execute "DO $$ BEGIN CREATE TABLE hidden (id int); END $$"
  end

  def down do
    execute "SELECT 1"
  end
end
"""
NOTES = "20260101000000_add_notes.exs"


@pytest.mark.slow
def test_the_lens_rehearses_and_what_was_wrong_is_shown_until_it_changes(
    neovim: Neovim, migrations: Path
) -> None:
    (migrations / NOTES).write_text(LEAVES)
    set_up(neovim)
    neovim.edit(migrations / NOTES)
    lens(neovim)
    neovim.nvim.current.window.cursor = (1, 0)
    neovim.lua("vim.ui.select = function(items, options, choose) choose(items[2]) end")
    neovim.lua("vim.lsp.codelens.run()")
    wait_for(lambda: " %: migrate (" in page(neovim, f"rehearsal/{NOTES}"))
    wait_for(
        lambda: page(neovim, "rehearsal").startswith("# Rehearsal of Blog.Repo.Migrations.AddNotes: failed")
    )
    assert "the table hidden is left" in page(neovim, "rehearsal")
    neovim.nvim.command("wincmd p")
    codes = "return vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(0))"
    wait_for(lambda: "rehearsal" in neovim.lua(codes))
    neovim.nvim.command("normal! Go")
    wait_for(lambda: "rehearsal" not in neovim.lua(codes))
    # The page stays, and may be closed now without stopping anything.
    neovim.nvim.command("wincmd p")
    neovim.nvim.feedkeys("q")
    assert "stopped" not in neovim.messages()


@pytest.mark.slow
def test_closing_the_page_stops_the_rehearsal(neovim: Neovim, migrations: Path) -> None:
    (migrations / NOTES).write_text(
        LEAVES.replace("DO $$ BEGIN CREATE TABLE hidden (id int); END $$", "SELECT pg_sleep(600)")
    )
    set_up(neovim)
    neovim.edit(migrations / NOTES)
    neovim.attached()
    neovim.nvim.command("EctoMigrations rehearse")
    wait_for(lambda: "migrate (1 of 5)" in page(neovim, "rehearsal"))
    neovim.nvim.feedkeys("q")
    wait_for(lambda: "the rehearsal is stopped" in neovim.messages())
    assert len(neovim.nvim.windows) == 1
    # The server has ended it, and begins another one.
    neovim.nvim.command("EctoMigrations rehearse")
    wait_for(lambda: "migrate (1 of 5)" in page(neovim, "rehearsal"))
    neovim.nvim.feedkeys("q")


def test_what_cannot_be_rehearsed_is_said(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    (migrations / NOTES).write_text(LEAVES.replace("def up", "def other"))
    neovim.edit(migrations / NOTES)
    neovim.attached()
    neovim.nvim.command("EctoMigrations rehearse")
    wait_for(lambda: "has neither up nor change" in neovim.messages())
    assert len(neovim.nvim.windows) == 1
    neovim.edit(migrations.parents[2] / "mix.exs")
    neovim.attached()
    neovim.nvim.command("EctoMigrations rehearse")
    wait_for(lambda: "this buffer has no migration" in neovim.messages())


# --- fixes -------------------------------------------------------------------------------------------------

INDEX = """defmodule Blog.Repo.Migrations.IndexPosts do
  use Ecto.Migration

  def change do
    create index(:posts, [:body])
  end
end
"""


def test_what_needs_no_decision_is_fixed_on_save(neovim: Neovim, migrations: Path) -> None:
    path = migrations / NOTES
    path.write_text(INDEX)
    set_up(neovim)
    neovim.edit(path)
    neovim.diagnostics()
    neovim.nvim.command("set modified | write")
    assert path.read_text() == INDEX
    set_up(neovim, fix_on_save=True)
    neovim.nvim.command("set modified | write")
    assert "create index(:posts, [:body], concurrently: true)" in path.read_text()
    assert "@disable_ddl_transaction true" in path.read_text()
    assert neovim.nvim.eval("&modified") == 0
    # Switched off while it runs.
    set_up(neovim)
    path.write_text(INDEX)
    neovim.nvim.command("edit! | set modified | write")
    assert path.read_text() == INDEX
    neovim.nvim.command("EctoMigrations fix")
    assert "concurrently: true" in neovim.text()
    neovim.nvim.command("EctoMigrations fix")
    assert "nothing can be fixed without a decision" in neovim.messages()


# --- new files ---------------------------------------------------------------------------------------------


def split(neovim: Neovim, migrations: Path) -> list[Path]:
    """Takes the split; the files that are new."""
    before = set(migrations.iterdir())
    neovim.edit(migrations / ADD_STATUS)
    neovim.diagnostics()
    neovim.put_cursor_on("null: false")
    neovim.apply_code_action("Split into 3 migrations")
    wait_for(lambda: "null: false" not in neovim.text())
    wait_for(lambda: "wrote" in neovim.messages() or "not saved" in neovim.messages())
    return sorted(set(migrations.iterdir()) - before)


def test_the_new_files_of_a_split_are_written(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    second, third = split(neovim, migrations)
    assert "backfill" in second.read_text() and "SET NOT NULL" in third.read_text()
    messages = neovim.messages()
    assert f"wrote {second.name}, {third.name}; {ADD_STATUS} is changed and not saved" in messages
    assert neovim.lua("return vim.bo[vim.fn.bufnr(...)].modified", str(second)) is False


def test_or_are_said_not_to_be(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim, write_new_files=False)
    second, third = split(neovim, migrations)
    assert second.read_text() == third.read_text() == ""
    assert f"not saved: {second.name}, {third.name}. `:wall` writes them" in neovim.messages()
    neovim.nvim.command("wall")
    assert "backfill" in second.read_text()


def test_a_new_migration_from_a_template(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / CREATE_POSTS)
    neovim.attached()
    neovim.nvim.command("EctoMigrations new add-index-concurrently index_posts_by_title")
    path = wait_for(
        lambda: next((path for path in migrations.iterdir() if "index_posts_by_title" in path.name), None)
    )
    wait_for(lambda: neovim.nvim.eval("expand('%:t')") == path.name)
    wait_for(lambda: neovim.lua("return vim.snippet.active()"))
    assert neovim.text() == path.read_text()
    assert neovim.text().startswith("defmodule Blog.Repo.Migrations.IndexPostsByTitle do\n")
    neovim.nvim.input("comments")
    wait_for(lambda: "create index(:comments, [:status], concurrently: true)\n" in neovim.text())


def test_a_new_migration_without_an_open_file(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.nvim.command(f"cd {migrations.parents[2]}")
    neovim.lua("vim.ui.select = function(items, options, choose) picked = items; choose(items[#items]) end")
    neovim.lua("vim.ui.input = function(options, answer) asked = options.prompt; answer('made_here') end")
    before = set(migrations.iterdir())
    neovim.nvim.command("EctoMigrations new")
    made = wait_for(lambda: set(migrations.iterdir()) - before)
    assert neovim.lua("return #picked") > 3
    assert all("defmodule Blog.Repo.Migrations." in path.read_text() for path in made)


def test_what_cannot_be_made_is_said(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / CREATE_POSTS)
    neovim.attached()
    neovim.nvim.command("EctoMigrations new add-index-concurrently create_posts")
    wait_for(lambda: "there is a migration create_posts already" in neovim.messages())
    neovim.nvim.command("EctoMigrations new no-such-template")
    wait_for(lambda: "there is no template no-such-template" in neovim.messages())


# --- commands ----------------------------------------------------------------------------------------------


def test_pages_of_rules_and_the_names_of_everything(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / CREATE_POSTS)
    neovim.attached()
    neovim.nvim.command("EctoMigrations rule set-not-null-scan")
    assert page(neovim, "rule").startswith("# set-not-null-scan")
    complete = neovim.nvim.funcs.getcompletion
    assert complete("EctoMigrations ", "cmdline") == [
        *("fix", "log", "new", "rehearse", "release", "report", "restart", "rule")
    ]
    assert "set-not-null-scan" in complete("EctoMigrations rule set-", "cmdline")
    assert "add-not-null-column" in complete("EctoMigrations new add-", "cmdline")
    neovim.nvim.command("EctoMigrations rule no-such-rule")
    wait_for(lambda: "there is no rule no-such-rule" in neovim.messages())
    neovim.nvim.command("EctoMigrations rubbish")
    assert "rubbish is none of fix, log, new, rehearse, release, report, restart, rule" in neovim.messages()


def test_the_report_on_the_branch(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    neovim.attached()
    neovim.nvim.command("EctoMigrations release")
    wait_for(lambda: "git" in neovim.messages())
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(migrations)]
    for arguments in (["init", "-q", "-b", "main"], ["add", CREATE_POSTS], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], check=True)
    neovim.nvim.command("EctoMigrations release main")
    assert "add_status_to_posts" in page(neovim, "release/main")


def test_no_report_where_there_is_no_migration(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.nvim.command("EctoMigrations report")
    assert "this buffer has no migration" in neovim.messages()
    neovim.edit(migrations.parents[2] / "mix.exs")
    neovim.attached()
    neovim.nvim.command("EctoMigrations report")
    wait_for(lambda: neovim.messages().count("this buffer has no migration") == 2)


def test_the_server_is_started_again(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    first = neovim.attached()["id"]
    neovim.nvim.command("EctoMigrations restart")
    assert wait_for(neovim.attached)["id"] != first
    assert len(neovim.diagnostics()) == 1


def test_a_branch_that_was_changed_in_a_terminal(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    assert lens(neovim).startswith("dangerous")
    text = (migrations / CREATE_POSTS).read_text()
    (migrations / CREATE_POSTS).unlink()
    (migrations / "20250415110000_create_posts.exs").write_text(text)
    neovim.nvim.command("doautocmd FocusGained")
    neovim.nvim.command("call search('table(:\\zsposts')")
    wait_for(lambda: "20250415110000" in hover(neovim))


def hover(neovim: Neovim) -> str:
    answer = neovim.lua(
        """
        local client = vim.lsp.get_clients({ bufnr = 0, name = 'ecto_migrations' })[1]
        local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
        local answer = client:request_sync('textDocument/hover', params, 20000, 0)
        return answer and answer.result and answer.result.contents.value or ''
        """
    )
    return str(answer)


# --- help and health ---------------------------------------------------------------------------------------


def health(neovim: Neovim) -> str:
    neovim.nvim.command("checkhealth ecto_migrations")
    return neovim.text()


def test_health_when_all_is_well(neovim: Neovim, migrations: Path) -> None:
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    neovim.attached()
    said = health(neovim)
    assert "ERROR" not in said and "WARNING" not in said
    assert "The server is enabled" in said and "ecto-migrations 0." in said
    assert f"Running for {neovim.home / 'blog'}, 1 buffer" in said


def test_health_says_what_is_missing(neovim: Neovim) -> None:
    neovim.lua("vim.lsp.config('ecto_migrations', { cmd = { 'no-such-server' } })")
    said = health(neovim)
    assert "The server is not enabled" in said and 'vim.lsp.enable("ecto_migrations")' in said
    assert "The server is missing: `no-such-server` cannot be executed" in said
    assert "uv tool install ecto-migrations" in said


def test_health_of_a_command_that_is_something_else(neovim: Neovim) -> None:
    neovim.lua("vim.lsp.config('ecto_migrations', { cmd = { 'false' } })")
    assert "--version` failed" in health(neovim)


def test_every_tag_of_the_help_leads_somewhere(neovim: Neovim, tmp_path: Path) -> None:
    help_text = (support.PLUGIN / "doc/ecto_migrations.txt").read_text()
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc/ecto_migrations.txt").write_text(help_text)
    neovim.nvim.command(f"helptags {tmp_path / 'doc'}")
    neovim.nvim.command(f"set runtimepath+={tmp_path}")
    tags = [line.split("\t")[0] for line in (tmp_path / "doc/tags").read_text().splitlines()]
    assert {"ecto-migrations", ":EctoMigrations-report", "ecto-migrations-setup"} <= set(tags)
    for tag in tags:
        neovim.nvim.command(f"help {tag}")
        assert neovim.nvim.eval("expand('%:t')") == "ecto_migrations.txt"
    # Links to other pages, Neovim's own too.
    for line in help_text.splitlines():
        for link in line.split("|")[1::2]:
            if " " not in link:
                neovim.nvim.command(f"help {link}")


def test_the_file_of_the_server_works_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied to the user's own configuration, without the plugin."""
    mine = tmp_path / "mine"
    (mine / "lsp").mkdir(parents=True)
    (mine / "lsp/ecto_migrations.lua").write_text((support.PLUGIN / "lsp/ecto_migrations.lua").read_text())
    neovim = Neovim.start(tmp_path, monkeypatch, mine)
    try:
        neovim.enable()
        neovim.edit(neovim.project() / "priv/repo/migrations" / ADD_STATUS)
        assert len(neovim.diagnostics()) == 1
        neovim.lua("vim.lsp.codelens.refresh({ bufnr = 0 })")
        assert lens(neovim).startswith("dangerous")
        assert neovim.lua("return vim.lsp.codelens.get(0)[1].command.command") == ""
    finally:
        neovim.stop()


# --- beside another server ---------------------------------------------------------------------------------


@pytest.fixture
def both(neovim: Neovim, migrations: Path) -> Neovim:
    """A buffer with two servers for it."""
    neovim.lua(
        """
        vim.lsp.config('other', { cmd = ..., filetypes = { 'elixir' }, root_markers = { 'mix.exs' } })
        vim.lsp.enable('other')
        """,
        [sys.executable, OTHER_SERVER],
    )
    set_up(neovim)
    neovim.edit(migrations / ADD_STATUS)
    sources = "return vim.tbl_map(function(each) return each.source end, vim.diagnostic.get(0))"
    wait_for(lambda: sorted(neovim.lua(sources)) == ["ecto-migrations", "other"])
    return neovim


def test_two_servers_count_columns_alike(both: Neovim) -> None:
    encodings = both.lua(
        "local clients = vim.lsp.get_clients({ bufnr = 0 })"
        " return vim.tbl_map(function(each) return each.offset_encoding end, clients)"
    )
    assert encodings == ["utf-16", "utf-16"]
    assert "different position encodings" not in both.messages()
    assert "WARNING" not in health(both)


def test_both_answer(both: Neovim, migrations: Path) -> None:
    both.put_cursor_on("add :status")
    shown = both.hover()
    assert "documentation of the other one" in shown and "ACCESS EXCLUSIVE" in shown
    assert lens(both).startswith("dangerous")
    both.put_cursor_on("null: false")
    both.apply_code_action("Split into 3 migrations")
    wait_for(lambda: "null: false" not in both.text())
    wait_for(lambda: "wrote" in both.messages())
    both.lua("vim.lsp.enable('other', false)")
    wait_for(lambda: both.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1)
    both.put_cursor_on("add :status")
    assert "ACCESS EXCLUSIVE" in hover(both)


def test_completion_of_both_in_one_list(both: Neovim, migrations: Path) -> None:
    both.edit(migrations / "20260101000000_new.exs")
    wait_for(lambda: both.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 2)
    both.attached()
    both.lua(
        "for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do"
        " vim.lsp.completion.enable(true, client.id, 0) end"
    )
    both.nvim.command("set completeopt=menuone,noselect")
    both.nvim.feedkeys("i")
    both.lua("vim.lsp.completion.get()")
    wait_for(lambda: both.lua("return vim.fn.pumvisible() == 1"))
    names = [item["abbr"] for item in both.nvim.funcs.complete_info(["items"])["items"]]
    assert "other_word" in names and "add-index-concurrently" in names
