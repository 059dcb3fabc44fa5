"""A statement of the report: what is sent, and what it does to others, in the database's words."""

from __future__ import annotations

from ..analysis import Run, Step
from ..databases.effects import Failure
from ..project.table_sizes import TableSizes
from ..records import dataclass
from ..syntax.source import Source
from .consequences import UNMEASURED, blocked_by, lock_sentence


@dataclass(frozen=True, kw_only=True)
class LockReport:
    relation: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class StatementReport:
    """`line` counts from 1. `scans` are tables read as a whole, `rebuilds` indexes.

    `fails` is why the statement fails: always, or as soon as the table has a row. `fails_where` is the
    condition on the rows under which it fails. Both are None where nothing is known. `unknown` says what
    could not be known of it; `certain` is False then.
    `sentence` is the effect in words, empty where no lock is to be spoken of.
    """

    sql: str
    line: int
    locks: tuple[LockReport, ...]
    blocks: tuple[str, ...]
    rewrite: bool
    scans: tuple[str, ...]
    rebuilds: tuple[str, ...]
    fails: str | None
    fails_where: str | None
    certain: bool
    unknown: tuple[str, ...]
    in_transaction: bool
    sentence: str


def statements(run: Run, source: Source, sizes: TableSizes = UNMEASURED) -> tuple[StatementReport, ...]:
    """The statements of a run in order."""
    return tuple(statement(step, source, sizes) for step in run.steps)


def statement(step: Step, source: Source, sizes: TableSizes = UNMEASURED) -> StatementReport:
    effect = step.effect
    locks = dict.fromkeys((str(lock.relation), lock.mode) for lock in effect.locks)
    modes = {mode for _, mode in locks}
    waits = {wait.kind for wait in effect.waits}.union(blocked_by(modes))
    error = step.statement.error
    certain = [failure for failure in effect.failures if _happens(failure)]
    possible = [failure for failure in effect.failures if not _happens(failure)]
    return StatementReport(
        sql=step.statement.sql,
        line=source.lines.line_of(step.statement.span.start) + 1,
        locks=tuple(LockReport(relation=relation, mode=mode) for relation, mode in locks),
        blocks=tuple(kind for kind in ("reads", "writes") if kind in waits),
        rewrite=bool(effect.rewrites),
        scans=tuple(dict.fromkeys(map(str, effect.scans))),
        rebuilds=effect.rebuilds,
        fails=_reasons([*([error] if error else []), *(failure.reason for failure in certain)]),
        fails_where=_reasons([failure.reason for failure in possible]),
        certain=step.statement.certain and effect.certain,
        unknown=effect.unknown,
        in_transaction=step.in_transaction,
        sentence=lock_sentence(effect, sizes),
    )


def _happens(failure: Failure) -> bool:
    """Whether it fails on any table that is not empty, whatever stands in the rows."""
    return failure.certain or failure.cause == "any row"


def _reasons(reasons: list[str]) -> str | None:
    return "; ".join(dict.fromkeys(reasons)) or None
