"""Which database the cycle would run on, as the project itself says, and whether that may be."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from ecto_migrations_analysis.records import dataclass

from .errors import Refused

_MARK: Final = "ecto-migrations-cycle"
_PRODUCTION: Final = re.compile(r"(?:^|[^a-z])(?:prod|production)(?:[^a-z]|$)", re.I)
# Names of this machine, and those that containers have for it.
_HERE: Final = frozenset(
    {
        "localhost",
        "ip6-localhost",
        "host.docker.internal",
        "host.containers.internal",
        "gateway.docker.internal",
    }
)
_MODULE: Final = re.compile(r"[A-Z]\w*(?:\.[A-Z]\w*)*", re.A)
_ENVIRONMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# `config/0` is what Ecto's tasks connect with: config files, runtime.exs, a url and the repo's init/2 are in
# it. A password is in it, too, and stays there.
_PROGRAM: Final = """
for repo <- Mix.Ecto.parse_repo({arguments}) do
  config = repo.config()
  host = config[:socket_dir] || config[:socket] || config[:hostname]
  text = fn nil -> ""; value when is_binary(value) -> value; value -> inspect(value) end
  place = [text.(host), text.(config[:port]), text.(config[:database])]
  fields = [inspect(repo), inspect(repo.__adapter__()) | place]
  IO.puts(Enum.join(["{mark}" | Enum.map(fields, &("." <> Base.encode64(&1)))], " "))
end
"""


@dataclass(frozen=True)
class Database:
    """What a repo connects to; `host` and `port` are empty where the driver's own apply."""

    repo: str
    adapter: str
    host: str
    port: str
    name: str

    @property
    def server(self) -> str:
        """Its name: the host, or that a file has no server."""
        return self.host or "localhost"

    def __str__(self) -> str:
        if "SQLite" in self.adapter:
            return f"{self.repo}: {self.name}"
        port = f":{self.port}" if self.port and not self.server.startswith("/") else ""
        return f"{self.repo}: {self.name or 'its database'} at {self.server}{port}"


def question(repo: str | None) -> tuple[str, ...]:
    """The arguments with which mix tells it, without starting the application."""
    arguments = f'["-r", "{repo}"]' if repo is not None else "[]"
    return ("run", "--no-start", "-e", _PROGRAM.format(arguments=arguments, mark=_MARK).strip())


def answer(output: str, variables: Mapping[str, str]) -> tuple[Database, ...]:
    """What it told; Postgrex takes PGHOST, PGPORT and PGDATABASE where the configuration says nothing."""
    found = []
    for line in output.splitlines():
        mark, *fields = line.strip().split(" ")
        if mark != _MARK or len(fields) != 5:
            continue
        repo, adapter, host, port, name = (_decoded(field) for field in fields)
        if adapter == "Ecto.Adapters.Postgres":
            host = host or variables.get("PGHOST", "")
            port = port or variables.get("PGPORT", "")
            name = name or variables.get("PGDATABASE", "")
        found.append(Database(repo, adapter, host, port, name))
    return tuple(dict.fromkeys(found))


def without_answer(output: bytes) -> bytes:
    """The output without the lines that are not for people."""
    return b"".join(line for line in output.splitlines(True) if not line.startswith(_MARK.encode()))


def _decoded(field: str) -> str:
    return base64.b64decode(field[1:]).decode("utf-8", "replace")


def check_environment(wanted: str, variables: Mapping[str, str]) -> None:
    """Raises `Refused` for MIX_ENV=prod, wanted here or set in the shell."""
    if not _ENVIRONMENT.fullmatch(wanted):
        raise Refused(f"{wanted!r} is no environment of mix")
    if _is_production(wanted):
        raise Refused(f"cycle never runs in MIX_ENV={wanted}: what is rolled back loses its rows")
    of_shell = variables.get("MIX_ENV", "")
    if _is_production(of_shell):
        raise Refused(
            f"MIX_ENV is {of_shell} here: cycle does not run where production does; unset MIX_ENV elsewhere"
        )


def _is_production(environment: str) -> bool:
    return environment.lower().startswith("prod") or environment.lower() == "live"


def check_repo(repo: str) -> None:
    """Raises `Refused` for what is no name of a module."""
    if not _MODULE.fullmatch(repo):
        raise Refused(f"{repo!r} is no name of a repo, such as MyApp.Repo")


def check_database(database: Database, named_host: str | None) -> None:
    """Raises `Refused` where it looks like production, or is elsewhere and its host was not named."""
    if _PRODUCTION.search(database.name) or _PRODUCTION.search(database.server):
        raise Refused(f"{database} looks like production, by its name: cycle does not touch it")
    if not is_here(database.server) and database.server != named_host:
        raise Refused(
            f"{database} is another machine: what is rolled back loses its rows;"
            f" --host {database.server} says that it may"
        )


def is_here(host: str) -> bool:
    """Whether it is this machine or a container: a socket, a loopback address, a name without a dot."""
    if host.startswith(("/", "@")) or host.lower() in _HERE or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return "." not in host
