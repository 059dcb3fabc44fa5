"""Writes docs/rules/ from the rules themselves: `make docs`. `--check` only says what is not current."""

from __future__ import annotations

import sys
from pathlib import Path

from ecto_migrations_analysis.rules.catalogue import CHAPTERS, ENTRIES, rule
from ecto_migrations_analysis.rules.pages import index, page, precedence

FOLDER = Path(__file__).parent / "rules"


def pages() -> dict[Path, str]:
    """What the folder has to hold, by path."""
    listed = [
        ((chapter.__doc__ or "").strip().rstrip("."), rule(entry.id), entry)
        for chapter in CHAPTERS
        for entry in chapter.RULES
    ]
    found = {FOLDER / f"{known.id}.md": page(known, entry) for _, known, entry in listed}
    found[FOLDER / "README.md"] = f"{index(listed)}\n{precedence(rule(name) for name in ENTRIES)}"
    return found


def stale() -> list[Path]:
    """The files that are missing, differ, or do not belong there."""
    wanted = pages()
    present = {path: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return sorted(path for path in {*wanted, *present} if wanted.get(path) != present.get(path))


def main(arguments: list[str]) -> int:
    """0 where the folder is current, or is now."""
    wanted = pages()
    out_of_date = stale()
    if "--check" in arguments:
        for path in out_of_date:
            print(f"not current: {path.name} (make docs)")
        return 1 if out_of_date else 0
    FOLDER.mkdir(exist_ok=True)
    for path in out_of_date:
        if path in wanted:
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
