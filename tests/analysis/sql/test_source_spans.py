"""From the SQL back to the migration: what every operation calls its source is the clause that caused it."""

from __future__ import annotations

from ecto_migrations_analysis.operations import AddColumn, DropTable, Operation, SetNotNull, UnparsedSQL
from ecto_migrations_analysis.program.commands import Execute
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.terms import Text
from ecto_migrations_analysis.sql.reader import read_sql
from ecto_migrations_analysis.syntax.source import Source
from support.sql_text import spans

MIGRATION = '''
defmodule MyApp.Repo.Migrations.Example do
  use Ecto.Migration

  @table "posts"

  def change do
    execute """
    -- Ünd: a comment
    ALTER TABLE \\"pösts\\"
      ALTER COLUMN status
        SET NOT NULL,
      ADD COLUMN #{column()} text DEFAULT 'ü\\u00fc' NOT NULL
    """

    execute "DROP TABLE #{@table}_old", ~s(ALTER TABLE t ALTER "a" SET NOT NULL)
    execute "ALTER TABLE " <> @table <> " ALTER b SET NOT NULL"
    execute "ALTER TABLE t ADD x\\tint,, z int"
  end
end
'''


def _texts(source: Source) -> list[Text]:
    (migration,) = read(source).migrations
    assert migration.up is not None
    commands = [command for command in migration.up.commands if isinstance(command, Execute)]
    return [text for command in commands for text in (command.up, command.down) if isinstance(text, Text)]


def test_every_clause_is_found_in_the_migration() -> None:
    source = Source(MIGRATION.encode())
    found: list[tuple[Operation, dict[str, str]]] = [
        (operation, spans(MIGRATION, operation))
        for text in _texts(source)
        for statement in read_sql(text)
        for operation in statement.operations
    ]
    not_null, added, dropped, backward, joined, unparsed = found

    assert isinstance(not_null[0], SetNotNull) and not_null[0].relation.name == "pösts"
    assert not_null[1] == {"span": "SET NOT NULL", "relation_span": '\\"pösts\\"', "column_span": "status"}

    assert isinstance(added[0], AddColumn) and added[0].column.name is None
    assert added[0].column.default is not None and added[0].column.default.sql == "'üü'"
    assert added[1] == {
        "span": "ADD COLUMN #{column()} text DEFAULT 'ü\\u00fc' NOT NULL",
        "relation_span": '\\"pösts\\"',
        "column.span": "#{column()} text DEFAULT 'ü\\u00fc' NOT NULL",
        "column.name_span": "#{column()}",
        "column.type_span": "text",
        "column.default.span": "'ü\\u00fc'",
        "column.not_null_span": "NOT NULL",
    }

    assert isinstance(dropped[0], DropTable) and dropped[0].relation.name == "posts_old"
    assert dropped[1]["span"] == "DROP TABLE #{@table}_old"

    assert backward[1] == {"span": "SET NOT NULL", "relation_span": "t", "column_span": '"a"'}

    assert isinstance(joined[0], SetNotNull) and joined[0].relation.name == "posts"
    assert joined[1]["span"] == "SET NOT NULL" and joined[1]["column_span"] == "b"

    assert isinstance(unparsed[0], UnparsedSQL) and "column" not in unparsed[1]
    assert unparsed[1]["span"] == ","


def test_the_span_of_a_statement_has_no_comments_around_it() -> None:
    source = Source(MIGRATION.encode())
    statement = read_sql(_texts(source)[0])[0]
    written = source.text(statement.span)
    assert written.startswith('ALTER TABLE \\"pösts\\"') and written.endswith("NOT NULL")
    assert statement.sql == (
        'ALTER TABLE "pösts"\n  ALTER COLUMN status\n    SET NOT NULL,\n'
        "  ADD COLUMN … text DEFAULT 'üü' NOT NULL"
    )
