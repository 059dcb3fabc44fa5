"""Jobs, mails or requests sent from a migration.

## What happens
A migration may run more than once: after a failure, on every developer's machine, in CI, in a restored copy of
production. Each time it mails, calls and enqueues again. In a transaction the effect also comes too early: the mail is
sent although the migration then fails, and while it waits for the network every lock it has taken is held.

A job inserted by `Oban.insert` is a row and belongs to the transaction, but its worker is today's code, and it runs in
every environment that migrates.

## When it is silent
- Nothing known to reach outside is called.

## Instead
Enqueue or send from a task that is run once, after the migration (`MyApp.Release.…`), or from a console.

## Measured
Nothing: it happens outside of the database.

## References
- ecto_sql, guide "Safe Ecto Migrations", backfilling data
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import ApplicationCode
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..owners import is_own
from ..rows import all_commands

# Libraries whose calls leave the database, and what they do.
_LIBRARIES = {
    "Oban": "enqueues a job",
    "Exq": "enqueues a job",
    "Broadway": "sends a message",
    "Phoenix.PubSub": "sends a message",
    "Swoosh.Mailer": "sends mail",
    "HTTPoison": "makes a request",
    "Tesla": "makes a request",
    "Req": "makes a request",
    "Finch": "makes a request",
    "Mint.HTTP": "makes a request",
    ":httpc": "makes a request",
    ":hackney": "makes a request",
    "ExAws": "makes a request",
    "Redix": "writes to Redis",
    "System": "runs a program",
}
# Functions of `System` and `Oban` that do so.
_FUNCTIONS = {
    "System": ("cmd", "shell"),
    "Oban": ("insert", "insert!", "insert_all", "insert_all!"),
    "Phoenix.PubSub": ("broadcast", "broadcast!", "local_broadcast"),
}
# By the last part of a name of the application's own modules.
_OWN = {
    "Mailer": "sends mail",
    "Endpoint": "sends a message",
    "PubSub": "sends a message",
}


class EnqueueOrSideEffect(Rule):
    id = "enqueue-or-side-effect"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("data", "application")
    silences = ("application-code-in-migration",)

    fires = (
        Case(
            about="A job",
            text="""
            def up, do: «%{} |> MyApp.Workers.FillSlugs.new() |> Oban.insert!()»
            def down, do: :ok
            """,
        ),
        Case(about="A request", text='def up, do: «Req.post!("https://example.org")»\ndef down, do: :ok'),
        Case(
            about="A message of the application's own",
            text='def up, do: «MyAppWeb.Endpoint.broadcast("posts", "changed", %{})»\ndef down, do: :ok',
        ),
    )
    silent = (
        Case(
            about="A library's tables", text="def up, do: Oban.Migration.up(version: 12)\ndef down, do: :ok"
        ),
        Case(about="It waits", text="def up, do: Process.sleep(100)\ndef down, do: :ok"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        up, down = context.migration.migration.up, context.migration.migration.down
        for program in (up, down):
            for command in all_commands(program.commands if program is not None else ()):
                if not isinstance(command, ApplicationCode):
                    continue
                does = _effect(context, command)
                if does is None:
                    continue
                held = context.migration.transactional
                yield self.finding(
                    command.span,
                    f"`{command.module}.{command.function}` {does} wherever the migration runs"
                    f"{', before it has committed' if held else ''}.",
                    label=does,
                    reason="The migration runs on every machine and again after a failure, and each time this happens"
                    " again.",
                    advice="Do it in a task that is run once, after the migration.",
                    subject={"module": command.module, "function": command.function},
                    forward=program is up,
                )


def _effect(context: MigrationContext, command: ApplicationCode) -> str | None:
    functions = _FUNCTIONS.get(command.module)
    if functions is not None and command.function not in functions:
        return None
    if command.module in _LIBRARIES:
        return _LIBRARIES[command.module]
    if is_own(context, command.module):
        return _OWN.get(command.module.rpartition(".")[2])
    return None
