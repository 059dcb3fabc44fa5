"""The files that exist for a fix that makes new ones: those on disk and those open and not yet saved."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .documents import Document, Documents


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """The `Files` of `fixes.model`, asked when the user has picked the fix.

    The server has to see to it that a new file's name is free. Neovim truncates a file that `CreateFile`
    meets, whatever its options say, and VS Code stops in the middle of the edit without a message.
    """

    documents: Documents

    def names(self, folder: str) -> frozenset[str]:
        """The bare file names in `folder`; empty where it does not exist."""
        try:
            on_disk = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            on_disk = []
        wanted = os.path.normcase(os.path.abspath(folder))
        unsaved = [
            os.path.basename(document.path)
            for document in self.documents
            if document.path is not None
            and os.path.normcase(os.path.abspath(os.path.dirname(document.path))) == wanted
        ]
        return frozenset([*on_disk, *unsaved])

    def read(self, path: str) -> bytes | None:
        """The text of a file: as it is open, else as it is on the disk; None where there is none."""
        document = self.open_at(path)
        if document is not None:
            return document.source.data
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def open_at(self, path: str) -> Document | None:
        """The open document of a file."""
        wanted = os.path.normcase(os.path.abspath(path))
        for document in self.documents:
            if document.path is not None and os.path.normcase(os.path.abspath(document.path)) == wanted:
                return document
        return None
