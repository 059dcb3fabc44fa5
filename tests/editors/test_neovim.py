"""The server and the plugin in a real Neovim."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.neovim import Neovim, wait_for
from support.slow_files import SlowFile

ADD_STATUS = "20250415120000_add_status_to_posts.exs"


@pytest.fixture
def migrations(neovim: Neovim) -> Path:
    neovim.enable()
    return neovim.project() / "priv/repo/migrations"


def test_attaches_to_migrations_counting_in_utf_16(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    client = neovim.attached()
    assert client["encoding"] == "utf-16"
    assert client["root"] == str(neovim.home / "blog")


def test_leaves_scripts_without_a_project_alone(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.attached()
    script = neovim.home / "script.exs"
    script.write_text("IO.puts(1)\n")
    neovim.edit(script)
    neovim.nvim.command("sleep 100m")
    assert neovim.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0
    loose = neovim.home / "priv/repo/migrations" / ADD_STATUS
    loose.parent.mkdir(parents=True)
    shutil.copy(migrations / ADD_STATUS, loose)
    neovim.edit(loose)
    assert neovim.attached()["root"] == ""


def test_the_squiggle_is_under_the_cause(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    (diagnostic,) = neovim.diagnostics()
    assert diagnostic["source"] == "ecto-migrations"
    assert diagnostic["code"] == "add-column-not-null-without-default"
    assert diagnostic["severity"] == 1
    lines = neovim.text().splitlines()
    assert lines[diagnostic["lnum"]][diagnostic["col"] : diagnostic["end_col"]] == "null: false"
    assert "posts" in diagnostic["message"].splitlines()[0]


def test_the_squiggle_follows_the_text_and_goes(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.diagnostics()
    # Wide characters in front of it: Neovim counts in bytes, the server in UTF-16.
    neovim.nvim.command(r"%s/:string,/:string, comment: \"😋é\",/")
    neovim.nvim.command("1put! ='# 😋'")

    def marked() -> list[bytes]:
        lines = neovim.text().encode().splitlines()
        return [
            lines[each["lnum"]][each["col"] : each["end_col"]]
            for each in neovim.lua("return vim.diagnostic.get(0)")
        ]

    wait_for(lambda: marked() == [b"null: false"])
    assert neovim.lua("return vim.diagnostic.get(0)[1].lnum") == 7
    neovim.nvim.command("%s/, null: false//")
    codes = "return vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(0))"
    wait_for(lambda: "add-column-not-null-without-default" not in neovim.lua(codes))


def test_a_split_is_applied_and_written(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.diagnostics()
    before = {path.name for path in migrations.iterdir()}
    neovim.put_cursor_on("null: false")
    neovim.apply_code_action("Split into 3 migrations")
    wait_for(lambda: "null: false" not in neovim.text())
    neovim.nvim.command("wall")
    first = (migrations / ADD_STATUS).read_text()
    assert first == neovim.text()
    assert "null: false" not in first and "add :summary, :text" in first
    second, third = sorted({path.name for path in migrations.iterdir()} - before)
    assert ADD_STATUS < second < third
    for name, word in ((second, "backfill"), (third, "SET NOT NULL")):
        text = (migrations / name).read_text()
        assert word in text
        assert re.match(r"# Step \d of 3", text) and text.endswith("\nend\n")
    # The file that was split has nothing dangerous in it any more.
    wait_for(lambda: neovim.lua("return #vim.diagnostic.get(0) == 0"))


_COMPLETIONS = """
local asked = vim.lsp.util.make_position_params(0, 'utf-16')
return vim.json.encode(vim.lsp.buf_request_sync(0, 'textDocument/completion', asked, 20000) or {})
"""


def test_a_snippet_is_expanded(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / "20260101000000_index_posts_by_status.exs")
    neovim.attached()
    # How the project names its modules is read in the background; completion waits for it an instant only.
    wait_for(lambda: "Blog.Repo.Migrations" in neovim.lua(_COMPLETIONS))
    complete(neovim, "add-index-concurrently")
    text = neovim.text()
    assert text.startswith("defmodule Blog.Repo.Migrations.IndexPostsByStatus do\n  use Ecto.Migration\n")
    assert "create index(:posts, [:status], concurrently: true)\n" in text
    # The first tab stop is selected: what is typed replaces it.
    neovim.nvim.input("comments")
    wait_for(lambda: "create index(:comments, [:status], concurrently: true)\n" in neovim.text())


def test_a_generated_file_is_filled(neovim: Neovim, migrations: Path) -> None:
    path = migrations / "20260101000000_index_posts_by_status.exs"
    head = "defmodule Blog.Repo.Migrations.Mine do\n  use Ecto.Migration\n"
    path.write_text(f"{head}\n  def change do\n\n  end\nend\n")
    neovim.edit(path)
    neovim.attached()
    neovim.nvim.current.window.cursor = (5, 0)
    complete(neovim, "add-index-concurrently")
    text = neovim.text()
    assert text.startswith(head) and text.count("defmodule") == 1
    assert text.endswith("concurrently: true)\n  end\nend\n")


def test_a_line_in_alter_is_indented_like_its_neighbours(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.attached()
    neovim.put_cursor_on("add :summary")
    neovim.nvim.feedkeys("O")
    complete(neovim, "add-nullable-column", insert="")
    before, _, after = neovim.text().partition("      add :status, :string\n")
    assert before.endswith("alter table(:posts) do\n") and after.startswith("      add :summary")


def complete(neovim: Neovim, name: str, insert: str = "i") -> None:
    """Asks for completion at the cursor and accepts the item of this name."""
    neovim.lua("vim.lsp.completion.enable(true, ..., 0)", neovim.attached()["id"])
    neovim.nvim.command("set completeopt=menuone,noselect")
    neovim.nvim.feedkeys(insert)
    neovim.lua("vim.lsp.completion.get()")
    wait_for(lambda: neovim.lua("return vim.fn.pumvisible() == 1"))
    names = [item["abbr"] for item in neovim.nvim.funcs.complete_info(["items"])["items"]]
    neovim.nvim.input("<C-n>" * (names.index(name) + 1) + "<C-y>")
    wait_for(lambda: neovim.lua("return vim.snippet.active()"))


def test_hover_shows_the_statement(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.diagnostics()
    neovim.put_cursor_on("add :status")
    hover = neovim.hover()
    assert "ALTER TABLE" in hover and '"posts"' in hover
    assert "ACCESS EXCLUSIVE" in hover
    assert "PostgreSQL" in hover


def test_a_missing_server_is_named(neovim: Neovim, migrations: Path) -> None:
    neovim.lua("vim.lsp.config('ecto_migrations', { cmd = { 'no-such-server' } })")
    neovim.edit(migrations / ADD_STATUS)
    assert "no-such-server is not in PATH" in wait_for(neovim.messages)
    assert neovim.lua("return #vim.lsp.get_clients()") == 0


def test_the_server_leaves_with_neovim(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.attached()
    neovim.lua("vim.lsp.enable('ecto_migrations', false)")
    wait_for(lambda: neovim.lua("return #vim.lsp.get_clients() == 0"))
    log = Path(neovim.lua("return vim.lsp.get_log_path()"))
    # Everything that a server writes to stderr would be here as an error.
    assert not log.exists() or "ERROR" not in log.read_text()


def test_a_table_is_shown_and_leads_to_its_creation(neovim: Neovim, migrations: Path) -> None:
    neovim.edit(migrations / ADD_STATUS)
    neovim.diagnostics()
    neovim.nvim.command("call search('table(:\\zsposts')")
    neovim.lua("vim.lsp.buf.hover()")
    windows = "return #vim.tbl_filter(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' end,"
    wait_for(lambda: neovim.lua(f"{windows} vim.api.nvim_list_wins())") == 1)
    shown = neovim.lua(
        "for _, w in ipairs(vim.api.nvim_list_wins()) do"
        " if vim.api.nvim_win_get_config(w).relative ~= '' then"
        " return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(w), 0, -1, false), '\\n')"
        " end end"
    )
    assert "before this migration" in shown and "20250112101500_create_posts" in shown
    neovim.lua("vim.lsp.buf.definition()")
    wait_for(lambda: neovim.nvim.eval("expand('%:t')") == "20250112101500_create_posts.exs")
    assert neovim.nvim.eval("expand('<cword>')") == "posts"


def test_the_reading_of_a_project_is_shown(neovim: Neovim, migrations: Path) -> None:
    slow = SlowFile(migrations / "20200101000000_slow.exs", "defmodule Slow do\nend\n")
    neovim.lua(
        """
        seen = {}
        vim.api.nvim_create_autocmd('LspProgress', {
          callback = function(event) table.insert(seen, event.data.params.value) end,
        })
        """
    )
    neovim.edit(migrations / ADD_STATUS)
    begun = wait_for(lambda: neovim.lua("return seen[1]"))
    assert begun["kind"] == "begin" and begun["title"] == "Reading the project"
    earlier = [path for path in migrations.iterdir() if "0" < path.name < ADD_STATUS]
    report = wait_for(lambda: neovim.lua("return seen[2]"))
    assert report["kind"] == "report"
    assert report["message"] == f"0 of {len(earlier)} migrations"
    # Meanwhile the buffer is judged by itself.
    assert neovim.diagnostics()[0]["code"] == "add-column-not-null-without-default"
    slow.release()
    wait_for(lambda: neovim.lua("return seen[#seen].kind") == "end")
