"""Between byte offsets and LSP types."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.findings import Finding, Level, Related
from ecto_migrations_analysis.fixes.model import Change, Edit, NewFile
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Place, Span
from ecto_migrations_server.lsp import convert
from ecto_migrations_server.lsp.client import Client
from ecto_migrations_server.lsp.documents import Document
from lsprotocol import types
from support.editor import apply_edits, position_of, range_of, uri_of

TEXT = "# 😋😋 café\r\n# \u2028 form\x0cfeed\ralter table(:posts) do\n  add :ß😋, :string, null: false"
PATH = "/shop/priv/repo/migrations/1_a.exs"
CAPABLE = Client(
    versioned_edits=True,
    creates_files=True,
    related_information=True,
    diagnostic_data=True,
)


def document(text: str = TEXT, version: int = 7) -> Document:
    return Document(uri=uri_of(Path(PATH)), version=version, text=text)


def no_file(path: str) -> Source:
    raise AssertionError(f"{path} was read")


def byte_span(needle: str, text: str = TEXT) -> Span:
    start = len(text[: text.index(needle)].encode())
    return Span(start, start + len(needle.encode()))


@pytest.mark.parametrize("needle", ["café", "form", "feed", "alter", ":ß😋", "string", "null: false"])
def test_ranges_count_in_utf_16_and_lines_as_the_protocol_does(needle: str) -> None:
    there = document()
    expected = range_of(TEXT, needle)
    assert convert.text_range(there.source, byte_span(needle)) == expected
    assert convert.span(there.source, expected) == byte_span(needle)


def test_positions_outside_of_the_text_are_clamped() -> None:
    source = Source.from_text("ab\ncd")
    assert convert.offset(source, types.Position(0, 99)) == 2
    assert convert.offset(source, types.Position(9, 0)) == 5
    # Not one less where the last line has no end.
    assert convert.offset(source, types.Position(1, 99)) == 5


def test_a_range_turned_round_is_a_range() -> None:
    source = Source.from_text("abcdef")
    assert convert.span(source, types.Range(types.Position(0, 4), types.Position(0, 1))) == Span(1, 4)


def finding(level: Level = Level.DANGER) -> Finding:
    return Finding(
        rule="set-not-null-scan",
        level=level,
        span=byte_span("null: false"),
        message="Sets NOT NULL.",
        reason="Because.",
        advice="Do.",
        subject={"table": "posts"},
        related=(
            Related("here", Place(PATH, byte_span("alter"))),
            Related("there", Place("/shop/priv/repo/migrations/0_b.exs", Span(7, 9))),
        ),
    )


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (Level.DANGER, types.DiagnosticSeverity.Error),
        (Level.RISK, types.DiagnosticSeverity.Warning),
        (Level.INFO, types.DiagnosticSeverity.Information),
    ],
)
def test_a_finding_is_a_diagnostic(level: Level, severity: types.DiagnosticSeverity) -> None:
    other = Source.from_text("😋 x\nabc")
    diagnostic = convert.diagnostic(finding(level), document(), CAPABLE, lambda path: other)
    assert diagnostic.severity == severity
    assert diagnostic.source == "ecto-migrations"
    assert diagnostic.code == "set-not-null-scan"
    assert diagnostic.code_description is not None
    assert diagnostic.code_description.href.endswith("/set-not-null-scan")
    assert diagnostic.message == "Sets NOT NULL.\nBecause.\nDo."
    assert diagnostic.range == range_of(TEXT, "null: false")
    here, there = diagnostic.related_information or ()
    assert here.location == types.Location(document().uri, range_of(TEXT, "alter"))
    assert there.location.uri.endswith("/0_b.exs")
    assert there.location.range == types.Range(types.Position(1, 0), types.Position(1, 2))
    assert (here.message, there.message) == ("here", "there")
    assert diagnostic.data == {"rule": "set-not-null-scan", "subject": {"table": "posts"}}


def test_what_a_client_does_not_know_is_left_out() -> None:
    diagnostic = convert.diagnostic(finding(), document(), Client(), no_file)
    assert diagnostic.related_information is None
    assert diagnostic.data is None


CHANGE = Change(
    edits=(Edit(byte_span(":string"), ":text"), Edit(byte_span(", null: false"), "")),
    new_files=(
        NewFile("/shop/priv/repo/migrations/2 é.exs", "two\n"),
        NewFile("/shop/priv/repo/migrations/3.exs", "3\n"),
    ),
)
IN_PLACE = Change(edits=CHANGE.edits)


def test_new_files_come_first_and_overwrite_nothing() -> None:
    edit = convert.workspace_edit(CHANGE, document(), CAPABLE)
    assert edit is not None and edit.changes is None
    first, first_text, second, second_text, here = edit.document_changes or ()
    for create in (first, second):
        assert isinstance(create, types.CreateFile)
        assert create.options == types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
    assert isinstance(first, types.CreateFile) and first.uri.endswith("/2%20%C3%A9.exs")
    for text, create in ((first_text, first), (second_text, second)):
        assert isinstance(text, types.TextDocumentEdit) and isinstance(create, types.CreateFile)
        assert text.text_document.uri == create.uri and text.text_document.version is None
        assert text.edits[0].range == types.Range(types.Position(0, 0), types.Position(1, 0))
    assert isinstance(here, types.TextDocumentEdit)
    assert here.text_document.version == 7
    edits = [each for each in here.edits if isinstance(each, types.TextEdit)]
    assert apply_edits(TEXT, edits).endswith("add :ß😋, :text")


def test_nothing_is_done_by_halves() -> None:
    """A client that cannot create files does not get the part of the fix that it could do."""
    assert convert.workspace_edit(CHANGE, document(), Client(versioned_edits=True)) is None


def test_in_place_for_every_client() -> None:
    versioned = convert.workspace_edit(IN_PLACE, document(), Client(versioned_edits=True))
    assert versioned is not None and versioned.changes is None
    (only,) = versioned.document_changes or ()
    assert isinstance(only, types.TextDocumentEdit) and only.text_document.version == 7
    plain = convert.workspace_edit(IN_PLACE, document(), Client())
    assert plain is not None and plain.document_changes is None
    assert list(plain.changes or ()) == [document().uri]


def test_the_text_of_an_editor_may_hold_what_no_file_can() -> None:
    """JSON can carry half of a surrogate pair."""
    there = document('add :a, default: "\ud83d", null: false')
    span = byte_span("null: false", 'add :a, default: "\ufffd", null: false')
    expected = position_of('add :a, default: "x", null: false', "null: false")
    assert convert.text_range(there.source, span).start == expected
