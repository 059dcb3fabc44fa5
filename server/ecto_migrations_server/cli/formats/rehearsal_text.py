"""A rehearsal as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from ...rehearse import words
from ...rehearse.model import Pass, Rehearsal, Seen
from ..cells import printable
from ..terminal import Terminal

_STYLES = {"passed": ("bold", "green"), "incomplete": ("bold", "yellow")}


def write(shown: str, rehearsal: Rehearsal, nulls: bool, output: TextIO, terminal: Terminal) -> None:
    for line in _lines(shown, rehearsal, nulls, terminal):
        print(line, file=output)


def _lines(shown: str, rehearsal: Rehearsal, nulls: bool, terminal: Terminal) -> Iterator[str]:
    verdict = terminal.paint(
        words.VERDICTS[rehearsal.verdict], *_STYLES.get(rehearsal.verdict, ("bold", "red"))
    )
    yield f"{terminal.paint(printable(shown), 'bold')}  {verdict}"
    yield from terminal.paragraph(printable(f"{rehearsal.module}, {words.setting(rehearsal)}"))
    for name, reason in rehearsal.empty.items():
        yield from terminal.paragraph(printable(f"{name} stays empty: {reason}"))
    yield from terminal.paragraph(f" {terminal.glyphs.tick} ".join(map(words.outcome, rehearsal.passes)))
    for item in words.shown(rehearsal):
        yield ""
        yield from _pass(rehearsal, item, nulls, terminal)
    yield from _section("differs from the analysis", words.differences(rehearsal), terminal)
    yield from _section("after the rollback", words.catalog(rehearsal), terminal)
    yield from _section("not run of the history", words.gaps(rehearsal), terminal)


def _pass(rehearsal: Rehearsal, item: Pass, nulls: bool, terminal: Terminal) -> Iterator[str]:
    head = terminal.paint(item.direction, "bold")
    yield f"{head}: {words.took(item.seconds)}" if item.statements else head
    for number, seen in enumerate(item.statements, 1):
        yield from _statement(number, seen, terminal)
    if not item.statements and item.error is None:
        yield "  nothing is sent to the database"
    for sentence in words.failure(rehearsal, item, nulls):
        for line in terminal.paragraph(printable(sentence)):
            yield terminal.paint(line, "red")


def _statement(number: int, seen: Seen, terminal: Terminal) -> Iterator[str]:
    lead = f"  {number:>2}. "
    hanging = " " * len(lead)
    sql = seen.sql or "what the code does"
    yield from terminal.paragraph("\n".join(map(printable, sql.splitlines())), lead, hanging)
    notes = f"line {seen.line}"
    if seen.state != "not run":
        notes += f", {words.took(seen.seconds)}"
    if not seen.in_transaction:
        notes += ", outside of a transaction"
    yield from terminal.paragraph(printable(f"{notes}. {words.statement(seen)}".rstrip()), hanging)


def _section(title: str, sentences: list[str], terminal: Terminal) -> Iterator[str]:
    if not sentences:
        return
    yield ""
    yield terminal.paint(title, "bold")
    for sentence in sentences:
        yield from terminal.paragraph(printable(sentence))
