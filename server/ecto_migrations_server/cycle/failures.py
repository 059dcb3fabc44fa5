"""Why mix failed: its output in one sentence, and the way out. Where nothing is known, its own error."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .model import Explanation, Kind

# What an error begins with: "** (Postgrex.Error) ERROR 55P03 (lock_not_available) canceling …".
_RAISED: Final = re.compile(r"^\*\* \((?P<module>[\w.]+)\) (?P<text>.+)", re.M)
# In the middle of a line: of a process that ended, or behind a question that nobody has answered.
_RAISED_INSIDE: Final = re.compile(r"\*\* \((?P<module>[\w.]+)\) (?P<text>.+)")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST: Final = 300

_Make = Callable[[re.Match[str], str], Explanation]


def explain(output: str, code: int, environment: str, kind: Kind | None = None) -> Explanation:
    """What `mix` said when it ended with `code`; `kind` None: before the first gate.

    With 0 it has not failed, and has not told the database that it was asked for.
    """
    output = _COLOURS.sub("", output)
    for pattern, make in _KNOWN:
        if match := pattern.search(output):
            return make(match, environment)
    if kind == "tests":
        return Explanation(_tests(output), "what fails is above")
    if (match := _RAISED.search(output) or _RAISED_INSIDE.search(output)) is not None:
        text = match["text"] if match["module"] == "Mix" else f"{match['module']}: {match['text']}"
        return Explanation(_short(text), elsewhere=kind is None)
    if code == 0:
        return Explanation("mix does not tell which database it would use", elsewhere=True)
    return Explanation(f"mix ended with exit code {code}", "what it said is above", elsewhere=kind is None)


def _tests(output: str) -> str:
    """`12 tests, 2 failures` as ExUnit sums it up, the last one of an umbrella's."""
    found = re.findall(r"^(?:\d+ \w+, )*\d+ tests?, \d+ failures?.*$", output, re.M)
    return found[-1].strip() if found else "the tests fail"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _elsewhere(sentence: str, way_out: str | None = None) -> _Make:
    """`{0}` in the texts is MIX_ENV; `{1}` and so on are the groups of the pattern."""

    def make(match: re.Match[str], environment: str) -> Explanation:
        return Explanation(*_filled(match, environment, sentence, way_out), elsewhere=True)

    return make


def _its_own(sentence: str, way_out: str | None = None) -> _Make:
    def make(match: re.Match[str], environment: str) -> Explanation:
        return Explanation(*_filled(match, environment, sentence, way_out))

    return make


def _filled(
    match: re.Match[str], environment: str, sentence: str, way_out: str | None
) -> tuple[str, str | None]:
    groups = (environment, *(_short(group or "") for group in match.groups()))
    return sentence.format(*groups), way_out.format(*groups) if way_out is not None else None


def _refused(match: re.Match[str], environment: str) -> Explanation:
    del environment
    return Explanation(f"PostgreSQL refused a statement: {_short(match[3])} ({match[2]}, {match[1]})")


# The first that is found counts: what is the cause stands before what follows from it.
_KNOWN: Final[tuple[tuple[re.Pattern[str], _Make], ...]] = tuple(
    (re.compile(pattern, re.M), make)
    for pattern, make in (
        (
            r"Could not find Hex, which is needed to build dependency :?(\w+)",
            _elsewhere("mix has no Hex, which the dependency {1} needs", "mix local.hex, then mix deps.get"),
        ),
        (
            r"Unchecked dependencies for environment (\w+)|^\*\* \(Mix\) Can't continue due to errors on dep",
            _elsewhere("the dependencies have not been fetched, or not for MIX_ENV={0}", "mix deps.get"),
        ),
        (
            r"\(Mix\) The task \"(ecto\.[\w.]+)\" could not be found",
            _elsewhere("mix knows no task {1}: the project does not depend on ecto_sql", None),
        ),
        (
            r"\(Mix\) Could not find a Mix\.Project",
            _elsewhere("there is no mix.exs in the folder in which mix was started"),
        ),
        (
            r"== Compilation error in file (\S+) ==\n(?:\*\* \([\w.]+\) )?(.*)",
            _elsewhere("the project does not compile in MIX_ENV={0}: {2} ({1})"),
        ),
        (
            r"FATAL 3D000 \(invalid_catalog_name\) database \"([^\"]*)\" does not exist"
            r"|Unknown database '([^']*)'",
            _elsewhere("there is no database {1}{2}", "MIX_ENV={0} mix ecto.create"),
        ),
        (
            r"FATAL 28000 \(invalid_authorization_specification\) role \"([^\"]*)\" does not exist",
            _elsewhere(
                "the server knows no role {1}",
                "create it (createuser --createdb {1}), or name another in config/{0}.exs",
            ),
        ),
        (
            r"FATAL 28P01 \(invalid_password\) (.*)|\(1045\) (?:\(\w+\) )?(Access denied .*)",
            _elsewhere("the server refuses the user: {1}{2}", "the password stands in config/{0}.exs"),
        ),
        (
            r"FATAL 28000 \(invalid_authorization_specification\) (.*)",
            _elsewhere("the server refuses the connection: {1}"),
        ),
        (
            r"FATAL 53300 \(too_many_connections\) (.*)",
            _elsewhere("the server takes no more connections: {1}"),
        ),
        (
            r"FATAL 57P03 \(cannot_connect_now\) (.*)",
            _elsewhere("the server takes no connections yet: {1}", "try it again when it has started"),
        ),
        (
            r"connect \(([^)]+)\): [^\n]*:econnrefused|\(([^)\s]+)\) connection refused - :econnrefused",
            _elsewhere(
                "no database server answers at {1}{2}", "start it, or see config/{0}.exs for its address"
            ),
        ),
        (
            r"connect \(([^)]+)\): [^\n]*:enoent",
            _elsewhere("no database server listens on the socket {1}", "start it"),
        ),
        (
            r"connect \(([^)]+)\): [^\n]*:nxdomain",
            _elsewhere("there is no host {1}", "its name stands in config/{0}.exs"),
        ),
        (
            r"connect \(([^)]+)\): [^\n]*:(?:timeout|etimedout|ehostunreach|enetunreach)",
            _elsewhere("the database server at {1} cannot be reached"),
        ),
        (
            r"Waiting for lock on the build directory \(held by process (\d+)\)",
            _elsewhere("the process {1} has locked the project's build directory"),
        ),
        (
            r"Could not find migrations directory \"([^\"]+)\"",
            _elsewhere("mix finds no folder {1}", "--repo names the repo of the migrations"),
        ),
        (
            r"\(Mix\) (Could not load \S+, error: \S+|Module \S+ is not an Ecto\.Repo)",
            _elsewhere("{1}", "--repo names the repo of the migrations"),
        ),
        (
            r"\(UndefinedFunctionError\) function (\S+)\.(?:config|__adapter__)/0 is undefined",
            _elsewhere("the project has no repo {1}"),
        ),
        (
            r"\(UndefinedFunctionError\) function Mix\.Ecto\.",
            _elsewhere("mix knows no Ecto here: the project does not depend on ecto_sql"),
        ),
        (
            r"could not find Ecto repos in any of the apps: (\[[^\]]*\])",
            _elsewhere(
                "the project names no repo: ecto_repos is not set for {1}",
                "--repo names the repo of the migrations",
            ),
        ),
        (
            r"ERROR 53100 \(disk_full\) (.*)|(No space left on device)",
            _elsewhere("the disk is full: {1}{2}"),
        ),
        # From here on it is what the migration says.
        (
            r"\(Ecto\.MigrationError\) cannot reverse migration command: (.*?)(?:\. You will need|$)",
            _its_own(
                "the migration cannot be rolled back: {1}",
                "up and down instead of change, or what change lacks: ecto-migrations expand FILE --list",
            ),
        ),
        (
            r"\(Ecto\.MigrationError\) You are running migration (\d+) but an older migration with version "
            r"(\d+)",
            _its_own(
                "the migrations are out of order, and the project forbids that: {1} is older than {2}, which"
                " has run",
                "a newer version in its file name",
            ),
        ),
        (
            r"\(Ecto\.MigrationError\) (migrations can't be executed, .*)",
            _its_own("{1}", "another version or name in the file name"),
        ),
        (
            r"\(Ecto\.MigrationError\) (.*)",
            _its_own("{1}"),
        ),
        (
            r"ERROR 55P03 \(lock_not_available\) (.*)",
            _its_own(
                "a lock was not to be had in time: {1}",
                "pg_stat_activity shows who holds it: often an application or a console that is open on the"
                " same database",
            ),
        ),
        (
            r"ERROR 57014 \(query_canceled\) (.*)",
            _its_own("a statement was cancelled: {1}"),
        ),
        (
            r"ERROR 40P01 \(deadlock_detected\) (.*)",
            _its_own("a deadlock: {1}", "something else is at work on the same database"),
        ),
        (
            r"connection not available and request was dropped from queue after (\d+ms)",
            _its_own(
                "no connection of the pool was free for {1}",
                "a migration needs pool_size: 2; in tests no sandbox may hold the other one",
            ),
        ),
        (
            r"\(CompileError\) (.*)|\((?:SyntaxError|TokenMissingError)\) (.*)",
            _its_own("a migration does not compile: {1}{2}"),
        ),
        (r"\(Postgrex\.Error\) ERROR (\w{5}) \((\w+)\) (.*)", _refused),
        (r"\((?:MyXQL|Exqlite|Tds)\.Error\) (.*)", _its_own("the database refused a statement: {1}")),
    )
)
