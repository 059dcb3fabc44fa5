"""Which database may be rolled back: this machine's, and none that is called production."""

from __future__ import annotations

import pytest
from ecto_migrations_server.cycle.database import Database, check_database, is_here
from ecto_migrations_server.cycle.errors import Refused


def database(
    host: str = "localhost", name: str = "shop_test", adapter: str = "Ecto.Adapters.Postgres"
) -> Database:
    return Database("Shop.Repo", adapter, host, "", name)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "[::1]",
        "/run/postgresql",
        "db",
        "postgres",
        "my.localhost",
    ],
)
def test_here(host: str) -> None:
    assert is_here(host)
    check_database(database(host), None)


@pytest.mark.parametrize(
    "host", ["db.example.com", "10.0.0.7", "2001:db8::1", "shop.cluster-abc.eu-west-1.rds.amazonaws.com"]
)
def test_elsewhere(host: str) -> None:
    assert not is_here(host)
    with pytest.raises(Refused, match="is another machine"):
        check_database(database(host), None)
    with pytest.raises(Refused, match="is another machine"):
        check_database(database(host), "db2.example.com")
    check_database(database(host), host)


@pytest.mark.parametrize("name", ["shop_prod", "prod", "production_shop", "Shop-Production", "prod2"])
def test_production_by_its_name(name: str) -> None:
    with pytest.raises(Refused, match="looks like production"):
        check_database(database(name=name), "localhost")


@pytest.mark.parametrize("name", ["products_test", "reproduction", "live_view_test", ""])
def test_no_production(name: str) -> None:
    check_database(database(name=name), None)


def test_a_file_has_no_server() -> None:
    file = database("", "/shop/shop_test.db", "Ecto.Adapters.SQLite3")
    check_database(file, None)
    assert str(file) == "Shop.Repo: /shop/shop_test.db"
