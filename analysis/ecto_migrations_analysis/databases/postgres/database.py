"""PostgreSQL and `Ecto.Adapters.Postgres` behind the interface of `databases.registry.Database`."""

from __future__ import annotations

from ...operations import Statement
from ...program.commands import Command
from ...project.context import RepoConfig
from ...schema.state import Schema
from ..effects import Effect
from . import transaction as transactions
from .effects import effect_of
from .emission import emit
from .transaction import Transaction


class Postgres:
    """See `databases.registry.Database`."""

    name = "postgres"

    def emit(self, command: Command, config: RepoConfig) -> tuple[Statement, ...]:
        return emit(command, config)

    def begin(self, transactional: bool) -> Transaction:
        return transactions.begin(transactional)

    def effect(self, statement: Statement, schema: Schema, version: int, transaction: Transaction) -> Effect:
        return effect_of(statement, schema, version, transaction)

    def advance(
        self, transaction: Transaction, statement: Statement, effect: Effect, schema: Schema
    ) -> Transaction:
        return transactions.advance(transaction, statement, effect, schema)
