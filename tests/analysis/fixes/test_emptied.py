"""Two fixes that each take a line of one `alter`, put together."""

from __future__ import annotations

from ecto_migrations_analysis.fixes.context import Context
from ecto_migrations_analysis.fixes.document import Document
from ecto_migrations_analysis.fixes.emptied import without_emptied
from ecto_migrations_analysis.fixes.model import Change, Edit
from ecto_migrations_analysis.fixes.move_index import without_lines
from ecto_migrations_analysis.program.commands import AlterTable
from ecto_migrations_analysis.syntax.span import Span
from support.fixing import analysis_of, apply, migration

ALTER = "alter table(:posts) do\n  modify :a, :text\n  modify :b, :text\nend"


def together(body: str, taken: int) -> str | None:
    """The text without the first lines of its `alter`."""
    analysis = analysis_of(migration(body))
    document = Document(analysis.source)
    context = Context(analysis, analysis.migrations[0], document)
    (command,) = (command for _, command in context.commands(AlterTable))
    edits: list[Edit] = []
    for change in command.changes[:taken]:
        lines = Span(document.line_start(change.span.start), document.next_line(change.span.end))
        edits.append(without_lines(document, lines))
    found = without_emptied(context, tuple(edits))
    return None if found is None else apply(analysis.source.data, Change(edits=found)).decode()


def test_an_alter_that_keeps_a_line_stays() -> None:
    kept = ALTER.replace("  modify :a, :text\n", "")
    assert together(f"{ALTER}\n\nflush()", 1) == migration(f"{kept}\n\nflush()")


def test_an_empty_alter_goes() -> None:
    assert together(f"{ALTER}\n\nflush()", 2) == migration("flush()")


def test_one_that_is_all_there_is_cannot_go() -> None:
    assert together(ALTER, 2) is None
