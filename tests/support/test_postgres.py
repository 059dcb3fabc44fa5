"""The servers that other tests rely on."""

from __future__ import annotations

import pytest

from support import postgres


@pytest.mark.parametrize("version", postgres.VERSIONS)
def test_the_server_is_of_the_version_asked_for(version: int) -> None:
    with postgres.require(version).maintenance.connect() as connection:
        assert connection.info.server_version // 10000 == version


def test_a_database_is_empty_and_a_copy_has_its_contents(database: postgres.Database) -> None:
    with database.connect() as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
        connection.execute("CREATE TABLE t (id int)")
    copy = database.copy()
    with copy.connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    copy.drop()


def test_an_unreachable_version_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(version: int) -> postgres.Server:
        raise postgres.Unavailable(f"no PostgreSQL {version}")

    monkeypatch.setattr(postgres, "server", nothing)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(postgres.Unavailable):
        postgres.require(9)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        postgres.require(9)
