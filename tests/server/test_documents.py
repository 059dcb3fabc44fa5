"""Open documents, and the names that are taken."""

from __future__ import annotations

from pathlib import Path

from ecto_migrations_server.lsp.documents import Documents
from ecto_migrations_server.lsp.files import WorkspaceFiles
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


def test_what_the_last_analysis_took_goes_over_to_the_next_version() -> None:
    documents = Documents()
    documents.put("file:///shop/a.exs", 1, "one").seconds = 2.0
    assert documents.put("file:///shop/a.exs", 2, "two").seconds == 2.0
    assert documents.put("file:///shop/b.exs", 1, "one").seconds == 0.0
