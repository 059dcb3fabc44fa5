"""Ecto's runner: the queue, and the command that is open.

`Ecto.Migration.Runner` keeps a list of commands and runs it when a callback of the migration ends or
`flush/0` is called; calls of the repo, of the application and of everything else run where they stand,
before what is queued.
"""

from __future__ import annotations

from ..records import dataclass, field
from .commands import Change, Command, Table


@dataclass(slots=True)
class OpenBlock:
    """`create table(…) do` or `alter table(…) do`, between `start_command` and `end_command`."""

    table: Table
    changes: list[Change] = field(default_factory=list)


@dataclass(slots=True)
class Runner:
    """`done` is what ran, in the order in which it ran; `queue` what waits."""

    backward: bool = False
    done: list[Command] = field(default_factory=list)
    queue: list[Command] = field(default_factory=list)
    open: OpenBlock | None = None
    # For each command that a function given to `execute` queued: the position in `done` of that `execute`.
    queued_by: dict[int, int] = field(default_factory=dict)
