"""Every command as the statements that Ecto's PostgreSQL adapter sends, to the letter.

Source: `execute_ddl/1` of `Ecto.Adapters.Postgres.Connection` and what the runner does before it calls the
adapter (`Ecto.Migration.Runner`). What is emitted is what ecto_sql 3.14.0 emits. Older releases differ as
follows (measured by running 3.10.0 to 3.14.0 on the same 793 migrations):

- before 3.10.2, `from: {references(…), …}` does not drop the foreign key, and `remove/3` with a `comment:`
  sends COMMENT ON for the column that is gone
- before 3.11.0, `remove/3` with `primary_key: true` sends ADD PRIMARY KEY for it
- before 3.11.1, `generated:` and the `options:` of an index count for nothing; `rename index` has no prefix
- before 3.12.0, no `:duration`, `:bitstring` or `remove_if_exists/1`; `references(prefix: nil)` takes the
  table's prefix, and `migration_foreign_key: [prefix: …]` counts; options that Ecto does not know are
  ignored, where they raise KeyError now
- before 3.13.0, `collation:` counts for nothing; no directions of index columns; `rename index` does not
  know `migration_default_prefix`; 3.13.0 and 3.13.1 raise for arrays of times and arrays of arrays
- before 3.13.2, no `:default_all` and `{:default, columns}`
- before 3.14.0, no `modifiers:` of a table
"""

from __future__ import annotations

from ...operations import Statement
from ...program import commands as c
from ...program.terms import FunctionTerm
from ...project.context import RepoConfig
from . import index_statements, table_statements
from .command_names import first_span
from .quoting import AdapterError
from .raw_statements import application_code, execute, repo_call, repo_query, unknown_code


def emit(command: c.Command, config: RepoConfig | None = None) -> tuple[Statement, ...]:
    """The statements of one command, in the order in which they are sent.

    `config` is the repo's; what it decides (keys, timestamps, prefix) the reader has put into the command
    already. Where Ecto or its adapter raises, the one Statement has an `error` and nothing is sent. A
    statement with a `…` in its SQL is not `certain`. Never raises.
    """
    try:
        return _emit(command, config)
    except AdapterError as error:
        span = first_span(error.span, command.span)
        return (Statement(sql="", operations=(), span=span, command=command, error=str(error)),)


def _emit(command: c.Command, config: RepoConfig | None) -> tuple[Statement, ...]:
    match command:
        case c.CreateTable():
            return table_statements.create_table(command)
        case c.AlterTable():
            return table_statements.alter_table(command)
        case c.DropTable():
            return table_statements.drop_table(command)
        case c.RenameTable():
            return table_statements.rename_table(command)
        case c.RenameColumn():
            return table_statements.rename_column(command)
        case c.CreateIndex():
            return index_statements.create_index(command)
        case c.DropIndex():
            return index_statements.drop_index(command)
        case c.RenameIndex():
            return index_statements.rename_index(command)
        case c.CreateConstraint():
            return index_statements.create_constraint(command)
        case c.DropConstraint():
            return index_statements.drop_constraint(command)
        case c.Execute(up=FunctionTerm()):
            return tuple(statement for inner in command.up_commands for statement in emit(inner, config))
        case c.Execute():
            return execute(command)
        case c.RepoQuery():
            return repo_query(command)
        case c.RepoCall():
            return repo_call(command)
        case c.ApplicationCode():
            return application_code(command)
        case c.Raises():
            raise AdapterError(command.error, command.message)
        case c.Flush():
            return ()
    return unknown_code(command)
