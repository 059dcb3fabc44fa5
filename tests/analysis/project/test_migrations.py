"""Which files are migrations of one history, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.project.files import Files
from ecto_migrations_analysis.project.migrations import (
    MigrationFile,
    companions,
    folder_of,
    is_main,
    list_migrations,
    migration_file,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20240101000000_add_x.exs", (20240101000000, "add_x")),
        ("1_x.exs", (1, "x")),
        ("007_x.exs", (7, "x")),
        ("1_.exs", (1, "")),
        ("1_a b.exs", (1, "a b")),
        ("1_a.b.exs", (1, "a.b")),
        ("1x.exs", None),
        ("_x.exs", None),
        ("x_1.exs", None),
        ("1_x.ex", None),
        ("1_x.exs.orig", None),
        ("1-x.exs", None),
    ],
)
def test_names(name: str, expected: tuple[int, str] | None) -> None:
    found = migration_file(f"/a/{name}")
    assert (found and (found.version, found.name)) == expected


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/a/priv/repo/migrations/1_x.exs", "/a/priv/repo/migrations"),
        ("/a/priv/repo/migrations/2024/old/1_x.exs", "/a/priv/repo/migrations"),
        ("/a/priv/repo/tenant_migrations/1_x.exs", "/a/priv/repo/tenant_migrations"),
        ("/a/priv/repo/migrations/migrations/1_x.exs", "/a/priv/repo/migrations"),
        ("/a/migrations/sub/1_x.exs", "/a/migrations"),
        ("/a/b/1_x.exs", "/a/b"),
        ("/home/priv/app/priv/repo/migrations/1_x.exs", "/home/priv/app/priv/repo/migrations"),
        ("/a/priv/migrations/1_x.exs", "/a/priv/migrations"),
    ],
)
def test_folders(path: str, folder: str) -> None:
    assert folder_of(path) == folder


def test_order_is_that_of_the_numbers(tmp_path: Path) -> None:
    for name in ("10_b.exs", "9_a.exs", "10_a.exs", "notes.exs", ".hidden_1.exs", "2_c.ex"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "1_z.exs").touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "3_x.exs").touch()
    found = list_migrations(str(tmp_path), Files())
    assert [(item.version, item.name) for item in found] == [(1, "z"), (9, "a"), (10, "a"), (10, "b")]


def test_unsaved_buffers_are_migrations(tmp_path: Path) -> None:
    path = str(tmp_path / "5_new.exs")
    outside = str(tmp_path.parent / "6_other.exs")
    hidden = str(tmp_path / ".x" / "7_hidden.exs")
    files = Files({path: b"", outside: b"", hidden: b""})
    assert list_migrations(str(tmp_path), files) == [MigrationFile(5, "new", path)]


def test_folders_on_the_same_tables(tmp_path: Path) -> None:
    for name in ("migrations", "data_migrations", "post_deploy_migrations", "tenant_migrations", "seeds"):
        (tmp_path / name).mkdir()

    def names(folder: str) -> list[str]:
        return [Path(found).name for found in companions(str(tmp_path / folder), Files())]

    assert names("migrations") == ["data_migrations", "post_deploy_migrations"]
    assert names("data_migrations") == ["migrations", "post_deploy_migrations"]
    assert names("tenant_migrations") == []
    assert is_main("/a/priv/repo/migrations") and not is_main("/a/priv/repo/tenant_migrations")
