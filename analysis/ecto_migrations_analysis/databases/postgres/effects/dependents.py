"""What hangs on a column or table and keeps it from being changed, or goes with it.

PostgreSQL refuses to change the type of a column that a view, a generated column, a policy or an `UPDATE OF`
trigger uses (`ATExecAlterColumnType`), even to the same type, and to drop one without CASCADE.
"""

from __future__ import annotations

from ....operations import CreateView, Relation
from ....records import dataclass
from ....schema.identifiers import mentions
from ....schema.state import Schema, Table
from .situation import Situation


@dataclass(frozen=True, slots=True)
class Dependents:
    """`certain` in words ("the view \\`active_posts\\`"), and `doubtful` where it is not known whether."""

    certain: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def of_column(situation: Situation, table: Table, column: str) -> Dependents:
    """What uses the column, beside its own indexes, constraints and defaults."""
    certain: list[str] = []
    doubtful: list[str] = []
    for view in situation.views_of(table.relation):
        used = view_uses(situation, view, table.relation, column)
        if used is not False:
            (certain if used else doubtful).append(f"the view `{view.name}`")
    certain += map(generated_column, generated_from(table, column))
    certain += [
        f"the trigger `{name}`" for name, trigger in table.triggers.items() if column in trigger.update_of
    ]
    certain += [
        f"the policy `{name}`"
        for name, expressions in table.policies.items()
        if any(mentions(expression.sql, column) for expression in expressions)
    ]
    return Dependents(tuple(certain), tuple(doubtful))


def generated_from(table: Table, column: str) -> list[str]:
    """The generated columns of the table that are computed from the column."""
    return [
        name
        for name, other in table.columns.items()
        if other.generated is not None and name != column and mentions(other.generated.expression.sql, column)
    ]


def generated_column(name: str) -> str:
    """How a generated column is called among the dependents."""
    return f"the generated column `{name}`"


def view_uses(situation: Situation, view: CreateView, relation: Relation, column: str) -> bool | None:
    """Whether the view uses the column of the relation; None where it cannot be told.

    A view's query names columns without their tables, so that of several tables it is one that has it.
    """
    if not view.reads_every_column and column not in view.columns_read:
        return False
    key = Schema.key(relation)
    for other in view.reads:
        if Schema.key(other) == key:
            continue
        table = situation.table(other)
        if view.reads_every_column or table is None or not table.complete or column in table.columns:
            return None
    return True


def views_upon(situation: Situation, relations: list[Relation]) -> list[CreateView]:
    """The views that read one of the relations, and those that read such views, and so on."""
    found: list[CreateView] = []
    wanted = list(relations)
    for relation in wanted:
        for view in situation.views_of(relation):
            if view not in found:
                found.append(view)
                wanted.append(view.name)
    return found


def listed(items: tuple[str, ...] | list[str]) -> str:
    """ "a, b and c"."""
    *head, last = items
    return f"{', '.join(head)} and {last}" if head else last
