"""The version of the server, from the files around a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.project.context import DatabaseVersion
from ecto_migrations_analysis.project.files import Files
from ecto_migrations_analysis.project.versions import database_version


def version(folder: Path, **texts: str) -> DatabaseVersion:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return database_version([str(folder)], Files())


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("postgres:16", 16),
        ("postgres:16.1", 16),
        ('"postgres:15-alpine"', 15),
        ("'postgres:9.6'", 9),
        ("docker.io/library/postgres:14.2-bullseye", 14),
        ("postgis/postgis:15-3.3", 15),
        ("pgvector/pgvector:pg17", 17),
        ("timescale/timescaledb:2.14.2-pg15", 15),
        ("timescale/timescaledb-ha:pg16-all", 16),
        ("bitnami/postgresql:15.4.0", 15),
        ("supabase/postgres:15.1.0.117", 15),
        ("cimg/postgres:14.0", 14),
        ("postgres:${PG_VERSION:-15}", 15),
        ("postgres:latest", None),
        ("postgres", None),
        ("postgres:${PG_VERSION}", None),
        ("postgres-exporter:12", None),
        ("mypostgres:12", None),
        ("redis:7", None),
    ],
)
def test_images(tmp_path: Path, image: str, major: int | None) -> None:
    found = version(tmp_path, **{"compose.yaml": f"services:\n  db:\n    image: {image}\n"})
    assert found == (
        DatabaseVersion() if major is None else DatabaseVersion(major=major, source="compose.yaml")
    )


def test_comments_do_not_count(tmp_path: Path) -> None:
    text = "services:\n  # image: postgres:11\n  db:\n    image: postgres:16 # was postgres:12\n"
    assert version(tmp_path, **{"docker-compose.yml": text}).major == 16


def test_the_oldest_of_several_counts(tmp_path: Path) -> None:
    text = "image: postgres:16\nimage: postgres:14\nimage: postgres:17\n"
    found = version(tmp_path, **{".github/workflows/test.yml": text})
    assert found == DatabaseVersion(major=14, source=".github/workflows/test.yml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".tool-versions", "elixir 1.17.1\npostgres 15.3\n"),
        ("mise.toml", '[tools]\nelixir = "1.17"\npostgres = "15.3"\n'),
        (".gitlab-ci.yml", "services:\n  - postgres:15\n"),
        (".circleci/config.yml", "docker:\n  - image: cimg/postgres:15.2\n"),
        (".devcontainer/docker-compose.yml", "image: postgres:15\n"),
        ("docker-compose.dev.yml", "image: postgres:15\n"),
    ],
)
def test_places(tmp_path: Path, name: str, text: str) -> None:
    assert version(tmp_path, **{name: text}) == DatabaseVersion(major=15, source=name)


def test_order_of_places(tmp_path: Path) -> None:
    texts = {
        ".tool-versions": "postgres 11\n",
        ".gitlab-ci.yml": "- postgres:12\n",
        "compose.yml": "image: postgres:13\n",
    }
    expected = 11
    for name, text in texts.items():
        assert version(tmp_path, **{name: text}).major == expected
        expected += 1


def test_the_nearest_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "compose.yml").write_text("image: postgres:13\n")
    (tmp_path / "app" / "compose.yml").write_text("image: postgres:15\n")
    assert database_version([str(tmp_path / "app"), str(tmp_path)], Files()).major == 15
