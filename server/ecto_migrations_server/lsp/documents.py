"""The documents that are open in the editor.

Synchronisation is full: each change brings the whole text. A migration has some kilobytes, and the line
arithmetic of incremental changes (which pygls does with `str.splitlines`) is wrong after a U+2028.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.settings import Settings
from ecto_migrations_analysis.syntax.source import Source
from pygls.uris import to_fs_path

from ..detection import is_migration, is_stated


@dataclass(kw_only=True)
class Document:
    """One version of an open document. A change makes a new one: what is derived from it never gets stale."""

    uri: str
    version: int
    text: str
    # The analysis of this version and the project that it was made in.
    analysed: tuple[ProjectContext, Analysis] | None = None
    # What the editor's settings change about those of the files around it.
    adjust: Callable[[Settings], Settings] | None = None
    # What the last analysis took, of this version or of one before.
    seconds: float = 0.0

    @property
    def key(self) -> str:
        """The same for every spelling of the URI."""
        return unquote(self.uri)

    @cached_property
    def path(self) -> str | None:
        """The file's path; None for a document that is not a file (`untitled:Untitled-1`)."""
        return to_fs_path(self.uri)

    @cached_property
    def source(self) -> Source:
        return Source.from_text(self.text, self.path)

    @cached_property
    def is_migration(self) -> bool:
        return is_migration(self.path, self.text) or is_stated(self.path, self.adjust)


class Documents:
    """Open documents by URI. `file:///c%3A/x` and `file:///c:/x` are the same one."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        # That of the documents that are put from now on.
        self.adjust: Callable[[Settings], Settings] | None = None

    def put(self, uri: str, version: int, text: str) -> Document:
        """Opens a document or replaces the version that is there."""
        former = self.get(uri)
        document = Document(
            uri=uri,
            version=version,
            text=text,
            adjust=self.adjust,
            seconds=former.seconds if former else 0.0,
        )
        self._documents[document.key] = document
        return document

    def remove(self, uri: str) -> Document | None:
        return self._documents.pop(unquote(uri), None)

    def get(self, uri: str) -> Document | None:
        return self._documents.get(unquote(uri))

    def __iter__(self) -> Iterator[Document]:
        # A copy, made at once: the worker's thread looks too.
        return iter(tuple(self._documents.values()))
