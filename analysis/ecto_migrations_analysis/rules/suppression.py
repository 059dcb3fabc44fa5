"""Comments that silence rules.

    # ecto-migrations:disable-for-next-line RULE[, RULE] -- reason
    # ecto-migrations:disable-for-this-line RULE[, RULE] -- reason
    # ecto-migrations:disable-for-this-file RULE[, RULE] -- reason

"Next line" is the next line that is neither empty nor a comment, so that several comments can stand together.
A finding belongs to the line in which its span begins. A comment that names no rule silences nothing.

The comments of excellent_migrations are honoured, its checks taken for the rules that cover them:
`# excellent_migrations:safety-assured-for-next-line index_not_concurrently` and `-for-this-file`.
"""

from __future__ import annotations

import re

from ..findings import Finding
from ..syntax.source import Source
from ..syntax.tree import parse

_COMMENT = re.compile(
    r"#\s*(?:ecto-migrations:disable-for-(?P<our_scope>next-line|this-line|this-file)"
    r"|excellent_migrations:safety-assured-for-(?P<their_scope>next-line|this-file))"
    r"(?P<names>(?:[\s,]+[a-z0-9_-]*[a-z0-9_])+)"
)
# What has to be in a text for a comment to be in it: most files are not parsed a second time.
_MARKS = (b"ecto-migrations:disable-for-", b"excellent_migrations:safety-assured-for-")

# README of excellent_migrations, "Checks".
_THEIR_CHECKS: dict[str, tuple[str, ...]] = {
    "check_constraint_added": ("check-constraint-validated",),
    "column_added_with_default": ("add-column-volatile-default",),
    "column_reference_added": ("foreign-key-validated",),
    "column_removed": ("remove-column", "remove-column-still-in-schema"),
    "column_renamed": ("rename-column",),
    "column_type_changed": ("modify-type-rewrite", "modify-column-with-check", "modify-restates-type"),
    "column_volatile_default": ("add-column-volatile-default",),
    "index_concurrently_without_disable_ddl_transaction": ("concurrent-index-in-transaction",),
    "index_concurrently_without_disable_migration_lock": ("concurrent-index-migration-lock",),
    "index_not_concurrently": ("index-not-concurrent", "drop-index-not-concurrent"),
    "not_null_added": ("set-not-null-scan", "modify-defeats-validated-check"),
    "table_dropped": ("drop-table", "drop-table-still-in-schema"),
    "table_renamed": ("rename-table",),
}


def without_silenced(source: Source, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that no comment of `source` silences."""
    if not findings or not any(mark in source.data for mark in _MARKS):
        return findings
    in_file, in_line = _silenced(source)
    line_of = source.lines.line_of
    return tuple(
        finding
        for finding in findings
        if finding.rule not in in_file and (line_of(finding.span.start), finding.rule) not in in_line
    )


def _silenced(source: Source) -> tuple[set[str], set[tuple[int, str]]]:
    """The rules silenced everywhere, and those silenced in one line (from 0)."""
    in_file: set[str] = set()
    in_line: set[tuple[int, str]] = set()
    for span in parse(source).comments:
        found = _COMMENT.match(source.text(span))
        if found is None:
            continue
        line = source.lines.line_of(span.start)
        rules = _rules(found)
        scope = found["our_scope"] or found["their_scope"]
        if scope == "this-file":
            in_file |= rules
        else:
            if scope == "next-line":
                line = _next_code(source, line)
            in_line |= {(line, rule) for rule in rules}
    return in_file, in_line


def _rules(comment: re.Match[str]) -> set[str]:
    names = re.split(r"[\s,]+", comment["names"].strip(", \t"))
    if comment["our_scope"]:
        return set(names)
    return {rule for name in names for rule in _THEIR_CHECKS.get(name, ())}


def _next_code(source: Source, line: int) -> int:
    for following in range(line + 1, source.lines.line_count):
        text = source.lines.line_text(following).strip()
        if text and not text.startswith("#"):
            return following
    return line
