"""Rows written through another repo than the one that is migrated.

## What happens
The migration's transaction, its lock and its record in `schema_migrations` belong to one repo. A call of another repo
goes to another connection pool, mostly of another database: it is not part of the transaction, stays when the
migration fails and is not seen by what follows; on a machine where that database is not migrated yet, it fails.

## When it is silent
- `repo()`, or the repo whose migration it is.
- The project's configuration does not tell which repo that is.

## Instead
`repo()` inside of the migration; what concerns the other database belongs into a migration of its repo.

## Measured
Nothing of the database's own: two repos are two pools.

## References
- ecto_sql, `Ecto.Migration.repo/0`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import RepoCall, RepoQuery
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import repo_calls


class BackfillWrongRepo(Rule):
    id = "backfill-wrong-repo"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("data", "transactions")

    fires = (
        Case(
            about="A repo beside the one that is migrated",
            text="""
            def up, do: «MyApp.ArchiveRepo.delete_all("posts")»
            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="repo() and the repo itself",
            text="""
            def up do
              repo().query!("SELECT 1")
              MyApp.Repo.query!("SELECT 1")
            end

            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        own = context.analysis.project.repo.module
        if own is None:
            return
        up, down = context.migration.migration.up, context.migration.migration.down
        for program in (up, down):
            for call in repo_calls(program.commands if program is not None else ()):
                used = call.repo if isinstance(call, RepoCall) else call.call.rpartition(".")[0]
                through = isinstance(call, RepoQuery) and call.through_repo_function
                if through or used in ("repo()", own, "Ecto.Adapters.SQL") or "." not in used:
                    continue
                yield self.finding(
                    call.span,
                    f"Goes through `{used}`, not through `{own}` whose migration this is: outside of its transaction.",
                    label="another repo",
                    reason="The transaction, the lock and the record of the migration belong to the migrated repo."
                    " What another repo does stays when the migration fails.",
                    advice="Use `repo()`; what concerns the other database belongs into a migration of its repo.",
                    subject={"repo": used},
                    forward=program is up,
                )
