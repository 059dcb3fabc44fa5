"""The report on a release as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from ...reports.bundle import Bundle, Group
from ...reports.planning import change_words
from ...reports.release_markdown import (
    deadlock_lines,
    lock_cells,
    plan_steps,
    separate_lines,
    serialised,
    way_back,
)
from ..cells import printable
from ..terminal import Terminal
from .words import CLASSIFICATION_STYLES, counted


def write(bundle: Bundle, output: TextIO, terminal: Terminal) -> None:
    for line in _lines(bundle, terminal):
        print(line, file=output)


def _lines(bundle: Bundle, terminal: Terminal) -> Iterator[str]:
    yield terminal.paint(printable(bundle.text), "bold") + f"  {counted(len(bundle.items), 'new migration')}"
    for note in bundle.notes:
        yield from _item(note, terminal)
    for group in bundle.groups:
        yield ""
        yield from _group(group, terminal)


def _group(group: Group, terminal: Terminal) -> Iterator[str]:
    name = group.report.classification
    yield f"{terminal.paint(printable(group.title), 'bold')}  " + terminal.paint(
        name, *CLASSIFICATION_STYLES[name]
    )
    for number, item in enumerate(group.items, 1):
        classification = item.analysis.classification
        painted = terminal.paint(classification, *CLASSIFICATION_STYLES[classification])
        yield f"  {number:>2}. {printable(item.shown)}  {painted}"
        yield from terminal.paragraph(
            printable(f"{change_words(item.analysis, 3)}; {way_back(item)}"), "      ", "      "
        )
    yield terminal.paint("locks in order", "bold")
    for lock in group.report.locks:
        table, mode, held, waits = lock_cells(lock)
        text = f"{lock.number + 1}. {table}: {mode}, {held}; waits: {waits}"
        yield from terminal.paragraph(printable(text.replace("`", "")), "  ", "     ")
    if not group.report.locks:
        yield "  no table is locked" if group.report.certain else "  not known"
    yield terminal.paint("deadlocks", "bold")
    yield from _item(serialised(group), terminal)
    for line in deadlock_lines(group):
        yield from _item(line, terminal)
    yield terminal.paint("not in one deploy", "bold")
    for line in separate_lines(group):
        yield from _item(line, terminal)
    if not group.report.separate:
        yield "  nothing is known that would have to be kept apart"
    yield terminal.paint("deployment plan", "bold")
    for number, step in enumerate(plan_steps(group), 1):
        head, *rest = step.splitlines()
        yield from terminal.paragraph(printable(f"{number}. {head}"), "  ", "     ")
        for line in rest:
            yield from terminal.paragraph(printable(line.strip()), "     ", "       ")
    if group.commands is not None and all(way_back(item) == "reversible" for item in group.items):
        yield from terminal.paragraph(printable(f"rollback: {group.commands.rollback}"), "  ", "     ")


def _item(text: str, terminal: Terminal) -> Iterator[str]:
    yield from terminal.paragraph(printable(text), "  ", "    ")
