"""What was run of a migration is written down and found again, for exactly the text it was run with."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from ecto_migrations_server import verification
from ecto_migrations_server.verification import Ran, ran, read, record_of, remember, runs_of

TEXT = b"defmodule A do\n  use Ecto.Migration\nend\n"


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "priv" / "repo" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "shop" / "mix.exs").touch()
    path = folder / "20260301101500_a.exs"
    path.write_bytes(TEXT)
    return path


def test_a_run_is_found_again(migration: Path, tmp_path: Path) -> None:
    record = str(tmp_path / "state" / "verified.json")
    run = ran(str(migration), TEXT, "rehearsal", passed=True, result="PostgreSQL 18.6,\n10,000 rows")
    remember([run], record)
    found = runs_of(str(migration), TEXT, read(record))
    assert found == {"rehearsal": run}
    assert found["rehearsal"].file == "priv/repo/migrations/20260301101500_a.exs"
    assert found["rehearsal"].result == "PostgreSQL 18.6, 10,000 rows"
    assert len(found["rehearsal"].date) == len("2026-11-22 10:03 UTC")
    assert found["rehearsal"].date.endswith(" UTC")


def test_an_edited_migration_has_no_runs(migration: Path, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    remember([ran(str(migration), TEXT, "cycle", passed=True, result="")], record)
    assert runs_of(str(migration), TEXT + b"\n", read(record)) == {}
    # The ends of lines are the checkout's.
    assert "cycle" in runs_of(str(migration), TEXT.replace(b"\n", b"\r\n"), read(record))


def test_another_migration_with_the_same_text_has_none(migration: Path, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    remember([ran(str(migration), TEXT, "cycle", passed=True, result="")], record)
    assert runs_of(str(migration.with_name("20260302000000_b.exs")), TEXT, read(record)) == {}


def test_the_newest_run_counts(migration: Path, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    for passed in (True, False):
        remember([ran(str(migration), TEXT, "cycle", passed=passed, result=str(passed))], record)
    remember([ran(str(migration), TEXT, "tests", passed=True, result="12 tests")], record)
    found = runs_of(str(migration), TEXT, read(record))
    assert (found["cycle"].passed, found["tests"].passed) == (False, True)
    assert len(read(record)) == 2


def test_a_record_does_not_grow_for_ever(
    migration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_MOST_RUNS", 3)
    record = str(tmp_path / "verified.json")
    for number in range(5):
        remember([ran(str(migration), b"%d" % number, "cycle", passed=True, result=str(number))], record)
    assert [run.result for run in read(record)] == ["2", "3", "4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"runs": 1}',
        '{"runs": [1, {}, {"kind": "cycle"}]}',
        '{"runs": [{"file": "a", "sha256": "b", "at": "", "result": "", "kind": "party", "passed": true}]}',
        '{"runs": [{"file": "a", "sha256": "b", "at": "", "result": "", "kind": "cycle", "passed": "yes"}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_record_has_no_runs(tmp_path: Path, text: str) -> None:
    record = tmp_path / "verified.json"
    record.write_text(text)
    assert read(str(record)) == ()


def test_no_record_has_no_runs(tmp_path: Path) -> None:
    assert read(str(tmp_path / "none.json")) == ()


def test_two_runs_that_end_at_once_leave_a_whole_record(migration: Path, tmp_path: Path) -> None:
    record = str(tmp_path / "verified.json")
    runs = [ran(str(migration), b"%d" % number, "cycle", passed=True, result="") for number in range(8)]
    failed: list[OSError] = []

    def write(run: Ran) -> None:
        try:
            remember([run], record)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert json.loads(Path(record).read_text())["runs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop", "verified.json"]


def test_the_record_is_the_projects(migration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    own = record_of(str(migration))
    assert own.startswith("/state/ecto-migrations/verified/shop-")
    assert record_of(str(migration.with_name("20260302000000_b.exs"))) == own
    assert record_of("/elsewhere/20260302000000_b.exs") != own
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert record_of(str(migration)).startswith("/home/somebody/.local/state/ecto-migrations/verified/shop-")


def test_a_record_that_cannot_be_written_is_an_error(migration: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        remember(
            [ran(str(migration), TEXT, "cycle", passed=True, result="")],
            str(tmp_path / "file" / "verified.json"),
        )


def test_the_record_as_it_is_written(tmp_path: Path) -> None:
    record = tmp_path / "verified.json"
    run = Ran(
        file="a.exs", sha256="0", kind="tests", passed=True, at="2026-11-22T10:03:00Z", result="12 tests ✓"
    )
    remember([run], str(record))
    assert json.loads(record.read_text(encoding="utf-8")) == {
        "runs": [
            {
                "file": "a.exs",
                "sha256": "0",
                "kind": "tests",
                "passed": True,
                "at": "2026-11-22T10:03:00Z",
                "result": "12 tests ✓",
            }
        ]
    }
