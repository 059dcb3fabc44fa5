"""The project is read in the background: nothing waits for it but who asks for it.

A file that does not answer (`SlowFile`) stands for a slow disk; what arrives before it is released did not
wait for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.editor import uri_of
from support.slow_files import SlowFile
from support.wired_editor import PROGRESS, WiredEditor, rules

MODULE = "defmodule Shop.Repo.Migrations.{} do\n  use Ecto.Migration\n\n{}\nend\n"
MIX = "defmodule Shop.MixProject do\n  use Mix.Project\n\n  def project, do: [app: :shop]\nend\n"
NULLABLE = MODULE.format("Orders", "  def change do\n    create(table(:orders), do: add(:a, :string))\n  end")
NOT_NULL = NULLABLE.replace(":string", ":string, null: false")
# A danger, unless the column is NOT NULL already.
SETS = MODULE.format(
    "Sets",
    '  def up, do: execute("ALTER TABLE orders ALTER COLUMN a SET NOT NULL")\n\n'
    '  def down, do: execute("ALTER TABLE orders ALTER COLUMN a DROP NOT NULL")',
)
SCAN = "set-not-null-scan"
# A danger of another kind where a schema module still has the field.
REMOVES = MODULE.format(
    "Removes", "  def change do\n    alter(table(:orders), do: remove(:a, :string))\n  end"
)
STILL = "remove-column-still-in-schema"
SCHEMA = """defmodule Shop.Order do
  use Ecto.Schema

  schema "orders" do
    field :a, :string
  end
end
"""
# Needs no history.
DROPS = MODULE.format("Drops", "  def change, do: drop(index(:orders, [:a]))")


def project(root: Path) -> Path:
    """A project whose first migration makes `orders`; its folder of migrations."""
    folder = root / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (root / "mix.exs").write_text(MIX)
    (folder / "20200101000000_orders.exs").write_text(NULLABLE)
    return folder


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    return project(tmp_path / "shop")


def many(folder: Path, count: int) -> None:
    for number in range(1, count + 1):
        text = MODULE.format(f"T{number}", f"  def change, do: create(table(:t{number}))")
        (folder / f"20210101{number:06}_t{number}.exs").write_text(text)


def slow(folder: Path, number: int = 0) -> SlowFile:
    """A migration behind those of `many` that have lower numbers."""
    text = MODULE.format(f"Slow{number}", f"  def change, do: create(table(:slow{number}))")
    return SlowFile(folder / f"20210101{number:06}_a_slow{number}.exs", text)


@pytest.fixture
def editor() -> Iterator[WiredEditor]:
    with WiredEditor() as wire:
        yield wire


def publications(editor: WiredEditor, uri: str) -> list[dict[str, Any]]:
    return [
        message["params"]
        for message in editor.seen
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri
    ]


# --- in the background -------------------------------------------------------------------------------------


def test_typing_waits_for_no_index(editor: WiredEditor, migrations: Path, tmp_path: Path) -> None:
    many(migrations, 1000)
    first, second = slow(migrations, 300), slow(migrations, 700)
    elsewhere = project(tmp_path / "other") / "20260101000000_sets.exs"
    editor.initialize(PROGRESS)
    other = editor.edit(elsewhere, SETS)
    assert SCAN in editor.shown(other)
    editor.rest(other)
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    begun = editor.progress("begin")
    assert begun["cancellable"] is True and begun["title"]
    report = editor.progress("report")
    while report["message"] != "300 of 1003 migrations":
        report = editor.progress("report")
    # While the disk does not answer: the buffer itself, by what is known without the others; another buffer.
    assert SCAN in editor.shown(uri, editor.type(uri, f"# typed\n{SETS}"))
    assert SCAN in editor.shown(other, editor.type(other, f"# typed\n{SETS}"))
    assert editor.shown(other, editor.type(other, "")) == []
    assert "result" in editor.answer(editor.ask("completion", uri, 3, 0))
    assert "result" in editor.answer(editor.ask("hover", other))
    first.release()
    further = editor.progress("report")
    while further["message"] != "701 of 1003 migrations":
        assert further["percentage"] >= report["percentage"]
        further = editor.progress("report")
    assert report["percentage"] < further["percentage"] < 100
    second.release()
    assert "message" not in editor.progress("end")
    columns = editor.answer(editor.ask("hover", uri, 4, SETS.splitlines()[3].index("orders")))
    assert "| a |" in columns["result"]["contents"]["value"]
    assert editor.leave() == (0, b"")


def test_the_open_folder_is_read_before_a_document_is(editor: WiredEditor, migrations: Path) -> None:
    blocked = slow(migrations)
    editor.initialize(PROGRESS, rootUri=uri_of(migrations.parents[2]))
    editor.progress("begin")
    assert editor.progress("report")["message"] == "1 of 2 migrations"
    blocked.release()
    editor.progress("end")
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    assert SCAN in editor.shown(uri)
    assert editor.leave() == (0, b"")


def test_a_client_without_progress_is_told_nothing(editor: WiredEditor, migrations: Path) -> None:
    blocked = slow(migrations)
    editor.initialize({})
    uri = editor.edit(migrations / "20260101000000_removes.exs", REMOVES)
    # Without the history and the schema modules.
    editor.shown(uri)
    (migrations.parents[2] / "lib").mkdir()
    (migrations.parents[2] / "lib/order.ex").write_text(SCHEMA)
    blocked.release()
    editor.shown(uri, has=STILL)
    methods = {message.get("method") for message in editor.seen}
    assert not {"window/workDoneProgress/create", "$/progress"} & methods
    assert editor.leave() == (0, b"")


def test_what_is_quick_shows_no_progress(editor: WiredEditor, migrations: Path) -> None:
    """Of a file that was only edited nothing is read that takes long, and nothing is announced."""
    editor.initialize(PROGRESS)
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    assert SCAN in editor.shown(uri)
    editor.rest(uri)
    begun = [message for message in editor.seen if message.get("method") == "$/progress"]
    for number in range(5):
        editor.shown(uri, editor.type(uri, SETS + "\n" * number))
        editor.answer(editor.ask("hover", uri))
    assert [message for message in editor.seen if message.get("method") == "$/progress"] == begun
    assert editor.leave() == (0, b"")


def test_cancelling_stops_it_until_the_next_save(editor: WiredEditor, migrations: Path) -> None:
    blocked = slow(migrations)
    path = migrations / "20260101000000_sets.exs"
    text = SETS.replace("orders", "nowhere")
    line, column = 3, text.splitlines()[3].index("nowhere")
    editor.initialize(PROGRESS)
    uri = editor.edit(path, text)
    waiting = editor.ask("hover", uri, line, column)
    assert editor.progress("report")["message"] == "1 of 2 migrations"
    editor.notify("window/workDoneProgress/cancel", {"token": editor.token()})
    assert editor.progress("end")["message"] == "stopped until the next change"
    # That no migration creates it is only known to who has read them all.
    assert "no migration" not in str(editor.answer(waiting)["result"])
    assert "no migration" not in str(editor.answer(editor.ask("hover", uri, line, column))["result"])
    blocked.release()
    editor.save(path, text)
    assert "no migration" in str(editor.answer(editor.ask("hover", uri, line, column))["result"])
    assert editor.leave() == (0, b"")


def test_a_request_that_waits_can_be_cancelled(editor: WiredEditor, migrations: Path) -> None:
    blocked = slow(migrations)
    editor.initialize({})
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    for method in ("hover", "definition"):
        number = editor.ask(method, uri, 3, SETS.splitlines()[3].index("orders"))
        editor.notify("$/cancelRequest", {"id": number})
        assert editor.answer(number)["error"]["code"] == -32800
    number = editor.ask("hover", uri, 3, SETS.splitlines()[3].index("orders"))
    blocked.release()
    assert "| a |" in editor.answer(number)["result"]["contents"]["value"]
    assert editor.leave() == (0, b"")


@pytest.mark.parametrize("wait", [True, False], ids=["a file that does not answer", "work"])
def test_it_ends_at_once_when_the_client_leaves(editor: WiredEditor, migrations: Path, wait: bool) -> None:
    many(migrations, 1000)
    if wait:
        slow(migrations, 500)
    editor.initialize(PROGRESS)
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    editor.ask("hover", uri)
    editor.progress("begin")
    assert editor.leave() == (0, b"")
    assert not any(message.get("method") == "window/logMessage" for message in editor.seen)


def test_a_project_that_cannot_be_read_is_logged(migrations: Path) -> None:
    program = """
import argparse, sys
from ecto_migrations_analysis.project import discovery
from ecto_migrations_server.lsp.main import run

def broken(self, path, overrides=None, watch=None):
    raise OSError("the disk is gone")

discovery.Workspace.context_for = broken
sys.exit(run(argparse.Namespace(tcp=None)))
"""
    with WiredEditor([sys.executable, "-c", program]) as editor:
        editor.initialize()
        uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
        log = editor.notification("window/logMessage")["params"]
        assert log["type"] == 1 and "the disk is gone" in log["message"] and str(migrations) in log["message"]
        editor.rest(uri)
        assert SCAN in rules(publications(editor, uri)[-1]["diagnostics"])
        assert editor.shown(uri, editor.type(uri, "")) == []
        assert "result" in editor.answer(editor.ask("hover", uri))
        assert editor.leave() == (0, b"")


# --- kept current ------------------------------------------------------------------------------------------


def test_an_unsaved_edit_of_an_earlier_migration(editor: WiredEditor, migrations: Path) -> None:
    editor.initialize()
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    unrelated = editor.edit(migrations / "20250101000000_drops.exs", DROPS)
    editor.shown(uri, has=SCAN)
    editor.answer(editor.ask("hover", unrelated))
    known = publications(editor, unrelated)
    assert known
    earlier = editor.edit(migrations / "20200101000000_orders.exs")
    editor.type(earlier, NOT_NULL)
    editor.shown(uri, 1, lacks=SCAN)
    editor.type(earlier, NULLABLE)
    editor.shown(uri, 1, has=SCAN)
    editor.type(earlier, NOT_NULL)
    editor.shown(uri, 1, lacks=SCAN)
    # What was not saved does not count when it is closed.
    editor.notify("textDocument/didClose", {"textDocument": {"uri": earlier}})
    editor.shown(uri, 1, has=SCAN)
    # Nothing has changed for this one, and nothing is sent.
    assert publications(editor, unrelated) == known
    assert editor.leave() == (0, b"")


def test_a_file_that_changes_elsewhere(editor: WiredEditor, migrations: Path) -> None:
    editor.initialize()
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)
    assert SCAN in editor.shown(uri)
    created = migrations / "20200101000000_orders.exs"
    created.write_text(NOT_NULL)
    changes = [{"uri": uri_of(created), "type": 2}]
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    assert SCAN not in editor.shown(uri, 1)
    # A client that does not watch: by the files' times, when something is saved.
    created.write_text(NULLABLE)
    editor.save(migrations / "20260101000000_sets.exs", SETS)
    assert SCAN in editor.shown(uri, 1)
    assert editor.leave() == (0, b"")


def test_a_schema_module_that_is_edited_and_saved(editor: WiredEditor, migrations: Path) -> None:
    module = migrations.parents[2] / "lib/order.ex"
    module.parent.mkdir()
    module.write_text(SCHEMA)
    editor.initialize()
    uri = editor.edit(migrations / "20260101000000_removes.exs", REMOVES)
    editor.shown(uri, has=STILL)
    schema = editor.edit(module)
    without = SCHEMA.replace("    field :a, :string\n", "")
    editor.type(schema, without)
    editor.save(module, without)
    editor.shown(uri, 1, has="remove-column", lacks=STILL)
    assert editor.leave() == (0, b"")


def test_its_own_text_counts_for_what_follows_it(editor: WiredEditor, migrations: Path) -> None:
    """`latest`: a key needs no index where another migration of the folder makes one, this one included."""
    editor.initialize()
    text = MODULE.format(
        "Keys",
        "  def change do\n    alter(table(:orders), do: add(:o, references(:orders)))\n"
        "    create index(:orders, [:o])\n  end",
    )
    path = migrations / "20260101000000_keys.exs"
    uri = editor.edit(path, text)
    rule = "foreign-key-missing-index"
    assert rule not in editor.shown(uri)
    without = "\n".join(line for line in text.splitlines() if "index" not in line) + "\n"
    editor.type(uri, without)
    while rule not in editor.shown(uri, 2):
        pass
    assert editor.leave() == (0, b"")


def test_a_client_that_pulls_is_told_to_pull_again(editor: WiredEditor, migrations: Path) -> None:
    (migrations / "20200101000000_orders.exs").write_text(NOT_NULL)
    blocked = slow(migrations)
    editor.initialize(
        {
            "textDocument": {"diagnostic": {}},
            "workspace": {"diagnostics": {"refreshSupport": True}},
        }
    )
    uri = editor.edit(migrations / "20260101000000_sets.exs", SETS)

    def pulled() -> list[str]:
        answer = editor.answer(editor.ask("diagnostic", uri))
        return [each["code"] for each in answer["result"]["items"]]

    assert SCAN in pulled()
    blocked.release()
    editor.until(lambda message: message.get("method") == "workspace/diagnostic/refresh")
    assert SCAN not in pulled()
    assert not any(message.get("method") == "textDocument/publishDiagnostics" for message in editor.seen)
    assert editor.leave() == (0, b"")
