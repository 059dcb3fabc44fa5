"""A table or a column as it stands at one place of the history, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..operations import CreateIndex, Expression
from ..project.ecto_schema_model import EctoSchema
from ..schema.state import Column, ConstraintState, IndexState, Origin, Schema, Table

_MOST_COLUMNS = 40
_HERE = "this migration"
# Constraints that the table of columns, or an index, says already.
_SAID_ELSEWHERE = ("not null", "primary key")


def table_facts(
    table: Table,
    schema: Schema,
    heading: str,
    modules: Iterable[EctoSchema] = (),
    own_path: str | None = None,
) -> str:
    """Columns, indexes, constraints, who refers to it, schema modules, and what is in doubt.

    `heading` follows the table's name in the first line; what `own_path` made is of "this migration".
    """
    paragraphs = [f"**{table.relation}** {heading}"]
    columns = list(table.columns.values())
    if columns:
        rows = [_row(column, own_path) for column in columns[:_MOST_COLUMNS]]
        lines = ["| column | type | null | default | since |", "|---|---|---|---|---|", *rows]
        if len(columns) > _MOST_COLUMNS:
            lines.append(f"| and {len(columns) - _MOST_COLUMNS} more | | | | |")
        paragraphs.append("\n".join(lines))
    facts = [
        _list("indexes", [index_words(index) for index in table.indexes.values() if not index.constraint]),
        _list("constraints", _constraints(table)),
        _list("referenced by", [f"`{other.relation}`" for other in _referring(table, schema)]),
        _list("schema", [f"`{module.module}`" for module in _of_table(table, modules)]),
    ]
    if joined := " · ".join(fact for fact in facts if fact):
        paragraphs.append(joined)
    paragraphs += _doubts(table.uncertain, table.complete)
    return "\n\n".join(paragraphs)


def column_facts(
    table: Table,
    column: Column,
    heading: str,
    modules: Iterable[EctoSchema] = (),
    own_path: str | None = None,
) -> str:
    """Type, null, default, the migrations that made and changed it, and what is built on it."""
    parts = [f"`{column.type}`", "NOT NULL" if column.not_null else "nullable"]
    if (default := default_of(column)) != "":
        parts.append(f"default `{default}`")
    lines = [" · ".join(parts)]
    since = since_of(column.origin, own_path)
    if since:
        changed = since_of(column.changed, own_path)
        lines.append(
            f"since {since}" + (f", last changed by {changed}" if changed not in ("", since) else "")
        )
    indexes = [index for index in table.indexes.values() if column.name in _index_columns(index.definition)]
    constraints = [item for item in table.constraints.values() if column.name in item.definition.columns]
    named = [item for item in constraints if item.definition.kind not in _SAID_ELSEWHERE]
    fields = [
        f"`{module.module}.{field.name}`"
        for module in _of_table(table, modules)
        if (field := module.column(column.name)) is not None
    ]
    facts = [
        "primary key" if column.name in table.primary_key else "",
        _list("indexes", [index_words(index) for index in indexes if not index.constraint]),
        _list("constraints", [constraint_words(item) for item in named]),
        _list("schema field", fields),
    ]
    if joined := " · ".join(fact for fact in facts if fact):
        lines.append(joined)
    return "\n\n".join(
        [
            f"**{table.relation}.{column.name}** {heading}",
            "  \n".join(lines),
            *_doubts((*table.uncertain, *column.uncertain), complete=True),
        ]
    )


def index_words(index: IndexState) -> str:
    """`posts_author_id_index (author_id)`, and what is special about it."""
    definition = index.definition
    elements = [
        " ".join(part for part in (element.column or _expression(element.expression), element.order) if part)
        for element in definition.elements
    ]
    words = f"`{index.name} ({', '.join(elements)})`"
    if definition.unique:
        words += " unique"
    if definition.method != "btree":
        words += f" {definition.method}"
    if definition.where is not None:
        words += f" where `{definition.where.sql or '…'}`"
    return words


def constraint_words(constraint: ConstraintState) -> str:
    """`posts_status_not_null CHECK (status IS NOT NULL)`, validated."""
    definition = constraint.definition
    columns = ", ".join(definition.columns)
    if definition.kind == "check":
        sql = definition.expression.sql if definition.expression is not None else None
        body = f"CHECK ({sql or '…'})"
    elif definition.kind == "foreign key":
        target = ", ".join(definition.referenced_columns)
        body = f"FOREIGN KEY ({columns}) → {definition.references}" + (f" ({target})" if target else "")
        body += f" ON DELETE {definition.on_delete}" if definition.on_delete else ""
    elif definition.kind == "exclusion":
        body = "EXCLUDE"
    else:
        body = f"{definition.kind.upper()} ({columns})"
    states = definition.kind in ("check", "foreign key")
    state = (", validated" if definition.validated else ", NOT VALID") if states else ""
    return f"`{constraint.name} {body}`{state}"


def since_of(origin: Origin, own_path: str | None = None) -> str:
    """`20250101000000_create_posts`; empty where it is not known."""
    if origin.place is None:
        return ""
    if own_path is not None and origin.place.path == own_path:
        return _HERE
    return origin.place.path.replace("\\", "/").rpartition("/")[2].removesuffix(".exs")


def default_of(column: Column) -> str:
    """The default as SQL; "sequence" for that of a serial column."""
    if column.identity is not None:
        return "identity"
    if column.generated is not None:
        return f"generated from {column.generated.expression.sql or '…'}"
    if column.default is None:
        return ""
    sql = column.default.sql
    return "…" if sql is None else "sequence" if sql.lower().startswith("nextval(") else sql


def _row(column: Column, own_path: str | None) -> str:
    cells = [
        column.name,
        str(column.type),
        "no" if column.not_null else "yes",
        default_of(column),
        since_of(column.origin, own_path),
    ]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _list(name: str, items: list[str]) -> str:
    return f"{name}: {', '.join(items)}" if items else ""


def _constraints(table: Table) -> list[str]:
    return [
        constraint_words(item)
        for item in table.constraints.values()
        if item.definition.kind not in _SAID_ELSEWHERE
    ]


def _referring(table: Table, schema: Schema) -> Iterator[Table]:
    names = set()
    for other, _ in schema.referencing(table.relation):
        if other.relation not in names and other.relation != table.relation:
            names.add(other.relation)
            yield other


def _of_table(table: Table, modules: Iterable[EctoSchema]) -> list[EctoSchema]:
    return [module for module in modules if Schema.key(module.table) == table.relation]


def _doubts(reasons: Iterable[str], complete: bool) -> Iterator[str]:
    said = list(dict.fromkeys(reasons))
    if said:
        yield "Not certain: " + "; ".join(said) + "."
    elif not complete:
        yield "Not every column is known: no migration that could be read creates this table."


def _index_columns(definition: CreateIndex) -> list[str]:
    return [*(item.column for item in definition.elements if item.column is not None), *definition.include]


def _expression(expression: Expression | None) -> str:
    return (expression.sql if expression is not None else None) or "…"
