"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import postgres


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The embedded PostgreSQL of this process; see `support.postgres`."""
    return postgres.require()


@pytest.fixture
def database(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """A fresh, empty database on the embedded PostgreSQL."""
    created = postgres_server.create_database()
    yield created
    created.drop()
