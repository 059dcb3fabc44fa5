"""A cycle for people: what will run, mix's own output between headings, and how each gate ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from ..cells import printable
from ..terminal import Terminal
from .words import counted

if TYPE_CHECKING:
    from ...cycle.model import Cycle, Explanation, Gate, Plan, Result

# Of many migrations the middle is left out.
_MOST_NAMES = 12


class Shown:
    """Prints what happens while it happens (the `Watcher` of `cycle.running`)."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._terminal = Terminal.of(output)
        self._count = 0
        # Whether mix's output has ended a line.
        self._at_start = True

    def plan(self, plan: Plan) -> None:
        """What will run, before anything does."""
        self._count = len(plan.gates)
        where = os.path.relpath(plan.folder)
        place = "" if where == "." else f", in {where}"
        self._line(f"MIX_ENV={plan.environment}{place}, {counted(len(plan.migrations), 'migration')}:")
        names = [f"  {os.path.basename(migration.path)}" for migration in plan.migrations]
        if len(names) > _MOST_NAMES:
            left_out = len(names) - _MOST_NAMES
            names[_MOST_NAMES // 2 : -_MOST_NAMES // 2] = [f"  … and {left_out} between them"]
        for name in names:
            self._line(name)
        self._line("will run, one after the other, each only if the one before has passed:")
        for number, gate in enumerate(plan.gates, 1):
            self._line(f"  {number}. {gate.command}")
        self._line("Rows in what is rolled back are lost, in the database of that environment.")

    def asks(self) -> None:
        self._heading("which database?")

    def found(self, database: str, notes: tuple[str, ...]) -> None:
        self._line(printable(database))
        for note in notes:
            for line in self._terminal.paragraph(printable(note), "  note: ", "        "):
                self._line(line)

    def begins(self, number: int, gate: Gate) -> None:
        self._heading(f"{number} of {self._count}: {gate.command}")

    def output(self, data: bytes) -> None:
        """What mix writes, as it writes it."""
        if not data:
            return
        buffer = getattr(self._output, "buffer", None)
        if buffer is None:
            self._output.write(data.decode("utf-8", "replace"))
        else:
            self._output.flush()
            buffer.write(data)
        self._output.flush()
        self._at_start = data.endswith(b"\n")

    def ended(self, number: int, result: Result) -> None:
        self._line(self._result(result, ""))

    def interrupted(self) -> None:
        # Measured: PostgreSQL goes on with a statement whose client is gone, until it has something to send.
        self._line("interrupted: mix has ended. What the database was at goes on there until it is done")
        self._line("(pg_stat_activity shows it); mix ecto.migrations shows what is up.")

    def cycle(self, done: Cycle) -> None:
        """How everything ended."""
        self._heading("passed" if done.passed else "not passed")
        self._line(f"{printable(done.database)}, MIX_ENV={done.plan.environment}")
        width = max(len(gate.command) for gate in done.plan.gates)
        for result in done.results:
            self._line(f"  {self._result(result, result.gate.command.ljust(width))}")
        for gate in done.plan.gates[len(done.results) :]:
            self._line(f"  {self._terminal.paint('not run', 'dim')}  {gate.command}")
        if done.failure is not None:
            self._explained(done.failure)
        if done.left_down:
            versions = ", ".join(map(str, done.left_down))
            self._line(
                f"Down now: {versions}. MIX_ENV={done.plan.environment} mix ecto.migrate runs it again."
            )

    def _explained(self, failure: Explanation) -> None:
        for line in self._terminal.paragraph(printable(failure.sentence), ""):
            self._line(line)
        if failure.way_out is not None:
            arrow = f"  {self._terminal.glyphs.arrow} "
            for line in self._terminal.paragraph(printable(failure.way_out), arrow, "    "):
                self._line(line)

    def _result(self, result: Result, command: str) -> str:
        word = self._terminal.paint("passed ", "green") if result.passed else self._failed()
        parts = [part for part in (command, f"{result.seconds:5.1f} s", printable(result.note)) if part]
        return "  ".join([word, *parts])

    def _failed(self) -> str:
        return self._terminal.paint("FAILED ", "red", "bold")

    def _heading(self, text: str) -> None:
        self._line()
        self._line(self._terminal.paint(f"== {text}", "bold"))

    def _line(self, text: str = "") -> None:
        if not self._at_start:
            self._output.write("\n")
            self._at_start = True
        print(text, file=self._output, flush=True)
