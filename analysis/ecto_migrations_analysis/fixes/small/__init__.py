"""Fixes of a word or a line: for each rule a function that gives the edit for one of its findings.

Few files have a finding of each: a module is imported when one of its rules has spoken.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ..context import Context, Proposal
from ..in_place.common import answer, found
from .edits import Fix, too_long, with_empty_lines

# In the order in which they are offered; each module has its functions by rule in `FIXES`.
_MODULES = {
    "sql_words": (
        *("create-extension", "enum-add-value-irreversible", "enum-order", "reindex-not-concurrent"),
        *("refresh-matview", "session-state-leak", "drop-cascade", "create-function-search-path"),
    ),
    "meant": (
        *("unknown-table", "unknown-column", "drop-unknown-object", "rename-constraint-name-drift"),
        *("dsl-misuse", "add-if-not-exists-reference"),
    ),
    "indexes": (
        *("hash-index", "concurrent-index-on-new-table", "duplicate-index", "redundant-index"),
        *("drop-index-incomplete-definition", "concurrent-index-short-lock-timeout"),
        *("concurrent-index-unserialised", "replace-index-order", "remove-loses-index-or-constraint"),
    ),
    "statements": (
        *("several-alters-same-table", "not-null-helper-leftover", "execute-transaction-control"),
        *("pending-trigger-events", "nilify-not-null"),
    ),
    "rows": (
        *("backfill-wrong-repo", "app-schema-in-migration", "backfill-no-throttle"),
        "backfill-not-idempotent",
    ),
    "mysql": ("mysql-modify-drops-attributes", "mysql-constraint-not-enforced", "unsupported-by-adapter"),
    "way_back": (
        *("empty-down", "both-change-and-up", "down-not-inverse", "down-order", "down-fails"),
        *("down-loses-data", "prefer-change"),
    ),
    "conventions": (
        *("prefer-text", "no-char", "prefer-timestamptz", "timestamps-consistency", "float-for-money"),
        *("prefer-bigint", "prefer-identity", "boolean-nullable", "array-or-map-without-default"),
        *("nullable-fk", "missing-timestamps", "table-without-pk", "index-name-convention"),
        "string-status-without-check",
    ),
}
# The rules that such a fix answers, which are the names of the strategies too.
FIXES = {rule: module for module, rules in _MODULES.items() for rule in rules}


def fixes_of(module: str) -> dict[str, Fix]:
    """The functions of a module, by rule."""
    made: dict[str, Fix] = import_module(f".{module}", __package__).FIXES
    return made


def proposals(context: Context) -> Iterator[Proposal]:
    rules = {finding.rule for finding in context.analysis.findings}
    for rule, module in FIXES.items():
        if rule in rules:
            yield from _of_rule(context, rule, fixes_of(module)[rule])


def _of_rule(context: Context, rule: str, fix: Fix) -> Iterator[Proposal]:
    # A text that several commands come from (a loop, a helper function) is changed once, for all of them.
    by_span: dict[tuple[int, int], list[int]] = {}
    findings = found(context, rule)
    for number, finding in enumerate(findings):
        by_span.setdefault(finding.span, []).append(number)
    for span, numbers in by_span.items():
        answered = tuple(findings[number] for number in numbers)
        made = fix(context, answered[0])
        if made is None or not made.edits or too_long(context, made.edits):
            continue
        yield answer(
            context,
            rule,
            str(span[0]),
            made.title,
            answered,
            with_empty_lines(context, made.edits),
            safe=made.safe,
            preferred=made.preferred,
        )
