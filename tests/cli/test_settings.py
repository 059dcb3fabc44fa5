"""Settings of a project in `check`: files, options, and what is wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support.cli import Result, Run

ELDEST = """defmodule Shop.Repo.Migrations.CreateOrders do
  use Ecto.Migration

  def change do
    create table(:orders) do
      add :state, :string
      add :note, :text
    end

    create table(:plans) do
      add :name, :string
    end
  end
end
"""
INDEXES = """defmodule Shop.Repo.Migrations.{module} do
  use Ecto.Migration

  def change do
    create index(:orders, [:state])
    create index(:plans, [:name])
    rename table(:orders), :note, to: :remark
  end
end
"""
MIX = "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two migrations, as the current folder."""
    folder = tmp_path / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (tmp_path / "mix.exs").write_text(MIX)
    (folder / "20250101000000_create_orders.exs").write_text(ELDEST)
    (folder / "20250201000000_index_orders.exs").write_text(INDEXES.format(module="IndexOrders"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = ".ecto-migrations.toml") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def found(result: Result) -> list[tuple[str, int, str]]:
    """What the rules say that the settings are about; others have something to say too."""
    return [
        (item["rule"], item["start"]["line"], item["level"])
        for item in result.json
        if item["rule"] in ("index-not-concurrent", "rename-column")
    ]


ORDERS = ("index-not-concurrent", 5, "danger")
PLANS = ("index-not-concurrent", 6, "danger")
RENAME = ("rename-column", 7, "danger")
ALL = [ORDERS, PLANS, RENAME]


def check(run: Run, *arguments: str | Path) -> Result:
    result = run("check", "--format", "json", *arguments)
    assert result.code in (0, 1), result.err
    return result


def test_without_settings(shop: Path, run: Run) -> None:
    assert found(check(run)) == ALL


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ALL),
        ('ignore = ["rename-column"]', [ORDERS, PLANS]),
        ('ignore = ["indexes"]', [RENAME]),
        ('ignore = ["blocks-writes"]', [RENAME]),
        ('ignore = ["all"]', []),
        ('ignore = ["all"]\nselect = ["rename-column"]', [RENAME]),
        ('select = ["indexes"]', [ORDERS, PLANS]),
        ('select = ["indexes"]\nignore = ["index-not-concurrent"]', []),
        ('select = ["index-not-concurrent"]\nignore = ["indexes"]', [ORDERS, PLANS]),
        ('select = ["indexes"]\nignore = ["indexes"]', []),
        ('select = ["default"]', ALL),
        ('levels.rename-column = "info"', [ORDERS, PLANS, ("rename-column", 7, "info")]),
        ('levels.rename-column = "off"', [ORDERS, PLANS]),
        ('tables.small = ["plans"]', [ORDERS, ("index-not-concurrent", 6, "info"), RENAME]),
        ('[tables]\nsmall = ["*"]\nlarge = ["ord*"]', [ORDERS, ("index-not-concurrent", 6, "info"), RENAME]),
        ("start_after = 20250201000000", []),
        ('start_after = "20250131000000"', ALL),
        ('[per_file_ignores]\n"priv/repo" = ["indexes"]', [RENAME]),
        ('[per_file_ignores]\n"*_index_*.exs" = ["all"]', []),
        ('[per_file_ignores]\n"priv/other" = ["all"]', ALL),
    ],
)
def test_what_settings_do(shop: Path, run: Run, text: str, left: list[tuple[str, int, str]]) -> None:
    write(shop, text)
    result = check(run, "--fail-level", "danger")
    assert found(result) == left
    assert result.err == ""
    assert result.code == (1 if any(level == "danger" for _, _, level in left) else 0)


def test_another_database(shop: Path, run: Run) -> None:
    write(shop, 'database = "mysql"')
    rules = {item["rule"] for item in check(run).json}
    assert rules and "index-not-concurrent" not in rules
    write(shop, 'database = "postgres"')
    assert found(check(run)) == ALL


def test_a_migration_before_the_start_still_makes_its_tables(shop: Path, run: Run) -> None:
    folder = shop / "priv/repo/migrations"
    (folder / "20250301000000_again.exs").write_text(
        INDEXES.format(module="Again").replace(":note, to: :remark", ":remark, to: :memo")
    )
    write(shop, "start_after = 20250201000000")
    result = check(run)
    # The column has the name that the migration before gave it: nothing is unknown.
    assert {item["file"] for item in result.json} == {"priv/repo/migrations/20250301000000_again.exs"}
    assert not [item for item in result.json if item["rule"].startswith("unknown")]
    assert RENAME in found(result)


def test_what_is_wrong_is_told_once_with_its_place(shop: Path, run: Run) -> None:
    write(shop, 'databse = "mysql"\nstart_after = "soon"\nignore = ["rename-colum", "indexes"]\n')
    result = check(run)
    assert found(result) == [RENAME]
    assert result.err.splitlines() == [
        "ecto-migrations: .ecto-migrations.toml:1:1: unknown key `databse`; did you mean `database`?",
        "ecto-migrations: .ecto-migrations.toml:2:15: expected the version of a migration such as "
        "20250131120000, got 'soon'",
        "ecto-migrations: .ecto-migrations.toml:3:11: unknown rule `rename-colum` (`rename-column`?)",
    ]


def test_a_file_that_is_no_toml(shop: Path, run: Run) -> None:
    write(shop, 'ignore = ["all"]\nx = \n')
    result = check(run)
    assert found(result) == ALL
    assert "toml:2:5: is no TOML: invalid value" in result.err


def test_who_selects_no_default_rule_is_told(shop: Path, run: Run) -> None:
    write(shop, 'select = ["conventions"]')
    result = check(run)
    assert found(result) == []
    assert result.err.count("none of the rules that are on by default is selected") <= 1


def test_the_nearest_file_counts_key_by_key(shop: Path, run: Run) -> None:
    write(shop, 'ignore = ["all"]\nlevels.rename-column = "risk"\n')
    write(shop / "priv/repo", 'ignore = ["indexes"]\n')
    assert found(check(run)) == [("rename-column", 7, "risk")]


def test_a_file_above_the_repository_does_not_count(shop: Path, run: Run) -> None:
    write(shop.parent, 'ignore = ["all"]')
    try:
        (shop / ".git").mkdir()
        assert found(check(run)) == ALL
    finally:
        (shop.parent / ".ecto-migrations.toml").unlink()


def test_options(shop: Path, run: Run) -> None:
    write(shop, 'ignore = ["rename-column"]')
    assert found(check(run, "--ignore", "indexes")) == []
    assert found(check(run, "--select", "default")) == ALL
    assert found(check(run, "--select", "rename-column,set-not-null-scan")) == [RENAME]
    assert found(
        check(run, "--select", "default", "--ignore", "rename-column", "--ignore", "drop-table")
    ) == [
        ORDERS,
        PLANS,
    ]
    assert found(check(run, "--no-config")) == ALL
    write(shop, 'ignore = ["all"]', "ci/strict.toml")
    assert found(check(run, "--config", "ci/strict.toml")) == []
    # Its patterns start in the current folder.
    write(shop, '[per_file_ignores]\n"priv/repo" = ["indexes"]', "ci/strict.toml")
    assert found(check(run, "--config", "ci/strict.toml")) == [RENAME]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "rename-colum"], "--select: unknown rule `rename-colum` (`rename-column`?)"),
        (["--ignore", "indexes,xyzzy"], "--ignore: unknown rule `xyzzy`"),
        (["--config", "nowhere.toml"], "nowhere.toml cannot be read: no such file"),
        (["--config", "a.toml", "--no-config"], "not allowed with argument"),
    ],
)
def test_wrong_options(shop: Path, run: Run, arguments: list[str], message: str) -> None:
    result = run("check", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_the_configuration_of_excellent_migrations(shop: Path, run: Run) -> None:
    write(
        shop,
        "import Config\n"
        'config :excellent_migrations, start_after: "20250101000000",'
        " skip_checks: [:index_not_concurrently, :raw_sql_executed]\n",
        "config/config.exs",
    )
    assert found(check(run)) == [RENAME]
    # Ours wins, key by key.
    write(shop, "start_after = 20250201000000")
    assert found(check(run)) == []
    write(shop, 'ignore = ["rename-column"]')
    assert found(check(run)) == [ORDERS, PLANS]
    assert found(check(run, "--no-config")) == ALL


def test_what_excellent_migrations_is_to_begin_after(shop: Path, run: Run) -> None:
    text = 'import Config\nconfig :excellent_migrations, start_after: "20250201000000"\n'
    write(shop, text, "config/config.exs")
    assert found(check(run)) == []


def test_further_folders_of_migrations(shop: Path, run: Run) -> None:
    later = shop / "db/manual/20250301000000_later.exs"
    later.parent.mkdir(parents=True)
    # Through a macro of the application: nothing in it says that it is a migration.
    later.write_text(INDEXES.format(module="Later").replace("use Ecto.Migration", "use Shop.Migration"))
    plain = shop / "db/manual/20250302000000_plain.exs"
    plain.write_text(
        "defmodule Shop.Repo.Migrations.Plain do\n  use Ecto.Migration\n"
        "  def change, do: rename(table(:orders), :remark, to: :memo)\nend\n"
    )
    assert len(found(check(run))) == 3
    write(shop, 'migration_paths = ["db/manual", "db/nowhere"]')
    result = check(run)
    of_plain = [
        item
        for item in result.json
        if item["file"] == "db/manual/20250302000000_plain.exs" and "column" in item["rule"]
    ]
    # The history is that of the main folder: the column has its new name there.
    assert [(item["rule"], item["start"]["line"]) for item in of_plain] == [("rename-column", 3)]
    assert "db/manual/20250301000000_later.exs" in {item["file"] for item in result.json}
    # And the other way round: the main folder knows what the stated one did in between.
    (shop / "priv/repo/migrations/20250303000000_last.exs").write_text(
        "defmodule Shop.Repo.Migrations.Last do\n  use Ecto.Migration\n"
        "  def change, do: rename(table(:orders), :memo, to: :text)\nend\n"
    )
    last = [item for item in check(run).json if "last" in item["file"] and "column" in item["rule"]]
    assert [item["rule"] for item in last] == ["rename-column"]


def test_the_version_of_the_database(shop: Path, run: Run) -> None:
    write(shop, "database_version = 16\n")
    path = "priv/repo/migrations/20250201000000_index_orders.exs"
    assert "on PostgreSQL 16 (.ecto-migrations.toml)" in run("report", path).out
    write(shop, "services:\n  db:\n    image: postgres:14\n", "compose.yaml")
    assert "on PostgreSQL 16 (.ecto-migrations.toml)" in run("report", path).out
    write(shop, "database_version = []\n")
    assert "on PostgreSQL 14 (compose.yaml)" in run("report", path).out


def test_showing_the_settings(shop: Path, run: Run) -> None:
    write(
        shop,
        'database_version = 16\nignore = ["rename-column"]\nlevels.drop-table = "risk"\n'
        'tables.small = ["a\\"b"]\n[per_file_ignores]\n"priv/old" = ["all"]\n',
    )
    result = run("check", "--show-settings", "--select", "default")
    assert result.code == 0
    shown = tomllib.loads(result.out)
    assert shown == {
        "database_version": 16,
        "select": ["default"],
        "ignore": [],
        "lock_timeout": "5s",
        "backfill_batch_size": 1000,
        "levels": {"drop-table": "risk"},
        "per_file_ignores": {"priv/old": ["all"]},
        "tables": {"small": ['a"b'], "large": []},
    }
    assert "database_version = 16  # .ecto-migrations.toml\n" in result.out
    assert 'select = ["default"]  # --select\n' in result.out
    assert 'lock_timeout = "5s"  # the default\n' in result.out
    assert "# database: not set\n" in result.out


def test_an_umbrella_and_its_applications(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mix.exs").write_text(
        'defmodule All.MixProject do\n  use Mix.Project\n  def project, do: [apps_path: "apps"]\nend\n'
    )
    for name in ("shop", "blog"):
        folder = tmp_path / "apps" / name / "priv/repo/migrations"
        folder.mkdir(parents=True)
        (tmp_path / "apps" / name / "mix.exs").write_text(MIX.replace("shop", name))
        (folder / "20250101000000_create_orders.exs").write_text(ELDEST)
        (folder / "20250201000000_index_orders.exs").write_text(INDEXES.format(module="IndexOrders"))
    write(tmp_path, 'ignore = ["indexes"]\nlevels.rename-column = "info"\n')
    write(tmp_path / "apps/shop", 'ignore = []\nlevels.rename-column = "low"\n')
    monkeypatch.chdir(tmp_path)
    result = check(run)
    assert found(result) == [("rename-column", 7, "info"), ORDERS, PLANS, ("rename-column", 7, "info")]
    assert result.err.count("apps/shop/.ecto-migrations.toml:2:24: expected one of danger") == 1
    shown = run("check", "--show-settings").out
    assert shown.count("# apps/blog/priv/repo/migrations/20250101000000_create_orders.exs and 1 more\n") == 1
    assert "ignore = []  # apps/shop/.ecto-migrations.toml\n" in shown
