"""The thread in which projects are read, by itself, and what a document is judged by."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_server.lsp.knowledge import (
    ANSWERS,
    COMPARED,
    LEFT_OUT,
    VALUES,
    Answers,
    complete,
    outline,
    seal,
)
from ecto_migrations_server.lsp.worker import Worker


def test_what_is_urgent_comes_first_and_the_other_again() -> None:
    """The first job is at its second file when the urgent one comes."""
    order: list[str] = []
    started, go_on = Event(), Event()

    async def run(worker: Worker) -> None:
        def long() -> str:
            order.append("long begins")
            started.set()
            go_on.wait(30)
            worker.watch("files", 1, 2)
            order.append("long ends")
            return "long"

        def urgent() -> str:
            order.append("urgent")
            return "urgent"

        first = worker.submit(2, long)
        await asyncio.to_thread(started.wait, 30)
        second = worker.submit(1, urgent)
        third = worker.submit(2, lambda: order.append("as urgent as the first"))
        go_on.set()
        assert await asyncio.wait_for(asyncio.gather(first, second, third), 30) == ["long", "urgent", None]

    worker = Worker()
    asyncio.run(run(worker))
    worker.stop()
    assert order == ["long begins", "urgent", "long begins", "long ends", "as urgent as the first"]
    assert worker.step == ("files", 1, 2) or worker.step is None


def test_a_cancelled_job_ends_where_it_watches() -> None:
    reached: list[str] = []
    started, go_on = Event(), Event()

    async def run(worker: Worker) -> None:
        def job() -> None:
            started.set()
            go_on.wait(30)
            try:
                worker.watch("files", 1, 2)
            except Exception:
                reached.append("taken for a failure")
            reached.append("went on")

        answer = worker.submit(1, job)
        await asyncio.to_thread(started.wait, 30)
        answer.cancel()
        go_on.set()
        # The next one is not disturbed, and neither is the one that was cancelled before it began.
        skipped = worker.submit(1, lambda: reached.append("skipped"))
        skipped.cancel()
        assert await asyncio.wait_for(worker.submit(1, lambda: "next"), 30) == "next"

    worker = Worker()
    asyncio.run(run(worker))
    worker.stop()
    assert reached == []


def test_a_failure_is_the_answer() -> None:
    async def run(worker: Worker) -> None:
        def broken() -> None:
            raise OSError("no")

        with pytest.raises(OSError, match="no"):
            await worker.submit(1, broken)
        assert await worker.submit(1, lambda: 1) == 1

    worker = Worker()
    asyncio.run(run(worker))
    worker.stop()


def test_after_the_end_nothing_begins() -> None:
    async def run(worker: Worker) -> None:
        worker.stop()
        assert worker.submit(1, lambda: 1).cancelled()

    asyncio.run(run(Worker()))


def test_every_part_that_reads_is_known_here() -> None:
    """A part that is added to the context and not to these would be read while somebody types."""
    fields = ProjectContext.__dataclass_fields__
    annotations = ProjectContext.__annotations__
    reading = {name for name in fields if "Callable" in str(annotations[name])}
    assert reading == {*VALUES, *ANSWERS, *COMPARED, *LEFT_OUT}


def test_a_complete_context_reads_once_and_a_sealed_one_never() -> None:
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return name.upper()

    def latest() -> Schema:
        asked.append("latest")
        return Schema(complete=True)

    first = complete(ProjectContext(latest=latest, read_file=read), None)
    assert asked == ["latest"]
    assert first.latest is not None and first.latest() == first.latest() == Schema(complete=True)
    assert first.read_file is not None
    assert (first.read_file("a"), first.read_file("a")) == ("A", "A")
    assert asked == ["latest", "a"]
    seal(first)
    assert (first.read_file("a"), first.read_file("b")) == ("A", None)
    assert asked == ["latest", "a"]
    # Its successor knows what was asked for, answered or not.
    second = complete(ProjectContext(read_file=read), first)
    seal(second)
    assert second.read_file is not None and second.read_file("b") == "B"
    assert sorted(asked) == ["a", "a", "b", "latest"]


def test_the_released_text_is_read_once_and_compared_with_each_text() -> None:
    asked: list[bytes] = []

    def released(data: bytes) -> str | None:
        asked.append(data)
        return None if data == b"old" else "old"

    known = complete(ProjectContext(released_text=released), None).released_text
    assert known is not None
    assert (known(b"new"), known(b"old"), known(b"newer")) == ("old", None, "old")
    assert len(asked) == 1


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    answers = Answers(str.upper, ["a"])
    assert answers.asked == set()
    answers("b")
    assert answers.asked == {"b"}


def test_an_outline_claims_nothing_about_the_history() -> None:
    full = ProjectContext(
        root="/shop",
        database="myxql",
        schema=Schema(complete=True),
        latest=Schema,
        sibling_modules=("A",),
    )
    found = outline(full)
    assert (found.root, found.database) == ("/shop", "myxql")
    assert not found.schema.complete and found.latest is None and found.sibling_modules == ()
