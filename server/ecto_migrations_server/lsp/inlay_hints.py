"""textDocument/inlayHint: behind each operation the locks of its statements. Off until a setting says so."""

from __future__ import annotations

from collections.abc import Iterator

from ecto_migrations_analysis.analysis import Analysis, Step
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

OPTIONS = types.InlayHintOptions(resolve_provider=False)


async def inlay_hints(ls: Session, params: types.InlayHintParams) -> list[types.InlayHint]:
    document = ls.migration(params.text_document.uri)
    if document is None:
        return []
    if ls.settings.inlay_hints:
        await ls.index.ready(document)
    found = hints(ls, document)
    ls.hints.answered(document, found)
    first, last = params.range.start, params.range.end
    return [hint for hint in found if first <= hint.position <= last]


def hints(ls: Session, document: Document) -> list[types.InlayHint]:
    """All of the document, by what is known now."""
    if not ls.settings.inlay_hints:
        return []
    from ecto_migrations_analysis.report.consequences import lock_sentence
    from ecto_migrations_analysis.report.summary import lock_words

    found = []
    analysis = ls.analysis(document)
    sizes = analysis.project.settings.sizes
    for span, steps in _by_place(analysis).items():
        words = lock_words(steps)
        if not words:
            continue
        sentences = dict.fromkeys(lock_sentence(step.effect, sizes).replace("`", "") for step in steps)
        place = convert.position(document.source, _end_of_first_line(document.source, span))
        found.append(
            types.InlayHint(
                position=place,
                label=words,
                tooltip="\n".join(sentence for sentence in sentences if sentence) or None,
                padding_left=True,
            )
        )
    return sorted(found, key=lambda hint: (hint.position.line, hint.position.character))


def _by_place(analysis: Analysis) -> dict[Span, list[Step]]:
    """The statements by the command that sends them; what a loop sends stands together.

    The reversal of a `change` has the places of the way up, which count there.
    """
    found: dict[Span, list[Step]] = {}
    for step in _steps(analysis):
        found.setdefault(step.statement.span, []).append(step)
    return found


def _steps(analysis: Analysis) -> Iterator[Step]:
    for migration in analysis.migrations:
        if migration.up is not None:
            yield from migration.up.steps
        if migration.down is not None and migration.down.program.callback == "down":
            yield from migration.down.steps


def _end_of_first_line(source: Source, span: Span) -> int:
    """Behind `alter table(:posts) do`, not behind its `end`."""
    end = min(span.end, source.lines.line_end(source.lines.line_of(span.start)))
    return span.start + len(source.data[span.start : end].rstrip())
