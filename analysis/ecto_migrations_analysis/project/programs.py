"""The commands of earlier migrations, for a database whose statements are not modelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..program.migration import Migration
from ..program.reader import read
from ..records import replace
from ..syntax.source import Source
from .context import RepoConfig
from .files import Files, Stamp
from .migrations import MigrationFile

_TOLERANT = (3, 11)


class Programs:
    """What the files of a folder say to Ecto, read again where a file has changed."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Stamp, Migration | None]] = {}

    def before(
        self,
        migrations: Sequence[MigrationFile],
        own: MigrationFile | None,
        files: Files,
        config: RepoConfig,
        text_of: Callable[[str], str | None] | None,
    ) -> tuple[Migration | None, ...]:
        """The migrations of lower versions in their order; None for a file without one that can be read."""
        # What an option that Ecto does not know raises today, it passed over before 3.12.
        config = replace(config, ecto_sql=_TOLERANT)
        found: list[Migration | None] = []
        for at, item in enumerate(migrations):
            if own is not None and item.version >= own.version:
                break
            files.step("migrations", at, len(migrations))
            stamp = files.stamp(item.path)
            kept = self._read.get(item.path)
            if kept is None or kept[0] != stamp:
                data = files.read(item.path)
                programs = read(Source(data, item.path), config, text_of, rollback=False) if data else None
                first = programs.migrations[0] if programs and programs.migrations else None
                kept = (stamp, None if first is not None and first.broken else first)
                self._read[item.path] = kept
            found.append(kept[1])
        return tuple(found)
