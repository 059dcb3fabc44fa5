"""What a project has set for this tool, in `.ecto-migrations.toml` or in the editor."""

from __future__ import annotations

from ..records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default."""

    # Ids of rules that are off unless a project selects them.
    select: tuple[str, ...] = ()
