"""Writes docs/rules/, docs/fixes.md, a table of the README and the schema of the settings: `make docs`.

`--check` only says what is not current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fixes
from ecto_migrations_analysis.project.settings_keys import json_schema
from ecto_migrations_analysis.rules.catalogue import CHAPTERS, ENTRIES, rule
from ecto_migrations_analysis.rules.pages import index, page, precedence

FOLDER = Path(__file__).parent / "rules"
FIXES = Path(__file__).parent / "fixes.md"
README = Path(__file__).parents[1] / "README.md"
# What stands between these in the README is written here.
BEGIN, END = "<!-- begin: written by make docs -->\n", "<!-- end: written by make docs -->\n"
# Part of the VS Code extension, which other editors of TOML can use too (docs/configuration.md).
SCHEMA = Path(__file__).parents[1] / "editors" / "vscode" / "schemas" / "ecto-migrations.schema.json"


def pages() -> dict[Path, str]:
    """What the files have to hold, by path."""
    listed = [
        ((chapter.__doc__ or "").strip().rstrip("."), rule(entry.id), entry)
        for chapter in CHAPTERS
        for entry in chapter.RULES
    ]
    found = {FOLDER / f"{known.id}.md": page(known, entry) for _, known, entry in listed}
    found[FOLDER / "README.md"] = f"{index(listed)}\n{precedence(rule(name) for name in ENTRIES)}"
    found[FIXES] = fixes.table()
    found[SCHEMA] = schema()
    found[README] = readme(README.read_text("utf-8"))
    return found


def readme(text: str) -> str:
    """The README with its table as it has to be."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    table = f"<details>\n<summary>All {len(ENTRIES)} rules</summary>\n\n{fixes.in_short()}\n\n</details>\n"
    return f"{head}{BEGIN}{table}{END}{tail}"


def schema() -> str:
    """The JSON schema of the settings, which names the rules; loads none of them."""
    return json.dumps(json_schema(sorted(ENTRIES)), indent=2, ensure_ascii=False) + "\n"


def stale() -> list[Path]:
    """The files that are missing, differ, or do not belong there."""
    wanted = pages()
    present = {
        path: path.read_text("utf-8")
        for path in [*FOLDER.glob("*.md"), FIXES, SCHEMA, README]
        if path.exists()
    }
    return sorted(path for path in {*wanted, *present} if wanted.get(path) != present.get(path))


def main(arguments: list[str]) -> int:
    """0 where the files are current, or are now."""
    wanted = pages()
    out_of_date = stale()
    if "--check" in arguments:
        for path in out_of_date:
            print(f"not current: {path.name} (make docs)")
        return 1 if out_of_date else 0
    for path in out_of_date:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
