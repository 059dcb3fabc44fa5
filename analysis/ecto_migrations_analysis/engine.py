"""`analyze`: the one public call.

source -> Migration (program.reader) -> Statement (databases) -> Effect (databases) -> Finding (rules)
"""

from __future__ import annotations

from .analysis import Analysis, MigrationAnalysis, Run, Step
from .databases.registry import Database, database_named
from .program.migration import Migration, Program
from .program.reader import read
from .project.context import ProjectContext
from .records import replace
from .rules import registry
from .schema.apply import apply
from .schema.state import Origin, Schema
from .syntax.source import Source
from .syntax.span import Place

# No migration anybody wrote by hand has a tenth of this. The schemas that the steps keep share what stays;
# but what some rules compare grows with the square of the length (docs/decisions.md).
MAX_STATEMENTS = 5_000


def analyze(source: Source, project: ProjectContext | None = None) -> Analysis:
    """Everything known about one migration file; never raises, whatever the text is.

    `project` tells what stands around it (repo configuration, database version, the schema that earlier
    migrations leave); without it the defaults of Ecto hold and no table is known.
    """
    project = project or ProjectContext()
    file = read(source, project.repo, project.read_file)
    database = database_named(project.database)
    analysis = Analysis(
        source=source,
        project=project,
        migrations=tuple(_migration(migration, source, project, database) for migration in file.migrations),
        broken=file.broken,
    )
    return replace(analysis, findings=registry.check(analysis))


def _migration(
    migration: Migration, source: Source, project: ProjectContext, database: Database | None
) -> MigrationAnalysis:
    # An attribute whose value the text does not tell counts as not set, as in most files it is not.
    transactional = migration.disable_ddl_transaction.value is not True
    up = down = None
    if database is not None:
        if migration.up is not None:
            up = _run(migration.up, transactional, project.schema, source, project, database)
        if migration.down is not None:
            # A rollback meets the schema that the migration left.
            after = up.steps[-1].after if up and up.steps else project.schema
            down = _run(migration.down, transactional, after, source, project, database)
    return MigrationAnalysis(
        migration=migration, transactional=transactional, up=up, down=down, schema=project.schema
    )


def _run(
    program: Program,
    transactional: bool,
    schema: Schema,
    source: Source,
    project: ProjectContext,
    database: Database,
) -> Run:
    steps: list[Step] = []
    transaction = database.begin(transactional)
    # The repo's own transaction, which counts where the migration has none.
    inner = 0
    for command in program.commands:
        if len(steps) >= MAX_STATEMENTS:
            return Run(program=program, steps=tuple(steps), complete=False)
        for statement in database.emit(command, project.repo):
            before = schema
            number = statement.command.transaction if statement.command is not None else 0
            if not transactional and number != inner:
                transaction = database.begin(bool(number))
                inner = number
            effect = database.effect(statement, before, project.version.major, transaction)
            if statement.error is None:
                for operation in statement.operations:
                    place = Place(source.path, operation.span) if source.path else None
                    schema = apply(schema, operation, Origin(place=place))
            steps.append(
                Step(
                    statement=statement,
                    effect=effect,
                    before=before,
                    after=schema,
                    in_transaction=transaction.open,
                    transaction=inner,
                )
            )
            if statement.error is not None and command.always:
                # Ecto or its adapter raises: nothing after it runs.
                return Run(program=program, steps=tuple(steps))
            transaction = database.advance(transaction, statement, effect, before)
    return Run(program=program, steps=tuple(steps))
