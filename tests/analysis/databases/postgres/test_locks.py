"""The table of lock modes, mode by mode, on real servers."""

from __future__ import annotations

import psycopg
import pytest
from ecto_migrations_analysis.databases.effects import Effect, Lock, Wait
from ecto_migrations_analysis.databases.postgres.locks import (
    CONFLICTS,
    MODES,
    STRENGTH,
    blocked_by,
    blocks,
    conflict,
    stronger,
)
from ecto_migrations_analysis.operations import Relation
from support import postgres
from support.measured import bench
from support.observation import MODES as SERVER_MODES

READS = "SELECT count(*) FROM posts"
WRITES = (
    "INSERT INTO posts (title) VALUES ('x')",
    "UPDATE posts SET title = 'x'",
    "DELETE FROM posts WHERE id = 0",
)


def test_modes_are_those_of_the_server_from_weak_to_strong() -> None:
    assert tuple(SERVER_MODES.values()) == MODES
    assert set(CONFLICTS) == set(MODES)


def test_conflicts_are_mutual() -> None:
    for one in MODES:
        for other in MODES:
            assert conflict(one, other) == conflict(other, one)


def _waits(connection: psycopg.Connection, statement: str) -> bool:
    """Whether the statement has to wait for a lock."""
    connection.execute("BEGIN")
    try:
        connection.execute(statement.encode())
    except psycopg.errors.LockNotAvailable:
        return True
    finally:
        connection.execute("ROLLBACK")
    return False


@pytest.mark.parametrize("version", postgres.VERSIONS)
@pytest.mark.parametrize("held", MODES)
def test_what_waits_for_a_mode(held: str, version: int) -> None:
    stand = bench(version)
    stand.prepare("")
    with stand.database.connect() as holder, stand.database.connect() as other:
        other.execute("SET lock_timeout = '50ms'")
        holder.execute("BEGIN")
        holder.execute(f"LOCK TABLE posts IN {held} MODE".encode())
        waiting = {mode for mode in MODES if _waits(other, f"LOCK TABLE posts IN {mode} MODE NOWAIT")}
        assert waiting == CONFLICTS[held]
        blocked = blocked_by([held])
        assert _waits(other, READS) == ("reads" in blocked)
        for statement in WRITES:
            assert _waits(other, statement) == ("writes" in blocked)


def test_what_a_table_of_an_effect_blocks() -> None:
    posts, authors, comments = Relation("posts"), Relation("authors"), Relation("comments")
    effect = Effect(
        locks=(
            Lock(posts, "ACCESS EXCLUSIVE"),
            Lock(authors, "SHARE ROW EXCLUSIVE"),
            Lock(comments, "SHARE"),
        ),
        waits=(Wait(comments, "reads", "comments_pkey"),),
    )
    assert blocks(effect, posts) == {"reads", "writes"}
    assert blocks(effect, Relation("posts", "public")) == {"reads", "writes"}
    assert blocks(effect, Relation("posts", "other")) == frozenset()
    assert blocks(effect, authors) == {"writes"}
    assert blocks(effect, comments) == {"reads", "writes"}


def test_the_stronger_of_two_blocks_what_either_blocks() -> None:
    for one in MODES:
        for other in MODES:
            both = stronger(one, other)
            assert blocked_by([both]) == blocked_by([one, other])
            assert STRENGTH[both] == max(STRENGTH[one], STRENGTH[other])


@pytest.mark.parametrize("version", postgres.VERSIONS)
def test_waiting_for_an_index(version: int) -> None:
    """REINDEX and ALTER INDEX … ATTACH lock no table against reading, and yet reads wait."""
    stand = bench(version)
    stand.prepare("")
    with stand.database.connect() as holder, stand.database.connect() as other:
        other.execute("SET lock_timeout = '50ms'")
        holder.execute("BEGIN")
        holder.execute("REINDEX INDEX posts_slug_index")
        assert _waits(other, READS)
        assert _waits(other, WRITES[0])


@pytest.mark.parametrize("version", postgres.VERSIONS)
def test_waiting_for_a_sequence(version: int) -> None:
    stand = bench(version)
    stand.prepare("")
    with stand.database.connect() as holder, stand.database.connect() as other:
        other.execute("SET lock_timeout = '50ms'")
        holder.execute("BEGIN")
        holder.execute("ALTER SEQUENCE posts_id_seq RESTART WITH 100000")
        assert _waits(other, WRITES[0])
        assert not _waits(other, READS)
        assert not _waits(other, WRITES[1])
