"""Rehearsing as a function: progress, the text of an editor, and the end from another thread."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_server.rehearse.cancellation import Cancellation
from ecto_migrations_server.rehearse.errors import Cancelled, Ended, NoMigration
from ecto_migrations_server.rehearse.request import Request, rehearse_file
from support.postgres import Database

from .conftest import BLOG, Write

LOCALE = BLOG / "20250318081200_add_locale_to_posts.exs"


def relations(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_progress_rises_and_tells_each_part(url: str) -> None:
    told: list[tuple[str, int]] = []
    found = rehearse_file(
        Request(path=str(LOCALE), rows=20, database_url=url), lambda *given: told.append(given)
    )
    assert found.verdict == "passed"
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] < 100
    texts = [text for text, _ in told]
    assert texts[0] == "replaying 5 earlier migrations"
    assert texts[-6:] == [
        "filling posts",
        *(
            f"{text} of 5)"
            for text in ("migrate (1", "rollback (2", "migrate (3", "rollback (4", "migrate (5")
        ),
    ]


def test_the_text_of_an_editor_counts(url: str) -> None:
    text = LOCALE.read_bytes().replace(b":locale", b":language")
    found = rehearse_file(
        Request(path=str(LOCALE), source=Source(text, str(LOCALE)), rows=5, database_url=url)
    )
    assert '"language"' in found.passes[0].statements[0].sql


def test_a_request_that_was_cancelled_before_begins_nothing(url: str) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    told: list[str] = []
    with pytest.raises(Cancelled):
        rehearse_file(
            Request(path=str(LOCALE), database_url=url), lambda text, _: told.append(text), cancellation
        )
    assert told == []


@pytest.mark.parametrize("at", ["replaying", "filling", "migrate (1"])
def test_cancelled_between_statements(at: str, url: str, database: Database) -> None:
    cancellation = Cancellation()
    with pytest.raises(Cancelled, match="the rehearsal was cancelled"):
        rehearse_file(
            Request(path=str(LOCALE), rows=20, database_url=url),
            lambda text, _: cancellation.cancel() if text.startswith(at) else None,
            cancellation,
        )
    assert relations(database) == 0


def test_a_statement_that_takes_long_is_ended(url: str, write: Write, database: Database) -> None:
    path = write("wait", '  def up, do: execute("SELECT pg_sleep(300)")\n  def down, do: :ok')
    cancellation = Cancellation()
    raised: list[BaseException] = []

    def target() -> None:
        try:
            rehearse_file(Request(path=str(path), database_url=url), cancellation=cancellation)
        except Cancelled as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    with database.connect() as connection:
        give_up = time.monotonic() + 60
        sleeps = "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(300)%' AND state = 'active'"
        while connection.execute(sleeps).fetchone() is None:
            assert time.monotonic() < give_up
            time.sleep(0.02)
        cancellation.cancel()
        cancellation.cancel()
        thread.join(60)
        assert not thread.is_alive()
        assert len(raised) == 1
        assert connection.execute(sleeps).fetchone() is None
    assert relations(database) == 0


def test_the_end_of_the_server_is_no_cancellation(url: str, write: Write) -> None:
    body = 'execute("SELECT pg_terminate_backend(pg_backend_pid())")'
    path = write("end", f"  def up, do: {body}\n  def down, do: :ok")
    with pytest.raises(Ended, match="the PostgreSQL server ended"):
        rehearse_file(Request(path=str(path), database_url=url))


def test_a_file_that_cannot_be_read(tmp_path: Path, url: str) -> None:
    with pytest.raises(NoMigration, match="it cannot be read: no such file or directory"):
        rehearse_file(Request(path=str(tmp_path / "20260101000000_a.exs"), database_url=url))


@pytest.mark.slow
def test_a_throwaway_server_is_gone_after_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ecto_migrations_server.rehearse import server

    folders: list[Path] = []
    make = server._initdb

    def noted(home: Path, directory: Path, *rest: object) -> None:
        folders.append(directory)
        make(home, directory, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "_initdb", noted)
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        rehearse_file(
            Request(path=str(LOCALE), rows=20),
            lambda text, _: cancellation.cancel() if text.startswith("rollback (2") else None,
            cancellation,
        )
    assert len(folders) == 1
    assert not folders[0].exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(folders[0]), user="postgres", dbname="postgres")
