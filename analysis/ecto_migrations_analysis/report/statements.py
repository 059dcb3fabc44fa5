"""A statement of the report: what is sent, and what it does to others, in the database's words."""

from __future__ import annotations

from ..analysis import Run, Step
from ..records import dataclass
from ..syntax.source import Source
from .consequences import blocked_by, lock_sentence


@dataclass(frozen=True, kw_only=True)
class LockReport:
    relation: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class StatementReport:
    """`line` counts from 1. `scans` are tables read as a whole, `rebuilds` indexes.

    `fails` is why the statement fails, always (`fails_always`) or where it meets such rows; None where
    nothing is known to make it fail. `unknown` says what could not be known of it; `certain` is False then.
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
    fails_always: bool
    certain: bool
    unknown: tuple[str, ...]
    in_transaction: bool
    sentence: str


def statements(run: Run, source: Source) -> tuple[StatementReport, ...]:
    """The statements of a run in order."""
    return tuple(statement(step, source) for step in run.steps)


def statement(step: Step, source: Source) -> StatementReport:
    effect = step.effect
    locks = dict.fromkeys((str(lock.relation), lock.mode) for lock in effect.locks)
    failures = [failure.reason for failure in sorted(effect.failures, key=lambda each: not each.certain)]
    if step.statement.error is not None:
        failures.insert(0, step.statement.error)
    return StatementReport(
        sql=step.statement.sql,
        line=source.lines.line_of(step.statement.span.start) + 1,
        locks=tuple(LockReport(relation=relation, mode=mode) for relation, mode in locks),
        blocks=blocked_by(mode for _, mode in locks),
        rewrite=bool(effect.rewrites),
        scans=tuple(dict.fromkeys(map(str, effect.scans))),
        rebuilds=effect.rebuilds,
        fails="; ".join(dict.fromkeys(failures)) or None,
        fails_always=step.statement.error is not None or any(each.certain for each in effect.failures),
        certain=step.statement.certain and effect.certain,
        unknown=effect.unknown,
        in_transaction=step.in_transaction,
        sentence=lock_sentence(effect),
    )
