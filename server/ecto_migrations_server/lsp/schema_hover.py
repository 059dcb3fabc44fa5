"""textDocument/hover on a table or a column: how it stands at this migration, and who made it."""

from __future__ import annotations

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.mentions.caret import Moment, Subject, subject_at
from ecto_migrations_analysis.report.tables import column_facts, table_facts
from ecto_migrations_analysis.syntax.span import Span

_MOMENTS: dict[Moment, str] = {
    "before": "before this migration",
    "here": "at this place in this migration",
    "made": "as this migration makes it",
    "rollback": "before this rollback",
}


def schema_hover(analysis: Analysis, offset: int) -> tuple[str, Span] | None:
    """Markdown and the name's span; None where the caret is on no name, or on one that is not known.

    A column that its own line adds is told by what that line does.
    """
    subject = subject_at(analysis, offset)
    if subject is None:
        return None
    table, heading = subject.table, _MOMENTS[subject.moment]
    if table is None:
        return _unknown(subject)
    read_modules = analysis.project.ecto_schemas
    modules = read_modules() if read_modules is not None else ()
    path = analysis.source.path
    if subject.mention.column is None:
        sizes = analysis.project.settings.sizes
        if subject.moment != "made" and (size := sizes.of(str(table.relation))) is not None:
            heading += f" · {size} (measured {sizes.measured or 'at a time that is not known'})"
        return table_facts(table, subject.schema, heading, modules, path), subject.span
    column = subject.column
    if column is None or subject.moment == "made":
        return None
    return column_facts(table, column, heading, modules, path), subject.span


def _unknown(subject: Subject) -> tuple[str, Span] | None:
    schema = subject.schema
    if not schema.complete or schema.uncertain or subject.relation in schema.views:
        return None
    return f"**{subject.relation}** · no migration before this place creates it", subject.span
