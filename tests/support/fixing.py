"""Applies fixes to texts, as an editor would."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.fixes.model import Change, Offer
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.syntax.source import Source

FOLDER = "/app/priv/repo/migrations/"
FILE = "20240201000000_add_status_to_posts.exs"
MODULE = "MyApp.Repo.Migrations.AddStatusToPosts"


@dataclass
class KnownFiles:
    """A `Files` that knows its names; `asked` are the folders it was asked for."""

    known: Iterable[str] = ()
    asked: list[str] = field(default_factory=list)
    texts: Mapping[str, bytes] = field(default_factory=dict)

    def names(self, folder: str) -> frozenset[str]:
        self.asked.append(folder)
        return frozenset(self.known)

    def read(self, path: str) -> bytes | None:
        return self.texts.get(path)


@dataclass(frozen=True)
class Fixed:
    """The text after a fix, and the new files by name."""

    text: str
    new: dict[str, str]

    @property
    def all(self) -> list[str]:
        """The migrations in the order in which they run."""
        return [self.text, *(self.new[name] for name in sorted(self.new))]


def migration(body: str, *, head: str = "", callback: str = "change") -> str:
    """A migration with `body` in its callback."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.strip("\n").split("\n"))
    return f"defmodule {MODULE} do\n  use Ecto.Migration\n{head}\n  def {callback} do\n{lines}  end\nend\n"


def analysis_of(
    text: str | bytes, project: ProjectContext | None = None, path: str | None = FOLDER + FILE
) -> Analysis:
    data = text if isinstance(text, bytes) else text.encode()
    return analyze(Source(data, path), project)


def offered(text: str | bytes, strategy: str = "", project: ProjectContext | None = None) -> list[Offer]:
    """The offers whose strategy begins with `strategy`, without those that only silence a rule."""
    found = offers(analysis_of(text, project))
    return [o for o in found if o.id.startswith(strategy) and (strategy or not o.id.startswith("disable-"))]


def fix(
    text: str | bytes,
    strategy: str,
    project: ProjectContext | None = None,
    files: Iterable[str] = (),
    path: str = FOLDER + FILE,
    subject: str = "",
) -> Fixed:
    """What the one offer of this strategy (whose id holds `subject`) makes of the text."""
    analysis = analysis_of(text, project, path)
    found = [o for o in offers(analysis) if o.id.startswith(strategy + ":") and subject in o.id]
    assert len(found) == 1, [o.id for o in offers(analysis)]
    made = change(analysis, found[0].id, KnownFiles(files))
    assert len(made.new_files) == found[0].new_file_count
    return Fixed(
        apply(analysis.source.data, made).decode(),
        {file.path.rpartition("/")[2]: file.text for file in made.new_files},
    )


def apply(data: bytes, made: Change) -> bytes:
    """The text after the edits; fails where two of them overlap."""
    ordered = sorted(made.edits, key=lambda edit: edit.span)
    for first, second in itertools.pairwise(ordered):
        assert first.span.end <= second.span.start, (first, second)
    for edit in reversed(ordered):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data
