"""Runs a rule's `Case` through the whole analysis."""

from __future__ import annotations

import textwrap

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.program.values import to_options
from ecto_migrations_analysis.project.config import read_config
from ecto_migrations_analysis.project.context import DatabaseVersion, ProjectContext, RepoConfig
from ecto_migrations_analysis.project.files import Files
from ecto_migrations_analysis.project.repos import Repo, repo_config
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span


def migration_text(body: str, module: str = "MyApp.Repo.Migrations.Example") -> str:
    """A whole migration from the body of `change`, of a module, or from a module as it is."""
    body = textwrap.dedent(body).strip("\n")
    if body.lstrip().startswith("defmodule"):
        return body + "\n"
    if "def " not in body:
        body = "def change do\n" + textwrap.indent(body, "  ") + "\nend"
    return f"defmodule {module} do\n  use Ecto.Migration\n\n{textwrap.indent(body, '  ')}\nend\n"


def marked(case: Case) -> tuple[bytes, list[Span]]:
    """The case's text without its marks, and the spans they mark."""
    return _unmarked(migration_text(case.text))


def _unmarked(text: str) -> tuple[bytes, list[Span]]:
    plain = b""
    spans: list[Span] = []
    starts: list[int] = []
    for part in _split(text):
        if part == "«":
            starts.append(len(plain))
        elif part == "»":
            spans.append(Span(starts.pop(), len(plain)))
        else:
            plain += part.encode()
    assert not starts
    return plain, sorted(spans)


def _split(text: str) -> list[str]:
    parts: list[str] = []
    for character in text:
        if character in "«»" or not parts or parts[-1] in "«»":
            parts.append(character)
        else:
            parts[-1] += character
    return parts


def _repo(options: str) -> RepoConfig:
    """The configuration `config :my_app, MyApp.Repo, <options>` makes, read as a project's is."""
    text = f"import Config\nconfig :my_app, MyApp.Repo, {options or '[]'}\n"
    environment = read_config(["/config"], Files({"/config/config.exs": text.encode()}))
    config = environment["my_app"].get("MyApp.Repo")
    return repo_config(Repo("MyApp.Repo", "Ecto.Adapters.Postgres", "priv/repo", to_options(config)))


def analysis_of(case: Case) -> Analysis:
    text, _ = marked(case)
    repo = _repo(case.config)
    schema = Schema(complete=bool(case.before))
    for number, before in enumerate(case.before):
        source = Source.from_text(
            migration_text(before, f"MyApp.Repo.Migrations.Before{number}"), f"{number + 1}_before.exs"
        )
        earlier = analyze(source, ProjectContext(repo=repo, schema=schema))
        assert earlier.migrations, "the earlier migration cannot be read"
        for migration in earlier.migrations:
            if migration.up is not None and migration.up.steps:
                schema = migration.up.steps[-1].after
    return analyze(
        Source(text, "20260101000000_example.exs"),
        ProjectContext(
            repo=repo,
            schema=schema,
            version=DatabaseVersion(major=case.version, source="the case"),
        ),
    )


def findings_of(case: Case) -> tuple[Finding, ...]:
    return analysis_of(case).findings
