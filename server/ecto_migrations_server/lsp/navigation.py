"""textDocument/definition and textDocument/references, of tables and columns only.

From a name to the migration that made it, and to every migration, index and schema field that names it. What
modules and functions are, the Elixir server beside this one knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.mentions.caret import Subject, subject_at
from ecto_migrations_analysis.mentions.history import Life, Name, life_of
from ecto_migrations_analysis.mentions.model import Mention, spelled_at
from ecto_migrations_analysis.mentions.statements import mentions
from ecto_migrations_analysis.project.context import PastMigration
from ecto_migrations_analysis.project.migrations import migration_file
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.span import Place
from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session


async def definition(ls: Session, params: types.DefinitionParams) -> types.Location | None:
    found = await _navigate(ls, params, partial(_definition, ls))
    return found[0] if found else None


async def references(ls: Session, params: types.ReferenceParams) -> list[types.Location] | None:
    return await _navigate(ls, params, partial(_references, ls, params.context.include_declaration))


async def _navigate(
    ls: Session,
    params: types.DefinitionParams | types.ReferenceParams,
    find: Callable[[Document, Analysis, int, tuple[PastMigration, ...]], list[types.Location] | None],
) -> list[types.Location] | None:
    """Runs `find` where the files that it looks into may be read."""
    document = ls.migration(params.text_document.uri)
    if document is None:
        return None
    analysis = await ls.full_analysis(document)
    offset = convert.offset(document.source, params.position)
    if subject_at(analysis, offset) is None:
        return None
    return await ls.index.past(document.path, partial(find, document, analysis, offset))


def _definition(
    ls: Session, document: Document, analysis: Analysis, offset: int, past: tuple[PastMigration, ...]
) -> list[types.Location] | None:
    found = _at(document, analysis, offset, past)
    if found is None:
        return None
    subject, life, past = found
    for path, mention in _mentions(document, analysis, life, past):
        if mention.makes:
            return [_location(ls, document, path, mention)]
    thing = subject.column if subject.mention.column is not None else subject.table
    place = thing.origin.place if thing is not None else None
    return [_place(ls, document, place)] if place is not None else None


def _references(
    ls: Session,
    declaration: bool,
    document: Document,
    analysis: Analysis,
    offset: int,
    past: tuple[PastMigration, ...],
) -> list[types.Location] | None:
    found = _at(document, analysis, offset, past)
    if found is None:
        return None
    _, life, past = found
    locations = [
        _location(ls, document, path, mention)
        for path, mention in _mentions(document, analysis, life, past)
        if declaration or not mention.makes
    ]
    locations += [_place(ls, document, place) for place in _fields(analysis, life)]
    unique = {(item.uri, item.range.start.line, item.range.start.character): item for item in locations}
    return list(unique.values())


def _at(
    document: Document, analysis: Analysis, offset: int, past: tuple[PastMigration, ...]
) -> tuple[Subject, Life, tuple[PastMigration, ...]] | None:
    """What the caret is on, its life, and the history with the open document as it is now."""
    subject = subject_at(analysis, offset)
    if subject is None:
        return None
    own = _own(document, analysis)
    name = Name(subject.mention.relation, subject.mention.column)
    past = tuple(own if item.path == own.path else item for item in past)
    if own not in past:
        past = tuple(sorted((*past, own), key=lambda item: item.version))
    return subject, life_of(name, own, past), past


def _own(document: Document, analysis: Analysis) -> PastMigration:
    """The open document as a part of the history."""
    path = document.path or document.uri
    file = migration_file(path)
    operations = tuple(
        operation
        for migration in analysis.migrations
        if migration.up is not None
        for _, operation in migration.up.operations
    )
    # A name without a version is not run by Ecto yet: it will be the last.
    return PastMigration(
        path=path, version=file.version if file is not None else 1 << 63, operations=operations
    )


def _mentions(
    document: Document, analysis: Analysis, life: Life, past: tuple[PastMigration, ...]
) -> Iterator[tuple[str, Mention]]:
    own = document.path or document.uri
    for migration in past:
        if migration.path != own:
            for mention in life.mentions(migration.path, migration.operations):
                yield migration.path, mention
            continue
        for module in analysis.migrations:
            for run in (module.up, module.down):
                # A rollback runs the same lines again, unless `down` is written by hand.
                if run is None or (run is module.down and run.program.callback == "change"):
                    continue
                for step in run.steps:
                    for mention in life.of(own, mentions(step.statement)):
                        yield own, mention


def _fields(analysis: Analysis, life: Life) -> Iterator[Place]:
    """The schema modules and fields that read it: they know it by its last name."""
    read = analysis.project.ecto_schemas
    if life.last is None or read is None:
        return
    for module in read():
        if Schema.key(module.table) != life.last.relation:
            continue
        if life.last.column is None:
            yield module.place
        elif (field := module.column(life.last.column)) is not None:
            yield field.place


def _location(ls: Session, document: Document, path: str, mention: Mention) -> types.Location:
    own = path == (document.path or document.uri)
    source = document.source if own else ls.sources.current(path)
    uri = document.uri if own else convert.uri(path)
    return types.Location(uri, convert.text_range(source, spelled_at(source, mention)))


def _place(ls: Session, document: Document, place: Place) -> types.Location:
    own = place.path == document.path
    source = document.source if own else ls.sources.current(place.path)
    uri = document.uri if own else convert.uri(place.path)
    return types.Location(uri, convert.text_range(source, place.span))
