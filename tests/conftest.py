"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import postgres


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What rehearsals and cycles write down about themselves goes to a folder of this run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


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
