"""Between the analysis (byte offsets, plain data) and LSP types. The only place that knows both."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ecto_migrations_analysis.findings import Finding, Level, Related
from ecto_migrations_analysis.fixes.model import Change, Edit, FixKind
from ecto_migrations_analysis.rules.pages import page_url
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types
from pygls.uris import from_fs_path

from .client import Client
from .documents import Document

SOURCE = "ecto-migrations"

_SEVERITIES = {
    Level.DANGER: types.DiagnosticSeverity.Error,
    Level.RISK: types.DiagnosticSeverity.Warning,
    Level.INFO: types.DiagnosticSeverity.Information,
}
_KINDS: dict[FixKind, types.CodeActionKind] = {
    "quickfix": types.CodeActionKind.QuickFix,
    "refactor.rewrite": types.CodeActionKind.RefactorRewrite,
}

# A new file is one line, empty. The range ends past it: Neovim then leaves no empty line behind the text,
# and every other client takes the end of the document, as the protocol says.
# The annotation of what happens in other files than the open one.
_ELSEWHERE = "elsewhere"
_WHOLE_NEW_FILE = types.Range(types.Position(0, 0), types.Position(1, 0))


def offset(source: Source, position: types.Position) -> int:
    """The byte offset of a position, which counts in UTF-16 code units; clamped to the text."""
    return source.lines.offset_of_utf16(position.line, position.character)


def span(source: Source, range_: types.Range) -> Span:
    start, end = offset(source, range_.start), offset(source, range_.end)
    return Span(min(start, end), max(start, end))


def position(source: Source, byte_offset: int) -> types.Position:
    return types.Position(*source.lines.utf16_position(byte_offset))


def text_range(source: Source, span: Span) -> types.Range:
    return types.Range(position(source, span.start), position(source, span.end))


def uri(path: str) -> str:
    """The URI of an absolute path."""
    return from_fs_path(path) or path


def kind(fix_kind: FixKind) -> types.CodeActionKind:
    return _KINDS[fix_kind]


def diagnostic(
    finding: Finding, document: Document, client: Client, source_of: Callable[[str], Source]
) -> types.Diagnostic:
    """A finding as the editor shows it: the first line of the message carries all of it.

    `source_of` gives the text of another file that the finding points to.
    """
    related = None
    if client.related_information and finding.related:
        related = [_related(other, document, source_of) for other in finding.related]
    return types.Diagnostic(
        range=text_range(document.source, finding.span),
        severity=_SEVERITIES[finding.level],
        source=SOURCE,
        code=finding.rule,
        # Sent to every client: most that show it do not announce `codeDescriptionSupport`.
        code_description=types.CodeDescription(href=page_url(finding.rule)),
        message=_message(finding),
        related_information=related,
        data=diagnostic_data(finding) if client.diagnostic_data else None,
    )


def _message(finding: Finding) -> str:
    # Beside the code there is room for one line, of plain text.
    first_line = finding.message.replace("`", "")
    return "\n".join(part for part in (first_line, finding.reason, finding.advice) if part)


def diagnostic_data(finding: Finding) -> dict[str, object]:
    """What tells findings apart after the text has moved; comes back with a request for code actions."""
    return {"rule": finding.rule, "subject": dict(finding.subject)}


def _related(
    related: Related, document: Document, source_of: Callable[[str], Source]
) -> types.DiagnosticRelatedInformation:
    path, span = related.place.path, related.place.span
    if path == document.path:
        location = types.Location(document.uri, text_range(document.source, span))
    else:
        location = types.Location(uri(path), text_range(source_of(path), span))
    return types.DiagnosticRelatedInformation(location=location, message=related.message)


def text_edits(change: Change, source: Source) -> list[types.TextEdit]:
    return _edits_of(change.edits, source)


def _edits_of(edits: Iterable[Edit], source: Source) -> list[types.TextEdit]:
    return [types.TextEdit(range=text_range(source, edit.span), new_text=edit.text) for edit in edits]


def workspace_edit(
    change: Change,
    document: Document,
    client: Client,
    open_at: Callable[[str], Document | None] = lambda path: None,
    title: str = "",
) -> types.WorkspaceEdit | None:
    """A fix as one edit of the workspace; None where the client could only do a part of it.

    New files come first: an editor that stops in the middle then leaves the text of the user as it was. The
    document's own new name comes last, for its edits are for the old one. `open_at` is asked for the version
    of another file that is open. What happens to other files is annotated with `title`.
    """
    edits = text_edits(change, document.source)
    others = [
        (other, open_at(other.path), _edits_of(other.edits, Source(other.before, other.path)))
        for other in change.others
    ]
    if change.new_files and not client.creates_files:
        return None
    if change.rename is not None and not client.renames_files:
        return None
    if not client.versioned_edits:
        changes = {found.uri if found else uri(other.path): made for other, found, made in others}
        return types.WorkspaceEdit(changes={**changes, document.uri: edits})
    elsewhere = bool(change.new_files or others or change.rename is not None)
    note = _ELSEWHERE if client.change_annotations and title and elsewhere else None
    operations: list[types.CreateFile | types.RenameFile | types.TextDocumentEdit] = []
    for file in change.new_files:
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        operations.append(types.CreateFile(uri=uri(file.path), options=options, annotation_id=note))
        operations.append(_document_edit(uri(file.path), None, [types.TextEdit(_WHOLE_NEW_FILE, file.text)]))
    for other, found, made in others:
        name, version = (found.uri, found.version) if found else (uri(other.path), None)
        operations.append(_document_edit(name, version, made, note))
    if edits:
        operations.append(_document_edit(document.uri, document.version, edits))
    if change.rename is not None:
        kept = types.RenameFileOptions(overwrite=False, ignore_if_exists=False)
        to = uri(change.rename.to)
        operations.append(
            types.RenameFile(old_uri=document.uri, new_uri=to, options=kept, annotation_id=note)
        )
    annotations = {note: types.ChangeAnnotation(label=title)} if note is not None else None
    return types.WorkspaceEdit(document_changes=operations, change_annotations=annotations)


def _document_edit(
    uri: str, version: int | None, edits: Iterable[types.TextEdit], note: str | None = None
) -> types.TextDocumentEdit:
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    made: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = [
        edit
        if note is None
        else types.AnnotatedTextEdit(annotation_id=note, range=edit.range, new_text=edit.new_text)
        for edit in edits
    ]
    return types.TextDocumentEdit(text_document=identifier, edits=made)
