"""Makes `analysis/ecto_migrations_analysis/sql/volatility.txt` from real servers.

    python tests/support/volatility.py 14 15 17 18

The volatility of a name is the worst of its overloads, on the newest server that has the name. (Between 14
and 18 one function that anybody calls changed: `timezone` of a `time with time zone`, volatile in 14.)
Functions of the extensions that a server can create are in a section of their own. The test compares with the
same queries.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from support.postgres import Database, server

TARGET = Path(__file__).parents[2] / "analysis/ecto_migrations_analysis/sql/volatility.txt"

BUILT_IN = """
SELECT p.proname, max(array_position('{i,s,v}', p.provolatile::text)) FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p' GROUP BY p.proname
"""

EXTENSIONS = """
SELECT p.proname, max(array_position('{i,s,v}', p.provolatile::text)) FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE p.prokind <> 'p' GROUP BY p.proname
"""

OPERATORS = """
SELECT o.oprname, max(array_position('{i,s,v}', p.provolatile::text)) FROM pg_operator o
JOIN pg_proc p ON p.oid = o.oprcode WHERE o.oprnamespace = 'pg_catalog'::regnamespace GROUP BY o.oprname
"""

LEVELS = {1: "immutable", 2: "stable", 3: "volatile"}

HEADER = """\
# The volatility of PostgreSQL's functions and operators: the worst of all overloads of a name, on the newest
# of the servers {versions} that has it.
# Made by tests/support/volatility.py with these queries (1 immutable, 2 stable, 3 volatile):
"""


def volatilities(database: Database) -> dict[str, dict[str, int]]:
    """By section (`function`, `operator`, `extension`): names and their volatility on this server."""
    with database.connect() as connection:
        found = {
            "function": _rows(connection, BUILT_IN),
            "operator": _rows(connection, OPERATORS),
        }
        for (name,) in connection.execute("SELECT name FROM pg_available_extensions").fetchall():
            try:
                with connection.transaction():
                    connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE')
            except psycopg.Error:
                continue  # it needs a library that is not here
        found["extension"] = _rows(connection, EXTENSIONS)
    return found


def _rows(connection: psycopg.Connection[tuple[object, ...]], query: str) -> dict[str, int]:
    return {str(name): int(str(level)) for name, level in connection.execute(query).fetchall()}


def main(versions: list[int]) -> None:
    known: dict[str, dict[str, int]] = {"function": {}, "operator": {}, "extension": {}}
    for version in sorted(versions):
        database = server(version).create_database()
        for section, names in volatilities(database).items():
            known[section].update(names)
    lines = [HEADER.format(versions=", ".join(map(str, versions))).rstrip()]
    for query in (BUILT_IN, OPERATORS, EXTENSIONS):
        lines += [f"#   {line}" for line in query.strip().splitlines()]
    for section, names in known.items():
        for level, word in LEVELS.items():
            members = sorted(name for name, found in names.items() if found == level)
            if members:
                lines.append(f"{section} {word} {' '.join(members)}")
    TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main([int(version) for version in sys.argv[1:]])
