"""What is found around a migration, in small complete projects of each layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.program.terms import Atom, Options
from ecto_migrations_analysis.project.context import DatabaseVersion, ProjectContext
from ecto_migrations_analysis.project.discovery import Workspace, context_for

PROJECTS = Path(__file__).parents[2] / "projects"


def context(path: str) -> ProjectContext:
    assert (PROJECTS / path).is_file()
    return context_for(str(PROJECTS / path))


def values(options: Options | bool) -> dict[str, object]:
    assert isinstance(options, Options)
    return {option.key: option.value for option in options}


class TestSingle:
    path = "shop/priv/repo/migrations/20240501000000_require_stock.exs"

    def test_project(self) -> None:
        found = context(self.path)
        assert found.root == str(PROJECTS / "shop")
        assert found.application == "shop"
        assert found.repo.module == "Shop.Repo"
        assert found.repo.adapter == "Ecto.Adapters.Postgres"
        assert found.database == "postgres"

    def test_configuration_is_that_of_production(self) -> None:
        repo = context(self.path).repo
        assert repo.migration_lock == "pg_advisory_lock"
        assert values(repo.migration_primary_key) == {"name": Atom("id"), "type": Atom("binary_id")}
        assert values(repo.migration_foreign_key) == {"type": Atom("binary_id")}
        assert values(repo.migration_timestamps) == {
            "type": Atom("utc_datetime_usec"),
            "inserted_at": Atom("created_at"),
        }
        assert repo.migration_default_prefix is None

    def test_version_of_the_compose_file_not_of_its_comments(self) -> None:
        assert context(self.path).version == DatabaseVersion(major=15, source="docker-compose.yml")

    def test_history_with_subfolder_and_data_migrations(self) -> None:
        found = context(self.path)
        products = found.schema.tables[Relation("products")]
        assert list(products.columns) == ["id", "name", "price", "created_at", "updated_at", "stock"]
        assert str(products.columns["id"].type) == "uuid"
        assert str(products.columns["created_at"].type) == "timestamp without time zone"
        assert products.columns["stock"].backfilled
        assert products.columns["stock"].origin.version == 20240201000000
        assert products.complete and not products.uncertain
        assert "products_name_index" in products.indexes

    def test_a_library_migration_leaves_the_tables_in_view_certain(self) -> None:
        found = context(self.path)
        assert not found.schema.complete
        assert found.schema.uncertain == ()
        assert context("shop/priv/repo/migrations/2024/20240201000000_add_stock.exs").schema.complete

    def test_the_migration_itself_and_later_ones_do_not_count(self) -> None:
        found = context("shop/priv/repo/migrations/20240101000000_create_products.exs")
        assert found.schema.tables == {}
        assert found.schema.complete

    def test_sibling_modules(self) -> None:
        assert context(self.path).sibling_modules == (
            "Shop.Repo.Migrations.CreateProducts",
            "Shop.Repo.Migrations.AddStock",
            "Shop.Repo.Migrations.AddOban",
            "Shop.Repo.DataMigrations.FillStock",
        )

    def test_tenants_have_a_history_of_their_own(self) -> None:
        found = context("shop/priv/repo/tenant_migrations/20240102000000_create_orders.exs")
        assert found.repo.module == "Shop.Repo"
        assert found.schema.tables == {}
        assert not found.schema.complete


class TestUmbrella:
    path = "umbrella/apps/ledger/priv/repo/migrations/20240201000000_index_entries.exs"

    def test_project(self) -> None:
        found = context(self.path)
        assert found.root == str(PROJECTS / "umbrella" / "apps" / "ledger")
        assert (found.application, found.repo.module) == ("ledger", "Ledger.Repo")

    def test_configuration_and_version_of_the_root(self) -> None:
        found = context(self.path)
        assert found.repo.migration_primary_key is False
        # The older of the two images that CI runs.
        assert found.version == DatabaseVersion(major=14, source=".github/workflows/ci.yml")

    def test_history(self) -> None:
        entries = context(self.path).schema.tables[Relation("entries")]
        assert list(entries.columns) == ["number", "text"]
        assert entries.primary_key == ("number",)


class TestPoncho:
    def test_a_repo_that_only_its_module_names(self) -> None:
        found = context("poncho/core/priv/readings/migrations/1_create_readings.exs")
        assert (found.application, found.repo.module) == ("core", "Core.Repos.Readings")
        # The adapter of the only driver among the dependencies.
        assert (found.repo.adapter, found.database) == ("Ecto.Adapters.MyXQL", "mysql")

    def test_an_adapter_that_only_the_configuration_names(self) -> None:
        found = context("poncho/edge/priv/repo/migrations/20240101000000_create_events.exs")
        assert (found.application, found.repo.module, found.database) == ("edge", "Edge.Repo", "sqlite")


class TestTwoRepos:
    def test_each_folder_has_its_repo(self) -> None:
        first = context("two_repos/priv/repo/migrations/20240201000000_add_sender.exs")
        second = context("two_repos/priv/archive/migrations/20240201000000_add_size.exs")
        assert (first.repo.module, first.database) == ("Mail.Repo", "postgres")
        assert (second.repo.module, second.database) == ("Mail.ArchiveRepo", "mysql")
        assert values(first.repo.migration_timestamps) == {}
        assert values(second.repo.migration_timestamps) == {"type": Atom("naive_datetime_usec")}

    def test_histories_do_not_mix(self) -> None:
        first = context("two_repos/priv/repo/migrations/20240201000000_add_sender.exs")
        assert list(first.schema.tables) == [Relation("messages")]
        # What another adapter sends is not modelled: nothing is claimed.
        second = context("two_repos/priv/archive/migrations/20240201000000_add_size.exs")
        assert (second.schema.complete, dict(second.schema.tables)) == (False, {})


class TestAlone:
    def test_without_a_project(self, tmp_path: Path) -> None:
        first = tmp_path / "migrations" / "1_create.exs"
        first.parent.mkdir()
        first.write_text(
            "defmodule Create do\n  use Ecto.Migration\n  def change, do: create table(:t)\nend\n"
        )
        found = context_for(str(tmp_path / "migrations" / "2_next.exs"))
        assert (found.root, found.application, found.repo.module) == (None, None, None)
        assert found.version == DatabaseVersion()
        assert list(found.schema.tables) == [Relation("t")]

    def test_a_path_that_does_not_exist(self, tmp_path: Path) -> None:
        found = context_for(str(tmp_path / "nowhere" / "priv" / "repo" / "migrations" / "1_x.exs"))
        assert dict(found.schema.tables) == {}

    def test_a_relative_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(PROJECTS / "shop")
        assert context_for("priv/repo/migrations/20240301000000_add_oban.exs").application == "shop"

    @pytest.mark.parametrize(
        "text", ["", "defmodule", "def project do [app: ", "\xff\x00", "1 +", "use Mix.Project"]
    )
    def test_a_broken_mix_file(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "mix.exs").write_text(text, encoding="latin-1")
        path = tmp_path / "priv" / "repo" / "migrations" / "1_x.exs"
        found = context_for(str(path))
        assert found.root == str(tmp_path)
        assert found.repo.module is None


def test_a_changed_configuration_is_seen(tmp_path: Path) -> None:
    (tmp_path / "mix.exs").write_text(
        "defmodule A.MixProject do\n  use Mix.Project\n  def project, do: [app: :a]\nend\n"
    )
    path = str(tmp_path / "priv" / "repo" / "migrations" / "1_x.exs")
    workspace = Workspace()
    assert workspace.context_for(path).repo.module is None
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.exs").write_text(
        "import Config\nconfig :a, ecto_repos: [A.Repo]\nconfig :a, A.Repo, migration_lock: false\n"
    )
    assert workspace.context_for(path).repo.migration_lock == "false"
    (tmp_path / "config" / "config.exs").write_text("import Config\nconfig :a, ecto_repos: [A.Repo]\n")
    assert workspace.context_for(path).repo.migration_lock == "table_lock"
    assert workspace.context_for(path).version == DatabaseVersion()
    (tmp_path / "compose.yml").write_text("services:\n  db:\n    image: postgres:16\n")
    assert workspace.context_for(path).version.major == 16
