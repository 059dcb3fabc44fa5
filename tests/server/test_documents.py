"""Open documents, and the names that are taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_server.lsp.documents import Documents
from ecto_migrations_server.lsp.files import WorkspaceFiles
from ecto_migrations_server.lsp.projects import Projects
from ecto_migrations_server.lsp.settings import Settings
from support.editor import uri_of


def test_a_document_has_one_entry_however_its_uri_is_spelled() -> None:
    documents = Documents()
    documents.put("file:///c%3A/shop/a.exs", 1, "one")
    documents.put("file:///c:/shop/a.exs", 2, "two")
    assert [document.text for document in documents] == ["two"]
    documents.remove("file:///c%3A/shop/a.exs")
    assert documents.get("file:///c:/shop/a.exs") is None


def test_a_buffer_without_a_file_has_no_path() -> None:
    assert Documents().put("untitled:Untitled-1", 1, "").path is None


def test_names_are_taken_on_disk_and_by_open_buffers(tmp_path: Path) -> None:
    documents = Documents()
    (tmp_path / "other").mkdir()
    (tmp_path / "1_on_disk.exs").touch()
    documents.put(uri_of(tmp_path / "2_unsaved.exs"), 1, "")
    documents.put(uri_of(tmp_path / "other" / "3_elsewhere.exs"), 1, "")
    documents.put("untitled:Untitled-1", 1, "")
    names = WorkspaceFiles(documents).names
    assert names(str(tmp_path)) == {"1_on_disk.exs", "2_unsaved.exs", "other"}
    assert names(f"{tmp_path}/other/..") == names(f"{tmp_path}/") == names(str(tmp_path))
    assert names(str(tmp_path / "other")) == {"3_elsewhere.exs"}
    assert names(str(tmp_path / "nowhere")) == frozenset()


def test_a_project_is_read_once_until_something_is_saved() -> None:
    asked = []

    def read(path: str, buffers: Mapping[str, bytes]) -> ProjectContext:
        asked.append(path)
        return ProjectContext(root=path)

    projects = Projects(read, Documents())
    assert projects.context("/a") is projects.context("/a")
    assert asked == ["/a"]
    projects.forget()
    assert projects.context("/a").root == "/a"
    assert asked == ["/a", "/a"]
    assert projects.context(None) == ProjectContext()


def test_the_editor_s_database_version_counts() -> None:
    projects = Projects(lambda path, buffers: ProjectContext(root=path), Documents())
    projects.configure(Settings(database_version=17))
    context = projects.context("/a")
    assert (context.version.major, context.root) == (17, "/a")
    assert "settings" in context.version.source
    projects.configure(Settings())
    assert projects.context("/a").version == ProjectContext().version


def test_a_project_that_cannot_be_read_is_none() -> None:
    def broken(path: str, buffers: Mapping[str, bytes]) -> ProjectContext:
        raise OSError("no")

    assert Projects(broken, Documents()).context("/a") == ProjectContext()


def test_open_buffers_count_instead_of_files() -> None:
    documents = Documents()
    documents.put("file:///shop/a.exs", 1, "é")
    documents.put("untitled:Untitled-1", 1, "")
    seen: list[Mapping[str, bytes]] = []

    def read(path: str, buffers: Mapping[str, bytes]) -> ProjectContext:
        seen.append(buffers)
        return ProjectContext()

    Projects(read, documents).context("/shop/b.exs")
    assert seen == [{"/shop/a.exs": "é".encode()}]
