"""A column of a domain's type, with the domain's conditions as a CHECK of the table.

Of the domain itself the column would be checked for every row, and the table written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...databases.postgres.ecto_types import ecto_type
from ...databases.postgres.quoting import default_name
from ...findings import Finding
from ...operations import CreateDomain, Relation
from ...schema.identifiers import renamed
from ...schema.state import Schema
from .. import elixir, module_edits, separate_default
from ..added_columns import Addition, additions
from ..context import Context, Proposal, offer
from ..enforce import validate
from ..layout import Call, Pair, flat, write
from ..model import Change, Edit, Files, NewFile
from ..naming import snake

STRATEGY = "type-below-domain"
RULE = "add-constrained-domain-column"


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files or context.analysis.project.database != "postgres":
        return
    if context.migration.migration.disable_ddl_transaction.value is not False:
        return
    for addition in additions(context):
        findings = context.findings(addition.span, (RULE,))
        if not findings or len(addition.columns) != 1:
            continue
        domain = _domain(addition)
        condition = _condition(addition, domain) if domain is not None else None
        if domain is None or condition is None:
            continue
        name = _name(addition, domain)
        table = addition.step.before.table(addition.relation)
        if table is not None and name in table.constraints:
            continue
        edits = _edits(context, addition, domain, condition, name, findings[0])
        if edits is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                addition.subject,
                f"Split into 2 migrations: add it as {domain.type}, with the condition of {domain.name} as a"
                " CHECK of the table → validate that",
                addition.span,
                findings=findings,
                preferred=True,
                new_files=1,
            ),
            partial(_change, context, addition, name, edits),
        )


def _domain(addition: Addition) -> CreateDomain | None:
    """The domain of the column; None where it is not known as it is, or forbids NULL, which no CHECK says."""
    type_ = addition.columns[0][1].type
    if type_.name is None or type_.dimensions:
        return None
    domain = addition.step.before.domains.get(Schema.key(Relation(type_.name, type_.schema)))
    if domain is None or domain.not_null or not domain.checks:
        return None
    if domain.type.name is None or ecto_type(domain.type) is None:
        return None
    # A domain of a domain.
    below = Schema.key(Relation(domain.type.name, domain.type.schema))
    return None if below in addition.step.before.domains else domain


def _condition(addition: Addition, domain: CreateDomain) -> str | None:
    texts = [check.sql for check in domain.checks or ()]
    known = [text for text in texts if text is not None]
    if len(known) != len(texts):
        return None
    column = addition.columns[0][1].name or ""
    conditions = [renamed(text, "value", column) for text in known]
    if any(re.search(r"\bVALUE\b", text, re.IGNORECASE) for text in conditions if column.lower() != "value"):
        return None
    return conditions[0] if len(conditions) == 1 else " AND ".join(f"({text})" for text in conditions)


def _name(addition: Addition, domain: CreateDomain) -> str:
    return default_name(
        addition.relation.name or "", addition.columns[0][1].name, domain.name.name or "check"
    )


def _edits(
    context: Context, addition: Addition, domain: CreateDomain, condition: str, name: str, finding: Finding
) -> tuple[Edit, ...] | None:
    document, migration = context.document, context.migration.migration
    written = ecto_type(domain.type)
    assert written is not None
    if not addition.span.encloses(finding.span):
        return None
    edits = [Edit(finding.span, written[0])]
    if written[1]:
        pair = addition.options.with_pair(written[1])
        if pair is None:
            return None
        edits.append(pair)
    options = [Pair("check:", elixir.string(condition)), Pair("validate:", "false")]
    if addition.relation.schema is not None:
        options.append(Pair("prefix:", elixir.string(addition.relation.schema)))
    names = (elixir.atom(addition.relation.name or ""), elixir.atom(name))
    check = Call("constraint", (*names, *options))
    line = f"create {flat(check)}"
    if len(line) + 4 > elixir.WIDTH:
        line = write(Call("create", (check,)), 4)
    behind = module_edits.after_statement(document, addition.command.span, line)
    if behind is None:
        return None
    column = f"{addition.relation}.{addition.columns[0][1].name}"
    comments = [
        f"Step 1 of 2: adds {column} as {domain.type}, not as {domain.name}: for a domain with constraints"
        " PostgreSQL writes the table anew. The CHECK says what the domain says.",
        "Next: step 2 (validate), which can follow at once.",
    ]
    edits += [*behind, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _change(context: Context, addition: Addition, name: str, edits: tuple[Edit, ...], files: Files) -> Change:
    path, placing = separate_default.place(context, context.namer(files), f"validate_{snake(name)}", 2, 2)
    text = validate(addition.relation, name, f"constraint {name}", placing)
    return Change(edits=edits, new_files=(NewFile(path, context.document.lines(text)),))
