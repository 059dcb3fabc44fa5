"""Every offer on every text there is: the rules' own cases and the example projects.

Whatever is offered can be done, parses afterwards, is formatted where the text was, and does not leave the
finding that it answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.fixes.model import Change, Offer, Rename
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.ecto_schema_model import EctoSchema
from ecto_migrations_analysis.project.ecto_schemas import read_schemas
from ecto_migrations_analysis.project.migrations import migration_file
from ecto_migrations_analysis.rules.catalogue import rules
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Place, Span
from support import cases
from support.elixir import assert_formatted, formatted
from support.fixing import FOLDER, KnownFiles, apply

pytestmark = pytest.mark.slow

PROJECTS = Path(__file__).parents[2] / "projects"


# The schema modules of a text, by path, as the cases name them.
LIBS: dict[int, dict[str, bytes]] = {}


def analyses() -> Iterator[tuple[str, Analysis]]:
    for rule in rules().values():
        for case in (*rule.fires, *rule.silent):
            found = cases.analysis_of(case)
            source = Source(found.source.data, FOLDER + "20240201000000_example.exs")
            analysis = analyze(source, found.project)
            LIBS[id(analysis)] = {f"lib/{n}.ex": body.encode() for n, body in enumerate(case.lib)}
            yield f"{rule.id}: {case.about}", analysis
    for path in sorted(PROJECTS.glob("**/migrations/*.exs")):
        yield path.name, analyze(Source(path.read_bytes(), str(path)))


def every_change() -> Iterator[tuple[str, Analysis, Offer, Change]]:
    for name, analysis in analyses():
        found = offers(analysis)
        assert len({offer.id for offer in found}) == len(found), name
        for offer in found:
            yield (
                f"{name} | {offer.id}",
                analysis,
                offer,
                change(analysis, offer.id, KnownFiles(texts=LIBS.get(id(analysis), {}))),
            )


@pytest.fixture(scope="module")
def changes() -> list[tuple[str, Analysis, Offer, Change]]:
    return list(every_change())


def after(analysis: Analysis, made: Change) -> Analysis:
    """The file after the change, with what the new files do as what is known to come later."""
    source = replace_data(analysis.source, apply(analysis.source.data, made))
    project = project_after(analysis, made)
    if made.rename is not None:
        source, project = Source(source.data, made.rename.to), renamed(project, made.rename)
    changed = analyze(source, project)
    if not made.new_files or analysis.project.latest is None:
        return changed
    schema = cases.left_by(changed, analysis.project.schema)
    for file in made.new_files:
        later = replace(analysis.project, schema=schema, latest=None, siblings=None)
        schema = cases.left_by(analyze(Source(file.text.encode(), file.path), later), schema)
    return analyze(source, replace(project, latest=lambda: schema))


def project_after(analysis: Analysis, made: Change) -> ProjectContext:
    """The project with the schema modules as the change leaves them."""
    if not made.others:
        return analysis.project
    texts = LIBS[id(analysis)] | {other.path: other.after for other in made.others}
    files = [read_schemas(text, path) for path, text in texts.items()]
    read = tuple(item for file in files for item in file.schemas)
    named = tuple(
        item
        for file in files
        for item in (*file.constraints, *(own for schema in file.schemas for own in schema.constraints))
    )
    return replace(analysis.project, ecto_schemas=lambda: read, named_constraints=lambda: named)


def renamed(project: ProjectContext, rename: Rename) -> ProjectContext:
    """The project when the file has its new name."""
    own = migration_file(rename.to)
    assert own is not None, rename
    there = project.siblings
    if there is None:
        return project
    same = tuple(item for item in there.same_version if item.version == own.version)
    alike = tuple(item for item in there.same_name if item.name == own.name)
    left = replace(there, own=own, same_version=same, same_name=alike, newer=False)
    return replace(project, siblings=left)


def project_at_last(project: ProjectContext, schema: Schema, left: Schema) -> ProjectContext:
    """The project when a step is deployed as its comment says: no code knows a column or table that goes."""
    place = Place("lib/post.ex", Span(0, 0))
    read = tuple(EctoSchema(module="Blog.Any", table=table, place=place) for table in left.tables)
    return replace(project, schema=schema, ecto_schemas=lambda: read)


def replace_data(source: Source, data: bytes) -> Source:
    return Source(data, source.path)


def test_there_is_something_to_test(changes: list[tuple[str, Analysis, Offer, Change]]) -> None:
    strategies = {offer.id.partition(":")[0] for _, _, offer, _ in changes}
    assert strategies >= {
        "concurrent-index",
        "constant-default",
        "disable-for-next-line",
        "disable-for-this-file",
        "index-attributes",
        "split-not-null-add",
        "split-volatile-default",
        "timestamps-default",
        "validate-later",
    }


def test_edits_lie_apart_and_the_text_parses(changes: list[tuple[str, Analysis, Offer, Change]]) -> None:
    for name, analysis, _, made in changes:
        assert made.edits or made.new_files or made.rename or made.others, name
        changed = after(analysis, made)
        assert not changed.broken or analysis.broken, name
        assert changed.migrations, name


def test_the_finding_is_gone(changes: list[tuple[str, Analysis, Offer, Change]]) -> None:
    for name, analysis, offer, made in changes:
        # Whether a comment silences a rule is decided by whoever shows the findings.
        if offer.id.startswith("disable-") or not offer.rules:
            continue
        changed = after(analysis, made)
        for rule in offer.rules:
            count = sum(finding.rule == rule for finding in analysis.findings)
            answered = sum(
                finding.rule == rule and finding.span in offer.finding_spans for finding in analysis.findings
            )
            assert answered, name
            assert sum(finding.rule == rule for finding in changed.findings) == count - answered, name


def test_new_files_hold_one_migration_that_is_not_dangerous(
    changes: list[tuple[str, Analysis, Offer, Change]],
) -> None:
    for name, analysis, offer, made in changes:
        assert len(made.new_files) == offer.new_file_count, name
        first = after(analysis, made)
        run = first.migrations[0].up
        schema = run.steps[-1].after if run and run.steps else analysis.project.schema
        for file in made.new_files:
            source = Source(file.text.encode(), file.path)
            left = cases.left_by(analyze(source, replace(analysis.project, schema=schema)), schema)
            found = analyze(source, project_at_last(analysis.project, schema, left))
            assert len(found.migrations) == 1 and not found.broken, name
            # What a statement that moves is told besides, it was told before.
            told = {finding.rule for finding in analysis.findings} - set(offer.rules)
            dangers = [
                finding
                for finding in found.findings
                if finding.level is Level.DANGER and finding.rule not in told
            ]
            assert not dangers, (name, dangers)
            run = found.migrations[0].up
            schema = run.steps[-1].after if run and run.steps else schema


def test_elixir_finds_nothing_to_format(changes: list[tuple[str, Analysis, Offer, Change]]) -> None:
    """Of texts that were formatted, the changed ones are too; new files always are."""
    before = {name: analysis.source.data.decode() for name, analysis, _, _ in changes}
    was_formatted = {name for name, text in formatted(before).items() if text == before[name]}
    assert len(was_formatted) > 20
    texts: dict[str, str] = {}
    for name, analysis, _, made in changes:
        texts |= {f"{name} | {file.path}": file.text for file in made.new_files}
        if name in was_formatted:
            texts[name] = apply(analysis.source.data, made).decode()
    assert_formatted(texts)
