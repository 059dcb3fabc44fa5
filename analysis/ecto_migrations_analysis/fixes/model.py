"""A fix as plain data."""

from __future__ import annotations

from typing import Literal, Protocol

from ..records import dataclass
from ..syntax.span import Span

FixKind = Literal["quickfix", "refactor.rewrite"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces `span` of the file under analysis by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to create; `path` is absolute where the source's path is, and did not exist when it was made."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEdits:
    """Edits of another file that exists, a schema module; `before` is its text, which the spans are of."""

    path: str
    before: bytes
    edits: tuple[Edit, ...]

    @property
    def after(self) -> bytes:
        data = self.before
        for edit in sorted(self.edits, key=lambda edit: edit.span, reverse=True):
            data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """The file under analysis gets another name in its folder; nothing has that name."""

    path: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything a fix does: all of it or nothing."""

    edits: tuple[Edit, ...] = ()
    new_files: tuple[NewFile, ...] = ()
    others: tuple[OtherEdits, ...] = ()
    rename: Rename | None = None


class StaleOffer(Exception):
    """The offer's subject is no longer in the text, or not in that of another file that it changes."""


class Files(Protocol):
    """The files that exist, on disk or open and unsaved, asked at the moment the change is made."""

    def names(self, folder: str) -> frozenset[str]:
        """The bare file names in `folder`; empty where it does not exist."""
        ...

    def read(self, path: str) -> bytes | None:
        """The text of a file, as it is open in an editor, else on the disk; None where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A fix that can be had here; `Fixer.change` computes what it does, when somebody wants it.

    `id` names the strategy and its subject, stable while the text is; `rules` are the rules whose findings
    it answers, `finding_spans` where those stand; none for a refactoring that no finding asks for.
    """

    id: str
    title: str
    kind: FixKind
    span: Span
    preferred: bool = False
    # True where it changes nothing but what the finding is about, so that it may be applied unasked.
    safe: bool = False
    new_file_count: int = 0
    # True where the file gets another name.
    renames: bool = False
    rules: tuple[str, ...] = ()
    finding_spans: tuple[Span, ...] = ()

    @property
    def suppresses(self) -> bool:
        """True where it silences the finding and leaves the migration as it is."""
        return self.id.startswith("disable-")
