"""The command that rehearses a migration: its page, its progress, its end, and what it shows in the text."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.editor import Editor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

NAME = "20260101000000_add_state.exs"
TEXT = """defmodule Shop.Repo.Migrations.AddState do
  use Ecto.Migration

  def change do
    alter table(:orders) do
      add :state, :string
    end
  end
end
"""
# The way back leaves what the way there has made, and the text does not show it.
LEAVES = """defmodule Shop.Repo.Migrations.AddState do
  use Ecto.Migration

  def up do
    execute "DO $$ BEGIN CREATE TABLE hidden (id int); END $$"
  end

  def down do
    execute "SELECT 1"
  end
end
"""
# Here it does.
LEAVES_OPENLY = LEAVES.replace(
    "DO $$ BEGIN CREATE TABLE hidden (id int); END $$", "CREATE TABLE hidden (id int)"
)
SLEEPS = TEXT.replace("    alter table", '    execute "SELECT pg_sleep(600)", ""\n\n    alter table')


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """The folder for temporary files of the servers: what is in it, they have left behind."""
    with tempfile.TemporaryDirectory(prefix="em-test-") as name:
        # PostgreSQL does not run as root, and has to enter it.
        os.chmod(name, 0o755)
        yield Path(name)


async def connect(place: Path, **environment: str) -> Editor:
    given = {"TMPDIR": str(place), **environment}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        return await Editor.connect("visual-studio-code", {"clientCommands": ["ectoMigrations.rehearse"]})
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(place: Path) -> AsyncIterator[Editor]:
    editor = await connect(place)
    yield editor
    await editor.disconnect()


def rehearse(editor: Editor, uri: str) -> asyncio.Future[Any]:
    params = types.ExecuteCommandParams("ectoMigrations.server.rehearse", [uri])
    return asyncio.ensure_future(editor.client.workspace_execute_command_async(params))


async def until(look: Callable[[], Any]) -> Any:
    for _ in range(1200):
        if found := look():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("not seen")


def steps(editor: Editor) -> tuple[Any, list[Any]]:
    """The token of the rehearsal that is shown last, and what was said of it."""
    for token, reports in reversed(editor.client.progress_reports.items()):
        if reports and getattr(reports[0], "title", "").startswith("Rehearsing"):
            return token, reports
    return None, []


def migrates(editor: Editor) -> bool:
    """The rehearsal is at a statement of the migration."""
    return steps(editor)[1][-1:] != [] and steps(editor)[1][-1].message == "migrate (1 of 5)"


async def test_the_page_and_the_steps(editor: Editor, place: Path, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, TEXT)
    answer = await rehearse(editor, uri)
    assert answer["title"] == "Rehearsal: AddState" and answer["verdict"] == "passed"
    assert answer["markdown"].startswith("# Rehearsal of Shop.Repo.Migrations.AddState: passed\n")
    assert (
        "`priv/repo/migrations/20260101000000_add_state.exs`, rehearsed on PostgreSQL" in answer["markdown"]
    )
    assert "after 1 earlier migration, with 10,000 rows in orders" in answer["markdown"]
    _, reports = steps(editor)
    assert reports[0].title == f"Rehearsing {NAME}" and reports[0].cancellable
    said = [report.message for report in reports[1:-1]]
    assert said[0] == "starting a PostgreSQL server" and said[-1] == "migrate (5 of 5)"
    shares = [report.percentage for report in reports[1:-1]]
    assert shares == sorted(shares) and 80 < shares[-1] < 100
    assert reports[-1].kind == "end"
    assert not list(place.iterdir())
    editor.close(uri)


async def test_texts_that_are_not_saved_are_those_that_count(editor: Editor, migrations: Path) -> None:
    first = migrations / "20250101000000_create_orders.exs"
    earlier = await editor.open(
        first, first.read_text().replace("create table(:orders)", "create table(:bills)")
    )
    uri = await editor.open(migrations / NAME, TEXT.replace(":orders", ":bills"))
    answer = await rehearse(editor, uri)
    assert answer["verdict"] == "passed" and "10,000 rows in bills" in answer["markdown"]
    editor.close(uri)
    editor.close(earlier)


async def test_what_contradicts_the_analysis_is_shown_until_the_text_changes(
    editor: Editor, migrations: Path
) -> None:
    uri = await editor.open(migrations / NAME, LEAVES)
    before = await editor.diagnostics(uri)
    assert "rehearsal" not in [found.code for found in before]
    answer = await rehearse(editor, uri)
    assert answer["verdict"] == "failed" and "hidden" in answer["markdown"]

    def shown() -> list[types.Diagnostic]:
        return [found for found in editor.client.diagnostics[uri] if found.code == "rehearsal"]

    (found,) = await until(shown)
    assert found.message.startswith("Rehearsed on PostgreSQL ") and "after the rollback" in found.message
    assert "the table hidden is left" in found.message
    assert found.severity == types.DiagnosticSeverity.Warning and found.range.start.line == 0
    editor.type(uri, LEAVES.replace("  def up do\n", "\n  def up do\n"))
    assert "rehearsal" not in [found.code for found in await editor.diagnostics(uri)]
    editor.close(uri)


async def test_what_the_analysis_says_too_is_no_contradiction(editor: Editor, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, LEAVES_OPENLY)
    assert "down-not-inverse" in [found.code for found in await editor.diagnostics(uri)]
    assert "the table hidden is left" in (await rehearse(editor, uri))["markdown"]
    await editor.known(uri)
    assert "rehearsal" not in [found.code for found in editor.client.diagnostics[uri]]
    editor.close(uri)


async def test_it_can_be_stopped_and_leaves_nothing(editor: Editor, place: Path, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, SLEEPS)
    answer = rehearse(editor, uri)
    await until(lambda: migrates(editor))
    token, reports = steps(editor)
    # The editor answers meanwhile, and does not begin a second time.
    await editor.known(uri)
    with pytest.raises(JsonRpcException, match="being rehearsed already"):
        await rehearse(editor, uri)
    assert list(place.iterdir())
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    with pytest.raises(JsonRpcException, match="cancelled") as refused:
        await asyncio.wait_for(answer, 60)
    assert refused.value.code == types.LSPErrorCodes.RequestCancelled
    assert reports[-1].kind == "end"
    assert not list(place.iterdir())
    editor.close(uri)


async def test_a_request_that_is_cancelled_stops_it_too(
    editor: Editor, place: Path, migrations: Path
) -> None:
    uri = await editor.open(migrations / NAME, SLEEPS)
    params = types.ExecuteCommandParams("ectoMigrations.server.rehearse", [uri], work_done_token="mine")
    editor.client.progress_reports["mine"] = []
    answer = editor.client.protocol.send_request_async(
        types.WORKSPACE_EXECUTE_COMMAND, params, msg_id="rehearse-1"
    )
    running = asyncio.ensure_future(answer)
    await until(lambda: migrates(editor))
    assert steps(editor)[0] == "mine"
    editor.client.cancel_request(types.CancelParams("rehearse-1"))
    with pytest.raises(JsonRpcException, match="cancelled"):
        await asyncio.wait_for(running, 60)
    assert not list(place.iterdir())
    editor.close(uri)


async def test_the_end_of_the_server_is_the_end_of_it(place: Path, migrations: Path) -> None:
    """Also where the server is killed, which cannot tidy up then."""
    editor = await connect(place)
    uri = await editor.open(migrations / NAME, SLEEPS)
    answer = rehearse(editor, uri)
    await until(lambda: migrates(editor))
    assert list(place.iterdir())
    process = editor.client._server
    assert process is not None
    process.send_signal(signal.SIGKILL)
    await until(lambda: not list(place.iterdir()))
    answer.cancel()
    await editor.client.stop()


async def test_what_cannot_be_rehearsed_is_said(editor: Editor, migrations: Path) -> None:
    uri = await editor.open("untitled:Untitled-1", TEXT)
    with pytest.raises(JsonRpcException, match="has to be saved once"):
        await rehearse(editor, uri)
    editor.close(uri)
    uri = await editor.open(migrations / NAME, TEXT.replace("def change do", "def other do"))
    with pytest.raises(JsonRpcException, match="neither up nor change"):
        await rehearse(editor, uri)
    editor.close(uri)
    assert await rehearse(editor, uri) is None


async def test_a_missing_package_is_said(place: Path, migrations: Path, tmp_path: Path) -> None:
    (tmp_path / "without/psycopg").mkdir(parents=True)
    (tmp_path / "without/psycopg/__init__.py").write_text("raise ImportError('no libpq')\n")
    editor = await connect(place, PYTHONPATH=str(tmp_path / "without"))
    uri = await editor.open(migrations / NAME, TEXT)
    with pytest.raises(JsonRpcException, match="rehearse needs psycopg: pip install") as refused:
        await rehearse(editor, uri)
    assert refused.value.data == {"missing": "rehearse"}
    await editor.disconnect()


async def test_the_lens(editor: Editor, vscode: Editor, migrations: Path) -> None:
    uri = await editor.open(migrations / NAME, TEXT)
    verdict, second = await editor.lenses(uri)
    assert second.command == types.Command("Rehearse", "ectoMigrations.rehearse", arguments=(uri,))
    assert second.range == verdict.range
    other = await vscode.open(migrations / NAME, TEXT)
    assert len(await vscode.lenses(other)) == 1
    vscode.close(other)
    (migrations.parents[2] / ".ecto-migrations.toml").write_text('database = "mysql"\n')
    editor.save(uri)
    await editor.known(uri)
    assert "Rehearse" not in [lens.command.title for lens in await editor.lenses(uri) if lens.command]
    editor.close(uri)
