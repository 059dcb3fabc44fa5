"""Which migrations a range of revisions brings, in real repositories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.checkout import checkout
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.project.release import NoRange, Release, is_revision, release, revisions
from support.repository import FOLDER, Repository

POSTS = "create table(:posts)"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """`main` with one migration, tagged v1."""
    made = Repository(tmp_path / "blog")
    made.migration("20260101000000_create_posts", POSTS)
    made.commit()
    made.git("tag", "v1")
    return made


def brought(repository: Repository, text: str) -> Release:
    return release(revisions(str(repository.path), text))


def names(found: Release) -> list[str]:
    return [os.path.basename(path).removesuffix(".exs") for path in found.paths]


def notes(found: Release) -> list[tuple[str, str]]:
    return [(note.kind, os.path.basename(note.path)) for note in found.notes]


def test_what_is_new_between_two_revisions(repository: Repository) -> None:
    repository.migration("20260103000000_c", POSTS)
    repository.commit()
    repository.migration("20260102000000_b", POSTS)
    repository.commit()
    repository.git("tag", "v2")
    repository.migration("20260104000000_d", POSTS)
    repository.commit()
    # As Ecto runs them, not as they were committed.
    assert names(brought(repository, "v1..v2")) == ["20260102000000_b", "20260103000000_c"]
    assert names(brought(repository, "v1..")) == [
        "20260102000000_b",
        "20260103000000_c",
        "20260104000000_d",
    ]
    assert names(brought(repository, "v2..v1")) == []
    assert names(brought(repository, "v1..v1")) == []


def test_one_revision_stands_for_all_that_has_come_since(repository: Repository) -> None:
    repository.migration("20260102000000_committed", POSTS)
    repository.commit()
    staged = repository.migration("20260103000000_staged", POSTS)
    repository.git("add", str(staged))
    repository.migration("20260104000000_untracked", POSTS)
    assert names(brought(repository, "v1")) == [
        "20260102000000_committed",
        "20260103000000_staged",
        "20260104000000_untracked",
    ]
    assert names(brought(repository, "v1..HEAD")) == ["20260102000000_committed"]
    repository.write(".gitignore", "*_untracked.exs\n")
    assert len(names(brought(repository, "v1"))) == 2


def test_what_came_on_both_sides_is_not_new(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "work")
    repository.migration("20260102000000_mine", POSTS)
    repository.migration("20260103000000_both", POSTS)
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.migration("20260103000000_both", POSTS)
    repository.migration("20260104000000_theirs", POSTS)
    repository.commit()
    assert names(brought(repository, "main..work")) == ["20260102000000_mine"]
    assert notes(brought(repository, "main..work")) == []
    # Since both were the same, it was new.
    assert names(brought(repository, "main...work")) == ["20260102000000_mine", "20260103000000_both"]


def test_merge_commits(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "work")
    repository.migration("20260102000000_mine", POSTS)
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.migration("20260103000000_theirs", POSTS)
    repository.commit()
    repository.git("merge", "-q", "--no-edit", "work")
    assert names(brought(repository, "v1..main")) == ["20260102000000_mine", "20260103000000_theirs"]
    assert names(brought(repository, "main^1..main")) == ["20260102000000_mine"]
    assert names(brought(repository, "main^2..main")) == ["20260103000000_theirs"]


def test_deleted_edited_renamed_and_moved(repository: Repository) -> None:
    for name in ("20260102000000_gone", "20260103000000_old", "20260104000000_later", "20260105000000_e"):
        repository.migration(name, POSTS)
    repository.commit()
    repository.git("tag", "v2")
    folder = repository.path / FOLDER
    (folder / "20260102000000_gone.exs").unlink()
    (folder / "20260103000000_old.exs").rename(folder / "20260103000000_new.exs")
    (folder / "20260104000000_later.exs").rename(folder / "20260204000000_later.exs")
    repository.migration("20260105000000_e", "create table(:others)")
    repository.commit()
    for text in ("v2..HEAD", "v2"):
        found = brought(repository, text)
        assert names(found) == ["20260204000000_later"]
        assert notes(found) == [
            ("deleted", "20260102000000_gone.exs"),
            ("renamed", "20260103000000_new.exs"),
            ("edited", "20260105000000_e.exs"),
            ("moved", "20260204000000_later.exs"),
        ]


def test_what_the_other_side_has_done_is_no_note(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "work")
    repository.migration("20260102000000_mine", POSTS)
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.migration("20260101000000_create_posts", "create table(:articles)")
    repository.commit()
    assert notes(brought(repository, "main..work")) == []
    (repository.path / FOLDER / "20260101000000_create_posts.exs").unlink()
    repository.commit()
    assert notes(brought(repository, "main..work")) == []


def test_a_folder_that_is_renamed_brings_its_migrations_again(repository: Repository) -> None:
    repository.git("mv", FOLDER, "priv/repo/tenant_migrations")
    repository.commit()
    found = brought(repository, "v1..HEAD")
    assert names(found) == ["20260101000000_create_posts"]
    assert notes(found) == [("deleted", "20260101000000_create_posts.exs")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere..HEAD", "git knows no revision nowhere"),
        ("v1..nowhere", "git knows no revision nowhere"),
        ("--all..HEAD", "git knows no revision --all"),
        ("v1..--output=x", "git knows no revision --output=x"),
        ("a..b..c", "git knows no revision a"),
    ],
)
def test_revisions_that_there_are_not(repository: Repository, text: str, message: str) -> None:
    with pytest.raises(NoRange, match=message):
        revisions(str(repository.path), text)
    assert not (repository.path / "x").exists()


def test_histories_with_nothing_in_common(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    repository.git("rm", "-rfq", ".")
    repository.migration("20260102000000_b", POSTS)
    repository.commit()
    assert names(brought(repository, "main..other")) == ["20260102000000_b"]
    with pytest.raises(NoRange, match="git knows no common ancestor of main and other"):
        revisions(str(repository.path), "main...other")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    made = Repository(tmp_path / "empty")
    with pytest.raises(NoRange, match="the repository has no commits yet"):
        revisions(str(made.path), "main..HEAD")


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NoRange, match="is in no repository of git"):
        revisions(str(tmp_path), "main..HEAD")
    assert not is_revision(str(tmp_path), "main")


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoRange, match="git, which cannot be started"):
        revisions(str(tmp_path), "main..HEAD")


def test_names_of_revisions(repository: Repository) -> None:
    for name in ("v1", "main", "HEAD", repository.git("rev-parse", "HEAD")[:8]):
        assert is_revision(str(repository.path), name)
    for name in ("", "nowhere", "--version", "v1:mix.exs"):
        assert not is_revision(str(repository.path), name)


def test_a_checkout_is_the_revision_and_goes_away(repository: Repository) -> None:
    start = repository.git("rev-parse", "HEAD")
    repository.write("compose.yaml", "services:\n  db:\n    image: postgres:14\n")
    repository.write("assets/app.js", "1")
    repository.write("deps/x/mix.exs", "")
    path = repository.migration("20260102000000_b", "drop table(:posts)")
    end = repository.commit()
    path.unlink()
    before = repository.git("status", "--porcelain")
    with checkout(str(repository.path), end) as folder:
        present = sorted(
            os.path.relpath(os.path.join(at, name), folder)
            for at, _, found in os.walk(folder)
            for name in found
            if ".git" not in at
        )
        assert present == [
            "compose.yaml",
            "lib/blog/repo.ex",
            "mix.exs",
            f"{FOLDER}/20260101000000_create_posts.exs",
            f"{FOLDER}/20260102000000_b.exs",
        ]
        own = os.path.join(folder, FOLDER, "20260102000000_b.exs")
        assert Path(own).read_bytes().startswith(b"defmodule Blog.Repo.Migrations.B do")
        context = Workspace(settled=True, base=start).context_for(own)
        assert context.version.major == 14
        assert context.repo.module == "Blog.Repo"
        assert context.released is not None
        released = context.released()
        assert released is not None and [item.name for item in released] == ["create_posts"]
    assert not os.path.exists(folder)
    assert repository.git("status", "--porcelain") == before


def test_a_checkout_of_a_repository_of_sha256(tmp_path: Path) -> None:
    path = tmp_path / "blog"
    path.mkdir()
    made = Repository.__new__(Repository)
    made.path = path
    made.git("init", "--object-format=sha256")
    made.migration("20260101000000_create_posts", POSTS)
    start = made.commit()
    made.migration("20260102000000_b", POSTS)
    end = made.commit()
    with checkout(str(path), end) as folder:
        own = os.path.join(folder, FOLDER, "20260102000000_b.exs")
        released = Workspace(settled=True, base=start).context_for(own).released
        assert released is not None
        assert [item.name for item in released() or ()] == ["create_posts"]


def test_a_worktree_of_a_repository(repository: Repository, tmp_path: Path) -> None:
    repository.migration("20260102000000_b", POSTS)
    end = repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "tree"), "v1")
    assert names(release(revisions(str(tmp_path / "tree"), f"v1..{end}"))) == ["20260102000000_b"]
    with checkout(str(tmp_path / "tree"), end) as folder:
        assert os.path.isfile(os.path.join(folder, FOLDER, "20260102000000_b.exs"))


def test_a_repository_that_lacks_contents(repository: Repository) -> None:
    """As a partial clone does, and one that is damaged."""
    repository.write("lib/big.ex", "# big")
    path = repository.migration("20260102000000_b", POSTS)
    end = repository.commit()

    def lose(name: str) -> None:
        blob = repository.git("rev-parse", f"HEAD:{name}")
        (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    lose("lib/big.ex")
    with checkout(str(repository.path), end) as folder:
        assert not os.path.exists(os.path.join(folder, "lib/big.ex"))
        assert os.path.isfile(os.path.join(folder, FOLDER, path.name))
    lose(f"{FOLDER}/{path.name}")
    with (
        pytest.raises(NoRange, match=f"git does not have the contents of {FOLDER}/{path.name}"),
        checkout(str(repository.path), end),
    ):
        raise AssertionError("it is there")


def test_a_bare_repository(repository: Repository, tmp_path: Path) -> None:
    repository.git("clone", "-q", "--bare", str(repository.path), str(tmp_path / "bare"))
    with pytest.raises(NoRange, match="is in a repository of git without a working tree"):
        revisions(str(tmp_path / "bare"), "v1..HEAD")


def test_a_repository_that_git_does_not_read(repository: Repository) -> None:
    repository.write(".git/config", "[core\n")
    with pytest.raises(NoRange, match=r"git does not read the repository in .*blog: git status says"):
        revisions(str(repository.path / "lib"), "v1..HEAD")


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    repository.migration("20260102000000_b", POSTS)
    end = repository.commit()
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.path}", str(tmp_path / "shallow"))
    shallow = str(tmp_path / "shallow")
    with pytest.raises(NoRange, match="git knows no revision v1"):
        revisions(shallow, "v1..HEAD")
    with checkout(shallow, end) as folder:
        assert os.path.isfile(os.path.join(folder, FOLDER, "20260102000000_b.exs"))
