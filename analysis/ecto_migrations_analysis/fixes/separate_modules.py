"""Several migrations in one file, each moved to a file of its own.

`Ecto.Migrator` loads a file and runs the first migration module that it finds there, and only that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ..analysis import MigrationAnalysis
from ..syntax.span import Span
from .context import Context, Proposal, offer
from .document import Document
from .model import Change, Edit, Files, NewFile
from .naming import snake

STRATEGY = "separate-modules"
# The remark that the template of several migrations puts above the later ones.
_REMARK = re.compile(r"# Move to a later file, <version>_[a-z0-9_]+\.exs: Ecto runs only .*\n")


def proposals(context: Context) -> Iterator[Proposal]:
    migrations = context.analysis.migrations
    if len(migrations) < 2 or context.migration is not migrations[0] or not context.can_add_files:
        return
    later = migrations[1:]
    document = context.document
    spans = [_lines(document, other.migration.span) for other in later]
    if any(span is None for span in spans) or not all(
        document.is_clean(other.migration.span) for other in later
    ):
        return
    what = "the second module" if len(later) == 1 else f"the other {len(later)} modules"
    files = "a file of its own" if len(later) == 1 else "files of their own"
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "+".join(other.migration.module for other in later),
            f"Move {what} to {files} (Ecto runs only the first of a file)",
            Span(later[0].migration.span.start, later[-1].migration.span.end),
            new_files=len(later),
        ),
        partial(_change, context, later, [span for span in spans if span is not None]),
    )


def _lines(document: Document, module: Span) -> Span | None:
    """The lines of a module with the comments right above it; None where something else stands in them."""
    if not document.starts_line(module.start) or document.rest_of_line(module.end).strip():
        return None
    return document.lines_of(module)


def _change(
    context: Context, later: tuple[MigrationAnalysis, ...], spans: list[Span], files: Files
) -> Change:
    document = context.document
    namer = context.namer(files)
    edits, new_files = [], []
    for other, span in zip(later, spans, strict=True):
        start = span.start
        while start and not document.data[document.line_start(start - 1) : start].strip():
            start = document.line_start(start - 1)
        edits.append(Edit(Span(start, span.end), ""))
        text = document.data[span.start : span.end].decode("utf-8").replace("\r\n", "\n")
        text = _REMARK.sub("", text).rstrip("\n") + "\n"
        path = namer.next_file(snake(other.migration.module.rpartition(".")[2]))
        new_files.append(NewFile(path, document.lines(text)))
    return Change(edits=tuple(edits), new_files=tuple(new_files))
