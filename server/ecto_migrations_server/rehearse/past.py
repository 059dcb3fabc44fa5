"""What was there before a migration, made on an empty database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.migrations import migration_file
from ecto_migrations_analysis.records import dataclass, field

from .dump import Dump, dump_before, load
from .history import earlier, replay
from .model import Rehearsal
from .observation import Connection
from .request import Progress
from .scratch import empty, there
from .stand_ins import StandIns


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was there before the migration: by its files, or by a dump where that tells more."""

    parameters: dict[str, Any]
    own: Connection
    project: ProjectContext
    path: str
    shown: Callable[[str], str]
    buffers: Mapping[str, bytes]
    # The percent are those of this part; `check` may end it by an exception.
    progress: Progress
    check: Callable[[], None]
    stand_ins: StandIns = field(default_factory=StandIns)

    def make(self, found: Rehearsal) -> None:
        """Sets `history`, `gaps` and `structure` of what is found."""
        kept = there(self.own)
        before = earlier(self.project, self.path)
        version = _version_of(self.path)
        dump = dump_before(self.path, version, self.buffers)
        files = {number for item in before if (number := _version_of(item)) is not None}
        if dump is not None and not dump.versions <= files:
            # Migrations of the dump have no file any more.
            self._load(found, dump, before)
        if found.structure is not None:
            return
        found.history, found.gaps = len(before), self._replay(before)
        if not found.gaps or dump is None:
            return
        missing = len(found.gaps)
        empty(self.own, kept)
        self._load(found, dump, before)
        if found.structure is None or len(found.gaps) > missing:
            # The dump tells less still.
            empty(self.own, kept)
            found.structure, found.history, found.gaps = None, len(before), self._replay(before)

    def _load(self, found: Rehearsal, dump: Dump, before: list[str]) -> None:
        shown = self.shown(dump.path)
        self.progress(f"loading {shown}", 0)
        gaps = load(self.parameters, dump, self.stand_ins, shown, self.check)
        if gaps is None:
            return
        later = [item for item in before if _version_of(item) not in dump.versions]
        found.structure = shown
        found.history = len(later)
        found.gaps = [*gaps, *self._replay(later)]

    def _replay(self, paths: list[str]) -> list[str]:
        def replaying(done: int) -> None:
            self.check()
            self.progress(f"replaying {len(paths)} earlier migrations", done * 100 // max(1, len(paths)))

        return replay(self.own, paths, self.project, self.shown, replaying, self.buffers, self.stand_ins)


def _version_of(path: str) -> int | None:
    found = migration_file(path)
    return found.version if found is not None else None
