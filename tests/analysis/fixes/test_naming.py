"""Names for new migrations."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ecto_migrations_analysis.fixes import naming
from ecto_migrations_analysis.fixes.naming import Namer
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("version", "taken", "expected"),
    [
        ("20240101000000", [], "20240101000001"),
        ("20240101000000", ["20240101000001_a.exs", "20240101000002_b.exs"], "20240101000003"),
        # Seconds are those of a clock.
        ("20240101000059", [], "20240101000100"),
        ("20231231235959", [], "20240101000000"),
        ("20240228235959", [], "20240229000000"),
        # Fourteen digits that are no time, and versions that are plain numbers.
        ("20240231000000", [], "20240231000001"),
        ("1", ["2_x.exs"], "3"),
        ("007", [], "008"),
        ("999", [], "1000"),
        # Other files have no version; Ecto reads `0020…` as the same number.
        ("20240101000000", [".formatter.exs", "README.md", "20240101000001_a.ex"], "20240101000001"),
        ("7", ["0008_x.exs"], "9"),
    ],
)
def test_next_version(version: str, taken: list[str], expected: str) -> None:
    assert naming.next_version(version, taken) == expected


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),
    st.sets(st.integers(min_value=1, max_value=40)),
)
@settings(deadline=None)
def test_versions_are_later_and_free(moment: datetime, offsets: set[int]) -> None:
    def stamp(after: int) -> str:
        return (moment + timedelta(seconds=after)).strftime("%Y%m%d%H%M%S")

    taken = {f"{stamp(offset)}_x.exs" for offset in offsets}
    found = naming.next_version(stamp(0), taken)
    assert len(found) == 14
    assert found > stamp(0)
    assert f"{found}_x.exs" not in taken


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", "status"),
        ("firstName", "first_name"),
        ("HTTPStatus2", "httpstatus2"),
        ("first-name", "first_name"),
        ("naïve", "na_ve"),
        ("a b  c", "a_b_c"),
        ("_x_", "x"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert naming.snake(name) == expected


def test_camelize() -> None:
    assert naming.camelize("backfill_posts_status_2") == "BackfillPostsStatus2"


def test_names_follow_the_migration_being_split() -> None:
    namer = Namer("/app/priv/repo/migrations/20240101000000_add_x.exs", "Shop.Repo.Migrations.AddX", [], [])
    assert namer.next("backfill_posts_status") == (
        "/app/priv/repo/migrations/20240101000001_backfill_posts_status.exs",
        "Shop.Repo.Migrations.BackfillPostsStatus",
    )
    assert namer.next("enforce_posts_status") == (
        "/app/priv/repo/migrations/20240101000002_enforce_posts_status.exs",
        "Shop.Repo.Migrations.EnforcePostsStatus",
    )


def test_a_module_without_a_namespace_stays_without() -> None:
    assert Namer("x/1_a.exs", "AddX", [], []).next("backfill") == ("x/2_backfill.exs", "Backfill")


@pytest.mark.parametrize("path", ["C:\\app\\1_a.exs", "app/1_a.exs", "1_a.exs"])
def test_the_folder_is_that_of_the_migration(path: str) -> None:
    assert Namer(path, "A.AddX", [], []).next("b")[0] == path.replace("1_a", "2_b")


def test_no_name_is_taken_twice() -> None:
    """Neither a file's name, whatever its version, nor a module's."""
    namer = Namer(
        "/m/20240101000000_a.exs",
        "A.AddX",
        ["A.BackfillPosts2"],
        ["20200101000000_backfill_posts.exs", "20240101000001_c.exs"],
    )
    assert namer.next("backfill_posts") == ("/m/20240101000002_backfill_posts_3.exs", "A.BackfillPosts3")
    assert namer.next("backfill_posts") == ("/m/20240101000003_backfill_posts_4.exs", "A.BackfillPosts4")


def test_a_file_that_is_no_migration_has_no_successor() -> None:
    with pytest.raises(ValueError, match="seeds"):
        Namer("/m/seeds.exs", "A", [], [])
