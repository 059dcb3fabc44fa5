"""Comments that silence rules.

    # ecto-migrations:disable-for-next-line RULE[, RULE] -- reason
    # ecto-migrations:disable-for-this-line RULE[, RULE] -- reason
    # ecto-migrations:disable-for-this-file RULE[, RULE] -- reason

"Next line" is the next line that is neither empty nor a comment, so that several comments can stand together.
A finding belongs to the line in which its span begins, and one inside of a text of several lines (SQL in a
heredoc, where no comment of Elixir can stand) also to the line in which the call begins that the text is for.
A comment that names no rule silences nothing.

The comments of excellent_migrations are honoured (`their_checks`):
`# excellent_migrations:safety-assured-for-next-line index_not_concurrently` and `-for-this-file`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..analysis import Analysis
from ..findings import Finding
from ..program.commands import Execute
from ..records import dataclass
from ..syntax.source import Source
from ..syntax.span import Span
from ..syntax.tree import parse
from .their_checks import RAW_SQL, rules_of

SCOPES = ("disable-for-next-line", "disable-for-this-line", "disable-for-this-file")
# What the editor writes for somebody to replace: no reason yet.
NO_REASON = "reason"

_OURS = re.compile(r"#\s*ecto-migrations:[ \t]*(?P<directive>disable[\w-]*)(?P<rest>.*)", re.S)
_THEIRS = re.compile(
    r"#\s*excellent_migrations:safety-assured-for-(?P<scope>next-line|this-file)(?P<rest>.*)", re.S
)
_REASON = re.compile(r"(?:^|\s)--\s*(?P<reason>.*)", re.S)
_TEXTS = ("string", "sigil", "charlist")
_NAME = re.compile(r"[^\s,]+")


class Name(NamedTuple):
    """A name in a comment, and the rules that it stands for."""

    span: Span
    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """`line` (from 0) is the one it is about; None: the whole file. `ours`: not of excellent_migrations."""

    span: Span
    directive: Span
    scope: str
    line: int | None
    names: tuple[Name, ...]
    reason: str | None
    ours: bool

    @property
    def is_known(self) -> bool:
        """Whether the directive is one there is."""
        return not self.ours or self.scope in SCOPES


@lru_cache(maxsize=4)
def comments(source: Source) -> tuple[Comment, ...]:
    """Every comment that silences rules, or means to, in order."""
    found = (_comment(source, span) for span in parse(source).comments)
    return tuple(comment for comment in found if comment is not None)


def silences(comment: Comment, name: Name, finding: Finding, analysis: Analysis) -> bool:
    """Whether the comment silences the finding because it has this name."""
    if not comment.is_known:
        return False
    if finding.rule not in name.rules:
        if comment.ours or name.name != RAW_SQL or not _is_raw(finding, analysis):
            return False
    return comment.line is None or comment.line in lines_of(finding, analysis.source)


def without_silenced(analysis: Analysis, findings: list[Finding]) -> list[Finding]:
    """The findings that no comment silences."""
    known = comments(analysis.source)
    return [
        finding
        for finding in findings
        if not any(silences(comment, name, finding, analysis) for comment in known for name in comment.names)
    ]


def _comment(source: Source, span: Span) -> Comment | None:
    text = source.text(span)
    ours = _OURS.match(text)
    found = ours or _THEIRS.match(text)
    if found is None:
        return None
    rest, start = found["rest"], span.start + len(text[: found.start("rest")].encode())
    reason = _REASON.search(rest)
    listed = rest[: reason.start()] if reason is not None else rest
    scope = found["directive"] if ours else f"disable-for-{found['scope']}"
    line = source.lines.line_of(span.start)
    return Comment(
        span=span,
        directive=Span(start - len(scope.encode()), start) if ours else span,
        scope=scope,
        line=_line(source, scope, line),
        names=tuple(_names(listed, start, ours is not None)),
        reason=reason["reason"].strip() if reason is not None else None,
        ours=ours is not None,
    )


def _line(source: Source, scope: str, line: int) -> int | None:
    if scope == "disable-for-this-file":
        return None
    return _next_code(source, line) if scope == "disable-for-next-line" else line


def _names(text: str, start: int, ours: bool) -> list[Name]:
    """The names of a list. Ours end where words follow without a comma that are no name of a rule."""
    found: list[Name] = []
    end = 0
    for match in _NAME.finditer(text):
        if ours and found and "," not in text[end : match.start()] and "-" not in match[0]:
            break
        end = match.end()
        at = start + len(text[: match.start()].encode())
        rules = (match[0],) if ours else rules_of(match[0])
        found.append(Name(Span(at, at + len(match[0].encode())), match[0], rules))
    return found


def _next_code(source: Source, line: int) -> int:
    for following in range(line + 1, source.lines.line_count):
        text = source.lines.line_text(following).strip()
        if text and not text.startswith("#"):
            return following
    return line


def lines_of(finding: Finding, source: Source) -> set[int]:
    """The lines (from 0) a finding belongs to."""
    line_of = source.lines.line_of
    lines = {line_of(finding.span.start)}
    for text, line in _long_texts(source):
        if text.start < finding.span.start < text.end:
            lines.add(line)
    return lines


@lru_cache(maxsize=4)
def _long_texts(source: Source) -> tuple[tuple[Span, int], ...]:
    """The strings of several lines, each with the line in which the innermost call around it begins."""
    line_of = source.lines.line_of
    found: list[tuple[Span, int]] = []
    pending = [(parse(source).root, 0)]
    while pending:
        node, line = pending.pop()
        if node.kind == "call":
            line = line_of(node.start)
        if node.kind in _TEXTS and line_of(node.start) != line_of(node.end):
            found.append((node.span, line))
        pending += [(child, line) for child in node.children]
    return tuple(found)


def _is_raw(finding: Finding, analysis: Analysis) -> bool:
    """Whether the finding is about SQL that the migration itself says."""
    for migration in analysis.migrations:
        for run in (migration.up, migration.down):
            for step in run.steps if run else ():
                command = step.statement.command
                if isinstance(command, Execute) and command.span.encloses(finding.span):
                    return True
    return False
