"""What is wrong with `.ecto-migrations.toml`, shown in that file, open or not.

Pushed to every client: those that ask for diagnostics ask for those of Elixir files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from ecto_migrations_analysis.project.settings import FILE_NAME
from ecto_migrations_analysis.project.settings_file import SettingsFile, read_settings
from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

CODE = "settings"


def is_settings(path: str | None) -> bool:
    return path is not None and os.path.basename(path) == FILE_NAME


def arrived(ls: Session, document: Document) -> None:
    """Something else is known of the project around the document: its settings files too."""
    context = ls.index.context(document)
    for file in context.settings_files if context is not None else ():
        if file.path and _open(ls, file.path) is None:
            _publish(ls, convert.uri(file.path), file)
    _clear_missing(ls)


def changed(ls: Session, document: Document) -> None:
    """A settings file was opened, or has another text."""
    assert document.path is not None
    _publish(ls, document.uri, read_settings(document.source.data, document.path), document.version)


def closed(ls: Session, document: Document) -> None:
    """What was not saved does not count any more."""
    assert document.path is not None
    try:
        with open(document.path, "rb") as source:
            data = source.read()
    except OSError:
        data = b""
    _publish(ls, document.uri, read_settings(data, document.path))


def _publish(ls: Session, uri: str, file: SettingsFile, version: int | None = None) -> None:
    diagnostics = list(_diagnostics(file))
    shown = ls.settings_shown.get(file.path)
    if version is None and (shown == diagnostics or (shown is None and not diagnostics)):
        return
    if diagnostics:
        ls.settings_shown[file.path] = diagnostics
    else:
        ls.settings_shown.pop(file.path, None)
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
    )


def _diagnostics(file: SettingsFile) -> Iterable[types.Diagnostic]:
    # Not imported at the start; loads every rule where a name is none of an id.
    from ecto_migrations_analysis.rules.settings_problems import problems_of

    for problem in problems_of(file):
        yield types.Diagnostic(
            range=convert.text_range(file.source, problem.span),
            severity=types.DiagnosticSeverity.Warning,
            source=convert.SOURCE,
            code=CODE,
            message=problem.message[:1].upper() + problem.message[1:],
        )


def _clear_missing(ls: Session) -> None:
    """A file that is gone has no problems."""
    for path in tuple(ls.settings_shown):
        if not os.path.exists(path) and _open(ls, path) is None:
            _publish(ls, convert.uri(path), read_settings(b"", path))


def _open(ls: Session, path: str) -> Document | None:
    return next((document for document in ls.documents if document.path == path), None)
