"""The index of a foreign key that an existing table gets: concurrently, in a migration of its own.

Where the foreign key is validated as well, `validate_later` makes the index one of its steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...operations import AddConstraint, Relation
from .. import module_edits, separate_default
from ..build_index import build_index, index_name
from ..context import Context, Proposal, offer
from ..model import Change, Files, NewFile
from ..naming import snake

STRATEGY = "index-of-foreign-key"
RULE = "foreign-key-missing-index"
VALIDATED = ("foreign-key-validated", "modify-foreign-key")


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.analysis.project.database != "postgres":
        return
    for finding in context.findings(context.migration.migration.span, (RULE,)):
        for step in context.steps:
            for operation in step.statement.operations:
                if not isinstance(operation, AddConstraint) or operation.constraint.span != finding.span:
                    continue
                relation, columns = operation.relation, operation.constraint.columns
                table = context.steps[-1].after.table(relation)
                if table is None or table.partition_by is not None or context.is_new(relation, step):
                    continue
                name = index_name(relation, columns)
                if context.findings(finding.span, VALIDATED) or name in table.indexes:
                    continue
                yield Proposal(
                    offer(
                        context,
                        STRATEGY,
                        f"{relation}.{'+'.join(columns)}",
                        f"Add a migration that builds an index on {', '.join(columns)} concurrently",
                        finding.span,
                        findings=(finding,),
                        preferred=True,
                        new_files=1,
                    ),
                    partial(_change, context, relation, columns, name),
                )


def _change(
    context: Context, relation: Relation, columns: tuple[str, ...], name: str, files: Files
) -> Change:
    path, placing = separate_default.place(context, context.namer(files), f"create_{snake(name)}", 2, 2)
    document, migration = context.document, context.migration.migration
    subject = ", ".join(f"{relation}.{column}" for column in columns)
    comments = [f"Step 1 of 2. Next: step 2 (an index on {subject}), which can follow at once."]
    edits = (module_edits.header(document, migration, comments),)
    return Change(
        edits=edits, new_files=(NewFile(path, document.lines(build_index(relation, columns, placing))),)
    )
