"""What a rule is: metadata, a page, cases, and a check.

The docstring of a rule's module is its published page, in Markdown; its first line is the title. The cases
stand in the module too: they are the page's examples and the rule's test (tests/analysis/rules/test_cases.py).
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from ..findings import Finding, Level
from ..operations import Relation, Statement
from ..records import dataclass
from ..syntax.span import Span
from .context import MigrationContext

# For what follows from Ecto alone, whatever the adapter.
EVERY_DATABASE = ("postgres", "mysql", "sqlite", "mssql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A migration a rule fires on, or must not.

    `text` is the body of `change` where it starts with no `defmodule`; each expected finding is marked by
    `«` and `»` around its span. `before` are earlier migrations in order, in the same form, `after` later
    ones. `lib` are modules of the application, `siblings` names of other files in the folder. `file` is the
    path of the migration, below the project's root.
    """

    about: str
    text: str
    before: tuple[str, ...] = ()
    config: str = ""
    version: int = 15
    after: tuple[str, ...] = ()
    lib: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    # Names of migrations, and modules of the application, at the base revision; None: there is none.
    released: tuple[str, ...] | None = None
    released_lib: tuple[str, ...] = ()
    # The migration itself as it is at the base revision, in the form of `text`.
    released_text: str | None = None
    adapter: str = "Ecto.Adapters.Postgres"
    file: str = "20260101000000_example.exs"


class Rule(ABC):
    """One kind of finding. `level` is its level where everything is known; a finding may be lower."""

    id: ClassVar[str]
    level: ClassVar[Level]
    databases: ClassVar[tuple[str, ...]] = ("postgres",)
    since: ClassVar[str] = "0.1.0"
    tags: ClassVar[tuple[str, ...]] = ()
    # Rules that say less about the same cause: their finding is dropped where this one stands on the
    # same statement and the spans overlap.
    silences: ClassVar[tuple[str, ...]] = ()
    fires: ClassVar[tuple[Case, ...]] = ()
    silent: ClassVar[tuple[Case, ...]] = ()

    @abstractmethod
    def check(self, context: MigrationContext) -> Iterator[Finding]:
        """The findings in one migration module."""

    @classmethod
    def page(cls) -> str:
        """The published page, Markdown."""
        return (sys.modules[cls.__module__].__doc__ or "").strip()

    @classmethod
    def title(cls) -> str:
        return cls.page().partition("\n")[0].rstrip(".")

    def finding(
        self,
        span: Span,
        message: str,
        *,
        level: Level | None = None,
        reason: str = "",
        advice: str = "",
        label: str = "",
        **more: Any,
    ) -> Finding:
        """A finding of this rule, at its own level unless another is given."""
        return Finding(
            rule=self.id,
            level=self.level if level is None else level,
            span=span,
            message=message,
            reason=reason,
            advice=advice,
            label=label,
            **more,
        )


def subject(relation: Relation, statement: Statement | None = None, **names: str | None) -> dict[str, str]:
    """`Finding.subject`: the names a fix needs."""
    given = {"table": str(relation), **{key: value for key, value in names.items() if value}}
    if statement is not None:
        given["statement"] = f"{statement.span.start}:{statement.span.end}"
    return given
