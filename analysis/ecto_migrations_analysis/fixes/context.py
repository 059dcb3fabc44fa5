"""What every strategy looks at: the analysis, the text, the repo's ways; and what a strategy gives back."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from ..analysis import Analysis, MigrationAnalysis, Step
from ..findings import Finding
from ..operations import Operation, Relation
from ..program.commands import Command
from ..records import dataclass
from ..rules.context import MigrationContext
from ..syntax.span import Span
from . import naming
from .document import Document
from .model import Change, Files, FixKind, Offer
from .naming import Namer
from .new_migrations import Key

AnyCommand = TypeVar("AnyCommand", bound=Command)


@dataclass(frozen=True)
class Proposal:
    """An offer and the function that makes its change, when somebody wants it."""

    offer: Offer
    make: Callable[[Files], Change]


@dataclass(frozen=True)
class Context:
    """One migration module of the file under analysis."""

    analysis: Analysis
    migration: MigrationAnalysis
    document: Document

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.migration.up.steps if self.migration.up else ()

    def commands(self, kind: type[AnyCommand]) -> Iterator[tuple[Step, AnyCommand]]:
        """The commands of this kind that migrating runs, each with its first statement."""
        for steps in self._steps_by_command.values():
            command = steps[0].statement.command
            if isinstance(command, kind):
                yield steps[0], command

    def operations(self, command: Command) -> Iterator[Operation]:
        for step in self._steps_by_command.get(id(command), ()):
            yield from step.statement.operations

    def steps_of(self, command: Command) -> tuple[Step, ...]:
        """The statements that the command sends when migrating."""
        return tuple(self._steps_by_command.get(id(command), ()))

    # What is looked up for each command is indexed once: a file may hold thousands.

    @cached_property
    def _steps_by_command(self) -> dict[int, list[Step]]:
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            if step.statement.command is not None:
                found.setdefault(id(step.statement.command), []).append(step)
        return found

    @cached_property
    def _span_counts(self) -> Counter[Span]:
        return Counter(command.span for _, command in self.commands(Command))

    @cached_property
    def _findings_by_rule(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in sorted(self.analysis.findings, key=lambda finding: finding.span):
            if finding.forward:
                found.setdefault(finding.rule, []).append(finding)
        return found

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(step): number for number, step in enumerate(self.steps)}

    def number(self, step: Step) -> int:
        """The place of the statement in the migration."""
        return self._numbers[id(step)]

    @cached_property
    def last_mention(self) -> dict[str, int]:
        """For each word in the SQL of the migration, the number of the last statement that has it."""
        return {
            word: number
            for number, step in enumerate(self.steps)
            for word in re.findall(r"\w+", step.statement.sql)
        }

    def is_plain(self, command: Command) -> bool:
        """Whether the command is written once, in a callback, and runs once and always.

        Text that several commands come from (a loop, a helper function) cannot be changed for one of them.
        """
        if command.via or not command.always or command.repeated:
            return False
        if not self.document.is_clean(command.span):
            return False
        return self._span_counts[command.span] == 1

    def is_new(self, relation: Relation, step: Step) -> bool:
        """Whether this migration has created the table by then (`rules.context.MigrationContext.is_new`)."""
        return self.rules.is_new(relation, step)

    @cached_property
    def rules(self) -> MigrationContext:
        """The migration as rules see it."""
        return MigrationContext(self.analysis, self.migration)

    def findings(self, within: Span, rules: Iterable[str]) -> tuple[Finding, ...]:
        """The findings of these rules that stand within a span."""
        found: list[Finding] = []
        for rule in rules:
            of_rule = self._findings_by_rule.get(rule, [])
            first = bisect_left(of_rule, within.start, key=lambda finding: finding.span.start)
            for finding in of_rule[first:]:
                if finding.span.start > within.end:
                    break
                if within.encloses(finding.span):
                    found.append(finding)
        return tuple(found)

    # --- the repo's ways -----------------------------------------------------------------------------------

    @property
    def disable_migration_lock(self) -> bool:
        """Whether what runs long outside a transaction must switch off Ecto's migration lock.

        The default one keeps a transaction open all the time; `:pg_advisory_lock` does not, and `false` is
        none (`Ecto.Adapters.Postgres.lock_for_migrations/3`).
        """
        lock = self.analysis.project.repo.migration_lock
        return (lock or "").removeprefix(":") not in ("pg_advisory_lock", "false", "nil")

    @property
    def can_add_files(self) -> bool:
        """Whether the file has the name of a migration, from which names for others can be made."""
        path = self.analysis.source.path
        return path is not None and naming.parse(naming.split_path(path)[1]) is not None

    def namer(self, files: Files) -> Namer:
        path = self.analysis.source.path
        assert path is not None
        folder, _ = naming.split_path(path)
        modules = [
            *self.analysis.project.sibling_modules,
            *(other.migration.module for other in self.analysis.migrations),
        ]
        return Namer(path, self.migration.migration.module, modules, files.names(folder or "."))

    def key(self, step: Step, relation: Relation) -> Key:
        """The primary key of a table at this point: from the history, else Ecto's or the repo's default."""
        table = step.before.table(relation)
        if table is not None and table.primary_key:
            return Key(columns=table.primary_key)
        if table is not None and table.complete and not table.uncertain:
            return Key(columns=())
        configured = self.analysis.project.repo.migration_primary_key
        name = None
        if not isinstance(configured, bool):
            from ..program.terms import as_name

            name = as_name(configured.get("name"))
        return Key(columns=(name or "id",), assumed=True)


def offer(
    context: Context,
    strategy: str,
    subject: str,
    title: str,
    span: Span,
    *,
    findings: tuple[Finding, ...] = (),
    kind: FixKind | None = None,
    preferred: bool = False,
    safe: bool = False,
    new_files: int = 0,
    renames: bool = False,
) -> Offer:
    """An offer: a quick fix where findings ask for it, else a refactoring."""
    module = context.migration.migration.module
    return Offer(
        id=f"{strategy}:{module}:{subject}",
        title=title,
        kind=kind or ("quickfix" if findings else "refactor.rewrite"),
        span=span,
        preferred=preferred and bool(findings),
        safe=safe,
        new_file_count=new_files,
        renames=renames,
        rules=tuple(dict.fromkeys(finding.rule for finding in findings)),
        finding_spans=tuple(dict.fromkeys(finding.span for finding in findings)),
    )
