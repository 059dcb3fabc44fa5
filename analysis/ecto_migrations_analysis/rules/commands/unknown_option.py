"""Option that Ecto ignores without a word.

## What happens
`add`, `modify` and `timestamps` take any option and read those that the adapter knows. `nul: false`, `unique: true` or an
`on_delete:` outside of `references(…)` changes nothing: the column is nullable, nothing is unique, children stay. The
migration passes, and the mistake shows in the data.

## When it is silent
- An option that Ecto or one of its adapters reads.
- `table`, `index`, `references` and `constraint`: they raise KeyError for an option that they do not have.

## Instead
The option as it is called (`null: false`), at the place where it is read: `references(:users, on_delete: :delete_all)`,
`create unique_index(:users, [:email])`.

## Measured
The adapters of ecto_sql 3.14 read each option by its name (`column_options`, `column_type`) and look at no other; the SQL
of `add :email, :string, unique: true` is that of `add :email, :string`.

## References
- ecto_sql, `Ecto.Migration.add/3`, and `column_options` of the adapters
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import Add, AlterTable, CreateTable, Modify, Reference, Remove
from ...program.terms import Option
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import all_commands
from ..spelling import meant, nearest

# `Ecto.Migration.add/3` and `modify/3`; `check` and `collate` are read by ecto_sqlite3.
_KNOWN = frozenset(
    (
        *("primary_key", "default", "null", "size", "precision", "scale", "comment", "after", "collation"),
        *("generated", "start_value", "increment", "fields", "from"),
    )
)
_SQLITE = frozenset({"check", "collate"})
# What belongs to another call, and which.
_ELSEWHERE = {
    "unique": "create unique_index(…)",
    "index": "create index(…)",
    "on_delete": "references(…, on_delete: …)",
    "on_update": "references(…, on_update: …)",
    "validate": "references(…, validate: …)",
    "references": "references(…) in the place of the type",
    "foreign_key": "references(…) in the place of the type",
    "check": "create constraint(…, check: …)",
    "using": 'execute "ALTER TABLE … USING …"',
}
_MEANT = {
    "nullable": "null",
    "nil": "null",
    "not_null": "null",
    "allow_nil": "null",
    "required": "null",
    "default_value": "default",
    "limit": "size",
    "length": "size",
    "max": "size",
    "collate": "collation",
}


class UnknownOption(Rule):
    id = "unknown-option"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("columns",)

    fires = (
        Case(
            about="Misspelt",
            text="""
            create table(:users) do
              add :email, :string, «nul: false»
              add :name, :string, «nullable: false»
            end
            """,
        ),
        Case(
            about="Of another call",
            text="""
            alter table(:posts) do
              add :slug, :string, «unique: true»
              add :author_id, references(:authors), «on_delete: :delete_all»
            end
            """,
        ),
        Case(
            about="Of timestamps",
            text='create table(:posts) do\n  timestamps(«defualt: fragment("now()")»)\nend',
        ),
    )
    silent = (
        Case(
            about="What Ecto knows",
            text="""
            create table(:users) do
              add :email, :string, null: false, size: 100, comment: "unique per org"
              add :score, :decimal, precision: 10, scale: 2, default: 0
              add :org_id, references(:orgs, on_delete: :delete_all), null: false
              timestamps(type: :utc_datetime, inserted_at: :created_at, updated_at: false)
            end
            """,
        ),
        Case(
            about="What one adapter knows",
            text='create table(:users) do\n  add :age, :integer, check: %{name: "adult", expr: "age > 17"}\nend',
            adapter="Ecto.Adapters.SQLite3",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        program = context.migration.migration.up
        known = _KNOWN | (_SQLITE if context.analysis.project.database == "sqlite" else frozenset())
        for command in all_commands(program.commands if program is not None else ()):
            if isinstance(command, AlterTable):
                changes = command.changes
            elif isinstance(command, CreateTable):
                changes = command.columns
            else:
                continue
            table = command.table.name if isinstance(command.table.name, str) else "…"
            for change in changes:
                if not isinstance(change, Add | Modify | Remove):
                    continue
                if isinstance(change, Add) and change.origin == "table":
                    continue
                for option in change.options:
                    if option.key in known or option.span.end <= option.span.start:
                        continue
                    if not change.span.encloses(option.span):
                        # From a shared list, or the repo's configuration.
                        continue
                    whole = isinstance(change, Add) and change.origin == "timestamps"
                    column = table if whole else f"{table}.{change.column}"
                    yield self._said(option, column, known, isinstance(change.type, Reference))

    def _said(self, option: Option, column: str, known: frozenset[str], refers: bool) -> Finding:
        place = _ELSEWHERE.get(option.key)
        near = None if place else _MEANT.get(option.key) or nearest(option.key, known)
        if refers and place is None and option.key in ("column", "name", "type", "with", "match", "prefix"):
            place = f"references(…, {option.key}: …)"
        advice = f"Write `{place}`." if place else f"Write `{near}:`." if near else "Leave it out."
        return self.finding(
            option.span,
            f"`{option.key}:` of `{column}` is ignored{meant(near)}: Ecto has no such option"
            f"{' here' if place else ''}.",
            label=f"belongs into {place}" if place else f"is it {near}?" if near else "ignored",
            reason="Column options are read by name; what no adapter asks for is passed over in silence.",
            advice=advice,
            subject={"option": option.key, **({"near": near} if near else {})},
        )
