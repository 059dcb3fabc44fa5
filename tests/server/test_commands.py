"""The server's own commands, asked for as an editor does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_server import verification
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor, path_of, uri_of
from support.repository import Repository

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """defmodule Shop.Repo.Migrations.AddState do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :state, :string, null: false
    end
  end
end
"""
SAFE = TEXT.replace(", null: false", "")


async def run(editor: Editor, command: str, *arguments: Any) -> Any:
    params = types.ExecuteCommandParams(f"ectoMigrations.server.{command}", list(arguments))
    return await editor.client.workspace_execute_command_async(params)


async def test_the_commands_are_announced(vscode: Editor) -> None:
    provider = vscode.server.execute_command_provider
    assert provider is not None
    assert set(provider.commands) >= {
        f"ectoMigrations.server.{name}"
        for name in ("report", "releaseReport", "verdict", "rules", "rule", "templates", "newMigration")
    }


async def test_the_verdict_follows_the_text(vscode: Editor, migrations: Path) -> None:
    uri = await vscode.open(migrations / "20260101000000_add_state.exs", TEXT)
    verdict = await run(vscode, "verdict", uri)
    assert verdict["classification"] == "dangerous"
    assert verdict["counts"] == {"danger": 1, "risk": 0, "info": 0}
    assert verdict["reasons"][0].startswith("NOT NULL without a default: scans `orders`")
    vscode.type(uri, SAFE)
    assert (await run(vscode, "verdict", uri))["classification"] == "safe"
    vscode.close(uri)
    assert await run(vscode, "verdict", uri) is None


async def test_a_document_that_is_no_migration_has_no_verdict(vscode: Editor, migrations: Path) -> None:
    uri = await vscode.open(migrations.parents[2] / "lib/shop.ex", "defmodule Shop do\nend\n")
    assert await run(vscode, "verdict", uri) is None
    assert await run(vscode, "report", uri) is None
    vscode.close(uri)


async def test_the_report_is_on_the_text_in_the_editor(vscode: Editor, migrations: Path) -> None:
    uri = await vscode.open(migrations / "20260101000000_add_state.exs", TEXT)
    report = await run(vscode, "report", uri)
    assert report["title"] == "Report: AddState"
    assert report["markdown"].startswith("# Migration Report — AddState\n")
    assert "- File: `priv/repo/migrations/20260101000000_add_state.exs`" in report["markdown"]
    assert "ADD COLUMN" in report["markdown"]
    vscode.close(uri)


async def test_the_report_ticks_what_was_run_with_this_text(vscode: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_add_state.exs"
    uri = await vscode.open(path, TEXT)
    ran = verification.ran(str(path), TEXT.encode(), "rehearsal", passed=True, result="PostgreSQL 18.6")
    verification.remember([ran], verification.record_of(str(path)))
    ticked = f"- [x] Rehearsed on {ran.date}: PostgreSQL 18.6\n"
    assert ticked in (await run(vscode, "report", uri))["markdown"]
    vscode.type(uri, SAFE)
    assert "- [ ] Rehearsal: " in (await run(vscode, "report", uri))["markdown"]
    vscode.close(uri)


async def test_the_report_on_a_branch(vscode: Editor, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "blog")
    repository.migration("20260101000000_create_posts", "create table(:posts)")
    repository.commit()
    repository.git("checkout", "-q", "-b", "work")
    repository.migration("20260102000000_first", "alter table(:posts), do: add(:first, :text)")
    repository.commit()
    second = repository.migration("20260103000000_second", "create index(:posts, [:first])")
    uri = await vscode.open(second, second.read_text().replace("[:first]", "[:first, :id]"))
    page = await run(vscode, "releaseReport", uri)
    assert page["title"] == "Release: main"
    heads = [line for line in page["markdown"].splitlines() if line.startswith("### ")]
    assert heads[-2:] == ["### 1. 20260102000000_first", "### 2. 20260103000000_second"]
    # As it is in the editor.
    assert "`posts_first_id_index`" in page["markdown"]
    assert "- File: `priv/repo/migrations/20260103000000_second.exs`" in page["markdown"]
    one = await run(vscode, "releaseReport", {"uri": uri, "range": "main..HEAD"})
    assert one["title"] == "Release: main..HEAD"
    assert "1 migration of `Blog.Repo`: **safe**" in one["markdown"]
    with pytest.raises(JsonRpcException, match="git knows no revision nowhere"):
        await run(vscode, "releaseReport", {"uri": uri, "range": "nowhere..HEAD"})
    vscode.close(uri)


async def test_the_report_on_a_branch_without_git(vscode: Editor, migrations: Path) -> None:
    path = migrations / "20260101000000_add_state.exs"
    path.write_text(TEXT)
    uri = await vscode.open(path, TEXT)
    with pytest.raises(JsonRpcException, match="is in no repository of git"):
        await run(vscode, "releaseReport", uri)
    vscode.close(uri)


async def test_rules_and_their_pages(vscode: Editor) -> None:
    rules = await run(vscode, "rules")
    assert {"id": "set-not-null-scan", "level": "danger"}.items() <= next(
        rule for rule in rules if rule["id"] == "set-not-null-scan"
    ).items()
    levels = [rule["level"] for rule in rules]
    assert levels == sorted(levels, key=["danger", "risk", "info"].index)
    page = await run(vscode, "rule", "set-not-null-scan")
    assert page["title"] == "Rule: set-not-null-scan"
    assert page["markdown"].startswith("# set-not-null-scan\n")
    assert await run(vscode, "rule", "no-such-rule") is None
    assert await run(vscode, "rule", {"not": "a name"}) is None


async def test_a_template_becomes_a_file(vscode: Editor, migrations: Path) -> None:
    names = {template["name"]: template["files"] for template in await run(vscode, "templates")}
    assert names["add-index-concurrently"] == 1 and names["add-not-null-column"] == 3
    [file] = await run(
        vscode,
        "newMigration",
        {"template": "add-index-concurrently", "folder": uri_of(migrations), "name": "index_orders_by_a"},
    )
    path = path_of(file["uri"])
    assert path.parent == migrations and path.name.endswith("_index_orders_by_a.exs")
    assert path.read_text() == file["text"]
    assert file["text"].startswith("defmodule Shop.Repo.Migrations.IndexOrdersByA do\n")
    assert "create index(:${1:posts}, [:${2:status}], concurrently: true)" in file["snippet"]


async def test_a_split_has_no_tab_stops_across_files(vscode: Editor, migrations: Path) -> None:
    files = await run(
        vscode, "newMigration", {"template": "add-not-null-column", "folder": uri_of(migrations)}
    )
    assert len(files) == 3 and all(file["snippet"] is None for file in files)
    assert all(path_of(file["uri"]).read_text() == file["text"] for file in files)


async def test_a_name_that_only_an_unsaved_buffer_has_is_taken(vscode: Editor, migrations: Path) -> None:
    uri = await vscode.open(migrations / "20260101000000_index_a.exs", TEXT)
    with pytest.raises(JsonRpcException, match="there is a migration index_a already"):
        await run(
            vscode,
            "newMigration",
            {"template": "add-index-concurrently", "folder": uri_of(migrations), "name": "index_a"},
        )
    vscode.close(uri)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({}, "is no folder"),
        (None, "is no folder"),
        ({"template": "x", "folder": "file:///nowhere/at/all"}, "is no folder"),
        ({"template": "x"}, "is no folder"),
    ],
)
async def test_what_cannot_be_written_is_said(vscode: Editor, argument: Any, message: str) -> None:
    with pytest.raises(JsonRpcException, match=message):
        await run(vscode, "newMigration", argument)


async def test_an_unknown_template_is_said(vscode: Editor, migrations: Path) -> None:
    with pytest.raises(JsonRpcException, match="there is no template 'add-index'"):
        await run(vscode, "newMigration", {"template": "add-index", "folder": uri_of(migrations)})
    assert [path.name for path in migrations.iterdir()] == ["20250101000000_create_orders.exs"]
