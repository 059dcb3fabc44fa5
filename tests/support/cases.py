"""Runs a rule's `Case` through the whole analysis."""

from __future__ import annotations

import textwrap

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.values import to_options
from ecto_migrations_analysis.project.config import read_config
from ecto_migrations_analysis.project.context import (
    DatabaseVersion,
    ProjectContext,
    RepoConfig,
    Siblings,
)
from ecto_migrations_analysis.project.ecto_schemas import read_schemas
from ecto_migrations_analysis.project.files import Files
from ecto_migrations_analysis.project.migrations import MigrationList, migration_file
from ecto_migrations_analysis.project.repos import Repo, database_of, repo_config
from ecto_migrations_analysis.project.settings import Settings
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.rules.catalogue import ENTRIES
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


def _repo(case: Case) -> RepoConfig:
    """The configuration `config :my_app, MyApp.Repo, <options>` makes, read as a project's is."""
    text = f"import Config\nconfig :my_app, MyApp.Repo, {case.config or '[]'}\n"
    environment = read_config(["/config"], Files({"/config/config.exs": text.encode()}))
    config = environment["my_app"].get("MyApp.Repo")
    return repo_config(Repo("MyApp.Repo", case.adapter, "priv/repo", to_options(config)))


def _after(schema: Schema, bodies: tuple[str, ...], first: int, repo: RepoConfig, what: str) -> Schema:
    """The schema that further migrations leave."""
    for number, body in enumerate(bodies, first):
        text = migration_text(body, f"MyApp.Repo.Migrations.{what.title()}{number - first}")
        context = ProjectContext(repo=repo, database=database_of(repo.adapter), schema=schema)
        analysis = analyze(Source.from_text(text, f"{number}_{what}.exs"), context)
        assert analysis.migrations, f"a migration {what} this one cannot be read"
        schema = left_by(analysis, schema)
    return schema


def left_by(analysis: Analysis, schema: Schema) -> Schema:
    """The schema after the migrations of a file, which met `schema`."""
    for migration in analysis.migrations:
        if migration.up is not None and migration.up.steps:
            schema = migration.up.steps[-1].after
    return schema


def _siblings(case: Case) -> Siblings | None:
    own = migration_file("/migrations/" + case.file.rpartition("/")[2])
    if own is None:
        return None
    names = ["1_before.exs", "20270101000000_after.exs"] if case.after else []
    found = [migration_file(f"/migrations/{name}") for name in (*names, *case.siblings)]
    others = MigrationList([own, *(item for item in found if item is not None)])
    return Siblings(
        own=own,
        same_version=others.same_version(own),
        same_name=others.same_name(own),
        newer=others.newest > own.version,
    )


def analysis_of(case: Case) -> Analysis:
    """The analysis of the case in its project, with every rule selected."""
    text, _ = marked(case)
    repo = _repo(case)
    schema = _after(Schema(complete=bool(case.before)), case.before, 1, repo, "before")
    lib = [read_schemas(body.encode(), f"lib/{number}.ex") for number, body in enumerate(case.lib)]
    modules = [
        module.module
        for number, body in enumerate(case.before)
        for module in read(
            Source.from_text(migration_text(body, f"MyApp.Repo.Migrations.Before{number}"))
        ).migrations
    ]

    def latest() -> Schema:
        plain = replace(context, siblings=None, latest=None)
        now = left_by(analyze(Source(text, case.file), plain), schema)
        return _after(now, case.after, 20270101000000, repo, "after")

    context = ProjectContext(
        repo=repo,
        database=database_of(repo.adapter),
        schema=schema,
        version=DatabaseVersion(major=case.version, source="the case"),
        settings=Settings(select=tuple(ENTRIES)),
        ecto_schemas=lambda: tuple(item for file in lib for item in file.schemas),
        named_constraints=lambda: tuple(
            item
            for file in lib
            for item in (*file.constraints, *(own for schema in file.schemas for own in schema.constraints))
        ),
        migrates_on_boot=lambda: next((file.boot for file in lib if file.boot is not None), None),
        latest=latest,
        siblings=_siblings(case),
        released=lambda: (
            None
            if case.released is None
            else tuple(
                item for name in case.released if (item := migration_file(f"/migrations/{name}")) is not None
            )
        ),
        released_text=lambda _: (
            None if case.released_text is None else _unmarked(migration_text(case.released_text))[0].decode()
        ),
        released_schemas=lambda table: (
            None
            if case.released is None
            else tuple(
                item
                for body in case.released_lib
                for item in read_schemas(body.encode(), "lib/base.ex").schemas
                if item.table.name == table
            )
        ),
        sibling_modules=tuple(modules),
        earlier=lambda: tuple(
            read(Source.from_text(migration_text(body), f"{number}_before.exs"), repo).migrations[0]
            for number, body in enumerate(case.before, 1)
        ),
        file_of=lambda module: f"/migrations/{modules.index(module) + 1}_before.exs",
    )
    return analyze(Source(text, case.file), context)


def findings_of(case: Case) -> tuple[Finding, ...]:
    return analysis_of(case).findings
