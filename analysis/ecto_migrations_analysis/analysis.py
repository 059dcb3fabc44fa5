"""The one public call: text in, everything known about it out.

    source -> Migration (program.reader) -> Statement (databases) -> Effect (databases) -> Finding (rules)

Diagnostics, hover, report and `check` all read the `Analysis` that `analyze` returns.
"""

from __future__ import annotations

from functools import cached_property

from .databases.effects import Effect
from .findings import Finding, Level
from .operations import Operation, Statement
from .program.migration import Migration, Program
from .project.context import ProjectContext
from .records import dataclass, field
from .schema.state import Schema
from .syntax.source import Source
from .syntax.span import Span


@dataclass(frozen=True, kw_only=True)
class Step:
    """One statement where it runs: the schema it meets, what it does, and the schema it leaves."""

    statement: Statement
    effect: Effect
    before: Schema
    after: Schema
    # False for what commits by itself (`@disable_ddl_transaction`, and no transaction of the repo's own).
    in_transaction: bool = True
    # Which of the repo's own transactions it runs in (`Command.transaction`); 0: in the migration's, or none.
    transaction: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """A program as the database sees it."""

    program: Program
    steps: tuple[Step, ...]
    # False where the program is longer than `engine.MAX_STATEMENTS`: what follows is not judged.
    complete: bool = True

    @property
    def operations(self) -> list[tuple[Step, Operation]]:
        return [(step, operation) for step in self.steps for operation in step.statement.operations]


@dataclass(frozen=True, kw_only=True)
class MigrationAnalysis:
    """One migration module, both ways. `up` and `down` are None where Ecto has nothing to call."""

    migration: Migration
    transactional: bool
    up: Run | None
    down: Run | None
    # The schema before the migration, as far as it is known.
    schema: Schema

    def step_at(self, offset: int) -> Step | None:
        """The innermost statement (of `up`, else of `down`) whose source holds `offset`."""
        found: Step | None = None
        for run in (self.up, self.down):
            for step in run.steps if run else ():
                span = step.statement.span
                if span.contains(offset) and (
                    found is None
                    or span.end - span.start < found.statement.span.end - found.statement.span.start
                ):
                    found = step
            if found is not None:
                return found
        return None


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Everything known about one file."""

    source: Source
    project: ProjectContext
    migrations: tuple[MigrationAnalysis, ...]
    findings: tuple[Finding, ...] = ()
    # Parts of the file that did not parse.
    broken: tuple[Span, ...] = field(default=())

    @cached_property
    def classification(self) -> str:
        """`safe`, `risky` or `dangerous`, by the worst finding (architecture: levels)."""
        worst = max((finding.level for finding in self.findings), default=Level.INFO)
        return {Level.DANGER: "dangerous", Level.RISK: "risky"}.get(worst, "safe")
