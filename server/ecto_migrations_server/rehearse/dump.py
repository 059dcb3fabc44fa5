"""`structure.sql`, the dump that `mix ecto.dump` writes, for a history that the files do not tell in full.

`mix ecto.load` gives it to psql. Here its statements go one by one: what psql would do by itself
(`\\restrict`, the rows after COPY) is taken out, and what only the dumped server could do is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg
from ecto_migrations_analysis.databases.registry import database_named
from ecto_migrations_analysis.project.migrations import folder_of, is_main
from ecto_migrations_analysis.project.structure import read_structure
from ecto_migrations_analysis.records import dataclass
from ecto_migrations_analysis.sql.parser import Refusal, parse

from .stand_ins import StandIns

_NAME: Final = "structure.sql"
_COPY: Final = re.compile(r"^COPY [^;\n]* FROM stdin;\n(?:.*\n)*?\\\.$", re.M | re.I)
_META: Final = re.compile(r"^\\.*$", re.M)
_LEAD: Final = re.compile(r"(?:\s+|--[^\n]*\n)*")
# What says who may do what, or how the client reads: a rehearsal has one user.
_BESIDE_THE_POINT: Final = frozenset(
    {
        *("AlterDefaultPrivilegesStmt", "AlterOwnerStmt", "CommentStmt", "GrantRoleStmt", "GrantStmt"),
        *("SecLabelStmt", "VariableSetStmt"),
    }
)
# What belongs to the whole server, or connects to another.
_OF_THE_SERVER: Final = frozenset(
    {
        *("AlterDatabaseSetStmt", "AlterDatabaseStmt", "AlterRoleSetStmt", "AlterRoleStmt", "CreateRoleStmt"),
        *(
            "AlterSystemStmt",
            "CreateSubscriptionStmt",
            "CreateTableSpaceStmt",
            "CreatedbStmt",
            "DropRoleStmt",
        ),
        *("DropTableSpaceStmt", "DropdbStmt"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Dump:
    """A dump of a time before the migration; `versions` are those that had run then."""

    path: str
    text: str
    versions: frozenset[int]


def dump_before(path: str, version: int | None, buffers: Mapping[str, bytes]) -> Dump | None:
    """The dump beside the main folder of migrations that the file at `path` is in.

    None where there is none, and where it holds what comes later than `version`.
    """
    folder = folder_of(path)
    beside = os.path.join(os.path.dirname(folder), _NAME)
    database = database_named("postgres")
    if database is None or not is_main(folder):
        return None
    try:
        data = buffers[beside] if beside in buffers else _contents(beside)
    except OSError:
        return None
    found = read_structure(data, beside, database)
    if found is None or (version is not None and found.last >= version):
        return None
    return Dump(path=beside, text=data.decode("utf-8", "replace"), versions=found.versions)


def load(
    parameters: dict[str, Any],
    dump: Dump,
    stand_ins: StandIns,
    shown: str,
    check: Callable[[], None] = lambda: None,
) -> list[str] | None:
    """Runs a dump on an empty database; what was left out or failed comes back as sentences.

    None where PostgreSQL's grammar refuses it: then nothing was run. `check` is called before each
    statement, and may end it by an exception.
    """
    text = _META.sub(
        "", _COPY.sub(lambda match: "\n" * match[0].count("\n"), dump.text.replace("\r\n", "\n"))
    )
    found = parse(text)
    if isinstance(found, Refusal):
        return None
    data = text.encode()
    gaps = [
        f"{shown}:{dump.text.count(chr(10), 0, match.start()) + 1}: rows of COPY are left out"
        for match in _COPY.finditer(dump.text.replace("\r\n", "\n"))
    ]
    # A connection of its own: the dump empties search_path and sets more for the session.
    with psycopg.connect(**parameters, autocommit=True) as connection:
        for node in found:
            check()
            start = node.get("stmt_location", 0)
            length = node.get("stmt_len", len(data) - start)
            sql = data[start : start + length].decode()
            kind = next(iter(node["stmt"]), "")
            if kind in _OF_THE_SERVER:
                reason: str | None = "left out, because it is about more than this database"
            else:
                reason = _run(connection, sql, kind, stand_ins)
            if reason is not None:
                gaps.append(f"{shown}:{_line(data[:start], sql)}: {reason}")
    return gaps


def _line(before: bytes, sql: str) -> int:
    """The line where a statement begins, behind the comments above it."""
    lead = _LEAD.match(sql)
    return before.count(b"\n") + sql.count("\n", 0, lead.end() if lead is not None else 0) + 1


def _run(connection: psycopg.Connection[Any], sql: str, kind: str, stand_ins: StandIns) -> str | None:
    told = None
    # Each time it misses one more type.
    for _ in range(8):
        try:
            connection.execute(stand_ins.adapt(sql).encode())
            return told
        except psycopg.OperationalError as error:
            if connection.closed or isinstance(error, psycopg.errors.DiskFull):
                raise
            return f"failed here: {error.diag.message_primary or error}"
        except psycopg.Error as error:
            if kind in _BESIDE_THE_POINT or isinstance(error, psycopg.errors.DuplicateSchema):
                return told
            if (error.diag.message_primary or "").startswith("role "):
                # OWNER TO, of a table: nobody else is here.
                return told
            made = stand_ins.make(connection, error)
            if made is None:
                return f"failed here: {error.diag.message_primary or error}"
            told, again = made
            if not again:
                return told
    return told


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
