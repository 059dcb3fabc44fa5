"""What a document is judged by, complete: nothing of it reads a file once it has left the worker.

A `ProjectContext` as `project.discovery` makes it reads some of its parts when they are asked for. On the
loop that would be a keystroke that waits for a folder to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.schema.state import Schema

Value = TypeVar("Value")

# Parts without an argument: each is read once.
VALUES = (
    "latest",
    "earlier",
    "released",
    "ecto_schemas",
    "named_constraints",
    "migrates_on_boot",
)
# Parts that are asked for one thing or another (a file, a table, a module): what was asked for is kept.
ANSWERS = ("read_file", "released_schemas", "file_of")
# Asked with the text of the document, which changes with each keystroke: what it compares with is read once.
COMPARED = ("released_text",)
# Read by the worker when somebody navigates.
LEFT_OUT = ("history",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """`analysis` is that of the text as it was then; None where it failed. `seconds` is what it took.

    `error` is the traceback of what kept the project from being read.
    """

    context: ProjectContext
    analysis: Analysis | None
    seconds: float
    error: str = ""


class Answers(Generic[Value]):
    """What a function that reads has answered so far. Once sealed it reads no more and answers None.

    None is what each of these functions answers where something cannot be known.
    """

    def __init__(self, read: Callable[[str], Value | None], asked: Iterable[str] = ()) -> None:
        self._read: Callable[[str], Value | None] | None = read
        self._found = {name: read(name) for name in asked}
        # What this one was asked for: its successor knows that before anybody asks.
        self.asked: set[str] = set()

    def __call__(self, name: str) -> Value | None:
        self.asked.add(name)
        if name not in self._found and self._read is not None:
            self._found[name] = self._read(name)
        return self._found.get(name)

    def seal(self) -> None:
        self._read = None


def complete(context: ProjectContext, before: ProjectContext | None) -> ProjectContext:
    """The context with all that rules may ask for; `before` is the one that it replaces. Reads files."""
    changes: dict[str, Any] = dict.fromkeys(LEFT_OUT)
    for name in VALUES:
        read = getattr(context, name)
        changes[name] = partial(_same, read()) if read is not None else None
    for name in ANSWERS:
        read = getattr(context, name)
        former = getattr(before, name, None)
        asked = tuple(former.asked) if isinstance(former, Answers) else ()
        changes[name] = Answers(read, asked) if read is not None else None
    for name in COMPARED:
        read = getattr(context, name)
        # No text is this one: the answer is what it would be compared with.
        changes[name] = partial(_unless_same, read(b"\0")) if read is not None else None
    return replace(context, **changes)


def seal(context: ProjectContext) -> None:
    """From now on nothing is read."""
    for name in ANSWERS:
        answers = getattr(context, name)
        if isinstance(answers, Answers):
            answers.seal()


def outline(context: ProjectContext) -> ProjectContext:
    """What stays true of the project when its history is not known: the repo, the database, its version."""
    nothing: dict[str, Any] = dict.fromkeys((*VALUES, *ANSWERS, *COMPARED, *LEFT_OUT))
    return replace(context, schema=Schema(), sibling_modules=(), siblings=None, **nothing)


def _same(value: Value) -> Value:
    return value


def _unless_same(known: str | None, data: bytes) -> str | None:
    return None if known is None or known.encode() == data else known
