"""What of a release must not ship in one deploy: steps between which other code has to run everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .. import operations as op
from ..analysis import Analysis, MigrationAnalysis
from ..operations import Operation, Relation
from ..records import dataclass
from ..schema.state import Schema
from .demands import Demand, Made, demands, grouped
from .operations import forward

_NOT_NULL: Final = re.compile(r'\(?"?(\w+)"? IS NOT NULL\)?', re.IGNORECASE)
# Findings that say by themselves that something of the file does not belong into this deploy.
_FINDINGS: Final = frozenset({"validate-in-same-transaction", "add-column-required-by-code-too-early"})


@dataclass(frozen=True, kw_only=True)
class Separate:
    """`kind`: "code" (code has to be deployed before the migration), "steps" (the migrations `first` and
    `second` need a deploy between them), "transaction" (one migration has to become two).

    `first` and `second` are numbers of migrations in the release; `message` is a sentence.
    """

    kind: str
    message: str
    first: int
    second: int | None = None
    line: int


def separate(analyses: Sequence[Analysis]) -> tuple[Separate, ...]:
    """In the order of the migrations; `analyses` are those of one repo in their order."""
    found = list(_between(analyses))
    made = Made(frozenset(), frozenset())
    for number, analysis in enumerate(analyses):
        found += _alone(number, analysis, made)
        for migration in analysis.migrations[:1]:
            made = made.then(migration)
    return tuple(sorted(found, key=lambda item: (item.first, item.line, item.second or 0)))


def _alone(number: int, analysis: Analysis, made: Made) -> Iterator[Separate]:
    """What a migration needs code for that runs before it."""
    for migration in analysis.migrations[:1]:
        asked = demands(migration, made)
        for found in (
            _gone(analysis, [demand for demand in asked if demand.kind == "gone"]),
            _neither([demand for demand in asked if demand.kind in ("renamed", "retyped")]),
            _too_early([demand for demand in asked if isinstance(demand.operation, op.AddColumn)]),
        ):
            if found is not None:
                demand, message = found
                line = _line(analysis, demand.operation)
                yield Separate(kind="code", message=message, first=number, line=line)
    for finding in analysis.findings:
        if finding.rule in _FINDINGS:
            line = analysis.source.lines.line_of(finding.span.start) + 1
            message = " ".join(" ".join(text.split()) for text in (finding.message, finding.advice) if text)
            yield Separate(kind="transaction", message=message, first=number, line=line)


def _neither(asked: list[Demand]) -> tuple[Demand, str] | None:
    if not asked:
        return None
    return asked[0], (
        "No order of deploying is safe: while nodes are replaced, every one of them has to run code that"
        f" {'; '.join(demand.code for demand in asked)}. Do it in several deploys (expand and contract)."
    )


def _too_early(asked: list[Demand]) -> tuple[Demand, str] | None:
    if not asked:
        return None
    names = ", ".join(f"`{demand.relation}.{demand.column or '…'}`" for demand in asked)
    return asked[0], (
        f"Every INSERT has to set {names} from the moment it is there, and the code that runs does not. Add"
        " it nullable or with a default, deploy the code that sets it, then enforce NOT NULL."
    )


def _gone(analysis: Analysis, asked: list[Demand]) -> tuple[Demand, str] | None:
    """None where the code that runs is known not to use any of it any more."""
    used: list[Demand] = []
    users: list[str] = []
    for demand in asked:
        found = _users(analysis, demand)
        if found is None or found:
            used.append(demand)
            users += found or ()
    if not used:
        return None
    message = f"Deploy code that {grouped(used)} before, on every node; then migrate."
    if users:
        verb = "has" if len(set(users)) == 1 else "have"
        message += (
            f" {_listed(users)} of the release before still {verb} {'it' if len(used) == 1 else 'them'}."
        )
    return used[0], message


def _users(analysis: Analysis, demand: Demand) -> list[str] | None:
    """The schema modules of the release before that have it; None where that does not tell who uses it."""
    read = analysis.project.released_schemas
    if demand.relation is None or demand.relation.name is None or read is None:
        return None
    running = read(demand.relation.name)
    if not running:
        return None
    if demand.column is None:
        return [schema.module for schema in running]
    found = [schema.module for schema in running if schema.column(demand.column) is not None]
    return found if found or all(schema.complete for schema in running) else None


def _between(analyses: Sequence[Analysis]) -> Iterator[Separate]:
    """Pairs of migrations, of which the later one has to wait for a deploy."""
    walk = _Walk()
    for number, analysis in enumerate(analyses):
        for migration in analysis.migrations[:1]:
            for _, operation in forward(migration):
                for first, message in walk.step(number, migration, operation):
                    line = analysis.source.lines.line_of(operation.span.start) + 1
                    yield Separate(kind="steps", message=message, first=first, second=number, line=line)


class _Walk:
    """Goes through the operations of a release and remembers which migration has added what."""

    def __init__(self) -> None:
        self._tables: set[Relation] = set()
        self._columns: dict[tuple[Relation, str | None], int] = {}
        self._triggers: dict[str | None, tuple[Relation, int]] = {}
        self._filled: dict[tuple[Relation, str], int] = {}

    def step(
        self, number: int, migration: MigrationAnalysis, operation: Operation
    ) -> Iterator[tuple[int, str]]:
        """The earlier migration that it has to be kept apart from, and why."""
        if isinstance(operation, op.DropObject) and operation.kind == "trigger":
            yield from self._dropped_trigger(number, operation)
        relation = getattr(operation, "relation", None)
        if not isinstance(relation, Relation):
            return
        table = Schema.key(relation)
        if isinstance(operation, op.CreateTable):
            self._tables.add(table)
        if table in self._tables:
            return
        if isinstance(operation, op.AddColumn):
            self._columns.setdefault((table, operation.column.name), number)
        elif isinstance(operation, op.CreateTrigger):
            self._triggers[operation.name] = (table, number)
        elif isinstance(operation, op.Update):
            yield from self._fill(number, migration, operation)
        elif isinstance(operation, op.DropColumn):
            yield from self._dropped_column(number, operation)
        for column in _enforced(operation):
            first = self._columns.get((table, column))
            if first is not None:
                yield (
                    first,
                    f"Demands a value of `{relation}.{column}`, which the release adds: INSERTs of code that"
                    " runs fail. Deploy the code that always writes it in between.",
                )

    def _fill(
        self, number: int, migration: MigrationAnalysis, operation: op.Update
    ) -> Iterator[tuple[int, str]]:
        table = Schema.key(operation.relation)
        kept = any(table == other for other, _ in self._triggers.values())
        for column in operation.columns:
            first = self._columns.get((table, column))
            if first is None:
                continue
            self._filled.setdefault((table, column), first)
            # A trigger writes the column for code that does not know of it.
            if first != number and not kept and not _has_default(migration, table, column):
                yield (
                    first,
                    f"Fills `{operation.relation}.{column}`, which the release adds: rows that code writes"
                    " meanwhile stay without. Deploy the code that writes it first, then fill the others.",
                )

    def _dropped_column(self, number: int, operation: op.DropColumn) -> Iterator[tuple[int, str]]:
        table = Schema.key(operation.relation)
        if (table, operation.column) in self._columns:
            return
        for (other, filled), first in self._filled.items():
            if other == table and first != number:
                yield (
                    first,
                    f"Drops `{operation.relation}.{operation.column or '…'}` in the release that adds and"
                    f" fills `{operation.relation}.{filled}`. Where one replaces the other, this is expand"
                    " and contract of one change, with a deploy of the code in between.",
                )
                return

    def _dropped_trigger(self, number: int, operation: op.DropObject) -> Iterator[tuple[int, str]]:
        _, first = self._triggers.get(operation.name.name, (None, None))
        if first is not None and first != number:
            yield (
                first,
                f"Drops the trigger `{operation.name.name}` that the release creates: it is there for the"
                " code that runs while the next is deployed. Drop it after that.",
            )


def _enforced(operation: Operation) -> tuple[str, ...]:
    """The columns that may not be NULL from here on."""
    if isinstance(operation, op.SetNotNull) and operation.column is not None:
        return (operation.column,)
    if isinstance(operation, op.AddConstraint) and operation.of_new_column is None:
        constraint = operation.constraint
        if constraint.kind == "not null":
            return constraint.columns
        if constraint.kind == "check" and constraint.expression is not None:
            match = _NOT_NULL.fullmatch(constraint.expression.sql or "")
            return (match[1],) if match else ()
    return ()


def _has_default(migration: MigrationAnalysis, table: Relation, column: str) -> bool:
    known = migration.schema.table(table)
    found = known.columns.get(column) if known is not None else None
    return found is not None and (found.default is not None or found.generated is not None)


def _line(analysis: Analysis, operation: Operation) -> int:
    return analysis.source.lines.line_of(operation.span.start) + 1


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
